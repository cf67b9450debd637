"""The worked cases of the rules, each recomputed by hand from an amount of EUR 4,600,000."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from services.budget.availability.model import availability
from services.budget.facts import Closure, Location
from services.budget.norm_budget.model import LocationBudget, location_budget
from services.budget.obligations.model import StopStatus, obligations
from services.policy.parameters import Parameters
from spoedkader.wallclock.intervals import day_start, to_moment

from .samples import DAY, HOUR, PARAMETERS, choosing, closures, location, nightly, round_of, stops


def budget(where: Location, year: int = 2027, parameters: Parameters = PARAMETERS) -> LocationBudget:
    return location_budget(where, round_of(year), parameters)


def test_t1_closed_for_sixteen_weeks() -> None:
    found = budget(location(closures=closures(("2027-02-01T00:00", "2027-05-24T00:00"))))
    assert found.availability.closed_minutes == 2688 * HOUR
    assert found.availability.closed_share == Fraction(112, 365)
    assert found.adjusted
    assert found.budget_cents == 318_849_315


def test_t2_closed_every_night_from_midnight() -> None:
    found = budget(location(closures=nightly("00:00", "08:00", date(2027, 1, 1), date(2027, 12, 31))))
    assert found.availability.closed_share == Fraction(1, 3)
    assert found.budget_cents == 306_666_667


def test_t3_closed_every_night_over_midnight_is_clipped_at_both_ends_of_the_year() -> None:
    found = budget(location(closures=nightly("23:00", "07:00", date(2026, 12, 31), date(2027, 12, 31))))
    assert found.availability.closed_minutes == 2920 * HOUR
    assert found.budget_cents == 306_666_667


@pytest.mark.parametrize(
    ("year_length", "share", "cents"),
    [("kalenderjaar", Fraction(1, 3), 306_666_667), ("365_dagen", Fraction(2928, 8760), 306_246_575)],
)
def test_t4_every_night_in_a_leap_year(year_length: str, share: Fraction, cents: int) -> None:
    nights = nightly("00:00", "08:00", date(2028, 1, 1), date(2028, 12, 31))
    found = budget(location(closures=nights), 2028, choosing(year_length=year_length))
    assert found.availability.closed_minutes == 2928 * HOUR
    assert found.availability.closed_share == share
    assert found.budget_cents == cents


@pytest.mark.parametrize(("year", "share"), [(2027, Fraction(104, 365)), (2028, Fraction(106, 366))])
def test_t5_closed_every_weekend(year: int, share: Fraction) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    weekends = tuple(
        Closure(day.isoformat(), day_start(day), day_start(day) + 2 * DAY, True)
        for day in days
        if day.isoweekday() == 6 and day.year == year
    )
    found = budget(location(closures=weekends), year)
    # In 2028 the first of January is a Saturday and the last of December a Sunday: no weekend is cut.
    assert found.availability.closed_share == share


@pytest.mark.parametrize(
    ("minutes", "adjusted", "borderline", "cents"),
    [
        (5256, False, False, 460_000_000),  # 1 % of the year exactly
        (5257, False, True, 460_000_000),
        (5268, False, True, 460_000_000),  # T8: 87.8 h
        (5280, False, True, 460_000_000),  # T6: 88 h exactly
        (5281, True, False, 460_000_000 - 4_621_880),  # T7
    ],
)
def test_t6_t7_t8_around_the_threshold(minutes: int, adjusted: bool, borderline: bool, cents: int) -> None:
    start = day_start(date(2027, 3, 1))
    found = budget(location(closures=(Closure("C1", start, start + minutes, None),)))
    assert (found.adjusted, found.borderline, found.budget_cents) == (adjusted, borderline, cents)


def test_t9_overlapping_closures_count_once() -> None:
    twice = closures(("2027-03-01T10:00", "2027-03-01T14:00"), ("2027-03-01T12:00", "2027-03-01T16:00"))
    found = availability(location(closures=twice), 2027, PARAMETERS)
    assert found.closed_minutes == 6 * HOUR
    assert found.causes[0][1] == 6 * HOUR


def test_t10_stops_are_not_closures_but_have_to_be_accounted_for() -> None:
    start = day_start(date(2027, 3, 1))
    long = stops(("2027-03-01T00:00", to_moment(start + 231 * HOUR).isoformat()))
    where = location(stops=long)
    assert budget(where).budget_cents == 460_000_000
    found = obligations(where, 2027, PARAMETERS)
    assert (found.stop_minutes, found.stop_status) == (231 * HOUR, StopStatus.OVERSCHRIJDT)
    assert found.structural_since is None
    assert [duty.split()[0] for duty in found.duties] == ["Leg", "Bespreek"]


def test_t11_one_night_from_sunday_to_monday_is_structural() -> None:
    where = location(closures=closures(("2027-03-07T22:00", "2027-03-08T07:00")))
    assert budget(where).budget_cents == 460_000_000
    found = obligations(where, 2027, PARAMETERS)
    assert found.structural_since is not None
    assert to_moment(found.structural_since).isoformat() == "2027-03-08T06:01:00"
    (duty,) = found.duties
    assert duty == (
        "Informeer de representerende zorgverzekeraars binnen 5 werkdagen over de structurele sluiting: op 8 maart "
        "2027 om 06:01 uur was de SEH in 168 uur meer dan 8 uur gesloten."
    )
