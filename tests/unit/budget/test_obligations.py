"""Structural closures and the account of stops."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from services.budget.availability.model import seh_stops_in
from services.budget.facts import Closure, Department, Location, Stop
from services.budget.obligations.model import (
    Acknowledgement,
    Duty,
    DutyKind,
    StopStatus,
    counted_closures,
    obligations,
)
from services.budget.obligations.working_days import add_working_days
from services.policy.parameters import Parameters
from services.runtime.errors import DomainError, Reason
from spoedkader.wallclock.intervals import clip, day_start, to_moment, total, year_interval

from .samples import HOUR, PARAMETERS, at, choosing, closures, hours, location, stops
from .strategies import YEARS, locations


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


# Duties with their terms


def duty(where: Location, kind: DutyKind, parameters: Parameters = PARAMETERS) -> Duty:
    return obligations(where, 2027, parameters).duty(kind)


def stopped(*minutes: tuple[str, int]) -> Location:
    """A location with stops of so many minutes from these moments on."""
    return location(
        stops=tuple(
            Stop(f"S{n}", Department.SEH, at(start), at(start) + length) for n, (start, length) in enumerate(minutes)
        )
    )


def test_closures_raise_a_duty_on_the_day_on_which_they_are_structural() -> None:
    # T11: Sunday 22:00 to Monday 07:00.
    where = location(closures=closures(("2027-03-07T22:00", "2027-03-08T07:00")))
    found = duty(where, DutyKind.STRUCTURELE_SLUITING)
    assert (found.raised_on, found.due_on) == (date(2027, 3, 8), date(2027, 3, 15))
    assert not found.overdue(date(2027, 3, 15))
    assert found.overdue(date(2027, 3, 16))
    short = choosing(inform_within_working_days=1)
    assert duty(where, DutyKind.STRUCTURELE_SLUITING, short).due_on == date(2027, 3, 9)


@pytest.mark.parametrize(
    ("minutes", "raised_on", "weight"),
    [
        # The 4224th minute is the last of 3 March, so that all have passed as 4 March begins.
        ((("2027-03-01T01:36", 4224),), date(2027, 3, 4), StopStatus.NADERT),
        ((("2027-03-01T01:35", 4224),), date(2027, 3, 3), StopStatus.NADERT),
        ((("2027-02-01T00:00", 4223), ("2027-05-10T23:58", 1)), date(2027, 5, 10), StopStatus.NADERT),
        # At exactly the threshold it has not been passed.
        ((("2027-02-01T00:00", 4224), ("2027-05-10T00:00", 1056)), date(2027, 2, 3), StopStatus.NADERT),
        ((("2027-02-01T00:00", 4224), ("2027-05-10T00:00", 1057)), date(2027, 5, 10), StopStatus.OVERSCHRIJDT),
        ((("2027-02-01T00:00", 9000), ("2027-05-10T00:00", 9000)), date(2027, 2, 4), StopStatus.OVERSCHRIJDT),
    ],
)
def test_stops_raise_a_duty_on_the_day_on_which_they_come_to_their_status(
    minutes: tuple[tuple[str, int], ...], raised_on: date, weight: StopStatus
) -> None:
    found = duty(stopped(*minutes), DutyKind.SEH_STOPS)
    assert (found.raised_on, found.weight) == (raised_on, weight)
    assert found.due_on == add_working_days(raised_on, 20)


def test_without_stops_near_a_bound_of_nothing() -> None:
    found = duty(location(), DutyKind.SEH_STOPS, choosing(stops_approach_minutes=0))
    assert (found.raised_on, found.weight) == (date(2027, 1, 1), StopStatus.NADERT)


def test_a_duty_that_was_not_raised_cannot_be_done() -> None:
    for kind in DutyKind:
        with pytest.raises(DomainError) as refused:
            duty(location(), kind)
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION
        assert refused.value.metadata == {"state": "NIET_ONTSTAAN", "open_steps": ""}


def test_the_steps_show_the_terms() -> None:
    where = replace(stopped(("2027-03-01T00:00", 4224)), closures=closures(("2027-03-07T22:00", "2027-03-08T07:00")))
    found = obligations(where, 2027, PARAMETERS)
    assert [(step.rule, step.result) for step in found.steps[-2:]] == [
        ("AMB-10", "2027-03-15"),
        ("AMB-10", "2027-04-02"),
    ]
    assert found.steps[-2].inputs == (
        ("verplichting", "STRUCTURELE_SLUITING"),
        ("ontstaan op", "2027-03-08"),
        ("termijn", "5 werkdagen"),
    )


def done(of: Duty) -> Acknowledgement:
    day = date(2027, 3, 1)
    return Acknowledgement(
        "06010101", "veenrode", 2027, of.kind, of.raised_on, of.weight, day, "oorzaak", None, "", "", "gebruiker"
    )


def test_closures_that_become_structural_on_another_day_raise_the_duty_anew() -> None:
    night = location(closures=closures(("2027-03-07T22:00", "2027-03-08T07:00")))
    longer = location(closures=closures(("2027-03-07T22:00", "2027-03-08T09:00")))
    earlier = location(closures=closures(("2027-03-01T00:00", "2027-03-01T09:00")))
    told = done(duty(night, DutyKind.STRUCTURELE_SLUITING))
    assert told.covers(duty(longer, DutyKind.STRUCTURELE_SLUITING))
    assert not told.covers(duty(earlier, DutyKind.STRUCTURELE_SLUITING))


def test_only_a_heavier_status_of_stops_raises_the_duty_anew() -> None:
    near, near_later = (stopped((f"2027-{month}-01T00:00", 4224)) for month in ("03", "04"))
    above = stopped(("2027-03-01T00:00", 6000))
    accounted = done(duty(near, DutyKind.SEH_STOPS))
    assert accounted.covers(duty(near_later, DutyKind.SEH_STOPS))
    assert not accounted.covers(duty(above, DutyKind.SEH_STOPS))
    assert done(duty(above, DutyKind.SEH_STOPS)).covers(duty(near, DutyKind.SEH_STOPS))


@given(locations, YEARS)
def test_each_duty_is_raised_on_the_first_day_on_which_it_holds(where: Location, year: int) -> None:
    found = obligations(where, year, PARAMETERS)
    kinds = [each.kind for each in found.raised]
    assert (DutyKind.STRUCTURELE_SLUITING in kinds) is (found.structural_since is not None)
    assert (DutyKind.SEH_STOPS in kinds) is (found.stop_status is not StopStatus.GEEN)
    for each in found.raised:
        assert each.raised_on < each.due_on
        if each.kind is not DutyKind.SEH_STOPS:
            continue
        merged = seh_stops_in(where.stops, year_interval(year))
        bound = 4224 if each.weight is StopStatus.NADERT else 5281
        day = day_start(each.raised_on)
        # Before that day fewer had passed, and by its end enough.
        assert total(clip(merged, (0, day - 1))) < bound <= total(clip(merged, (0, day + 1440)))
