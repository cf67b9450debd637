"""The rows of an exchange folder, one frozen dataclass per file; field names are the columns, in the file's order.

Wall-clock times are naive datetimes at whole minutes in Europe/Amsterdam, dates are `date`, ids and codes are strings
because leading zeros count, and None is an empty cell: "not known" or "no end". Intervals are half-open.
The annotations carry the parser of each cell; building a row by hand does not run them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.exchange.cells import (
    Agb,
    AnswersStatus,
    AttestationKind,
    CareType,
    Closes,
    Decision,
    Department,
    Id,
    JsonCents,
    JsonObject,
    JsonYear,
    Kvk,
    Name,
    Opens,
    OptionalBoolean,
    OptionalCount,
    OptionalDocument,
    OptionalReason,
    OptionalTenths,
    OptionalWallDate,
    OptionalWallTime,
    Uzovi,
    Uzovis,
    WallDate,
    WallTime,
    Weekdays,
    Year,
)


@dataclass(frozen=True, slots=True)
class Round:
    """`round.json`: the years of the purchasing round, and the norm amount in cents (an example, not the NZa's)."""

    budget_year: JsonYear
    survey_year: JsonYear
    reference_year: JsonYear
    policy_year: JsonYear
    rivm_preliminary_delivered_on: WallDate
    norm_amount_cents: JsonCents


@dataclass(frozen=True, slots=True)
class Provider:
    """A row of `providers.csv`; `representatives` are the UZOVI codes in the file's order, 1 to 20."""

    agb: Agb
    kvk: Kvk
    name: Name
    provides_seh_since: WallDate
    representatives: Uzovis


@dataclass(frozen=True, slots=True)
class Approval:
    """A row of `approvals.csv`: one decision of one insurer, who need not be a representative (any longer)."""

    agb: Agb
    uzovi: Uzovi
    decision: Decision
    decided_on: WallDate
    reason: OptionalReason


@dataclass(frozen=True, slots=True)
class Location:
    """A row of `locations.csv`; open from `opened_on` until `closed_on`, both at 00:00."""

    location_id: Id
    agb: Agb
    agb_location: Agb
    name: Name
    roaz_region: Name
    care_type: CareType
    opened_on: WallDate
    closed_on: OptionalWallDate


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A row of `opening_hours.csv`, valid on `[valid_from, valid_until)`.

    `weekdays` ascends, 1 is Monday; `opens` and `closes` are minutes of the day, 0..1439 and 0..1440 (24:00);
    `closes` at or before `opens` runs past midnight.
    """

    location_id: Id
    valid_from: WallDate
    valid_until: OptionalWallDate
    weekdays: Weekdays
    opens: Opens
    closes: Closes


@dataclass(frozen=True, slots=True)
class Closure:
    """A row of `closures.csv`: closed on `[starts_at, ends_at)`; without an end it is still closed.

    `foreseen` is None when it is not known whether the closure was planned.
    """

    closure_id: Id
    location_id: Id
    starts_at: WallTime
    ends_at: OptionalWallTime
    foreseen: OptionalBoolean
    reason: OptionalReason


@dataclass(frozen=True, slots=True)
class Stop:
    """A row of `stops.csv`: a stop of a department on `[starts_at, ends_at)`; without an end it still lasts."""

    stop_id: Id
    location_id: Id
    department: Department
    starts_at: WallTime
    ends_at: OptionalWallTime
    reason: OptionalReason


@dataclass(frozen=True, slots=True)
class AnswersDocument:
    """`answers/<location_id>.json`: a location's answers, from question id to answer (JSON values, order kept)."""

    location_id: Id
    survey_year: JsonYear
    status: AnswersStatus
    delivered_on: WallDate
    answers: JsonObject


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """A row of `indicators.csv`: counts, and lengths of stay in minutes with exactly one decimal."""

    location_id: Id
    year: Year
    seh_visits: OptionalCount
    ehh_visits: OptionalCount
    seh_stops: OptionalCount
    mean_length_of_stay_minutes: OptionalTenths
    median_length_of_stay_minutes: OptionalTenths


@dataclass(frozen=True, slots=True)
class Attestation:
    """A row of `attestations.csv`: a provider's statement, and the document that holds it."""

    agb: Agb
    kind: AttestationKind
    attested_on: WallDate
    document: OptionalDocument


@dataclass(frozen=True, slots=True)
class ExchangeFolder:
    """Everything in one exchange folder, each part in the order of its file and `answers` by file name.

    `encounter_files` are the hospitals' own exports by location id. They are where they are and not part of what the
    folder says, so they are left out of comparisons and are not written.
    """

    round: Round
    providers: tuple[Provider, ...] = ()
    approvals: tuple[Approval, ...] = ()
    locations: tuple[Location, ...] = ()
    opening_hours: tuple[OpeningHours, ...] = ()
    closures: tuple[Closure, ...] = ()
    stops: tuple[Stop, ...] = ()
    answers: tuple[AnswersDocument, ...] = ()
    indicators: tuple[IndicatorRow, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    encounter_files: Mapping[str, Path] = field(default_factory=dict, compare=False)


TABLES: Mapping[str, type[Any]] = {
    "providers.csv": Provider,
    "approvals.csv": Approval,
    "locations.csv": Location,
    "opening_hours.csv": OpeningHours,
    "closures.csv": Closure,
    "stops.csv": Stop,
    "indicators.csv": IndicatorRow,
    "attestations.csv": Attestation,
}
"""The CSV files of the folder and the type of their rows."""
