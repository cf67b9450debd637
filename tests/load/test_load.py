"""The load, short; and what its figures are worked out from."""

import json

import pytest

from tests.load.counting import Tally, Times
from tests.load.running import Lengths, run
from tests.load.tables import grids
from tests.load.watching import FLAT_MB_PER_MINUTE, FLAT_NEEDS_SECONDS, Used


@pytest.mark.timeout(300)
def test_the_example_round_under_a_mixed_load() -> None:
    said: list[str] = []
    result = run(1, Lengths(steady=6, empty=1, most=4), said.append)
    assert result.wrong == []
    assert {"GetLocation", "ListClosures", "CalculateBudget", "ListChanges"} <= set(result.most.tally.methods)
    assert all(phase.tally.total for phase in (*result.empty, result.most, result.steady))
    assert set(result.used) > set(result.idle)
    written = "\n".join(grid.markdown() for grid in grids(result))
    assert "| an empty handler, before |" in written
    assert "| registry status_event |" in written
    assert any("at a steady rate" in line for line in said)


def test_shares_of_times() -> None:
    times = Times()
    for milliseconds in range(1, 101):
        times.add(milliseconds / 1000)
    assert times.within(0.5) == pytest.approx(0.050, rel=0.03)
    assert times.within(0.99) == pytest.approx(0.099, rel=0.03)
    assert Times().within(0.5) == 0


def test_tallies_add_up_over_processes() -> None:
    one, other = Tally(), Tally()
    one.answered("GetLocation", 0.001, at=9.9)
    one.failed("GetLocation", "RESOURCE_EXHAUSTED OVERLOADED")
    other.answered("GetLocation", 0.003, at=12)
    one += Tally.read(json.loads(json.dumps(other.write())))
    assert one.total == one.of("GetLocation") == 2
    assert one.windows == {0: 1, 1: 1}
    assert one.failures == {"RESOURCE_EXHAUSTED OVERLOADED": 1}
    assert one.times["GetLocation"].within(1) == pytest.approx(0.003, rel=0.03)


@pytest.mark.parametrize(("growth", "flat"), [(FLAT_MB_PER_MINUTE / 2, True), (FLAT_MB_PER_MINUTE * 2, False)])
def test_memory_that_grows_is_not_flat(growth: float, flat: bool) -> None:
    used = Used()
    for second in range(0, 601, 5):
        used.moments.append(second)
        # What comes in the first third is what a process needs to get going.
        used.megabytes.append(100 + growth * second / 60 + (0 if second > 150 else -30))
        used.cpu_seconds.append(second / 4)
    assert used.growth == pytest.approx(growth)
    assert used.is_flat is flat
    assert used.cores == pytest.approx(0.25)


def test_a_short_run_says_nothing_of_memory() -> None:
    used = Used([0.0, FLAT_NEEDS_SECONDS - 1], [1.0, 1000.0], [0.0, 1.0])
    assert used.is_flat is None
