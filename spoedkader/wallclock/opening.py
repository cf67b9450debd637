"""Regular opening hours: weekly sessions with a validity, unfolded into intervals of minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from spoedkader.wallclock.intervals import MINUTES_PER_DAY, Interval, clip, union


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """Sessions on the given weekdays, for session days from `valid_from` until `valid_until` (exclusive; None: no end).

    `weekdays` are ISO numbers, 1 is Monday. `opens` is a minute of the day from 0 to 1439, `closes` one from 0 to 1440;
    `closes <= opens` runs past midnight. A session that passes midnight, or the end of the validity, runs to its end.
    """

    valid_from: date
    valid_until: date | None
    weekdays: frozenset[int]
    opens: int
    closes: int


def open_intervals(periods: Sequence[OpeningPeriod], window: Interval) -> list[Interval]:
    """The minutes of the window inside regular opening hours.

    Overlapping periods are united. A location without any period is open 24/7; where it has periods but none is valid
    on a day, no session starts that day.
    """
    if not periods:
        return [window]
    return clip(union(_sessions(periods, window)), window)


def _sessions(periods: Iterable[OpeningPeriod], window: Interval) -> Iterable[Interval]:
    # A session of the day before the window may run into it.
    first_day = window[0] // MINUTES_PER_DAY - 1
    last_day = -(-window[1] // MINUTES_PER_DAY)
    for period in periods:
        start_day = max(first_day, period.valid_from.toordinal())
        end_day = last_day if period.valid_until is None else min(last_day, period.valid_until.toordinal())
        length = (
            (period.closes - period.opens)
            if period.closes > period.opens
            else (period.closes - period.opens + MINUTES_PER_DAY)
        )
        for day in range(start_day, end_day):
            # Ordinal 1 was a Monday, so the ISO weekday follows from the remainder.
            if (day - 1) % 7 + 1 in period.weekdays:
                opens = day * MINUTES_PER_DAY + period.opens
                yield opens, opens + length
