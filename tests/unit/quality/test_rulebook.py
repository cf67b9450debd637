"""Which rules judge when the processes of the engine die while they start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.policy import workers
from services.quality import rulebook as rulebook_module
from services.quality.engines import embedded
from services.quality.rulebook import Rulebook
from services.quality.server import ROWS
from services.runtime.errors import DomainError, Reason
from services.runtime.metrics import EvaluationMetrics
from services.runtime.transactions import Transactions, utc_now
from tests.support.databases import with_tables
from tests.support.policies import POLICIES


@pytest.fixture
def rulebook(tmp_path: Path) -> Iterator[Rulebook]:
    database = with_tables(tmp_path / "quality.db", ROWS)
    engines = embedded(1, EvaluationMetrics(CollectorRegistry()))
    found = Rulebook(Transactions(database, utc_now), POLICIES, engines)
    found.ship()
    yield found
    found.close()
    database.close()


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many of the processes that start next are killed at once, as its only element."""
    count = [0]
    start = workers._Worker.__init__

    def start_and_kill(worker: workers._Worker, setup: bytes) -> None:
        start(worker, setup)
        if count[0]:
            count[0] -= 1
            worker._process.kill()

    monkeypatch.setattr(workers._Worker, "__init__", start_and_kill)
    return count


def test_one_that_dies_is_replaced(rulebook: Rulebook, killed: list[int]) -> None:
    killed[0] = 1
    assert rulebook.active(2027).policies.year == 2027
    assert killed == [0]


def test_when_they_go_on_dying_nothing_is_known_of_the_rules(
    rulebook: Rulebook, killed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook_module, "RETRY_SECONDS", 0.0)
    killed[0] = 2
    with pytest.raises(DomainError) as refused:
        rulebook.active(2027)
    assert refused.value.reason is Reason.ENGINE_UNAVAILABLE
    (status,) = [each for each in rulebook.status() if each.active.policy_year == 2027]
    assert (killed, status.problem) == ([0], "")
    assert status.judging is not None
