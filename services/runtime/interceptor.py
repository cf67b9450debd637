"""The one interceptor of every server: who calls and whether it may, call id, log line, refusals as status, and nothing
escapes as UNKNOWN."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import grpc
import structlog
from google.protobuf.message import DecodeError
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry

from services.runtime.call import Call, call_id
from services.runtime.dialects import is_busy
from services.runtime.errors import DomainError, Reason
from services.runtime.identity.gatekeeper import Gatekeeper
from services.runtime.identity.visible import only_visible, visible_parts
from services.runtime.limits import check_deadline
from services.runtime.metrics import CallMetrics, MethodMetrics
from services.runtime.sensitive_reads import log_read
from services.runtime.status import to_status
from services.runtime.tracing import CallSpan
from spoedkader.client.calls import CALL_ID_KEY

log = structlog.get_logger()

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class _Malformed:
    """Stands in for a request that could not be decoded, so that the caller is told so instead of INTERNAL."""


class CallInterceptor(grpc.ServerInterceptor):
    """Wraps every handler of a server."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        metrics: CallMetrics | None = None,
        tracer: Tracer | None = None,
        most_seconds: float | None = None,
    ) -> None:
        """Lets through whom `gatekeeper` admits. Counts in `metrics`, or in some that nobody reads; without a `tracer`
        calls have no spans. A call has to end within `most_seconds`; None asks for no deadline."""
        self._gatekeeper = gatekeeper
        self._metrics = metrics or CallMetrics(CollectorRegistry())
        self._tracer = tracer
        self._most_seconds = most_seconds
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/spoedkader."):
            return handler
        # gRPC asks for every call anew, and has one handler for a method.
        known = self._wrapped.get(handler_call_details.method)
        if known is None or known[0] is not handler:
            wrapped = self._wrap(handler, handler_call_details.method)
            known = self._wrapped[handler_call_details.method] = (handler, wrapped)
        return known[1]

    def _wrap(self, handler: Any, method: str) -> Handler:
        measured = self._metrics.of(method, _type_of(handler))

        def guarded(context: grpc.ServicerContext) -> _Guard:
            return _Guard(
                self._gatekeeper, method, context, measured, tracer=self._tracer, most_seconds=self._most_seconds
            )

        return _wrap(handler, guarded)


def _type_of(handler: Any) -> str:
    """How a method is called, in the words of the metrics of grpc-ecosystem."""
    if handler.response_streaming:
        return "server_stream"
    return "client_stream" if handler.request_streaming else "unary"


def _wrap(handler: Any, guarded: Guarded) -> Handler:
    decode = handler.request_deserializer

    def decode_or_mark(data: bytes) -> Any:
        try:
            return decode(data)
        except (DecodeError, UnicodeDecodeError, ValueError):
            return _Malformed()

    arguments = {"request_deserializer": decode_or_mark, "response_serializer": handler.response_serializer}
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(_unary(handler.unary_unary, guarded), **arguments)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(_stream(handler.unary_stream, guarded), **arguments)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(_unary(handler.stream_unary, guarded), **arguments)
    raise NotImplementedError("streams both ways are not used here")


def _unary(
    act: Callable[[Any, grpc.ServicerContext], Any], guarded: Guarded
) -> Callable[[Any, grpc.ServicerContext], Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        guard = guarded(context)
        try:
            call = guard.admit(request)
            response = act(_parts(request), context)
            if call.visible is not None:
                response = only_visible(response, call.visible)
        except Exception as error:  # noqa: BLE001 - the caller gets a status, the log the rest
            guard.refuse(error)
        guard.done()
        return response

    return handle


def _stream(
    act: Callable[[Any, grpc.ServicerContext], Iterator[Any]], guarded: Guarded
) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def handle(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        guard = guarded(context)
        try:
            call = guard.admit(request)
            parts = act(request, context)
            yield from parts if call.visible is None else visible_parts(parts, call.visible)
        except GeneratorExit:
            guard.left()
            raise
        except Exception as error:  # noqa: BLE001 - the caller gets a status, the log the rest
            guard.refuse(error)
        guard.done()

    return handle


def _is_message(request: Any) -> bool:
    return hasattr(request, "DESCRIPTOR")


def _parts(request: Any) -> Any:
    """The request, or the parts of a stream, each looked at when its turn comes."""
    return request if _is_message(request) else _checked_parts(request)


def _checked_parts(parts: Iterator[Any]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, _Malformed):
            raise _malformed()
        yield part


def _malformed() -> DomainError:
    return DomainError(Reason.MALFORMED_MESSAGE, "Het bericht is geen geldige codering van zijn type.")


class _Guard:
    """Follows one call from its first byte to its log line."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        method: str,
        context: grpc.ServicerContext,
        measured: MethodMetrics,
        *,
        tracer: Tracer | None,
        most_seconds: float | None,
    ) -> None:
        self._gatekeeper = gatekeeper
        self._most_seconds = most_seconds
        self._method = method
        self._context = context
        self._started = time.perf_counter()
        self._measured = measured
        measured.begin()
        self._metadata = dict(context.invocation_metadata())
        self._id = call_id(self._metadata)
        context.set_trailing_metadata(((CALL_ID_KEY, self._id),))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(call=self._id, method=method)
        self._span = CallSpan(tracer, method, self._metadata, self._id) if tracer else None
        if self._span is not None:
            structlog.contextvars.bind_contextvars(**self._span.ids)

    def admit(self, request: Any) -> Call:
        """The call, which the servicer finds by its context. Raises DomainError: it is not let through."""
        if self._most_seconds is not None:
            check_deadline(self._context, self._most_seconds)
        call = self._gatekeeper.identify(self._id, self._metadata, self._context)
        structlog.contextvars.bind_contextvars(actor=call.actor, organisation=call.caller.organisation)
        if isinstance(request, _Malformed):
            raise _malformed()
        call = self._gatekeeper.admit(self._method[1:], request if _is_message(request) else None, call)
        self._context.spoedkader_call = call  # type: ignore[attr-defined]
        self._context.spoedkader_method = self._method  # type: ignore[attr-defined]
        self._admitted = (call, request)
        return call

    def done(self) -> None:
        log_read(self._method, *self._admitted)
        self._measured.answered(time.perf_counter() - self._started)
        if self._span is not None:
            self._span.end()
        log.debug("answered", milliseconds=self._milliseconds())

    def refuse(self, error: Exception) -> None:
        """Ends the call with a status; never returns."""
        refusal = self._refusal(error)
        self._ended(refusal)
        if refusal.reason is Reason.UNEXPECTED:
            log.error("failed", milliseconds=self._milliseconds(), exc_info=error)
        else:
            reason = refusal.reason.upper()
            log.info("refused", reason=reason, milliseconds=self._milliseconds(), detail=refusal.message)
        # A status brings its own trailing metadata, in place of what was set before.
        self._context.abort_with_status(to_status(refusal, [(CALL_ID_KEY, self._id)]))

    def left(self) -> None:
        """The caller of a stream went away before its end."""
        log_read(self._method, *self._admitted, broken_off=True)
        self._ended(DomainError(Reason.CALL_CANCELLED, "De aanroep is afgebroken."))

    def _ended(self, refusal: DomainError) -> None:
        code, reason = refusal.code.name, refusal.reason.upper()
        self._measured.refused(code, reason, time.perf_counter() - self._started)
        if self._span is not None:
            self._span.end(code, reason)

    def _refusal(self, error: Exception) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if not self._context.is_active():
            return DomainError(Reason.CALL_CANCELLED, "De aanroep is afgebroken.")
        if is_busy(error):
            # Whoever keeps the database running has to know; statements and their values stay out of the log.
            log.warning("database busy", cause=str(getattr(error, "orig", error)))
            return DomainError(Reason.DATABASE_BUSY, "De database kan het nu niet; probeer het zo opnieuw.")
        return DomainError(Reason.UNEXPECTED, f"Onverwachte fout; meld aanroep {self._id} aan de beheerder.")

    def _milliseconds(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)


Guarded: TypeAlias = Callable[[grpc.ServicerContext], _Guard]
"""Begins to follow a call."""
