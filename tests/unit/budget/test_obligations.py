"""Structural closures and the account of stops."""

from dataclasses import replace
from datetime import date

import pytest

from services.budget.facts import Closure, Department, Location
from services.budget.obligations.model import StopStatus, counted_closures, obligations
from services.policy.parameters import Parameters
from spoedkader.wallclock.intervals import to_moment, total

from .samples import HOUR, PARAMETERS, at, choosing, closures, hours, location, stops


def since(where: Location, parameters: Parameters = PARAMETERS, year: int = 2027) -> str | None:
    found = obligations(where, year, parameters).structural_since
    return None if found is None else to_moment(found).isoformat(timespec="minutes")


def test_eight_hours_is_not_yet_structural() -> None:
    assert since(location(closures=closures(("2027-03-01T00:00", "2027-03-01T08:00")))) is None
    assert since(location(closures=closures(("2027-03-01T00:00", "2027-03-01T08:01")))) == "2027-03-01T08:01"


def test_closures_add_up_over_any_168_hours() -> None:
    apart = closures(("2027-03-01T00:00", "2027-03-01T04:00"), ("2027-03-07T20:00", "2027-03-08T02:00"))
    # At 2027-03-08 00:00 the first closure starts to leave the window as fast as the second comes in.
    assert since(location(closures=apart)) is None
    assert since(location(closures=(apart[0], replace(apart[1], start=at("2027-03-07T19:59"))))) == "2027-03-08T00:00"


def test_overlapping_closures_count_once() -> None:
    twice = closures(("2027-03-01T00:00", "2027-03-01T06:00"), ("2027-03-01T00:30", "2027-03-01T06:30"))
    assert since(location(closures=twice)) is None


def test_only_regular_opening_hours_count() -> None:
    day_only = location(periods=(hours(8 * 60, 20 * 60),), closures=closures(("2027-03-01T00:00", "2027-03-02T00:00")))
    assert since(day_only) == "2027-03-01T16:01"
    assert since(replace(day_only, closures=closures(("2027-03-01T20:00", "2027-03-02T16:00")))) is None


def test_only_the_time_of_operation_counts() -> None:
    whole = closures(("2027-03-01T00:00", "2027-03-20T00:00"))
    assert since(location(closures=whole, opened_on=date(2027, 3, 19))) == "2027-03-19T08:01"
    assert since(location(closures=whole, opened_on=date(2027, 3, 20))) is None
    assert since(location(closures=whole, closed_on=date(2027, 3, 1))) is None


def test_only_the_year_counts() -> None:
    over = location(closures=closures(("2026-12-31T12:00", "2027-01-01T08:00")))
    assert since(over) is None
    assert since(over, year=2026) == "2026-12-31T20:01"
    assert since(location(closures=closures(("2026-11-01T00:00", None)))) == "2027-01-01T08:01"
    assert since(location(closures=closures(("2027-12-31T15:59", None)))) == "2028-01-01T00:00"


def test_window_and_threshold_are_parameters() -> None:
    two = location(
        closures=closures(("2027-03-01T00:00", "2027-03-01T04:00"), ("2027-03-03T00:00", "2027-03-03T04:00"))
    )
    assert since(two) is None
    assert since(two, choosing(structural_threshold_minutes=4 * HOUR)) == "2027-03-03T00:01"
    narrow = choosing(structural_threshold_minutes=4 * HOUR, structural_window_minutes=24 * HOUR)
    assert since(two, narrow) is None


def test_stops_count_as_closed_only_when_the_rules_say_so() -> None:
    where = location(
        stops=stops(("2027-03-01T04:00", "2027-03-01T12:00")),
        closures=closures(("2027-03-01T00:00", "2027-03-01T05:00")),
    )
    assert since(where) is None
    assert since(where, choosing(stops_count_as_closed=True)) == "2027-03-01T08:01"


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        (0, StopStatus.GEEN),
        (4223, StopStatus.GEEN),
        (4224, StopStatus.NADERT),
        (5280, StopStatus.NADERT),
        (5281, StopStatus.OVERSCHRIJDT),
    ],
)
def test_status_of_stops(minutes: int, status: StopStatus) -> None:
    start = at("2027-03-01T00:00")
    where = location(stops=stops(("2027-03-01T00:00", to_moment(start + minutes).isoformat())))
    found = obligations(where, 2027, PARAMETERS)
    assert (found.stop_minutes, found.stop_status) == (minutes, status)
    assert len(found.duties) == (0 if status is StopStatus.GEEN else 2)


def test_bounds_of_stops_are_parameters() -> None:
    where = location(stops=stops(("2027-03-01T00:00", "2027-03-01T02:00")))
    assert obligations(where, 2027, choosing(stops_approach_minutes=120)).stop_status is StopStatus.NADERT
    low = choosing(stops_approach_minutes=60, stops_exceed_minutes=119)
    assert obligations(where, 2027, low).stop_status is StopStatus.OVERSCHRIJDT


def test_stops_of_the_seh_merge_and_are_cut_at_the_year() -> None:
    some = stops(
        ("2026-12-31T23:00", "2027-01-01T01:00"),
        ("2027-03-01T00:00", "2027-03-01T01:00"),
        ("2027-03-01T01:00", "2027-03-01T02:00"),
        ("2027-03-01T01:30", "2027-03-01T02:30"),
        ("2027-12-31T23:30", None),
    )
    others = stops(("2027-06-01T00:00", None), department=Department.EHH)
    found = obligations(location(stops=(*some, *others)), 2027, PARAMETERS)
    assert found.stop_minutes == 60 + 150 + 30
    step = next(step for step in found.steps if step.rule == "AMB-14")
    assert step.inputs == (
        ("stops van de SEH die het jaar raken", "5"),
        ("stop na samenvoegen", "2027-01-01 00:00 tot 2027-01-01 01:00, 60 minuten"),
        ("stop na samenvoegen", "2027-03-01 00:00 tot 2027-03-01 02:30, 150 minuten"),
        ("stop na samenvoegen", "2027-12-31 23:30 tot 2028-01-01 00:00, 30 minuten"),
    )


def test_the_trace_shows_the_minutes_that_made_it_structural() -> None:
    nights = tuple(
        Closure(f"C{day}", at(f"2027-03-{day:02d}T02:00"), at(f"2027-03-{day:02d}T05:00"), None) for day in (1, 3, 5)
    )
    where = location(closures=nights)
    step = obligations(where, 2027, PARAMETERS).steps[0]
    assert [value for _, value in step.inputs] == [
        "2027-03-01 02:00 tot 2027-03-01 05:00, 180 minuten",
        "2027-03-03 02:00 tot 2027-03-03 05:00, 180 minuten",
        "2027-03-05 02:00 tot 2027-03-05 04:01, 121 minuten",
        "481 minuten",
    ]
    assert step.result == "structureel sinds 2027-03-05 04:01"
    few = obligations(replace(where, closures=nights[:2]), 2027, PARAMETERS).steps[0]
    assert few.inputs == (("meeste gesloten minuten in een periode", "360 minuten"),)
    assert total(counted_closures(where, 2027, PARAMETERS)) == 540


def test_the_term_to_inform_is_a_parameter() -> None:
    where = location(closures=closures(("2027-03-01T00:00", "2027-03-02T00:00")))
    assert "binnen 1 werkdag over" in obligations(where, 2027, choosing(inform_within_working_days=1)).duties[0]
