"""What stands out in a file of visits: counts with the numbers of rows, never an identifier or a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spoedkader.visit_keys import parts_by
from spoedkader.wallclock.intervals import year_interval

if TYPE_CHECKING:
    import polars as pl

MAX_LISTED = 20
"""How many rows a count lists; the others are only counted."""
LONG_MINUTES = 72 * 60
GAP_MINUTES = 24 * 60


@dataclass(slots=True)
class Listed:
    """A count, with the numbers of the first rows (of FHIR: resources), from 1."""

    count: int = 0
    numbers: list[int] = field(default_factory=list)

    def add(self, numbers: "pl.Series") -> None:
        """Count more, in the order of the file."""
        self.count += len(numbers)
        self.numbers.extend(numbers.head(MAX_LISTED - len(self.numbers)).to_list())


@dataclass(frozen=True, slots=True)
class Gap:
    """More than 24 elapsed hours in the year without an arrival: after one row and before another.

    None is the start or the end of the year.
    """

    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class EncounterReport:
    """What stands out in the rows of a file; the gaps are those of one year, of which the first are listed."""

    rows: int
    repeated: Listed
    overlapping: Listed
    overlapping_of_patient: Listed | None
    without_end: Listed
    too_long: Listed
    no_stay: Listed
    gap_count: int
    gaps: tuple[Gap, ...]


def report_on(table: "pl.DataFrame", year: int) -> EncounterReport:
    """Report on a table of visits as the readers give it; rows are numbered by `number`, or else from 1.

    `repeated` are rows with the visit id and the period of an earlier row. `overlapping` are the other rows that start
    before an earlier row of the visit ends, `overlapping_of_patient` the visits that start before an earlier visit of
    their patient ends (their first row; None when the file knows no patients). A row or visit without an end overlaps
    nothing. `too_long` are rows that stay more than 72 hours and `no_stay` those of 0 minutes. Gaps are between
    arrivals in the year, at the SEH and the EHH together.
    """
    import polars as pl  # noqa: PLC0415

    if "number" not in table.columns:
        table = table.with_row_index("number", offset=1)
    stay = pl.col("departed_utc") - pl.col("arrived_utc")
    gap_count, gaps = _gaps(table, year)
    of_visits = list(map(_repeated_and_overlapping, parts_by(table, "visit")))
    return EncounterReport(
        rows=len(table),
        repeated=_merged(pair[0] for pair in of_visits),
        overlapping=_merged(pair[1] for pair in of_visits),
        overlapping_of_patient=_merged(map(_overlapping_of_patient, parts_by(table, "patient")))
        if "patient" in table.columns
        else None,
        without_end=_listed(table, pl.col("departed_utc").is_null()),
        too_long=_listed(table, stay > LONG_MINUTES),
        no_stay=_listed(table, stay == 0),
        gap_count=gap_count,
        gaps=gaps,
    )


def _merged(found: "Iterable[pl.Series]") -> Listed:
    import polars as pl  # noqa: PLC0415

    merged = Listed()
    merged.add(pl.concat([pl.Series("number", dtype=pl.UInt32), *found]).sort())
    return merged


def _repeated_and_overlapping(table: "pl.DataFrame") -> "tuple[pl.Series, pl.Series]":
    import polars as pl  # noqa: PLC0415

    rows = _several(table, "visit")
    first = rows.select(first=pl.struct("visit", "arrived_utc", "departed_utc").is_first_distinct())["first"]
    return rows["number"].filter(~first), _starting_before_an_end(rows.filter(first), "visit")["number"]


def _overlapping_of_patient(table: "pl.DataFrame") -> "pl.Series":
    import polars as pl  # noqa: PLC0415

    rows = _several(table.filter(pl.col("patient").is_not_null()), "patient")
    visits = rows.group_by("patient", "visit").agg(
        pl.col("arrived_utc").min(), pl.col("departed_utc").max(), pl.col("number").min()
    )
    return _starting_before_an_end(visits, "patient")["number"]


def _several(table: "pl.DataFrame", key: str) -> "pl.DataFrame":
    """Return the rows of which the key stands on more than one; they are few, and the rest is cheap on few."""
    import polars as pl  # noqa: PLC0415

    return table.filter(pl.col(key).is_duplicated())


def _starting_before_an_end(table: "pl.DataFrame", key: str) -> "pl.DataFrame":
    """Return the rows that start before an earlier row of the same key ends."""
    import polars as pl  # noqa: PLC0415

    ends = pl.col("departed_utc").fill_null(pl.col("arrived_utc")).cum_max().shift(1).over(key)
    return table.sort(key, "arrived_utc", "number").filter(pl.col("arrived_utc") < ends)


def _listed(table: "pl.DataFrame", condition: "pl.Expr") -> Listed:
    found = Listed()
    found.add(table.filter(condition)["number"])
    return found


def _gaps(table: "pl.DataFrame", year: int) -> tuple[int, tuple[Gap, ...]]:
    import polars as pl  # noqa: PLC0415

    first, end = year_interval(year)
    rows = table.lazy().filter(pl.col("arrived").is_between(first, end, closed="left"))
    inside = rows.select("arrived_utc", "number").sort("arrived_utc", maintain_order=True).collect()
    # In January the clock is an hour ahead of UTC, at both ends of the year.
    edge = [value - 60 for value in (first, end)]
    edges = [pl.Series([value], dtype=pl.Int32) for value in edge]
    moments = pl.concat([edges[0], inside["arrived_utc"], edges[1]])
    places = (moments.diff() > GAP_MINUTES).arg_true().to_list()

    def number(place: int) -> int | None:
        return inside["number"][place] if 0 <= place < len(inside) else None

    return len(places), tuple(Gap(number(place - 2), number(place - 1)) for place in places[:MAX_LISTED])
