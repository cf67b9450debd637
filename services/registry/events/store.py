"""Closures and stops in the database."""

from datetime import datetime
from typing import Any

from pydantic import NaiveDatetime
from sqlalchemy import Boolean, Index, bindparam, or_
from sqlmodel import col

from services.registry.events.model import Department, Event, Kind
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class EventRow(Versioned, table=True):
    """A version of a closure or a stop; its times are wall-clock and therefore without a zone."""

    __tablename__ = "event"
    __table_args__ = (
        *one_current("event", "kind", "event_id"),
        Index("event_location", "location_id", "kind", "ends_at"),
    )

    kind: str
    event_id: str
    location_id: str
    starts_at: NaiveDatetime
    ends_at: NaiveDatetime | None
    reason: str
    foreseen: bool | None
    department: str | None
    withdrawn: bool


def _load(
    kind: str,
    event_id: str,
    location_id: str,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str,
    foreseen: bool | None,
    department: str | None,
    withdrawn: bool,
) -> Event:
    found = Department(department) if department else None
    return Event(Kind(kind), event_id, location_id, starts_at, ends_at, reason, foreseen, found, withdrawn)


def _dump(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "event_id": event.event_id,
        "location_id": event.location_id,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "reason": event.reason,
        "foreseen": event.foreseen,
        "department": event.department.value if event.department else None,
        "withdrawn": event.withdrawn,
    }


def _name(event: Event) -> str:
    pattern = names.CLOSURE if event.kind is Kind.CLOSURE else names.STOP
    return pattern.format(provider=names.ANY, location=event.location_id, event=event.event_id)


EVENTS = History(EventRow, ("kind", "event_id"), _load, _dump, _name)

_OF_KIND = col(EventRow.kind) == bindparam("kind")
_SHOWN = or_(col(EventRow.withdrawn).is_(False), bindparam("show_withdrawn", type_=Boolean()))

EVENTS_OF_KIND = EVENTS.where(_OF_KIND, _SHOWN)
EVENTS_OF_LOCATIONS = EVENTS.where(
    _OF_KIND, _SHOWN, col(EventRow.location_id).in_(bindparam("location_ids", expanding=True))
)
EVENTS_BY_ID = EVENTS.where(_OF_KIND, col(EventRow.event_id).in_(bindparam("event_ids", expanding=True)))
EVENTS_TOUCHING = EVENTS.where(
    col(EventRow.location_id).in_(bindparam("location_ids", expanding=True)),
    col(EventRow.kind).in_(bindparam("kinds", expanding=True)),
    col(EventRow.withdrawn).is_(False),
    col(EventRow.starts_at) < bindparam("until"),
    or_(col(EventRow.ends_at).is_(None), col(EventRow.ends_at) > bindparam("since")),
)
"""The events that count and of which at least one minute lies in [since, until)."""
_AT_LOCATION = (
    col(EventRow.location_id) == bindparam("location_id"),
    col(EventRow.kind) == bindparam("kind"),
    col(EventRow.withdrawn).is_(False),
    col(EventRow.starts_at) < bindparam("until"),
)
# Two queries, for SQLite finds no index for an end that is after a moment or absent.
EVENTS_ENDED_AT = EVENTS.where(*_AT_LOCATION, col(EventRow.ends_at) > bindparam("since"))
"""Of one kind at one location those that count, begin before `until` and ended after `since`."""
EVENTS_LASTING_AT = EVENTS.where(*_AT_LOCATION, col(EventRow.ends_at).is_(None))
"""Of one kind at one location those that count, begin before `until` and last still."""
