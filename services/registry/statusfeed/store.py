"""What sources said, in the database: one row for each sequence, never changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import NaiveDatetime
from sqlalchemy import BigInteger, Connection, Index, bindparam, func, select
from sqlmodel import Field, SQLModel, col

from services.registry.events.model import Department, Kind
from services.registry.statusfeed.model import StatusEvent
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.versions import Stamp

MAX_GAPS = 100


class StatusEventRow(SQLModel, table=True):
    """One thing that a source said of a location; its times are wall-clock and therefore without a zone."""

    __tablename__ = "status_event"
    __table_args__ = (
        Index("status_event_id", "source", "kind", "event_id"),
        Index("status_event_sequence", "source", "location_id", "sequence", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    source: str
    location_id: str
    sequence: int = Field(sa_type=BigInteger)
    kind: str
    event_id: str
    starts_at: NaiveDatetime | None
    ends_at: NaiveDatetime | None
    withdrawn: bool
    reason: str
    foreseen: bool | None
    department: str | None
    received_at: datetime
    received_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one closure or stop of a source: where it is, and all that was said of it."""

    location_id: str
    events: list[StatusEvent]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was received from a source for a location."""

    last: int
    contiguous: int
    gaps: Sequence[tuple[int, int]]
    """The first and last sequence that miss, the lowest gaps."""


_TABLE = SQLModel.metadata.tables["status_event"]
_OF_FEED = (
    col(StatusEventRow.source) == bindparam("source"),
    col(StatusEventRow.location_id) == bindparam("location_id"),
)
_SAID = select(
    _TABLE.c.location_id,
    _TABLE.c.sequence,
    _TABLE.c.kind,
    _TABLE.c.event_id,
    _TABLE.c.starts_at,
    _TABLE.c.ends_at,
    _TABLE.c.withdrawn,
    _TABLE.c.reason,
    _TABLE.c.foreseen,
    _TABLE.c.department,
)
_SAID_OF_IDS = _SAID.where(
    col(StatusEventRow.source) == bindparam("source"),
    col(StatusEventRow.kind) == bindparam("kind"),
    col(StatusEventRow.event_id).in_(bindparam("event_ids", expanding=True)),
)
_SAID_AT = _SAID.where(*_OF_FEED, col(StatusEventRow.sequence).in_(bindparam("sequences", expanding=True)))
_LAST = select(func.coalesce(func.max(col(StatusEventRow.sequence)), 0)).where(*_OF_FEED)
_FOLLOWED = (
    select(
        _TABLE.c.sequence,
        func.lead(_TABLE.c.sequence).over(order_by=_TABLE.c.sequence).label("next"),
    )
    .where(*_OF_FEED)
    .subquery()
)
_BEFORE_GAPS = (
    select(_FOLLOWED.c.sequence, _FOLLOWED.c.next)
    .where(_FOLLOWED.c.next - _FOLLOWED.c.sequence > 1)
    .order_by(_FOLLOWED.c.sequence)
    .limit(MAX_GAPS)
)
_FIRST = select(func.min(col(StatusEventRow.sequence))).where(*_OF_FEED)
_ROWS = AppendOnly(_TABLE)


def said_of(connection: Connection, source: str, kind: Kind, event_ids: Iterable[str]) -> dict[str, Said]:
    """All that a source said of some closures or of some stops, by its own identifier of each."""
    parameters = {"source": source, "kind": kind.value, "event_ids": list(event_ids)}
    places: dict[str, str] = {}
    events: dict[str, list[StatusEvent]] = defaultdict(list)
    for row in connection.execute(_SAID_OF_IDS, parameters):
        event = _load(row)
        places[event.event_id] = row.location_id
        events[event.event_id].append(event)
    return {event_id: Said(place, events[event_id]) for event_id, place in places.items()}


def said_at(connection: Connection, source: str, location_id: str, sequences: Sequence[int]) -> dict[int, StatusEvent]:
    """What a source said of a location under some sequences, by sequence."""
    if not sequences:
        return {}
    parameters = {"source": source, "location_id": location_id, "sequences": sequences}
    return {row.sequence: _load(row) for row in connection.execute(_SAID_AT, parameters)}


def add(connection: Connection, source: str, location_id: str, events: Iterable[StatusEvent], stamp: Stamp) -> None:
    """Stores what was said under sequences that were not used before."""
    # In the order of the columns.
    rows = [
        [
            source,
            location_id,
            event.sequence,
            event.kind.value,
            event.event_id,
            event.starts_at,
            event.ends_at,
            event.withdrawn,
            event.reason,
            event.foreseen,
            event.department.value if event.department else None,
            stamp.at,
            stamp.by,
        ]
        for event in events
    ]
    _ROWS.add_lists(connection, rows, stamp.written)


def last_sequence(connection: Connection, source: str, location_id: str) -> int:
    """The highest sequence that is stored; 0 when there is none."""
    found: int = connection.execute(_LAST, {"source": source, "location_id": location_id}).scalar_one()
    return found


def cursor(connection: Connection, source: str, location_id: str) -> Cursor:
    """What was received from a source for a location."""
    feed = {"source": source, "location_id": location_id}
    first = connection.execute(_FIRST, feed).scalar_one()
    if first is None:
        return Cursor(0, 0, ())
    last = last_sequence(connection, source, location_id)
    gaps = [(1, first - 1)] if first > 1 else []
    gaps += [(before + 1, behind - 1) for before, behind in connection.execute(_BEFORE_GAPS, feed)]
    return Cursor(last, gaps[0][0] - 1 if gaps else last, gaps[:MAX_GAPS])


def _load(row: Any) -> StatusEvent:
    return StatusEvent(
        sequence=row.sequence,
        kind=Kind(row.kind),
        event_id=row.event_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        withdrawn=row.withdrawn,
        reason=row.reason,
        foreseen=row.foreseen,
        department=Department(row.department) if row.department else None,
    )
