"""What follows from a folder: the six files of `expected/`, from plain rows that others have calculated."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.cli.exchange.csvtext import to_csv
from services.cli.exchange.writer import write_atomically


@dataclass(frozen=True, slots=True)
class AvailabilityRow:
    """A location's closed minutes of the budget year and its budget in cents (AMB-01 … AMB-09, AMB-26)."""

    location_id: str
    closed_minutes: int
    year_minutes: int
    adjusted: bool
    borderline: bool
    budget_cents: int


@dataclass(frozen=True, slots=True)
class ProviderBudgetRow:
    """What the locations of a provider that hold a claim add up to, in cents (AMB-24, AMB-44)."""

    agb: str
    eligible_locations: int
    budget_cents: int


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """What a location has to account for: a structural closure, and the stops of the year in minutes (AMB-12)."""

    location_id: str
    structural_closure: bool
    structural_since: datetime | None
    stop_minutes: int
    stop_status: str


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """The verdict of one norm on one location."""

    location_id: str
    norm: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RouteRow:
    """The routes of a location, in any order, and the dates that come with an improvement plan (AMB-39, AMB-41)."""

    location_id: str
    routes: tuple[str, ...]
    plan_due_on: date | None
    comply_by: date | None


@dataclass(frozen=True, slots=True)
class IndicatorResultRow:
    """The indicators of a location, stays in minutes with one decimal, and the visits left out (AMB-29 … AMB-31)."""

    location_id: str
    year: int
    seh_visits: int
    ehh_visits: int
    seh_stops: int
    mean_length_of_stay_minutes: Decimal | None
    median_length_of_stay_minutes: Decimal | None
    excluded: int


@dataclass(frozen=True, slots=True)
class ExpectedRows:
    """The rows of the six files, each in the order of `locations.csv` or `providers.csv`."""

    availability: tuple[AvailabilityRow, ...] = ()
    provider_budgets: tuple[ProviderBudgetRow, ...] = ()
    obligations: tuple[ObligationRow, ...] = ()
    verdicts: tuple[VerdictRow, ...] = ()
    routes: tuple[RouteRow, ...] = ()
    indicators: tuple[IndicatorResultRow, ...] = ()


EXPECTED_FILES: Mapping[str, type[Any]] = {
    "availability.csv": AvailabilityRow,
    "provider_budgets.csv": ProviderBudgetRow,
    "obligations.csv": ObligationRow,
    "verdicts.csv": VerdictRow,
    "routes.csv": RouteRow,
    "indicators.csv": IndicatorResultRow,
}
"""The files of `expected/` and the type of their rows; the fields are the columns."""


def write_expected(rows: ExpectedRows, out_dir: Path) -> None:
    """Write the six files to `out_dir`, each in one step; a file without rows holds its header alone.

    The same rows give the same bytes. Raises OSError.
    """
    for name, row_type in EXPECTED_FILES.items():
        columns = [field.name for field in dataclasses.fields(row_type)]
        table = getattr(rows, name.removesuffix(".csv"))
        write_atomically(
            out_dir / name, to_csv(columns, ([_value(row, column) for column in columns] for row in table))
        )


def _value(row: object, column: str) -> object:
    value = getattr(row, column)
    return tuple(sorted(value)) if isinstance(row, RouteRow) and column == "routes" else value
