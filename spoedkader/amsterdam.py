"""Elapsed time in Europe/Amsterdam: which instant a wall-clock minute is, around the clock changes included.

A *minute* is a wall-clock minute as in `spoedkader.wallclock.intervals`; an *instant* is that minute less the offset
from UTC, so that the difference of two instants is elapsed minutes. A minute has a first and a second reading, those of
`zoneinfo` with fold 0 and 1, which differ only in the hour that autumn repeats and in the hour that spring leaves out
(a time there does not exist; its first reading has the offset before the change). The first reading counts, unless a
departure would then precede its arrival: then a departure in the repeated hour is its second occurrence, and an
arrival in the hour left out is read with the offset after the change.
"""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_MINUTES_PER_DAY = 1440
_ZONE = ZoneInfo("Europe/Amsterdam")


def day_of(moment: datetime) -> date:
    """Return the day in Amsterdam at an aware moment."""
    return moment.astimezone(_ZONE).date()


def offset_at(moment: datetime) -> int:
    """Return the offset from UTC in Amsterdam at an aware moment, in minutes."""
    return _offset(moment.astimezone(_ZONE))


def offsets(first: int, last: int) -> tuple[list[int], list[int], list[int]]:
    """Return the offsets from UTC on the minutes `first` to `last`, as three parallel lists by ascending start.

    The minutes at which offsets start to hold (the first at or before `first`), and the offsets in minutes that hold
    from then on for the first and for the second reading.
    """
    starts: list[int] = []
    pairs: list[tuple[int, int]] = []
    for day in range(first // _MINUTES_PER_DAY, last // _MINUTES_PER_DAY + 1):
        for start, pair in _pieces(day):
            if not pairs or pairs[-1] != pair:
                starts.append(start)
                pairs.append(pair)
    return starts, [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def elapsed(arrived: int, departed: int) -> int:
    """Return the elapsed minutes from arrival to departure; negative when the departure precedes in every reading."""
    start, other_start = (arrived - offset for offset in _offsets_at(arrived))
    end, other_end = (departed - offset for offset in _offsets_at(departed))
    if end < start <= other_end:
        return other_end - start
    if end < start and other_start < start:
        return end - other_start
    return end - start


def can_follow(arrived: int, departed: int) -> bool:
    """Return whether a departure at wall-clock minute `departed` can follow an arrival at `arrived`."""
    # Hours apart, the clock changes cannot matter; most rows are settled here or by the cached offsets of two days.
    if departed - arrived >= 180:
        return True
    return elapsed(arrived, departed) >= 0


def _offsets_at(minute: int) -> tuple[int, int]:
    pair = (0, 0)
    for start, value in _pieces(minute // _MINUTES_PER_DAY):
        if start > minute:
            break
        pair = value
    return pair


@cache
def _pieces(day: int) -> tuple[tuple[int, tuple[int, int]], ...]:
    """Return the pieces of one day on which the two offsets are constant, each with its first minute."""
    midnight = datetime.combine(date.fromordinal(day), datetime.min.time())
    at = day * _MINUTES_PER_DAY
    pair = _pair(midnight)
    if pair == _pair(midnight + timedelta(minutes=_MINUTES_PER_DAY)):
        return ((at, pair),)
    pieces = [(at, pair)]
    for minute in range(1, _MINUTES_PER_DAY):
        pair = _pair(midnight + timedelta(minutes=minute))
        if pair != pieces[-1][1]:
            pieces.append((at + minute, pair))
    return tuple(pieces)


def _pair(moment: datetime) -> tuple[int, int]:
    return _offset(moment.replace(tzinfo=_ZONE)), _offset(moment.replace(tzinfo=_ZONE, fold=1))


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None  # the zone is set
    return int(offset.total_seconds()) // 60
