"""The feed service: what happened in one service, in the order in which it took effect. Each service serves its own."""

import base64
import binascii
from collections.abc import Callable, Mapping

import grpc

from services.runtime import names
from services.runtime.call import call_of
from services.runtime.changes import Change, change_number, changes_behind
from services.runtime.metrics import FeedMetrics
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields, to_timestamp
from spoedkader.feed.v1 import feed_pb2 as pb
from spoedkader.feed.v1 import feed_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["FeedService"].full_name
_PREFIX = "na:"
_OF_ANY = names.LOCATION.format(provider=names.ANY, location="")

Owners = Callable[[grpc.ServicerContext], Mapping[str, str]]
"""Fetches the provider of every location."""


class FeedServicer(rpc.FeedServiceServicer):
    """`spoedkader.feed.v1.FeedService`."""

    def __init__(self, transactions: Transactions, owners: Owners, metrics: FeedMetrics) -> None:
        self._transactions = transactions
        self._fetch_owners = owners
        # A location never changes hands.
        self._owners: Mapping[str, str] = {}
        self._metrics = metrics

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
        if after > last:
            # Going on would pass over whatever takes these positions anew.
            fields.wrong("cursor", "is verder dan deze dienst: haar gegevens zijn teruggezet; begin opnieuw")
            fields.check()
        shown, has_more = found[:size], len(found) > size
        # A page that is not full has seen everything up to the last change, also what is of another type.
        reached = shown[-1].position if has_more else last
        self._metrics.reached(call_of(context).caller.organisation, reached)
        return pb.ListChangesResponse(
            changes=[self._write(change, context) for change in shown], next_cursor=_cursor(reached), has_more=has_more
        )

    def _write(self, change: Change, context: grpc.ServicerContext) -> pb.Change:
        return pb.Change(
            position=change.position,
            resource=self._whole_name(change.resource, context),
            type=change.type,
            revision=change.revision,
            actor=change.actor,
            create_time=to_timestamp(change.recorded_at),
        )

    def _whole_name(self, resource: str, context: grpc.ServicerContext) -> str:
        """The name with its provider, which is not always known when something is recorded."""
        if not resource.startswith(_OF_ANY):
            return resource
        location_id = resource.removeprefix(_OF_ANY).partition("/")[0]
        if location_id not in self._owners:
            self._owners = self._fetch_owners(context)
        owner = self._owners.get(location_id, names.ANY)
        return resource.replace(_OF_ANY, names.LOCATION.format(provider=owner, location=""), 1)


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
