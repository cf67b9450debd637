"""Sends closures and stops to the status feed of the registry, and goes on where it was.

Whoever numbers events by itself gives them to `send`; an `Outbox` numbers and keeps them, and `deliver` sends what is
in it. Either way the registry is first asked what it has, one batch is under way at a time, and a batch of which the
answer did not come is sent again: what was received twice counts once.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from spoedkader.client.calls import Client
from spoedkader.client.outbox import MAX_EVENT_BYTES, Outbox, Sent
from spoedkader.client.refusals import NotAnswered, Refused
from spoedkader.registry.v1 import status_feed_pb2 as pb
from spoedkader.registry.v1 import status_feed_pb2_grpc

MAX_EVENTS = 500
MAX_BYTES = 1_000_000
MAX_GAPS = 100
"""With so many gaps in a cursor there may be more behind them."""
CALL_SECONDS = 10.0
_TRY_AGAIN = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
"""Codes of gRPC."""
_MOST_AROUND_EVENT = 4
"""Bytes that a batch needs for an event beside its own, at most: a tag and a length."""

Response = TypeVar("Response")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try when the registry is busy or away: `seconds` for each call, with a wait of `first` seconds and
    twice as long each time, up to `longest`. Chance makes each wait up to half as long, so that not all senders come
    back together."""

    seconds: float = 300.0
    first: float = 1.0
    longest: float = 60.0

    def waits(self) -> Iterator[float]:
        """The seconds to wait before each next try, until there is no time left."""
        ends = time.monotonic() + self.seconds
        wait = self.first
        while (left := ends - time.monotonic()) > 0:
            yield min(left, random.uniform(wait / 2, wait))  # noqa: S311 - nothing secret
            wait = min(2 * wait, self.longest)


PATIENCE = Patience()


class NumberingBehind(Exception):  # noqa: N818 - a state that a person has to judge
    """The registry has higher sequences than the sender knows of: its numbering was lost, or put back from a backup.

    New events would get numbers that mean something else already, so nothing was sent. `known` is the last sequence
    here, `received` the last one that the registry has."""

    def __init__(self, location: str, known: int, received: int) -> None:
        super().__init__(
            f"{location}: het register heeft nummers tot en met {received}, hier is {known} het laatste; de nummering"
            " is hier verloren gegaan of uit een reservekopie teruggezet"
        )
        self.location = location
        self.known = known
        self.received = received


def cursor_of(client: Client, location: str, source: str) -> pb.StatusCursor:
    """What the registry received from a source for a location. Raises as `Client.call`, without patience."""
    stub = status_feed_pb2_grpc.StatusFeedServiceStub(client.channel)
    return client.call(stub.GetStatusCursor, pb.GetStatusCursorRequest(parent=location, source=source))


def send(
    client: Client,
    location: str,
    source: str,
    events: Sequence[pb.StatusEvent],
    *,
    patience: Patience = PATIENCE,
) -> Iterator[list[Sent]]:
    """Sends what the registry lacks of events that have a sequence, and gives what became of each, batch by batch.

    `location` is a resource name, of which the provider may be `-`. The events are those that were ever numbered for
    it, or at least all from the lowest one that may be lacking. A rejected one is to be corrected and sent again.

    Raises:
        NumberingBehind: the registry has a higher sequence than any of the events.
        Refused: the registry refuses the batch as a whole, as when the location does not exist.
        NotAnswered: the patience ran out; try again later.
        ValueError: an event is far too large to be right; nothing was sent.
    """
    known = max((event.sequence for event in events), default=0)
    cursor = _cursor(client, location, source, known, patience)
    lacking = [event for event in events if _lacks(cursor, event.sequence)]
    yield from _in_batches(client, location, source, lacking, patience)


def deliver(client: Client, outbox: Outbox, location: str, *, patience: Patience = PATIENCE) -> Iterator[list[Sent]]:
    """Sends what is in an outbox for a location, and notes each answer there, batch by batch.

    It sends the events of which no answer was noted, and those that the registry has lost since. A rejected event stays
    in the outbox and is sent again once it was corrected.

    Raises:
        NumberingBehind: `Outbox.continue_from` goes on from what the registry has.
        Refused, NotAnswered: as `send`.
    """
    cursor = _cursor(client, location, outbox.source, outbox.last_sequence(location), patience)
    unsent = [
        said.event
        for said in outbox.said(location)
        if said.result is None or (not said.rejected and _lacks(cursor, said.event.sequence))
    ]
    for sent in _in_batches(client, location, outbox.source, unsent, patience):
        outbox.note(location, sent)
        yield sent


def _cursor(client: Client, location: str, source: str, known: int, patience: Patience) -> pb.StatusCursor:
    cursor = _patiently(patience, cursor_of, client, location, source)
    if cursor.last_sequence > known:
        raise NumberingBehind(location, known, cursor.last_sequence)
    return cursor


def _lacks(cursor: pb.StatusCursor, sequence: int) -> bool:
    """Whether the registry did not receive a sequence, or may not have."""
    if sequence > cursor.last_sequence:
        return True
    if len(cursor.gaps) >= MAX_GAPS and sequence > cursor.gaps[-1].last_sequence:
        return True
    return any(gap.first_sequence <= sequence <= gap.last_sequence for gap in cursor.gaps)


def _in_batches(
    client: Client, location: str, source: str, events: Sequence[pb.StatusEvent], patience: Patience
) -> Iterator[list[Sent]]:
    stub = status_feed_pb2_grpc.StatusFeedServiceStub(client.channel)
    for batch in list(_batches(location, source, events)):
        request = pb.SendStatusEventsRequest(parent=location, source=source, events=batch)
        response = _patiently(patience, client.call, stub.SendStatusEvents, request, seconds=CALL_SECONDS)
        yield [Sent(event, result) for event, result in zip(batch, response.results, strict=True)]


def _batches(location: str, source: str, events: Iterable[pb.StatusEvent]) -> Iterator[list[pb.StatusEvent]]:
    room = MAX_BYTES - pb.SendStatusEventsRequest(parent=location, source=source).ByteSize()
    batch: list[pb.StatusEvent] = []
    left = room
    for event in events:
        size = event.ByteSize()
        if size > MAX_EVENT_BYTES:
            raise ValueError(f"gebeurtenis {event.sequence} is {size} bytes; het mogen er {MAX_EVENT_BYTES} zijn")
        if len(batch) == MAX_EVENTS or size + _MOST_AROUND_EVENT > left:
            yield batch
            batch, left = [], room
        batch.append(event)
        left -= size + _MOST_AROUND_EVENT
    if batch:
        yield batch


def _patiently(patience: Patience, call: Callable[..., Response], *arguments: Any, **options: Any) -> Response:
    """Calls, and calls again as long as the registry is busy or away and there is patience left."""
    waits = patience.waits()
    while True:
        try:
            return call(*arguments, **options)
        except (NotAnswered, Refused) as error:
            wait = next(waits, None) if error.code in _TRY_AGAIN else None
            if wait is None:
                raise
            asked = error.retry_after if isinstance(error, Refused) else 0.0
        time.sleep(max(wait, asked))
