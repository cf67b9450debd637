"""How servicers read and write: one transaction for each call, and a repeated request counts once (AIP-155)."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from sqlalchemy import Connection, bindparam, insert, select
from sqlmodel import Field, SQLModel, col

from services.runtime.call import call_of, method_of
from services.runtime.changes import record_changes
from services.runtime.database import Database
from services.runtime.errors import DomainError, Reason, Violation, invalid
from services.runtime.ledger.entries import Origin
from services.runtime.ledger.recording import record
from services.runtime.names import is_uuid
from services.runtime.versions import Stamp

Response = TypeVar("Response", bound=Message)
Part = TypeVar("Part", bound=Message)
MAX_STREAM_BYTES = 64 * 1024 * 1024
MAX_STREAM_PARTS = 100_000
"""A part may be empty, and takes memory all the same. How long a stream may last is up to its deadline."""
OWN_ACCORD = "eigen beweging"
"""What stands in the ledger for the method of what no call asked for."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock that services are wired with outside tests."""
    return datetime.now(UTC)


class RequestRow(SQLModel, table=True):
    """The answer to a request that carried a `request_id`; kept as long as the database is."""

    __tablename__ = "request"

    request_id: str = Field(primary_key=True)
    actor: str = Field(primary_key=True)
    digest: str
    """SHA-256 over the kind and content of the request."""
    response: bytes
    recorded_at: datetime


_SEEN = select(col(RequestRow.digest), col(RequestRow.response)).where(
    col(RequestRow.request_id) == bindparam("request_id"), col(RequestRow.actor) == bindparam("actor")
)


class Transactions:
    """One service's reads and writes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def read_one(self) -> Iterator[Connection]:
        """A connection for a single statement."""
        with self._database.read_one() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self._database.read() as connection:
            yield connection

    def write(
        self,
        request: Any,
        context: grpc.ServicerContext,
        response: type[Response],
        act: Callable[[Connection, Stamp], Response],
    ) -> Response:
        """Runs `act` in a transaction and returns what it answers.

        With `validate_only` the transaction is rolled back. A `request_id` that was seen before, from the same actor,
        gets the first answer again; with another content it is refused.
        """
        actor = call_of(context).actor
        request_id = getattr(request, "request_id", "")
        validate_only = bool(getattr(request, "validate_only", False))
        if request_id and not is_uuid(request_id):
            raise invalid([Violation("request_id", "is geen UUID")])
        with self._changing(_origin(context), keep=not validate_only) as (connection, stamp):
            if not request_id or validate_only:
                return act(connection, stamp)
            before = _first_answer(connection, request, actor, response)
            if before is not None:
                return before
            answer = act(connection, stamp)
            row = {
                "request_id": request_id,
                "actor": actor,
                "digest": _digest(request),
                "response": answer.SerializeToString(),
                "recorded_at": stamp.at,
            }
            connection.execute(insert(RequestRow), row)
            return answer

    def answered(self, request: Any, context: grpc.ServicerContext, response: type[Response]) -> Response | None:
        """The first answer to a request with this `request_id`, or None: for work that comes before `write`.

        Raises:
            DomainError: REQUEST_ID_REUSED, the first request was another one.
        """
        if not request.request_id or request.validate_only:
            return None
        with self.read_one() as connection:
            return _first_answer(connection, request, call_of(context).actor, response)

    def write_stream(
        self,
        parts: Iterator[Part],
        context: grpc.ServicerContext,
        act: Callable[[Connection, Stamp, Sequence[Part]], Response],
    ) -> Response:
        """Runs `act` over all parts of a stream in one transaction; `validate_only` of the first part rolls it back.

        The whole stream is received first, so that a slow caller holds no lock and one that breaks off leaves nothing.
        """
        received: list[Part] = []
        size = 0
        for part in parts:
            size += part.ByteSize()
            if size > MAX_STREAM_BYTES:
                raise invalid([Violation("", f"de stroom is groter dan {MAX_STREAM_BYTES} bytes")])
            if len(received) == MAX_STREAM_PARTS:
                raise invalid([Violation("", f"de stroom heeft meer dan {MAX_STREAM_PARTS} delen")])
            received.append(part)
        if not received:
            raise invalid([Violation("", "er is niets gestuurd")])
        # To a server, a stream that breaks off ends like a complete one; the mark tells them apart.
        if not received[-1].last:  # type: ignore[attr-defined]
            raise invalid([Violation("last", "het laatste deel is niet als zodanig gemerkt; de stroom brak af")])
        keep = not received[0].validate_only  # type: ignore[attr-defined]
        with self._changing(_origin(context), keep=keep) as (connection, stamp):
            return act(connection, stamp, received)

    @contextmanager
    def change(self, actor: str) -> Iterator[tuple[Connection, Stamp]]:
        """A transaction of the service's own accord, which no caller asked for."""
        with self._changing(Origin(actor, OWN_ACCORD), keep=True) as changing:
            yield changing

    @contextmanager
    def change_for(self, context: grpc.ServicerContext) -> Iterator[tuple[Connection, Stamp]]:
        """A transaction that belongs to a call, beside the one that answers it."""
        with self._changing(_origin(context), keep=True) as changing:
            yield changing

    @contextmanager
    def _changing(self, origin: Origin, *, keep: bool) -> Iterator[tuple[Connection, Stamp]]:
        with self._database.write(keep=keep) as connection:
            stamp = Stamp(self._clock(), origin.actor)
            yield connection, stamp
            if keep:
                position = record_changes(connection, stamp)
                record(connection, stamp.at, origin, stamp.written, changes=len(stamp.noted), position=position)


def _origin(context: grpc.ServicerContext) -> Origin:
    return Origin.of(call_of(context), method_of(context))


def _first_answer(connection: Connection, request: Any, actor: str, response: type[Response]) -> Response | None:
    """The answer that a request with the same `request_id` of the same actor got; None for the first one."""
    before = connection.execute(_SEEN, {"request_id": request.request_id, "actor": actor}).first()
    if before is None:
        return None
    if before.digest != _digest(request):
        raise DomainError(
            Reason.REQUEST_ID_REUSED,
            "Dit request_id is eerder voor een ander verzoek gebruikt.",
            metadata={"request_id": request.request_id},
        )
    return response.FromString(before.response)


def _digest(request: Message) -> str:
    content = request.DESCRIPTOR.full_name.encode() + request.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest()
