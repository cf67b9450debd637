"""What holds for every set of facts, and slow oracles that count minute by minute."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.budget.availability.model import Availability, availability
from services.budget.facts import Approval, Closure, Location, Provider
from services.budget.norm_budget.basis import Basis, write_basis
from services.budget.norm_budget.model import eligibility, location_budget, provider_budget
from services.budget.obligations.model import (
    counted_closures,
    obligations,
    structural_since,
    window_counts,
)
from spoedkader.wallclock.intervals import Interval, complement, total, union, year_interval
from spoedkader.wallclock.opening import OpeningPeriod

from .samples import DAY, NORM, PARAMETERS, choosing, location, round_of
from .strategies import YEARS, decisions, locations, spans


@given(locations, YEARS)
def test_closed_minutes_never_pass_the_year_and_parts_add_up(where: Location, year: int) -> None:
    found = availability(where, year, PARAMETERS)
    whole = year_interval(year)
    assert 0 <= found.closed_minutes <= found.year_minutes == total([whole])
    assert found.closed_minutes + total(complement(found.closed, whole)) == found.year_minutes
    assert all(0 < minutes <= found.closed_minutes for _, minutes in found.causes)
    assert sum(minutes for _, minutes in found.causes) >= found.closed_minutes
    assert all(left[1] < right[0] for left, right in pairwise(found.closed))


@given(locations, YEARS, spans)
def test_another_closure_never_raises_a_budget(where: Location, year: int, span: tuple[int, int | None]) -> None:
    more = replace(where, closures=(*where.closures, Closure("extra", *span, False)))
    before, after = (location_budget(each, round_of(year), PARAMETERS).budget_cents for each in (where, more))
    assert 0 <= after <= before <= NORM


@given(locations, YEARS, st.data())
def test_splitting_a_closure_changes_nothing(where: Location, year: int, data: st.DataObject) -> None:
    if not where.closures:
        return
    first, *rest = where.closures
    cut = data.draw(st.integers(first.start, first.end if first.end is not None else first.start + 400 * DAY))
    split = replace(where, closures=(*rest, replace(first, end=cut), replace(first, closure_id="tail", start=cut)))
    assert_same(where, split, year)


@given(locations, YEARS, st.randoms())
def test_the_order_of_events_changes_nothing(where: Location, year: int, random: Random) -> None:
    closures, stops = list(where.closures), list(where.stops)
    random.shuffle(closures)
    random.shuffle(stops)
    shuffled = replace(where, closures=tuple(closures), stops=tuple(stops))
    assert_same(where, shuffled, year)
    for parameters in (PARAMETERS, choosing(stops_count_as_closed=True)):
        one, other = (Provider("06010101", date(1990, 1, 1), ("9101",), (), (each,)) for each in (where, shuffled))
        texts = [write_basis(Basis(each, round_of(year), {}), parameters) for each in (one, other)]
        assert texts[0] == texts[1]
        steps = [provider_budget(each, round_of(year), {}, parameters).locations[0].steps for each in (one, other)]
        assert steps[0] == steps[1]
        traces = [availability(each, year, parameters).steps for each in (where, shuffled)]
        assert traces[0] == traces[1]


def assert_same(one: Location, other: Location, year: int) -> None:
    def facts(found: Availability) -> object:
        return found.closed, found.closed_minutes

    assert facts(availability(one, year, PARAMETERS)) == facts(availability(other, year, PARAMETERS))
    left, right = obligations(one, year, PARAMETERS), obligations(other, year, PARAMETERS)
    assert (left.structural_since, left.stop_minutes, left.duties) == (
        right.structural_since,
        right.stop_minutes,
        right.duties,
    )


@given(st.lists(decisions, max_size=12, unique_by=lambda a: (a.insurer, a.decided_on)), st.randoms())
def test_the_order_of_decisions_of_other_days_changes_nothing(approvals: list[Approval], random: Random) -> None:
    shuffled = list(approvals)
    random.shuffle(shuffled)
    one, other = (
        Provider("06010101", date(2027, 1, 1), ("9101", "9102"), tuple(each), ()) for each in (approvals, shuffled)
    )
    assert eligibility(one, PARAMETERS) is eligibility(other, PARAMETERS)


@given(
    st.integers(0, 10**12),
    st.integers(0, 366 * DAY),
    YEARS,
    st.sampled_from(["geheel", "meerdere"]),
    st.sampled_from(["kalenderjaar", "365_dagen"]),
)
def test_budget_against_exact_fractions(norm: int, minutes: int, year: int, deduct: str, year_length: str) -> None:
    start, end = year_interval(year)
    minutes = min(minutes, end - start)
    where = location(closures=(Closure("C1", start, start + minutes, None),) if minutes else ())
    found = location_budget(where, round_of(year, norm), choosing(deduct=deduct, year_length=year_length))
    against = 365 * DAY if year_length == "365_dagen" else end - start
    held_back = minutes if deduct == "geheel" else minutes - 5280
    exact = Fraction(norm) if minutes <= 5280 else max(norm - Fraction(norm * held_back, against), Fraction(0))
    # Half-up, said in another way: within half a cent, and never half a cent above.
    assert Fraction(-1, 2) <= exact - found.budget_cents < Fraction(1, 2)
    assert found.adjusted is (minutes > 5280)
    assert found.borderline is (not found.adjusted and Fraction(minutes, against) > Fraction(1, 100))


small = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 40)), max_size=8).map(
    lambda found: union((start, start + length) for start, length in found)
)


@given(small, st.integers(1, 60), st.integers(0, 60))
def test_structural_start_against_counting_every_minute(
    counted: list[tuple[int, int]], window: int, threshold: int
) -> None:
    inside = {minute for start, end in counted for minute in range(start, end)}

    def count(moment: int) -> int:
        return sum(1 for minute in range(moment - window, moment) if minute in inside)

    naive = next((moment for moment in range(300) if count(moment) > threshold), None)
    parameters = choosing(structural_window_minutes=window, structural_threshold_minutes=threshold)
    assert structural_since(counted, parameters) == naive
    assert max((found for _, found in window_counts(counted, window)), default=0) == max(map(count, range(300)))


@given(locations, YEARS, st.randoms())
def test_every_minute_is_what_its_facts_say(where: Location, year: int, random: Random) -> None:
    start, end = year_interval(year)
    closed = availability(where, year, PARAMETERS).closed
    counted = counted_closures(where, year, PARAMETERS)
    edges = {start, end} | {edge for interval in (*closed, *counted) for edge in interval}
    around = [minute for edge in edges for minute in (edge - 1, edge) if start <= minute < end]
    shut, open_ = _naive(where)
    for minute in [*random.sample(around, min(len(around), 40)), *(random.randrange(start, end) for _ in range(20))]:
        operates = _operates(where, minute)
        assert _holds(closed, minute) is (shut(minute) or not open_(minute) or not operates)
        assert _holds(counted, minute) is (shut(minute) and open_(minute) and operates)


def _holds(intervals: Iterable[Interval], minute: int) -> bool:
    return any(start <= minute < end for start, end in intervals)


def _naive(where: Location) -> tuple[Callable[[int], bool], Callable[[int], bool]]:
    def shut(minute: int) -> bool:
        return any(c.start <= minute and (c.end is None or minute < c.end) for c in where.closures)

    def session(period: OpeningPeriod, day: int, minute: int) -> bool:
        when = date.fromordinal(day)
        if when < period.valid_from or (period.valid_until is not None and when >= period.valid_until):
            return False
        closes = period.closes if period.closes > period.opens else period.closes + DAY
        return when.isoweekday() in period.weekdays and day * DAY + period.opens <= minute < day * DAY + closes

    def open_(minute: int) -> bool:
        today = minute // DAY
        return not where.periods or any(session(p, day, minute) for p in where.periods for day in (today - 1, today))

    return shut, open_


def _operates(where: Location, minute: int) -> bool:
    day = date.fromordinal(minute // DAY)
    return where.opened_on <= day and (where.closed_on is None or day < where.closed_on)
