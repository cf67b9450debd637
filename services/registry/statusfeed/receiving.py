"""Takes in one batch: what is new is kept, the closures and stops follow from it, and each event gets its result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from sqlalchemy import Connection

from services.registry.events.model import Event, Kind
from services.registry.events.store import EVENTS, EVENTS_BY_ID, EVENTS_ENDED_AT, EVENTS_LASTING_AT
from services.registry.statusfeed.model import Folded, Standing, StatusEvent, fold, overlaps, registry_id
from services.registry.statusfeed.store import add, last_sequence, said_at, said_of
from services.runtime.versions import Stamp, Stored


class Outcome(Enum):
    """How an event stands after the batch; the meanings are those of the contract."""

    STORED = auto()
    UNCHANGED = auto()
    SUPERSEDED = auto()
    PENDING = auto()
    OVERRULED = auto()
    REJECTED = auto()


class Result(NamedTuple):
    """What became of one event; `event` is the closure or stop in the registry, once there is one."""

    outcome: Outcome
    event: Event | None = None
    warnings: tuple[str, ...] = ()
    wrong: tuple[str, str] | None = None
    """Of an event that cannot stand beside what is stored: the field, and what is wrong with it."""


_NOTHING = Folded(None, {})


@dataclass(slots=True)
class _Subject:
    """One closure or stop that a batch is about."""

    location_id: str
    said: list[StatusEvent]
    """All that was said of it before this batch."""
    stored: Stored[Event] | None
    added: dict[int, StatusEvent] = field(default_factory=dict)
    folded: Folded = _NOTHING
    by_person: bool = False

    def take(self, source: str) -> None:
        """Finds out what follows from what was said, now that everything was added."""
        self.folded = fold(source, self.location_id, [*self.said, *self.added.values()])
        # What the registry holds is what followed from the feed before, unless a person made or changed it.
        if self.stored is not None and self.stored.value != self.folded.event:
            self.by_person = self.stored.value != fold(source, self.location_id, self.said).event

    @property
    def current(self) -> Event | None:
        return self.stored.value if self.stored is not None and self.by_person else self.folded.event


Subjects = Mapping[tuple[Kind, str], _Subject]
"""By kind and the source's own identifier."""

_OUTCOMES = {
    Standing.COUNTS: Outcome.STORED,
    Standing.SUPERSEDED: Outcome.SUPERSEDED,
    Standing.WAITING: Outcome.PENDING,
    Standing.WITHDRAWN: Outcome.OVERRULED,
}


def receive(
    connection: Connection, source: str, location_id: str, events: Sequence[StatusEvent], stamp: Stamp
) -> list[Result]:
    """Stores a batch of events that are right in themselves; gives a result for each, in their order."""
    subjects = _subjects(connection, source, location_id, events)
    last = last_sequence(connection, source, location_id)
    known = said_at(connection, source, location_id, [event.sequence for event in events if event.sequence <= last])
    new: dict[int, StatusEvent] = {}
    # Of each event what is wrong with it, or whether it is new.
    places: list[tuple[str, str] | bool] = []
    for event in events:
        subject = subjects[event.kind, event.event_id]
        before = known.get(event.sequence) or new.get(event.sequence)
        if subject.location_id != location_id:
            places.append(("event_id", "hoort bij een andere locatie"))
        elif before is not None and before != event:
            places.append(("sequence", f"{event.sequence} is eerder voor iets anders gebruikt"))
        else:
            places.append(before is None)
            if before is None:
                new[event.sequence] = subject.added[event.sequence] = event
    add(connection, source, location_id, new.values(), stamp)
    own = [subject for subject in subjects.values() if subject.location_id == location_id]
    for subject in own:
        subject.take(source)
    current = [subject.current for subject in own if subject.current is not None]
    others = _overlaps(connection, location_id, current)
    stored = {EVENTS.key(subject.stored.value): subject.stored for subject in own if subject.stored is not None}
    EVENTS.put_all(connection, current, stamp, stored)
    return [
        _result(event, subjects[event.kind, event.event_id], place, others)
        if isinstance(place, bool)
        else Result(Outcome.REJECTED, wrong=place)
        for event, place in zip(events, places, strict=True)
    ]


def _subjects(connection: Connection, source: str, location_id: str, events: Iterable[StatusEvent]) -> Subjects:
    """The closures and stops that the events are about, with what is stored of each."""
    subjects: dict[tuple[Kind, str], _Subject] = {}
    for kind in Kind:
        ids = {event.event_id for event in events if event.kind is kind}
        if not ids:
            continue
        said = said_of(connection, source, kind, ids)
        wanted = [registry_id(source, event_id) for event_id in ids]
        found = EVENTS_BY_ID.all(connection, kind=kind.value, event_ids=wanted)
        stored = {each.value.event_id: each for each in found}
        for event_id in ids:
            before, event = said.get(event_id), stored.get(registry_id(source, event_id))
            subjects[kind, event_id] = _Subject(
                before.location_id if before else event.value.location_id if event else location_id,
                before.events if before else [],
                event,
            )
    return subjects


def _overlaps(connection: Connection, location_id: str, events: Sequence[Event]) -> Mapping[tuple[Kind, str], str]:
    """Of each event that counts and shares a minute with another at the location, the identifier of one other."""
    counting = [event for event in events if not event.withdrawn]
    touching: list[Stored[Event]] = []
    for kind in {event.kind for event in counting}:
        of_kind = [event for event in counting if event.kind is kind]
        since = min(event.starts_at for event in of_kind)
        until = max(event.ends_at or datetime.max for event in of_kind)
        where = {"location_id": location_id, "kind": kind.value}
        touching += EVENTS_ENDED_AT.all(connection, as_of=None, since=since, until=until, **where)
        touching += EVENTS_LASTING_AT.all(connection, as_of=None, until=until, **where)
    replaced = {(event.kind, event.event_id) for event in events}
    beside = [stored.value for stored in touching if (stored.value.kind, stored.value.event_id) not in replaced]
    return overlaps([*counting, *beside])


def _result(event: StatusEvent, subject: _Subject, is_new: bool, others: Mapping[tuple[Kind, str], str]) -> Result:
    standing = subject.folded.standings[event.sequence]
    current = subject.current
    warnings: list[str] = []
    if subject.by_person:
        outcome = Outcome.OVERRULED if is_new else Outcome.UNCHANGED
        warnings.append("een mens heeft dit in het register gemaakt, gewijzigd of ingetrokken; dat staat")
    else:
        outcome = _OUTCOMES[standing]
        if not is_new and standing is not Standing.WAITING:
            outcome = Outcome.UNCHANGED
        if standing is Standing.WITHDRAWN:
            warnings.append("is eerder ingetrokken; dat staat, meld het zo nodig onder een andere identificatie")
        elif standing is Standing.WAITING and current is not None and not current.withdrawn:
            warnings.append(f"het einde ligt niet na het begin, {current.starts_at:%Y-%m-%d %H:%M}; het telt nog niet")
    other = others.get((current.kind, current.event_id)) if current is not None else None
    if other is not None:
        warnings.append(f"valt deels samen met {other}; minuten tellen één keer")
    return Result(outcome, current, tuple(warnings))
