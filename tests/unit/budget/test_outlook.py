"""Prognosis and realisation side by side."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.budget.facts import Exclusion, Location, Negative, Provider, Standing
from services.budget.norm_budget.basis import Basis
from services.budget.norm_budget.model import provider_budget
from services.budget.outlook.model import LocationOutlook, open_closures, outlook
from spoedkader.wallclock.intervals import year_interval

from .samples import DAY, HOUR, NORM, PARAMETERS, at, choosing, closures, hours, location, round_of
from .strategies import END, START, bases

YEAR_START, YEAR_END = year_interval(2027)
MOMENTS = st.integers(START, END)


def provider(*locations: Location, since: date = date(1990, 1, 1)) -> Provider:
    return Provider("06010101", since, ("9101",), (), locations)


def seen(where: Location, until: str, standing: Standing | None = None) -> LocationOutlook:
    standings = {where.location_id: standing} if standing else {}
    (found,) = outlook(provider(where), round_of(), standings, PARAMETERS, at(until)).locations
    return found


def test_an_open_closure_runs_to_the_end_of_the_year_or_until_now() -> None:
    found = seen(location(closures=closures(("2027-03-01T00:00", None))), "2027-03-03T06:00")
    assert found.prognosis.closed_minutes == 306 * DAY
    assert found.realisation.closed_minutes == 2 * DAY + 6 * HOUR
    assert found.prognosis.cents < NORM
    assert found.realisation.cents == NORM
    assert found.open_closures == ("C0",)


def test_what_is_planned_later_counts_in_the_prognosis_only() -> None:
    some = closures(("2027-01-10T00:00", "2027-01-15T00:00"), ("2027-06-01T00:00", "2027-06-11T00:00"))
    found = seen(location(closures=some), "2027-03-01T00:00")
    assert (found.prognosis.closed_minutes, found.realisation.closed_minutes) == (15 * DAY, 5 * DAY)
    assert found.open_closures == ()


def test_regular_hours_and_the_time_of_operation_count_until_now() -> None:
    nights = location(periods=(hours(8 * HOUR, 1440),))
    found = seen(nights, "2027-01-11T04:00")
    assert found.prognosis.closed_minutes == 365 * 8 * HOUR
    assert found.realisation.closed_minutes == 10 * 8 * HOUR + 4 * HOUR
    late = seen(location(opened_on=date(2027, 3, 1), closed_on=date(2027, 10, 1)), "2027-02-01T00:00")
    assert (late.prognosis.closed_minutes, late.realisation.closed_minutes) == ((59 + 92) * DAY, 31 * DAY)


def test_the_year_bounds_the_realisation() -> None:
    where = location(closures=closures(("2026-06-01T00:00", None)))
    assert seen(where, "2026-11-01T00:00").realisation.closed_minutes == 0
    after = seen(where, "2028-06-01T00:00")
    assert after.realisation.closed_minutes == 365 * DAY
    assert after.realisation.cents == after.prognosis.cents == 0


def test_a_decision_takes_both_away() -> None:
    decided = Exclusion("cases/2026-herstel", Negative.GEEN_BUDGET, date(2026, 10, 1))
    found = seen(location(), "2027-03-01T00:00", Standing(exclusions=(decided,)))
    assert (found.prognosis.cents, found.realisation.cents) == (0, 0)
    assert found.realisation.steps[-1].rule == "AMB-24"


def test_a_provider_without_approval_has_no_claim() -> None:
    newcomer = provider(location(), since=date(2027, 2, 1))
    found = outlook(newcomer, round_of(), {}, PARAMETERS, at("2027-03-01T00:00"))
    assert (found.prognosis_cents, found.realisation_cents) == (0, 0)
    last = found.locations[0].prognosis.steps[-1]
    assert (last.rule, last.result) == ("AMB-44", "€ 0,00")
    assert ("bedrag met akkoord", "€ 4.600.000,00") in last.inputs


def test_the_steps_say_until_when_the_realisation_counts() -> None:
    found = seen(location(closures=closures(("2027-03-01T00:00", None))), "2027-03-03T06:00")
    until = next(step for step in found.realisation.steps if step.description.startswith("Alleen minuten"))
    assert (until.rule, until.result) == ("AMB-08", "tot 2027-03-03 06:00")
    closing = next(step for step in found.realisation.steps if "onvoorziene" in step.description)
    assert closing.description.endswith("zonder einde tot 2027-03-03 06:00.")
    assert closing.inputs == (("sluiting C0", "2027-03-01 00:00 tot 2027-03-03 06:00, 3240 minuten"),)
    assert not any(step.description.startswith("Alleen minuten") for step in found.prognosis.steps)


def test_open_closures_have_begun_and_last() -> None:
    some = closures(
        ("2027-03-01T00:00", "2027-03-02T00:00"),
        ("2027-03-01T12:00", None),
        ("2027-02-01T00:00", "2027-03-02T00:01"),
        ("2027-03-02T00:00", None),
    )
    assert open_closures(some, at("2027-03-02T00:00")) == ["C2", "C1"]


@given(bases, MOMENTS)
def test_the_realisation_never_passes_the_prognosis(basis: Basis, until: int) -> None:
    for parameters in (PARAMETERS, choosing(stops_count_as_closed=True)):
        found = outlook(basis.provider, basis.round, basis.standings, parameters, until)
        for each in found.locations:
            assert 0 <= each.realisation.closed_minutes <= each.prognosis.closed_minutes
            assert each.realisation.cents >= each.prognosis.cents


@given(bases, MOMENTS, MOMENTS)
def test_the_realisation_only_grows(basis: Basis, one: int, other: int) -> None:
    early, late = (
        outlook(basis.provider, basis.round, basis.standings, PARAMETERS, until) for until in sorted((one, other))
    )
    for before, after in zip(early.locations, late.locations, strict=True):
        assert before.realisation.closed_minutes <= after.realisation.closed_minutes
        grown = after.realisation.closed_minutes - before.realisation.closed_minutes
        assert grown <= abs(other - one)


@given(bases, st.integers(0, 400 * DAY))
def test_at_the_end_of_the_year_they_are_the_same(basis: Basis, later: int) -> None:
    found = outlook(basis.provider, basis.round, basis.standings, PARAMETERS, YEAR_END + later)
    for each in found.locations:
        assert each.realisation.closed_minutes == each.prognosis.closed_minutes
        assert each.realisation.cents == each.prognosis.cents


@given(bases, MOMENTS)
def test_the_prognosis_is_what_a_calculation_gives(basis: Basis, until: int) -> None:
    found = outlook(basis.provider, basis.round, basis.standings, PARAMETERS, until)
    calculated = provider_budget(basis.provider, basis.round, basis.standings, PARAMETERS)
    assert found.prognosis_cents == calculated.budget_cents
    closed = [each.availability.closed_minutes for each in calculated.locations]
    assert [each.prognosis.closed_minutes for each in found.locations] == closed


@given(bases)
def test_before_the_year_nothing_has_closed(basis: Basis) -> None:
    found = outlook(basis.provider, basis.round, basis.standings, PARAMETERS, YEAR_START)
    assert all(each.realisation.closed_minutes == 0 for each in found.locations)
