"""A server of bundles and a real OPA that takes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.policy.policy_set import PolicySet
from services.quality.bundles.server import BundleServer
from tests.support.bundles import ActiveSets, airway_limit
from tests.support.opa import Opa, need_opa, running_opa


@pytest.fixture(scope="session", autouse=True)
def _opa_is_there() -> None:
    need_opa()


@pytest.fixture(scope="session")
def five() -> PolicySet:
    """The rules of 2027 with the limit of 5 minutes in C4."""
    return airway_limit(5)


@pytest.fixture(scope="session")
def four() -> PolicySet:
    """The rules of 2027 with a limit of 4 minutes in C4."""
    return airway_limit(4)


@pytest.fixture
def active(five: PolicySet) -> ActiveSets:
    return ActiveSets(five)


@pytest.fixture
def bundles(active: ActiveSets) -> Iterator[BundleServer]:
    server = BundleServer("127.0.0.1:0", active)
    server.start()
    yield server
    server.close()


@pytest.fixture
def opa(bundles: BundleServer, tmp_path: Path) -> Iterator[Opa]:
    with running_opa(bundles.url, tmp_path) as found:
        yield found
