"""A source of closures and stops, what follows from what it said, and a registry in a process of its own."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.cli.processes import ServiceProcess, start, wait_until_serving
from services.runtime.wire import from_wall_clock, to_wall_clock
from spoedkader.registry.v1 import closure_pb2, stop_pb2
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.clients import RegistryClient
from tests.support.databases import database_url

SOURCE = "epd-wulp"
_FIRST = datetime(2027, 3, 1)
_SEH = stop_pb2.Stop.DEPARTMENT_SEH


@contextmanager
def registry_process(folder: Path) -> Iterator[ServiceProcess]:
    """A registry whose database stays in a folder; in the end it is killed. The folder's path is short."""
    address = f"unix:{folder}/registry.sock"
    environment = {
        "SPOEDKADER_REGISTRY_ADDRESS": address,
        "SPOEDKADER_REGISTRY_DATABASE_URL": database_url(folder / "registry.db"),
    }
    child = start("registry", address, environment, folder / "registry.log")
    try:
        wait_until_serving([child])
        yield child
    finally:
        child.process.kill()
        child.process.wait()
        assert child.process.stdin is not None
        child.process.stdin.close()


def story(length: int, seed: int, prefix: str = "e") -> list[pb.StatusEvent]:
    """Numbered events in all their forms, about a third as many closures and stops; none of them is wrong."""
    chance = random.Random(seed)
    events = []
    for sequence in range(1, length + 1):
        number = chance.randrange(max(1, length // 3))
        kind = pb.StatusEvent.KIND_STOP if number % 2 else pb.StatusEvent.KIND_CLOSURE
        event = pb.StatusEvent(sequence=sequence, kind=kind, event_id=f"{prefix}{number}")
        begins = _FIRST + timedelta(minutes=chance.randrange(500))
        ends = begins + timedelta(minutes=chance.randrange(1, 300))
        form = chance.choice(("start", "start", "whole", "end", "end", "withdrawn"))
        if form in ("start", "whole"):
            event.start_time.CopyFrom(to_wall_clock(begins))
            event.reason = f"reden {sequence}"
            if kind == pb.StatusEvent.KIND_STOP:
                event.department = _SEH
        if form in ("whole", "end"):
            event.end_time.CopyFrom(to_wall_clock(ends))
        event.withdrawn = form == "withdrawn"
        events.append(event)
    return events


@dataclass(frozen=True)
class Standing:
    """How a closure or stop stands."""

    starts_at: datetime
    ends_at: datetime | None
    reason: str
    withdrawn: bool


Standings = dict[tuple[int, str], Standing]
"""By kind and by the source's identifier."""


def what_follows(said: Iterable[pb.StatusEvent]) -> Standings:
    """What the contract says that follows from all that was said, told in another way than the registry does."""
    by_subject: dict[tuple[int, str], list[pb.StatusEvent]] = defaultdict(list)
    for event in sorted(said, key=lambda event: event.sequence):
        by_subject[event.kind, event.event_id].append(event)
    found: Standings = {}
    for subject, events in by_subject.items():
        withdrawals = [place for place, event in enumerate(events) if event.withdrawn]
        counting = events[: withdrawals[0]] if withdrawals else events
        starts = [place for place, event in enumerate(counting) if event.HasField("start_time")]
        late = [event for event in events[len(counting) :] if event.HasField("start_time")]
        if starts:
            statement, ends = counting[starts[-1]], counting[starts[-1] :]
        elif late:
            # A withdrawal that came before anything else still has a closure or stop to withdraw.
            statement, ends = late[0], late[:1]
        else:
            continue
        starts_at = from_wall_clock(statement.start_time)
        ended = [from_wall_clock(event.end_time) for event in ends if event.HasField("end_time")]
        fitting = [moment for moment in ended if moment > starts_at]
        found[subject] = Standing(starts_at, fitting[-1] if fitting else None, statement.reason, bool(withdrawals))
    return found


def what_stands(client: RegistryClient, location: str) -> Standings:
    """All closures and stops of a location in the registry, which are those of one source."""
    closures = client.closures.ListClosures(
        closure_pb2.ListClosuresRequest(parent=location, show_withdrawn=True, page_size=1000), timeout=20
    )
    stops = client.stops.ListStops(
        stop_pb2.ListStopsRequest(parent=location, show_withdrawn=True, page_size=1000), timeout=20
    )
    assert not closures.next_page_token
    assert not stops.next_page_token
    found: Standings = {}
    for kind, events in (
        (pb.StatusEvent.KIND_CLOSURE, closures.closures),
        (pb.StatusEvent.KIND_STOP, stops.stops),
    ):
        for event in events:
            event_id = event.name.rpartition("/")[2].removeprefix(f"{SOURCE}.")
            found[kind, event_id] = Standing(
                from_wall_clock(event.start_time),
                from_wall_clock(event.end_time) if event.HasField("end_time") else None,
                event.reason,
                event.state == type(event).STATE_WITHDRAWN,
            )
    return found


def check(client: RegistryClient, location: str, said: Sequence[pb.StatusEvent]) -> None:
    """Checks that the registry has received exactly what was said, and shows what follows from it."""
    assert what_stands(client, location) == what_follows(said)
    request = pb.GetStatusCursorRequest(parent=location, source=SOURCE)
    cursor = client.status_feed.GetStatusCursor(request, timeout=20)
    assert (cursor.last_sequence, cursor.contiguous_sequence, list(cursor.gaps)) == (len(said), len(said), [])
