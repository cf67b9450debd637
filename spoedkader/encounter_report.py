"""What stands out in a file of visits: counts with the numbers of rows, never an identifier or a time.

Visits that overlap cannot be told from two patients at once, for the file knows no patients; they are not looked for.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    without_end: Listed
    too_long: Listed
    no_stay: Listed
    gap_count: int
    gaps: tuple[Gap, ...]


def report_on(table: "pl.DataFrame", year: int) -> EncounterReport:
    """Report on a table of visits as the readers give it; rows are numbered by `number`, or else from 1.

    `repeated` are rows with the visit id and the period of an earlier row, `too_long` those that stay more than 72
    hours and `no_stay` those of 0 minutes. Gaps are between arrivals in the year, at the SEH and the EHH together.
    """
    import polars as pl  # noqa: PLC0415

    if "number" not in table.columns:
        table = table.with_row_index("number", offset=1)
    stay = pl.col("departed_utc") - pl.col("arrived_utc")
    repeated = ~pl.struct("visit_id", "arrived_utc", "departed_utc").is_first_distinct()
    gap_count, gaps = _gaps(table, year)
    return EncounterReport(
        rows=len(table),
        repeated=_listed(table, repeated),
        without_end=_listed(table, pl.col("departed_utc").is_null()),
        too_long=_listed(table, stay > LONG_MINUTES),
        no_stay=_listed(table, stay == 0),
        gap_count=gap_count,
        gaps=gaps,
    )


def _listed(table: "pl.DataFrame", condition: "pl.Expr") -> Listed:
    found = Listed()
    found.add(table.filter(condition)["number"])
    return found


def _gaps(table: "pl.DataFrame", year: int) -> tuple[int, tuple[Gap, ...]]:
    import polars as pl  # noqa: PLC0415

    first, end = year_interval(year)
    inside = table.filter(pl.col("arrived").is_between(first, end, closed="left")).sort(
        "arrived_utc", maintain_order=True
    )
    # In January the clock is an hour ahead of UTC, at both ends of the year.
    edge = [value - 60 for value in (first, end)]
    moments = pl.concat([pl.Series([edge[0]]), inside["arrived_utc"].cast(pl.Int64), pl.Series([edge[1]])])
    numbers = [None, *inside["number"].to_list(), None]
    places = (moments.diff() > GAP_MINUTES).arg_true().to_list()
    return len(places), tuple(Gap(numbers[place - 1], numbers[place]) for place in places[:MAX_LISTED])
