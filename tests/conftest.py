"""What holds for every test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support import access, databases
from tests.support.engines import ENGINES

# A busy machine makes an example slow; that is no fault of what is tested.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, default="regorus", help="what judges in the quality service")
    parser.addoption("--db", choices=databases.DATABASES, default="sqlite", help="what the services keep their data in")
    parser.addoption(
        "--identity", choices=access.IDENTITIES, default="development", help="whether callers show who they are"
    )


def pytest_configure(config: pytest.Config) -> None:
    databases.choose(str(config.getoption("--db")))
    access.choose(str(config.getoption("--identity")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if access.is_required():
        skip = pytest.mark.skip(reason="the rules of access refuse it first")
        for item in items:
            if item.get_closest_marker("every_right"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    """The engine that judges in this run."""
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_for_other_threads() -> Iterator[None]:
    """An engine may be dropped only in the thread that made it: what a module leaves is collected here, before a thread
    of the next one comes upon it."""
    yield
    gc.collect()
