"""What an export says that was not said before: what is new, what is otherwise, and what is no longer there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.cli.status.export import EventKey, Export, key_of
from services.runtime.wire import from_wall_clock
from spoedkader.client.outbox import Outbox, Said
from spoedkader.registry.v1 import status_feed_pb2 as pb

Period = tuple[datetime, datetime]
"""Half-open: something belongs to it when it starts in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export means for one location. Of what the registry rejected before, the events have a sequence."""

    location: str
    """Its identifier."""
    new: Sequence[pb.StatusEvent]
    changed: Sequence[pb.StatusEvent]
    unchanged: int
    missing: Sequence[pb.StatusEvent]
    """Withdrawals of what was said before and is no longer there."""


def feed_of(location: str) -> str:
    """The resource name of a location, as it stands in the outbox and as it is sent."""
    return f"providers/-/locations/{location}"


def plan_for(location: str, export: Export, outbox: Outbox, period: Period | None) -> Plan:
    """What an export says of a location that is not in the outbox yet.

    Something is missing when it starts in the period or, without one, between the first and the last start that the
    export has at the location.
    """
    last = {key_of(said.event): said for said in outbox.said(feed_of(location))}
    new: list[pb.StatusEvent] = []
    changed: list[pb.StatusEvent] = []
    unchanged = 0
    there: set[EventKey] = set()
    for each in export.events:
        if each.location != location:
            continue
        there.add(key_of(each.event))
        said = last.get(key_of(each.event))
        if said is None:
            new.append(each.event)
        elif _without_sequence(said.event) == each.event:
            unchanged += 1
        else:
            changed.append(_instead_of(said, each.event))
    if period is None and location in export.spans:
        first, latest = export.spans[location]
        period = first, latest + timedelta(minutes=1)
    missing = [
        _instead_of(said, pb.StatusEvent(kind=said.event.kind, event_id=said.event.event_id, withdrawn=True))
        for key, said in last.items()
        if key not in there and period is not None and _starts_in(period, said.event)
    ]
    return Plan(location, new, changed, unchanged, missing)


def _instead_of(before: Said, event: pb.StatusEvent) -> pb.StatusEvent:
    """An event that takes the place of what was rejected, if it was: then it has its sequence."""
    found = pb.StatusEvent()
    found.CopyFrom(event)
    found.sequence = before.event.sequence if before.rejected else 0
    return found


def _without_sequence(event: pb.StatusEvent) -> pb.StatusEvent:
    found = pb.StatusEvent()
    found.CopyFrom(event)
    found.ClearField("sequence")
    return found


def _starts_in(period: Period, event: pb.StatusEvent) -> bool:
    """Whether an event is a statement of something that starts in a period; a withdrawal has no start."""
    first, end = period
    return event.HasField("start_time") and first <= from_wall_clock(event.start_time) < end
