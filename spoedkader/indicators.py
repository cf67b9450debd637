"""The three indicators of an emergency department, calculated where the data are: at the hospital itself.

Only totals come out: visits, stops and length of stay of one location and one year (AMB-29 … AMB-31).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from spoedkader.encounters import EncounterProblem, EncounterProblems, read_encounters
from spoedkader.visit_keys import parts_by
from spoedkader.wallclock.intervals import to_minute, union, year_interval

if TYPE_CHECKING:
    import polars as pl

_INSTANT_UNIT = 2**32

__all__ = ["EncounterProblem", "EncounterProblems", "Indicators", "StopLike", "calculate", "in_tenths"]


class StopLike(Protocol):
    """A stop of a department, half-open, in wall-clock time at whole minutes; without an end it still lasts."""

    @property
    def department(self) -> str:
        """`SEH` or `EHH`."""

    @property
    def starts_at(self) -> datetime:
        """The first minute."""

    @property
    def ends_at(self) -> datetime | None:
        """The first minute after it, or None."""


@dataclass(frozen=True, slots=True)
class Indicators:
    """The indicators of one location and year.

    `seh_visits` counts every SEH visit, `excluded` those of them without a departure; `mean_length_of_stay` and
    `median_length_of_stay` are exact elapsed minutes over the others, None when there are none.
    """

    year: int
    seh_visits: int
    ehh_visits: int
    seh_stops: int
    mean_length_of_stay: Fraction | None
    median_length_of_stay: Fraction | None
    excluded: int

    @property
    def mean_tenths(self) -> int | None:
        """The mean length of stay in tenths of a minute, rounded half-up."""
        return in_tenths(self.mean_length_of_stay)

    @property
    def median_tenths(self) -> int | None:
        """The median length of stay in tenths of a minute, rounded half-up."""
        return in_tenths(self.median_length_of_stay)


def in_tenths(minutes: Fraction | None) -> int | None:
    """Return minutes, not negative, in tenths rounded half-up; the one rounding step of the indicators."""
    if minutes is None:
        return None
    return (20 * minutes.numerator + minutes.denominator) // (2 * minutes.denominator)


def calculate(encounters: "Path | pl.DataFrame", stops: Iterable[StopLike], reference_year: int) -> Indicators:
    """Calculate the indicators of one location over `reference_year` (AMB-29 … AMB-31).

    `encounters` is the hospital's own export, a CSV or its rows as `spoedkader.encounters.read_encounters` and
    `spoedkader.fhir.read_fhir` give them; `stops` are those of the location. Rows with one visit id are one visit: from
    the earliest arrival to the latest departure of the rows that have one, in the year and at the department of the
    earliest row (of equals, the first in the file). Times are instants in Europe/Amsterdam; a departure in the repeated
    hour that would precede the arrival of its own row is the second occurrence. SEH stops that overlap or touch are
    one; those that start in the year count, and one without an end runs to the end of the year.

    Raises `EncounterProblems` with the faults of the file by line, ValueError for a stop that does not end after its
    start, and OSError.
    """
    seh_stops = _count_stops(stops, reference_year)
    rows = read_encounters(encounters) if isinstance(encounters, Path) else encounters
    stays, seh_visits, ehh_visits = _visits(rows, reference_year)
    known = len(stays)
    mean = median = None
    if known:
        mean = Fraction(int(stays.sum()), known)
        median = Fraction(int(stays[(known - 1) // 2]) + int(stays[known // 2]), 2)
    return Indicators(reference_year, seh_visits, ehh_visits, seh_stops, mean, median, seh_visits - known)


def _count_stops(stops: Iterable[StopLike], year: int) -> int:
    first, end = year_interval(year)
    intervals: list[tuple[int, int]] = []
    for stop in stops:
        if stop.ends_at is not None and stop.ends_at <= stop.starts_at:
            raise ValueError(f"a stop ends at {stop.ends_at}, not after its start at {stop.starts_at}")
        if stop.department == "SEH":
            intervals.append((to_minute(stop.starts_at), end if stop.ends_at is None else to_minute(stop.ends_at)))
    # An open stop that starts after the year is empty here, and vanishes.
    return sum(first <= start < end for start, _ in union(intervals))


def _visits(rows: "pl.DataFrame", year: int) -> tuple["pl.Series", int, int]:
    """Return the lengths of stay of the SEH visits in minutes, ascending, and the visits to the SEH and to the EHH."""
    import polars as pl  # noqa: PLC0415

    stays = [pl.Series(dtype=pl.Int64)]
    seh_visits = ehh_visits = 0
    for part in parts_by(rows, "visit"):
        visits = _whole_visits(part, year)
        seh = visits.filter(pl.col("seh"))
        stays.append(seh["stay"].drop_nulls())
        seh_visits += len(seh)
        ehh_visits += len(visits) - len(seh)
    return pl.concat(stays).sort(), seh_visits, ehh_visits


def _whole_visits(rows: "pl.DataFrame", year: int) -> "pl.DataFrame":
    """Return the visits of the year: at which department, and how long."""
    import polars as pl  # noqa: PLC0415

    first, end = year_interval(year)
    # One number orders the rows of a visit: the instant of arrival, then the place in the file. Below it rides what is
    # needed of the earliest row, so that one minimum finds it. An instant takes 31 bits, a place 30, a flag 1: 63.
    in_year = pl.col("arrived").is_between(first, end, closed="left").cast(pl.Int64)
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    order = (
        pl.col("arrived_utc").cast(pl.Int64) * _INSTANT_UNIT + place * 4 + in_year * 2 + pl.col("seh").cast(pl.Int64)
    )
    return (
        rows.lazy()
        .select("visit", "departed_utc", order=order)
        .group_by("visit")
        .agg(pl.col("order").min(), pl.col("departed_utc").max())
        .filter(pl.col("order") // 2 % 2 == 1)
        .select(seh=pl.col("order") % 2 == 1, stay=pl.col("departed_utc") - pl.col("order") // _INSTANT_UNIT)
        .collect()
    )
