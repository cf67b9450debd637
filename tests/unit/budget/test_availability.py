"""Closed minutes of a location in a year, each minute once."""

import math
from dataclasses import replace
from datetime import date

import pytest

from services.budget.availability.model import Availability, Cause, availability
from services.budget.facts import Closure, Department, Location

from .samples import DAY, HOUR, PARAMETERS, at, choosing, closures, hours, location, stops

YEAR = 365 * DAY


def closed(where: Location, year: int = 2027) -> int:
    return found(where, year).closed_minutes


def found(where: Location, year: int = 2027) -> Availability:
    return availability(where, year, PARAMETERS)


def test_open_all_year_without_a_row() -> None:
    whole = found(location())
    assert (whole.closed_minutes, whole.year_minutes, whole.causes, whole.closed) == (0, YEAR, (), ())
    assert whole.closed_share == 0


def test_day_hours() -> None:
    day_only = found(location(periods=(hours(8 * 60, 23 * 60),)))
    assert day_only.closed_minutes == 365 * 9 * HOUR
    assert day_only.causes == ((Cause.OPENING_HOURS, 365 * 9 * HOUR),)


def test_a_session_past_midnight_runs_over_new_year() -> None:
    # Every session starts at 20:00 and lasts until 04:00; that of 31 December 2026 is there at New Year.
    evenings = hours(20 * 60, 4 * 60, valid_from=date(2026, 12, 31))
    assert closed(location(periods=(evenings,))) == 365 * 16 * HOUR
    late = replace(evenings, valid_from=date(2027, 1, 1))
    assert closed(location(periods=(late,))) == 365 * 16 * HOUR + 4 * HOUR


def test_a_session_of_a_whole_day() -> None:
    assert closed(location(periods=(hours(0, 1440),))) == 0
    assert closed(location(periods=(hours(0, 0),))) == 0
    assert closed(location(periods=(hours(8 * 60, 8 * 60),))) == 0


def test_hours_that_change_in_the_middle_of_the_year() -> None:
    whole = hours(0, 1440, valid_until=date(2027, 7, 1))
    half = hours(8 * 60, 20 * 60, valid_from=date(2027, 7, 1))
    assert closed(location(periods=(whole, half))) == 184 * 12 * HOUR


def test_the_last_session_of_a_validity_runs_to_its_end() -> None:
    nights = hours(20 * 60, 8 * 60, valid_from=date(2027, 3, 1), valid_until=date(2027, 3, 3))
    assert closed(location(periods=(nights,))) == YEAR - 24 * HOUR


def test_no_valid_row_is_closed_but_no_row_is_open() -> None:
    assert closed(location(periods=(hours(0, 1440, valid_until=date(2026, 12, 31)),))) == YEAR
    assert closed(location(periods=())) == 0


def test_overlapping_rows_are_united() -> None:
    rows = (hours(8 * 60, 16 * 60), hours(12 * 60, 20 * 60))
    assert closed(location(periods=rows)) == 365 * 12 * HOUR


def test_opened_and_closed_in_the_year() -> None:
    half = found(location(opened_on=date(2027, 4, 1), closed_on=date(2027, 10, 1)))
    assert dict(half.causes) == {Cause.NOT_YET_OPENED: 90 * DAY, Cause.CLOSED_FOR_GOOD: 92 * DAY}
    assert half.closed_minutes == 182 * DAY
    assert closed(location(opened_on=date(2028, 1, 1))) == YEAR
    assert closed(location(closed_on=date(2027, 1, 1))) == YEAR
    assert closed(location(opened_on=date(2027, 1, 1), closed_on=date(2028, 1, 1))) == 0


def test_an_open_end_runs_to_the_end_of_the_year() -> None:
    assert closed(location(closures=closures(("2027-12-30T12:00", None)))) == 36 * HOUR
    assert closed(location(closures=closures(("2025-12-30T12:00", None)))) == YEAR
    assert closed(location(closures=closures(("2028-01-01T00:00", None)))) == 0


def test_a_closure_over_new_year_is_cut() -> None:
    over = location(closures=closures(("2026-12-31T22:00", "2027-01-01T03:00")))
    assert (closed(over, 2026), closed(over, 2027)) == (2 * HOUR, 3 * HOUR)


@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"])
def test_summer_time_does_not_exist(day: str) -> None:
    assert closed(location(closures=closures((f"{day}T00:00", f"{day}T04:00")))) == 4 * HOUR


def test_causes_count_on_their_own_and_the_total_once() -> None:
    both = closures(("2027-03-01T06:00", "2027-03-01T12:00"), foreseen=True)
    unknown = (replace(both[0], closure_id="C9", foreseen=None, start=at("2027-03-01T10:00")),)
    mixed = found(location(periods=(hours(8 * 60, 1440),), closures=(*both, *unknown)))
    assert dict(mixed.causes) == {
        Cause.OPENING_HOURS: 365 * 8 * HOUR,
        Cause.FORESEEN_CLOSURE: 6 * HOUR,
        Cause.UNFORESEEN_CLOSURE: 2 * HOUR,
    }
    assert mixed.closed_minutes == 365 * 8 * HOUR + 4 * HOUR
    total = next(step for step in mixed.steps if step.rule == "AMB-06")
    assert total.inputs[-1] == ("af: door meer dan een oorzaak gesloten", f"{4 * HOUR} minuten")


def test_stops_close_only_when_the_rules_say_so() -> None:
    seh = stops(("2027-03-01T10:00", "2027-03-01T12:00"), ("2027-03-01T11:00", "2027-03-01T13:00"))
    where = location(stops=(*seh, *stops(("2027-05-01T00:00", None), department=Department.EHH)))
    assert closed(where) == 0
    counting = availability(where, 2027, choosing(stops_count_as_closed=True))
    assert counting.causes == ((Cause.SEH_STOP, 3 * HOUR),)
    assert counting.closed_minutes == 3 * HOUR


def test_a_leap_year_against_365_days_never_passes_the_whole() -> None:
    shut = availability(location(opened_on=date(2030, 1, 1)), 2028, choosing(year_length="365_dagen"))
    assert (shut.closed_minutes, shut.year_minutes, shut.closed_share) == (366 * DAY, YEAR, 1)


def test_the_trace_names_every_closure_in_order_of_time() -> None:
    late, early = closures(("2027-05-01T00:00", "2027-05-01T01:00"), ("2026-12-31T23:00", "2027-01-01T01:00"))
    outside = Closure("C8", at("2026-01-01T00:00"), at("2027-01-01T00:00"), False)
    steps = found(location(closures=(late, outside, early))).steps
    assert steps[1].inputs == (
        ("sluiting C1", "2027-01-01 00:00 tot 2027-01-01 01:00, 60 minuten"),
        ("sluiting C0", "2027-05-01 00:00 tot 2027-05-01 01:00, 60 minuten"),
    )
    assert [step.result for step in steps] == ["525600 minuten", "120 minuten", "120 minuten", "1/4380 (0,0228 %)"]


def test_the_trace_adds_up_by_hand() -> None:
    many = closures(
        ("2027-01-05T00:00", "2027-01-05T07:30"), ("2027-02-05T22:15", "2027-02-06T07:30"), ("2027-11-30T23:59", None)
    )
    where = found(location(closures=many))
    lengths = [int(value.split(", ")[1].split()[0]) for _, value in where.steps[1].inputs]
    assert math.fsum(lengths) == where.closed_minutes
