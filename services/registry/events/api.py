"""The closure service and the stop service: the same steps over two kinds of event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message
from sqlalchemy import Connection

from services.registry.events.model import Department, Event, Kind
from services.registry.events.store import EVENTS, EVENTS_OF_KIND, EVENTS_OF_LOCATIONS
from services.registry.locations.api import find_location
from services.registry.locations.store import LOCATIONS, LOCATIONS_OF_PROVIDERS
from services.runtime import names
from services.runtime.errors import DomainError, Reason, already_exists, not_found
from services.runtime.masks import merge
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import MAX_REASON, Fields, to_timestamp, to_wall_clock
from spoedkader.registry.v1 import closure_pb2, closure_pb2_grpc, stop_pb2, stop_pb2_grpc

CLOSURE_SERVICE = closure_pb2.DESCRIPTOR.services_by_name["ClosureService"].full_name
STOP_SERVICE = stop_pb2.DESCRIPTOR.services_by_name["StopService"].full_name

EventMessage = TypeVar("EventMessage", bound=Message)


@dataclass(frozen=True)
class _Form(Generic[EventMessage]):
    """How one kind of event looks in the contract."""

    kind: Kind
    field: str
    """The field of a request that holds the event, as in `closure`."""
    pattern: str
    message: type[EventMessage]
    writable: tuple[str, ...]
    read: Callable[[Fields, str, str, str, EventMessage], Event]
    write: Callable[[Stored[Event], str], EventMessage]


def read_closure(fields: Fields, path: str, location_id: str, closure_id: str, message: closure_pb2.Closure) -> Event:
    """A closure from its message; `path` is where the message stands in the request."""
    foreseen = message.foreseen if message.HasField("foreseen") else None
    event = _read_event(fields, path, message, kind=Kind.CLOSURE, location_id=location_id, event_id=closure_id)
    return event._replace(foreseen=foreseen)


def read_stop(fields: Fields, path: str, location_id: str, stop_id: str, message: stop_pb2.Stop) -> Event:
    """A stop from its message; `path` is where the message stands in the request."""
    department = fields.one_of(f"{path}.department", message.department, list(_DEPARTMENTS))
    event = _read_event(fields, path, message, kind=Kind.STOP, location_id=location_id, event_id=stop_id)
    return event._replace(department=_DEPARTMENTS.get(department, Department.SEH))


def write_closure(stored: Stored[Event], agb: str) -> closure_pb2.Closure:
    """The message of a closure at a location of the provider `agb`."""
    event = stored.value
    return closure_pb2.Closure(
        name=names.CLOSURE.format(provider=agb, location=event.location_id, event=event.event_id),
        start_time=to_wall_clock(event.starts_at),
        end_time=to_wall_clock(event.ends_at) if event.ends_at else None,
        foreseen=event.foreseen,
        reason=event.reason,
        state=closure_pb2.Closure.STATE_WITHDRAWN if event.withdrawn else closure_pb2.Closure.STATE_ACTIVE,
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def write_stop(stored: Stored[Event], agb: str) -> stop_pb2.Stop:
    """The message of a stop at a location of the provider `agb`."""
    event = stored.value
    assert event.department is not None
    return stop_pb2.Stop(
        name=names.STOP.format(provider=agb, location=event.location_id, event=event.event_id),
        start_time=to_wall_clock(event.starts_at),
        end_time=to_wall_clock(event.ends_at) if event.ends_at else None,
        department=_DEPARTMENT_NUMBERS[event.department],
        reason=event.reason,
        state=stop_pb2.Stop.STATE_WITHDRAWN if event.withdrawn else stop_pb2.Stop.STATE_ACTIVE,
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def _read_event(fields: Fields, path: str, message: Any, *, kind: Kind, location_id: str, event_id: str) -> Event:
    starts_at = fields.wall_clock(f"{path}.start_time", message)
    ends_at = fields.optional_wall_clock(f"{path}.end_time", message)
    if ends_at is not None and ends_at <= starts_at:
        fields.wrong(f"{path}.end_time", "ligt niet na het begin")
    reason = fields.text(f"{path}.reason", message.reason, MAX_REASON)
    return Event(kind, event_id, location_id, starts_at, ends_at, reason)


_DEPARTMENT_NUMBERS = {
    Department.SEH: stop_pb2.Stop.DEPARTMENT_SEH,
    Department.EHH: stop_pb2.Stop.DEPARTMENT_EHH,
}
_DEPARTMENTS: dict[int, Department] = {number: department for department, number in _DEPARTMENT_NUMBERS.items()}

_CLOSURE = _Form(
    Kind.CLOSURE,
    "closure",
    names.CLOSURE,
    closure_pb2.Closure,
    ("start_time", "end_time", "foreseen", "reason"),
    read_closure,
    write_closure,
)
_STOP = _Form(
    Kind.STOP,
    "stop",
    names.STOP,
    stop_pb2.Stop,
    ("start_time", "end_time", "department", "reason"),
    read_stop,
    write_stop,
)


class _Events(Generic[EventMessage]):
    """The steps that both services offer."""

    def __init__(self, transactions: Transactions, form: _Form[EventMessage]) -> None:
        self._transactions = transactions
        self._form = form

    def create(self, request: Any, context: grpc.ServicerContext, event_id: str) -> EventMessage:
        form = self._form
        fields = Fields(request)
        agb, location_id = fields.name("parent", names.LOCATION, request.parent)
        fields.identifier(f"{form.field}_id", event_id)
        event = form.read(fields, form.field, location_id, event_id, getattr(request, form.field))
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> EventMessage:
            location = find_location(connection, agb, location_id).value
            stored = EVENTS.get(connection, form.kind.value, event_id)
            if stored is not None:
                require_location(stored.value, location_id)
                raise already_exists(self._name(location.agb, stored.value))
            return form.write(EVENTS.put(connection, event, stamp), location.agb)

        return self._transactions.write(request, context, form.message, act)

    def get(self, request: Any) -> EventMessage:
        fields = Fields(request)
        agb, location_id, event_id = fields.name("name", self._form.pattern, request.name)
        as_of = fields.moment("as_of_time", request)
        fields.check()
        with self._transactions.read() as connection:
            stored = EVENTS.get(connection, self._form.kind.value, event_id, as_of=as_of)
            return self._form.write(*self._owned(connection, request.name, stored, agb, location_id))

    def list(self, request: Any) -> tuple[Sequence[EventMessage], str]:
        fields = Fields(request)
        agb, location_id = fields.name("parent", names.LOCATION, request.parent)
        as_of = fields.moment("as_of_time", request)
        fields.check()
        page = read_page(request)
        of_kind = {"kind": self._form.kind.value, "show_withdrawn": request.show_withdrawn}
        with self._transactions.read() as connection:
            owners = owners_of_locations(connection, agb)
            if location_id != names.ANY:
                find_location(connection, agb, location_id)
                of_kind["location_ids"] = [location_id]
            elif agb != names.ANY:
                of_kind["location_ids"] = list(owners)
            events = EVENTS_OF_LOCATIONS if "location_ids" in of_kind else EVENTS_OF_KIND
            shown, token = events.page(connection, page, as_of=as_of, **of_kind)
        return [self._form.write(stored, owners[stored.value.location_id]) for stored in shown], token

    def update(self, request: Any, context: grpc.ServicerContext) -> EventMessage:
        form = self._form
        message = getattr(request, form.field)
        fields = Fields(request)
        agb, location_id, event_id = fields.name(f"{form.field}.name", form.pattern, message.name)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> EventMessage:
            stored = EVENTS.get(connection, form.kind.value, event_id)
            if stored is None and request.allow_missing and location_id != names.ANY:
                owner = find_location(connection, agb, location_id).value.agb
                wanted, place = message, location_id
            else:
                if stored is not None and request.allow_missing and location_id != names.ANY:
                    require_location(stored.value, location_id)
                stored, owner = self._owned(connection, message.name, stored, agb, location_id)
                stored.require(message.etag)
                self._require_active(stored.value)
                wanted = merge(form.write(stored, owner), message, request.update_mask, form.writable)
                place = stored.value.location_id
            changed = Fields()
            event = form.read(changed, form.field, place, event_id, wanted)
            changed.check()
            return form.write(EVENTS.put(connection, event, stamp), owner)

        return self._transactions.write(request, context, form.message, act)

    def withdraw(self, request: Any, context: grpc.ServicerContext) -> EventMessage:
        fields = Fields(request)
        agb, location_id, event_id = fields.name("name", self._form.pattern, request.name)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> EventMessage:
            found = EVENTS.get(connection, self._form.kind.value, event_id)
            stored, owner = self._owned(connection, request.name, found, agb, location_id)
            stored.require(request.etag)
            self._require_active(stored.value)
            return self._form.write(EVENTS.put(connection, stored.value._replace(withdrawn=True), stamp), owner)

        return self._transactions.write(request, context, self._form.message, act)

    def _owned(
        self, connection: Connection, name: str, stored: Stored[Event] | None, agb: str, location_id: str
    ) -> tuple[Stored[Event], str]:
        """The event, and the provider of its location, when both fit the name that was asked for."""
        if stored is None or location_id not in (names.ANY, stored.value.location_id):
            raise not_found(name)
        return stored, find_location(connection, agb, stored.value.location_id).value.agb

    def _require_active(self, event: Event) -> None:
        if event.withdrawn:
            raise DomainError(
                Reason.ILLEGAL_TRANSITION,
                "Dit is ingetrokken en kan niet meer worden gewijzigd.",
                metadata={"state": "WITHDRAWN", "open_steps": ""},
            )

    def _name(self, agb: str, event: Event) -> str:
        return self._form.pattern.format(provider=agb, location=event.location_id, event=event.event_id)


def require_location(event: Event, location_id: str) -> None:
    """Refuses an identifier that belongs to an event of another location: identifiers are never used again."""
    if event.location_id != location_id:
        raise DomainError(
            Reason.IDENTIFIER_TAKEN,
            f"De identificatie {event.event_id} hoort bij een andere locatie.",
            metadata={"identifier": event.event_id},
        )


def owners_of_locations(connection: Connection, agb: str) -> dict[str, str]:
    """The provider of each location, of one provider or of all (`-`)."""
    if agb == names.ANY:
        locations = LOCATIONS.every.all(connection)
    else:
        locations = LOCATIONS_OF_PROVIDERS.all(connection, agbs=[agb])
    return {stored.value.location_id: stored.value.agb for stored in locations}


class ClosureServicer(closure_pb2_grpc.ClosureServiceServicer):
    """`spoedkader.registry.v1.ClosureService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._events = _Events(transactions, _CLOSURE)

    def CreateClosure(
        self, request: closure_pb2.CreateClosureRequest, context: grpc.ServicerContext
    ) -> closure_pb2.Closure:
        return self._events.create(request, context, request.closure_id)

    def GetClosure(self, request: closure_pb2.GetClosureRequest, context: grpc.ServicerContext) -> closure_pb2.Closure:
        return self._events.get(request)

    def ListClosures(
        self, request: closure_pb2.ListClosuresRequest, context: grpc.ServicerContext
    ) -> closure_pb2.ListClosuresResponse:
        closures, token = self._events.list(request)
        return closure_pb2.ListClosuresResponse(closures=closures, next_page_token=token)

    def UpdateClosure(
        self, request: closure_pb2.UpdateClosureRequest, context: grpc.ServicerContext
    ) -> closure_pb2.Closure:
        return self._events.update(request, context)

    def WithdrawClosure(
        self, request: closure_pb2.WithdrawClosureRequest, context: grpc.ServicerContext
    ) -> closure_pb2.Closure:
        return self._events.withdraw(request, context)


class StopServicer(stop_pb2_grpc.StopServiceServicer):
    """`spoedkader.registry.v1.StopService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._events = _Events(transactions, _STOP)

    def CreateStop(self, request: stop_pb2.CreateStopRequest, context: grpc.ServicerContext) -> stop_pb2.Stop:
        return self._events.create(request, context, request.stop_id)

    def GetStop(self, request: stop_pb2.GetStopRequest, context: grpc.ServicerContext) -> stop_pb2.Stop:
        return self._events.get(request)

    def ListStops(
        self, request: stop_pb2.ListStopsRequest, context: grpc.ServicerContext
    ) -> stop_pb2.ListStopsResponse:
        stops, token = self._events.list(request)
        return stop_pb2.ListStopsResponse(stops=stops, next_page_token=token)

    def UpdateStop(self, request: stop_pb2.UpdateStopRequest, context: grpc.ServicerContext) -> stop_pb2.Stop:
        return self._events.update(request, context)

    def WithdrawStop(self, request: stop_pb2.WithdrawStopRequest, context: grpc.ServicerContext) -> stop_pb2.Stop:
        return self._events.withdraw(request, context)
