"""What the budget service knows about a provider: the facts of the other services that its rules read.

Moments are wall-clock minutes as in `spoedkader.wallclock.intervals`. Resources keep the order of the registry.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from spoedkader.wallclock.opening import OpeningPeriod


class CareType(StrEnum):
    """The kind of emergency care; only SEH has a budget (bijlage B, 3)."""

    SEH = "SEH"
    SPOEDPOLI = "SPOEDPOLI"


class Department(StrEnum):
    """The department that announced a stop; only those of the SEH count (AMB-14)."""

    SEH = "SEH"
    EHH = "EHH"


class Decision(StrEnum):
    """What an insurer decided about a new provider."""

    AKKOORD = "AKKOORD"
    AFGEWEZEN = "AFGEWEZEN"


@dataclass(frozen=True, slots=True)
class Closure:
    """A closure from `start` until `end` (None: still closed); `foreseen` is None when that is not known."""

    closure_id: str
    start: int
    end: int | None
    foreseen: bool | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop from `start` until `end` (None: it still lasts)."""

    stop_id: str
    department: Department
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Location:
    """A location with its regular opening hours and what happened in the budget year.

    Without any period it is open 24/7. `closed_on` is the first day out of operation. `stops` is empty unless the rule
    that the facts are for needs them.
    """

    agb: str
    location_id: str
    care_type: CareType
    opened_on: date
    closed_on: date | None
    periods: tuple[OpeningPeriod, ...] = ()
    closures: tuple[Closure, ...] = ()
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """One insurer's decision about a provider; `insurer` is a UZOVI code."""

    insurer: str
    decision: Decision
    decided_on: date


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider with the decisions about it, in the order in which they were recorded, and its locations."""

    agb: str
    provides_seh_since: date
    representatives: tuple[str, ...]
    approvals: tuple[Approval, ...]
    locations: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """A purchasing round; `norm_amount_cents` is for one SEH that is open all year."""

    budget_year: int
    policy_year: int
    norm_amount_cents: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The latest judgement of a location: its resource name and its routes, as in `VERBETERPLAN`."""

    name: str
    routes: tuple[str, ...]


class Negative(StrEnum):
    """What representatives decide about a location that takes its budget away (bijlage A, stap 2 and 3)."""

    GEEN_AANVRAAG = "GEEN_AANVRAAG"
    GEEN_BUDGET = "GEEN_BUDGET"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A decision of the representatives that holds, taken in the case with this resource name."""

    case: str
    decision: Negative
    decided_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """What the quality service holds about a location: its latest assessment, and the decisions against it in the order
    in which their cases were opened."""

    assessment: Assessment | None = None
    exclusions: tuple[Exclusion, ...] = ()


UNKNOWN = Standing()
"""Where a location stands that was not assessed."""
