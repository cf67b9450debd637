"""The real services in processes of their own, and the command that talks to them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.clients import Addresses
from services.cli.main import app
from services.cli.suite import throw_away_suite
from tests.support.databases import chosen
from tests.support.tcp_suite import tcp_suite

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str


Command = Callable[..., Outcome]


def run(*arguments: object, addresses: Addresses | None = None) -> Outcome:
    environment = {"COLUMNS": "200"}
    for name in ("registry", "quality", "budget"):
        environment[f"SPOEDKADER_{name}_ADDRESS".upper()] = getattr(addresses, name) if addresses else ""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def suite_on_empty_storage() -> AbstractContextManager[Addresses]:
    """The services as the command starts them for itself, or on the database of this run."""
    return throw_away_suite() if chosen() == "sqlite" else tcp_suite()


@pytest.fixture(scope="session")
def spoedkader() -> Command:
    """Runs the command; with addresses when it has to find services."""
    return run


@pytest.fixture(scope="session")
def example() -> Path:
    """The example round."""
    return REPOSITORY / "data" / "voorbeeld-2027"


@pytest.fixture(scope="session")
def empty_suite() -> Iterator[Addresses]:
    """Services in which nobody stores anything."""
    with suite_on_empty_storage() as addresses:
        yield addresses


@pytest.fixture(scope="session")
def example_suite(example: Path) -> Iterator[Addresses]:
    """Services that hold the example round."""
    with suite_on_empty_storage() as addresses:
        imported = run("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses
