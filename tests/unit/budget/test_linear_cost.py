"""The work grows in step with the events and the locations; counted in calls, for seconds differ from run to run."""

import random
import sys
from collections.abc import Callable
from datetime import date, datetime
from types import FrameType
from typing import Any

import pytest

from services.budget.availability.model import availability
from services.budget.facts import CareType, Closure, Department, Location, Stop
from services.budget.obligations.model import obligations
from services.policy.parameters import load_parameters
from services.runtime.settings import REPOSITORY
from spoedkader.wallclock.intervals import to_minute

YEAR = 2027
PARAMETERS = load_parameters(REPOSITORY / "policies", YEAR)
SIZES = (200, 400, 800)


def calls_of(act: Callable[[], object]) -> int:
    count = 0

    def on_event(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(on_event)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def location(events: int) -> Location:
    chance = random.Random(events)
    start = to_minute(datetime(YEAR, 1, 1))
    starts = [start + chance.randrange(365 * 1440) for _ in range(events)]
    return Location(
        agb="06000001",
        location_id="veenrode",
        care_type=CareType.SEH,
        opened_on=date(2000, 1, 1),
        closed_on=None,
        closures=tuple(Closure(f"c{n}", at, at + 90, foreseen=False) for n, at in enumerate(starts)),
        stops=tuple(Stop(f"s{n}", Department.SEH, at + 30, at + 150) for n, at in enumerate(starts)),
    )


@pytest.mark.parametrize("rule", [availability, obligations])
def test_cost_grows_no_faster_than_the_number_of_events(rule: Callable[..., object]) -> None:
    places = [location(size) for size in SIZES]
    small, middle, large = (calls_of(lambda place=place: rule(place, YEAR, PARAMETERS)) for place in places)
    # A little room for what differs between the made-up years; a quadratic rule would take four times as much.
    assert middle < 2.5 * small
    assert large < 2.5 * middle


def test_cost_grows_no_faster_than_the_number_of_locations() -> None:
    place = location(100)

    def assess(count: int) -> int:
        return calls_of(lambda: [availability(place, YEAR, PARAMETERS) for _ in range(count)])

    small, middle, large = assess(10), assess(20), assess(40)
    assert middle <= 2.1 * small
    assert large <= 2.1 * middle
