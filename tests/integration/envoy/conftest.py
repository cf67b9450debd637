"""A real Envoy in front of real services that hold the example round."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from typer.testing import CliRunner

from services.cli.clients import Addresses
from services.cli.main import app
from services.cli.service import variable
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from tests.support.envoy import LOG, PATIENCE_SECONDS, need_envoy, running_door
from tests.support.tcp_suite import tcp_suite

EXAMPLE = Path(__file__).parents[3] / "data" / "voorbeeld-2027"
LOCATION = "providers/-/locations/L001"
STOPS = f"/v1/{LOCATION}/stops?stopId=x&validateOnly=true"
STOP = {
    "startTime": {"year": 2027, "month": 3, "day": 1, "hours": 10},
    "department": "DEPARTMENT_SEH",
    "reason": "voorbeeld",
}


class Door:
    """The JSON door, the services behind it, and the folder of its log."""

    def __init__(self, url: str, services: Addresses, folder: Path) -> None:
        self.url = url
        self.services = services
        self._log = folder / LOG

    def call(self, verb: str, path: str, **more: Any) -> requests.Response:
        """Sends a request; `more` is what `requests` takes."""
        headers = {"x-actor": "epd@wulp", **more.pop("headers", {})}
        return requests.request(verb, self.url + path, headers=headers, timeout=60, **more)

    def logged(self, call_id: str) -> dict[str, Any]:
        """The line that the door logged of a call; it writes them in batches."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for line in reversed(self._log.read_text("utf-8").splitlines()):
                if f'"call_id":"{call_id}"' in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            time.sleep(0.02)
        raise AssertionError(f"the door logged no call {call_id}")


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    need_envoy()
    with tcp_suite() as addresses:
        environment = {variable(name, "address"): address for name, address in asdict(addresses).items()}
        imported = CliRunner().invoke(app, ["import", str(EXAMPLE)], env=environment)
        assert imported.exit_code == 0, imported.output
        folder = tmp_path_factory.mktemp("door")
        with running_door(asdict(addresses), folder) as url:
            yield Door(url, addresses, folder)


def refusal(answer: Any) -> dict[str, Any]:
    """The details of a refusal, by the last part of their type, and its code and message."""
    document = answer.json()
    details = {detail.pop("@type").rpartition(".")[2]: detail for detail in document.pop("details")}
    return {**document, **details}


def of_the_door(answer: Any) -> str:
    """What the door itself refused: a status without details. Gives its text."""
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert set(document) == {"code", "message"}
    assert document["code"]
    return str(document["message"])


def changes(door: Door) -> str:
    """Where the feed of the registry stands, asked without the door."""
    with grpc.insecure_channel(door.services.registry) as channel:
        feed = feed_pb2_grpc.FeedServiceStub(channel)
        cursor, has_more = "", True
        while has_more:
            page = feed.ListChanges(feed_pb2.ListChangesRequest(cursor=cursor, page_size=1000), timeout=10)
            cursor, has_more = page.next_cursor, page.has_more
        return cursor
