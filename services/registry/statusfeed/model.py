"""What another system says of closures and stops, and what follows from all that it said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from services.registry.events.model import Department, Event, Kind
from services.runtime.names import is_identifier

MAX_SOURCE = 32


class StatusEvent(NamedTuple):
    """One thing that a source said: with `starts_at` a statement of the whole, else an end or a withdrawal."""

    sequence: int
    kind: Kind
    event_id: str
    """The source's own identifier of the closure or stop."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    withdrawn: bool = False
    reason: str = ""
    foreseen: bool | None = None
    department: Department | None = None


class Standing(Enum):
    """What something that was said means beside all else that was said of the same closure or stop."""

    COUNTS = auto()
    SUPERSEDED = auto()
    """Something with a higher sequence took its place."""
    WAITING = auto()
    """An end or a withdrawal of which no fitting start is known."""
    WITHDRAWN = auto()
    """The closure or stop was withdrawn before this was said."""


class Folded(NamedTuple):
    """What follows from everything that was said of one closure or stop."""

    event: Event | None
    """None as long as no start is known."""
    standings: Mapping[int, Standing]
    """By sequence."""


def is_source(text: str) -> bool:
    """Whether a text can name a source; without dots, so that no two sources make the same name of an event."""
    return is_identifier(text) and "." not in text and len(text) <= MAX_SOURCE


def registry_id(source: str, event_id: str) -> str:
    """The identifier in the registry of what a source calls `event_id`."""
    return f"{source}.{event_id}"


def fold(source: str, location_id: str, said: Iterable[StatusEvent]) -> Folded:
    """What follows from all that was said of one closure or stop, each sequence once, in any order.

    The sequence decides, not the arrival: a statement replaces what was said before it; of the ends behind it the last
    one that lies after its start counts; a withdrawal is final, as it is in the closure service. What was withdrawn is
    the statement before the withdrawal or, when there is none, the first one behind it.
    """
    standings: dict[int, Standing] = {}
    statement: StatusEvent | None = None
    end: StatusEvent | None = None
    withdrawal: StatusEvent | None = None
    for event in sorted(said, key=lambda event: event.sequence):
        if withdrawal is not None:
            standing = Standing.WITHDRAWN
            if statement is None and event.starts_at is not None:
                statement = event
                standings[withdrawal.sequence] = Standing.COUNTS
        elif event.withdrawn:
            withdrawal = event
            standing = Standing.WAITING if statement is None else Standing.COUNTS
        elif event.starts_at is not None:
            standings = dict.fromkeys(standings, Standing.SUPERSEDED)
            statement, end = event, None
            standing = Standing.COUNTS
        elif statement is not None and _fits(statement, event):
            standings = dict.fromkeys(standings, Standing.SUPERSEDED) | {statement.sequence: Standing.COUNTS}
            end = event
            standing = Standing.COUNTS
        else:
            standing = Standing.WAITING
        standings[event.sequence] = standing
    return Folded(_event(source, location_id, statement, end, withdrawal), standings)


def overlaps(events: Sequence[Event]) -> dict[tuple[Kind, str], str]:
    """Of each event that shares a minute with another of its kind and department, the identifier of one such other."""
    groups: dict[tuple[Kind, Department | None], list[Event]] = defaultdict(list)
    for event in events:
        groups[event.kind, event.department].append(event)
    found: dict[tuple[Kind, str], str] = {}
    for group in groups.values():
        group.sort(key=lambda event: (event.starts_at, event.event_id))
        # Of those so far the one that ends last.
        last = group[0]
        for event in group[1:]:
            if event.starts_at < _until(last):
                found[event.kind, event.event_id] = last.event_id
                found.setdefault((last.kind, last.event_id), event.event_id)
            if _until(event) > _until(last):
                last = event
    return found


def _fits(statement: StatusEvent, end: StatusEvent) -> bool:
    return statement.starts_at is not None and end.ends_at is not None and statement.starts_at < end.ends_at


def _event(
    source: str,
    location_id: str,
    statement: StatusEvent | None,
    end: StatusEvent | None,
    withdrawal: StatusEvent | None,
) -> Event | None:
    if statement is None or statement.starts_at is None:
        return None
    return Event(
        kind=statement.kind,
        event_id=registry_id(source, statement.event_id),
        location_id=location_id,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at if end is None else end.ends_at,
        reason=statement.reason,
        foreseen=statement.foreseen,
        department=statement.department,
        withdrawn=withdrawal is not None,
    )


def _until(event: Event) -> datetime:
    return event.ends_at or datetime.max
