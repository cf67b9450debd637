"""The status feed service: batches from other systems, and how far they came."""

from collections.abc import Mapping

import grpc
from sqlalchemy import Connection

from services.registry.events.model import Department, Kind
from services.registry.locations.api import find_location
from services.registry.metrics import StatusFeedMetrics
from services.registry.statusfeed.model import MAX_SOURCE, StatusEvent, is_source, registry_id
from services.registry.statusfeed.receiving import Outcome, Result, receive
from services.registry.statusfeed.store import cursor, last_sequence
from services.runtime import names
from services.runtime.errors import Violation
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp
from services.runtime.wire import MAX_REASON, Fields
from spoedkader.registry.v1 import status_feed_pb2 as pb
from spoedkader.registry.v1 import status_feed_pb2_grpc, stop_pb2

SERVICE = pb.DESCRIPTOR.services_by_name["StatusFeedService"].full_name
MAX_EVENTS = 500
MAX_BYTES = 1_000_000

_KIND_NUMBERS = {Kind.CLOSURE: pb.StatusEvent.KIND_CLOSURE, Kind.STOP: pb.StatusEvent.KIND_STOP}
_KINDS: dict[int, Kind] = {number: kind for kind, number in _KIND_NUMBERS.items()}
_DEPARTMENT_NUMBERS = {
    Department.SEH: stop_pb2.Stop.DEPARTMENT_SEH,
    Department.EHH: stop_pb2.Stop.DEPARTMENT_EHH,
}
_DEPARTMENTS: dict[int, Department] = {number: department for department, number in _DEPARTMENT_NUMBERS.items()}
_OUTCOME_NUMBERS = {
    outcome: pb.SendStatusEventsResponse.Result.Outcome.Value(f"OUTCOME_{outcome.name}") for outcome in Outcome
}
_PATTERNS = {Kind.CLOSURE: names.CLOSURE, Kind.STOP: names.STOP}


class StatusFeedServicer(status_feed_pb2_grpc.StatusFeedServiceServicer):
    """`spoedkader.registry.v1.StatusFeedService`."""

    def __init__(self, transactions: Transactions, metrics: StatusFeedMetrics) -> None:
        self._transactions = transactions
        self._metrics = metrics

    def SendStatusEvents(
        self, request: pb.SendStatusEventsRequest, context: grpc.ServicerContext
    ) -> pb.SendStatusEventsResponse:
        fields = Fields(request)
        agb, location_id = _read_feed(fields, request.parent, request.source)
        if not 1 <= len(request.events) <= MAX_EVENTS:
            fields.wrong("events", f"moeten er 1 tot {MAX_EVENTS} zijn")
        if request.ByteSize() > MAX_BYTES:
            fields.wrong("events", f"mogen samen hoogstens {MAX_BYTES} bytes zijn")
        fields.check()
        read = [
            _read_event(f"events[{place}].", request.source, message) for place, message in enumerate(request.events)
        ]
        right = [event for event, violations in read if not violations]

        def act(connection: Connection, stamp: Stamp) -> pb.SendStatusEventsResponse:
            location = find_location(connection, agb, location_id).value
            parents = {
                kind: pattern.format(provider=location.agb, location=location_id, event="")
                for kind, pattern in _PATTERNS.items()
            }
            results = iter(receive(connection, request.source, location_id, right, stamp))
            written = [
                _rejected(event.sequence, violations)
                if violations
                else _write_result(f"events[{place}].", event.sequence, parents, next(results))
                for place, (event, violations) in enumerate(read)
            ]
            last = last_sequence(connection, request.source, location_id)
            return pb.SendStatusEventsResponse(results=written, last_sequence=last)

        response = self._transactions.write(request, context, pb.SendStatusEventsResponse, act)
        if not request.validate_only:
            self._metrics.received(response.results)
        return response

    def GetStatusCursor(self, request: pb.GetStatusCursorRequest, context: grpc.ServicerContext) -> pb.StatusCursor:
        fields = Fields(request)
        agb, location_id = _read_feed(fields, request.parent, request.source)
        fields.check()
        with self._transactions.read() as connection:
            find_location(connection, agb, location_id)
            found = cursor(connection, request.source, location_id)
        return pb.StatusCursor(
            last_sequence=found.last,
            contiguous_sequence=found.contiguous,
            gaps=[pb.StatusCursor.Gap(first_sequence=first, last_sequence=last) for first, last in found.gaps],
        )


def _read_feed(fields: Fields, parent: str, source: str) -> tuple[str, str]:
    """The provider (or `-`) and the location of a feed."""
    agb, location_id = fields.name("parent", names.LOCATION, parent)
    if location_id == names.ANY:
        fields.wrong("parent", "moet een locatie noemen")
    if not is_source(source):
        fields.wrong("source", f"moet 1 tot {MAX_SOURCE} letters, cijfers, streepjes of lage streepjes zijn")
    return agb, location_id


def _read_event(path: str, source: str, message: pb.StatusEvent) -> tuple[StatusEvent, list[Violation]]:
    """An event from its message, and everything that is wrong with it in itself."""
    fields = Fields(within=path)
    if message.sequence < 1:
        fields.wrong("sequence", "moet 1 of hoger zijn")
    kind = _KINDS.get(fields.one_of("kind", message.kind, list(_KINDS)), Kind.CLOSURE)
    if not (message.event_id and names.is_identifier(registry_id(source, message.event_id))):
        fields.wrong(
            "event_id",
            "moet uit letters, cijfers, punten en streepjes bestaan, met de bron en een punt ervoor hoogstens 63",
        )
    starts_at = fields.optional_wall_clock("start_time", message)
    ends_at = fields.optional_wall_clock("end_time", message)
    whole = message.HasField("start_time")
    if message.withdrawn and (whole or message.HasField("end_time")):
        fields.wrong("withdrawn", "gaat niet samen met een begin of een einde")
    if not (message.withdrawn or whole or message.HasField("end_time")):
        fields.wrong("start_time", "is verplicht, tenzij er een einde of een intrekking is")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        fields.wrong("end_time", "ligt niet na het begin")
    reason = fields.text("reason", message.reason, MAX_REASON)
    foreseen = message.foreseen if message.HasField("foreseen") else None
    if foreseen is not None and not (whole and kind is Kind.CLOSURE):
        fields.wrong("foreseen", "hoort bij het begin van een sluiting")
    if reason and not whole:
        fields.wrong("reason", "hoort bij een begin")
    department = None
    if whole and kind is Kind.STOP:
        department = _DEPARTMENTS.get(
            fields.one_of("department", message.department, list(_DEPARTMENTS)), Department.SEH
        )
    elif message.department:
        fields.wrong("department", "hoort bij het begin van een stop")
    event = StatusEvent(
        sequence=message.sequence,
        kind=kind,
        event_id=message.event_id,
        starts_at=starts_at,
        ends_at=ends_at,
        withdrawn=message.withdrawn,
        reason=reason,
        foreseen=foreseen,
        department=department,
    )
    return event, fields.violations


def _rejected(sequence: int, violations: list[Violation]) -> pb.SendStatusEventsResponse.Result:
    return pb.SendStatusEventsResponse.Result(
        sequence=sequence,
        outcome=pb.SendStatusEventsResponse.Result.OUTCOME_REJECTED,
        violations=[
            pb.SendStatusEventsResponse.Result.Violation(field=found.field, description=found.description)
            for found in violations
        ],
    )


def _write_result(
    path: str, sequence: int, parents: Mapping[Kind, str], result: Result
) -> pb.SendStatusEventsResponse.Result:
    """`parents` are the names of closures and of stops of the location, up to their own identifier."""
    if result.wrong is not None:
        field, description = result.wrong
        return _rejected(sequence, [Violation(path + field, description)])
    event = result.event
    return pb.SendStatusEventsResponse.Result(
        sequence=sequence,
        outcome=_OUTCOME_NUMBERS[result.outcome],
        name=parents[event.kind] + event.event_id if event else "",
        warnings=result.warnings,
    )
