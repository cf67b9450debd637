"""The change feed of a service, followed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spoedkader.client.calls import Client
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes that follow each other, and the cursor behind them: keep it when what they mean is kept."""

    changes: Sequence[feed_pb2.Change]
    cursor: str


def follow(client: Client, cursor: str = "", *, types: Sequence[str] = (), size: int = 500) -> Iterator[Changes]:
    """What happened since a cursor, up to now; empty starts at the beginning.

    Whoever keeps the cursor of each part together with what it did with the changes misses none and does none twice,
    however often it stops in between. Also gives the last part when it is empty, for its cursor may be further on.

    Raises:
        Refused: the cursor is none, among others.
        NotAnswered: go on later, from the cursor that was kept.
    """
    feed = feed_pb2_grpc.FeedServiceStub(client.channel)
    while True:
        page = client.call(feed.ListChanges, feed_pb2.ListChangesRequest(cursor=cursor, types=types, page_size=size))
        cursor = page.next_cursor
        yield Changes(page.changes, cursor)
        if not page.has_more:
            return
