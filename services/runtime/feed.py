"""The feed service: what happened in one service, in the order in which it took effect. Each service serves its own."""

import base64
import binascii

import grpc

from services.runtime.changes import Change, change_number, changes_behind
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields, to_timestamp
from spoedkader.feed.v1 import feed_pb2 as pb
from spoedkader.feed.v1 import feed_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["FeedService"].full_name
_PREFIX = "na:"


class FeedServicer(rpc.FeedServiceServicer):
    """`spoedkader.feed.v1.FeedService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def ListChanges(self, request: pb.ListChangesRequest, context: grpc.ServicerContext) -> pb.ListChangesResponse:
        fields = Fields()
        after = _position(fields, request.cursor)
        if request.page_size < 0:
            fields.wrong("page_size", "mag niet negatief zijn")
        for index, type_ in enumerate(request.types):
            fields.identifier(f"types[{index}]", type_)
        fields.check()
        size = min(request.page_size or 100, 1000)
        with self._transactions.read() as connection:
            found = changes_behind(connection, after, request.types, size + 1)
            last = change_number(connection)
        shown, has_more = found[:size], len(found) > size
        # A page that is not full has seen everything up to the last change, also what is of another type.
        reached = shown[-1].position if has_more else max(last, after)
        return pb.ListChangesResponse(
            changes=[_write(change) for change in shown], next_cursor=_cursor(reached), has_more=has_more
        )


def _write(change: Change) -> pb.Change:
    return pb.Change(
        position=change.position,
        resource=change.resource,
        type=change.type,
        revision=change.revision,
        actor=change.actor,
        create_time=to_timestamp(change.recorded_at),
    )


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"{_PREFIX}{position}".encode()).decode()


def _position(fields: Fields, cursor: str) -> int:
    """The position that a cursor stands at; 0 for none."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor[:100], altchars=b"-_", validate=True).decode("ascii")
        position = int(text.removeprefix(_PREFIX))
    except (binascii.Error, ValueError):
        position = -1
    # One place has one cursor: what only means the same is not one of ours.
    if not 0 <= position < 2**63 or _cursor(position) != cursor:
        fields.wrong("cursor", "is geen geldig vervolg")
        return 0
    return position
