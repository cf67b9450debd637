"""Sets of half-open intervals of wall-clock minutes.

A *minute* is an integer: the number of wall-clock minutes since 0001-01-01T00:00, every day counting 1440. Summer and
winter time do not exist here (AMB-04). A *set* is a sorted list of intervals that neither overlap nor touch; every
function that returns intervals returns a set.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR

Interval = tuple[int, int]
"""``(start, end)`` in minutes, half-open, ``start < end``."""


def to_minute(moment: datetime) -> int:
    """The minute of a naive wall-clock moment; seconds are cut off (AMB-05)."""
    return moment.toordinal() * MINUTES_PER_DAY + moment.hour * MINUTES_PER_HOUR + moment.minute


def day_start(day: date) -> int:
    """The minute at which a day starts, 00:00."""
    return day.toordinal() * MINUTES_PER_DAY


def to_moment(minute: int) -> datetime:
    """The naive wall-clock moment of a minute; the inverse of `to_minute`."""
    days, rest = divmod(minute, MINUTES_PER_DAY)
    return datetime.fromordinal(days) + timedelta(minutes=rest)


def year_interval(year: int) -> Interval:
    """The whole calendar year, from 1 January 00:00 to the next 1 January 00:00 (AMB-07)."""
    return day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Overlapping and touching intervals merged, so that each minute counts once (AMB-06). Empty ones vanish."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersection(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """The minutes that lie in both sets."""
    both: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both


def clip(inside: Sequence[Interval], window: Interval) -> list[Interval]:
    """The minutes of the set that lie in the window."""
    first = bisect_right(inside, window[0], key=lambda interval: interval[1])
    last = bisect_left(inside, window[1], key=lambda interval: interval[0])
    clipped = list(inside[first:last])
    if clipped and clipped[0][0] < window[0]:
        clipped[0] = (window[0], clipped[0][1])
    if clipped and clipped[-1][1] > window[1]:
        clipped[-1] = (clipped[-1][0], window[1])
    return clipped


def complement(inside: Sequence[Interval], window: Interval) -> list[Interval]:
    """The minutes of the window that do not lie in the set."""
    outside: list[Interval] = []
    cursor = window[0]
    for start, end in clip(inside, window):
        if cursor < start:
            outside.append((cursor, start))
        cursor = end
    if cursor < window[1]:
        outside.append((cursor, window[1]))
    return outside


def total(intervals: Iterable[Interval]) -> int:
    """The number of minutes in a set."""
    return sum(end - start for start, end in intervals)
