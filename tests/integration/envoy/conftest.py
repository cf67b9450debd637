"""A real Envoy in front of real services that hold the example round."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from services.cli.clients import Addresses
from services.cli.main import app
from services.cli.service import variable
from tests.support.envoy import need_envoy, running_door
from tests.support.tcp_suite import tcp_suite

EXAMPLE = Path(__file__).parents[3] / "data" / "voorbeeld-2027"


class Door:
    """The JSON door, and the services behind it."""

    def __init__(self, url: str, services: Addresses) -> None:
        self.url = url
        self.services = services

    def call(self, verb: str, path: str, **more: Any) -> requests.Response:
        """Sends a request; `more` is what `requests` takes."""
        headers = {"x-actor": "epd@wulp", **more.pop("headers", {})}
        return requests.request(verb, self.url + path, headers=headers, timeout=60, **more)


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    need_envoy()
    with tcp_suite() as addresses:
        environment = {variable(name, "address"): address for name, address in asdict(addresses).items()}
        imported = CliRunner().invoke(app, ["import", str(EXAMPLE)], env=environment)
        assert imported.exit_code == 0, imported.output
        with running_door(asdict(addresses), tmp_path_factory.mktemp("door")) as url:
            yield Door(url, addresses)
