"""What happens at a location in a period: closures and SEH-stops (Inkoopkader, bijlage B and C)."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Which kind of event."""

    CLOSURE = "CLOSURE"
    STOP = "STOP"


class Department(StrEnum):
    """The department that announced a stop; only those of the SEH count (AMB-14)."""

    SEH = "SEH"
    EHH = "EHH"


class Event(NamedTuple):
    """A closure or a stop, from `starts_at` until `ends_at` (None: still going on), naive wall-clock times.

    `foreseen` belongs to closures (None: not known) and `department` to stops.
    """

    kind: Kind
    event_id: str
    location_id: str
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    foreseen: bool | None = None
    department: Department | None = None
    withdrawn: bool = False
