"""Sets of wall-clock minutes, and opening hours, against the same things done minute by minute."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spoedkader.wallclock.intervals import (
    MINUTES_PER_DAY,
    Interval,
    clip,
    complement,
    day_start,
    intersection,
    to_minute,
    to_moment,
    total,
    union,
    year_interval,
)
from spoedkader.wallclock.opening import OpeningPeriod, open_intervals

pairs = st.tuples(st.integers(0, 60), st.integers(0, 60))
windows = pairs.map(lambda pair: (min(pair), max(pair) + 1))
sets = st.lists(pairs, max_size=8).map(union)


def minutes(intervals: list[Interval]) -> set[int]:
    return {minute for start, end in intervals for minute in range(start, end)}


def is_set(intervals: list[Interval]) -> bool:
    return all(start < end for start, end in intervals) and all(one[1] < other[0] for one, other in pairwise(intervals))


@given(st.lists(pairs, max_size=8))
def test_a_union_holds_each_minute_once_in_order_and_without_seams(intervals: list[Interval]) -> None:
    found = union(intervals)
    assert is_set(found)
    assert minutes(found) == minutes(intervals)
    assert union(found) == found
    assert total(found) == len(minutes(intervals))


@given(sets, sets)
def test_an_intersection_holds_the_minutes_of_both(left: list[Interval], right: list[Interval]) -> None:
    found = intersection(left, right)
    assert minutes(found) == minutes(left) & minutes(right)
    assert is_set(found)
    assert found == intersection(right, left)


@given(sets, windows)
def test_a_complement_holds_the_other_minutes_of_the_window(inside: list[Interval], window: Interval) -> None:
    found = complement(inside, window)
    assert minutes(found) == minutes([window]) - minutes(inside)
    assert is_set(found)
    assert total(found) + total(clip(inside, window)) == window[1] - window[0]


@given(sets, windows)
def test_clipping_is_intersecting_with_one_interval(inside: list[Interval], window: Interval) -> None:
    before = list(inside)
    assert clip(inside, window) == intersection(inside, [window])
    assert inside == before


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9998, 12, 31)))
def test_a_minute_and_its_moment_are_each_others_inverse(moment: datetime) -> None:
    assert to_moment(to_minute(moment)) == moment.replace(second=0, microsecond=0)


def test_the_days_on_which_the_clock_changes_have_as_many_minutes_as_any_other() -> None:
    for day in (date(2027, 3, 28), date(2027, 10, 31), date(2027, 6, 1)):
        assert day_start(day + timedelta(days=1)) - day_start(day) == 1440
    assert to_minute(datetime(2027, 3, 28, 3)) - to_minute(datetime(2027, 3, 28, 1)) == 120
    assert to_minute(datetime(2027, 10, 31, 3)) - to_minute(datetime(2027, 10, 31, 2)) == 60


def test_a_year_has_all_its_days() -> None:
    assert total([year_interval(2027)]) == 525_600
    assert total([year_interval(2028)]) == 527_040
    assert year_interval(2027)[1] == year_interval(2028)[0]


# Opening hours

FIRST = date(2027, 3, 22)
days = st.integers(-4, 14).map(lambda offset: FIRST + timedelta(days=offset))


@st.composite
def periods(draw: st.DrawFn) -> OpeningPeriod:
    valid_from = draw(days)
    length = draw(st.none() | st.integers(1, 10))
    return OpeningPeriod(
        valid_from=valid_from,
        valid_until=None if length is None else valid_from + timedelta(days=length),
        weekdays=frozenset(draw(st.sets(st.integers(1, 7), min_size=1))),
        opens=draw(st.sampled_from([0, 1, 480, 1080, 1439]) | st.integers(0, 1439)),
        closes=draw(st.sampled_from([0, 1, 480, 1080, 1440]) | st.integers(0, 1440)),
    )


def is_open(day: date, minute: int, period: OpeningPeriod) -> bool:
    """Whether the session of this day, or that of the day before, holds a minute of the day."""
    for start_day, elapsed in ((day, minute), (day - timedelta(days=1), minute + MINUTES_PER_DAY)):
        starts = start_day >= period.valid_from and (period.valid_until is None or start_day < period.valid_until)
        if not starts or start_day.isoweekday() not in period.weekdays:
            continue
        end = period.closes if period.closes > period.opens else period.closes + MINUTES_PER_DAY
        if period.opens <= elapsed < end:
            return True
    return False


@given(st.lists(periods(), min_size=1, max_size=3), st.integers(0, 6), st.integers(1, 4))
def test_open_minutes_are_those_of_the_sessions(found: list[OpeningPeriod], offset: int, length: int) -> None:
    day = FIRST + timedelta(days=offset)
    window = (day_start(day) + 300, day_start(day + timedelta(days=length)) + 100)
    opened = open_intervals(found, window)
    assert is_set(opened)
    # Nothing begins or ends but at the times of a period, at midnight or at the edge of the window.
    moments = {0, *(period.opens for period in found), *(period.closes % MINUTES_PER_DAY for period in found)}
    expected = {
        minute
        for minute in range(*window)
        if minute % MINUTES_PER_DAY in moments
        and any(is_open(date.fromordinal(minute // MINUTES_PER_DAY), minute % MINUTES_PER_DAY, p) for p in found)
    }
    inside = minutes(opened)
    assert {minute for minute in inside if minute % MINUTES_PER_DAY in moments} == expected
    edges = {edge % MINUTES_PER_DAY for interval in opened for edge in interval if edge not in window}
    assert edges <= moments


def test_without_any_period_a_location_is_always_open() -> None:
    assert open_intervals([], year_interval(2027)) == [year_interval(2027)]


def test_with_periods_of_which_none_is_valid_a_location_is_closed() -> None:
    past = OpeningPeriod(date(2020, 1, 1), date(2021, 1, 1), frozenset(range(1, 8)), 0, 1440)
    assert open_intervals([past], year_interval(2027)) == []


def test_a_session_past_midnight_runs_to_its_end_beyond_its_validity() -> None:
    night = OpeningPeriod(date(2026, 12, 31), date(2027, 1, 1), frozenset({4}), 22 * 60, 6 * 60)
    start = year_interval(2027)[0]
    assert open_intervals([night], year_interval(2027)) == [(start, start + 6 * 60)]


def test_hours_that_close_when_they_open_last_a_whole_day() -> None:
    whole = OpeningPeriod(date(2027, 3, 22), date(2027, 3, 23), frozenset({1}), 480, 480)
    start = day_start(date(2027, 3, 22)) + 480
    assert open_intervals([whole], year_interval(2027)) == [(start, start + 1440)]
