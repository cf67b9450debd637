"""Services that hold the example round, as an operator runs them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.service import SERVICES
from tests.support.operated_suite import OperatedSuite, operated_suite

EXAMPLE = Path(__file__).parents[3] / "data" / "voorbeeld-2027"


@pytest.fixture(scope="session")
def operated() -> Iterator[OperatedSuite]:
    """The services, with the example round in them."""
    with operated_suite() as suite:
        addresses = {f"SPOEDKADER_{name}_ADDRESS".upper(): getattr(suite.addresses, name) for name in SERVICES}
        with patch.dict(os.environ, addresses):
            imported = CliRunner().invoke(app, ["import", str(EXAMPLE)])
        assert imported.exit_code == 0, imported.output
        until = time.monotonic() + 30
        # A service says that it is well when it has looked, and that its peers are when they have.
        while any(suite.get(name, "/fresh").status_code != 200 for name in SERVICES):
            assert time.monotonic() < until, [suite.get(name, "/fresh").text for name in SERVICES]
            time.sleep(0.1)
        yield suite
