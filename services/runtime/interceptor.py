"""The one interceptor of every server: call id, log line, refusals as status, and nothing escapes as UNKNOWN."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import grpc
import structlog
from google.protobuf.message import DecodeError

from services.runtime.call import Call, read_call
from services.runtime.dialects import is_busy
from services.runtime.errors import DomainError, Reason
from services.runtime.status import to_status
from spoedkader.client.calls import CALL_ID_KEY

log = structlog.get_logger()

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class _Malformed:
    """Stands in for a request that could not be decoded, so that the caller is told so instead of INTERNAL."""


class CallInterceptor(grpc.ServerInterceptor):
    """Wraps every handler of a server."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/spoedkader."):
            return handler
        return _wrap(handler, handler_call_details.method)


def _wrap(handler: Any, method: str) -> Handler:
    decode = handler.request_deserializer

    def decode_or_mark(data: bytes) -> Any:
        try:
            return decode(data)
        except (DecodeError, UnicodeDecodeError, ValueError):
            return _Malformed()

    arguments = {"request_deserializer": decode_or_mark, "response_serializer": handler.response_serializer}
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(_unary(handler.unary_unary, method), **arguments)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(_stream(handler.unary_stream, method), **arguments)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(_unary(handler.stream_unary, method), **arguments)
    raise NotImplementedError(f"{method}: streams both ways are not used here")


def _unary(act: Callable[[Any, grpc.ServicerContext], Any], method: str) -> Callable[[Any, grpc.ServicerContext], Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        guard = _Guard(method, context)
        try:
            response = act(_checked(request), context)
        except Exception as error:  # noqa: BLE001 - the caller gets a status, the log the rest
            guard.refuse(error)
        guard.done()
        return response

    return handle


def _stream(
    act: Callable[[Any, grpc.ServicerContext], Iterator[Any]], method: str
) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def handle(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        guard = _Guard(method, context)
        try:
            yield from act(_checked(request), context)
        except Exception as error:  # noqa: BLE001 - the caller gets a status, the log the rest
            guard.refuse(error)
        guard.done()

    return handle


def _checked(request: Any) -> Any:
    if isinstance(request, _Malformed):
        raise _malformed()
    if hasattr(request, "DESCRIPTOR"):
        return request
    return _checked_parts(request)


def _checked_parts(parts: Iterator[Any]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, _Malformed):
            raise _malformed()
        yield part


def _malformed() -> DomainError:
    return DomainError(Reason.MALFORMED_MESSAGE, "Het bericht is geen geldige codering van zijn type.")


class _Guard:
    """Follows one call from its first byte to its log line."""

    def __init__(self, method: str, context: grpc.ServicerContext) -> None:
        self._context = context
        self._started = time.perf_counter()
        self._call: Call = read_call(tuple(context.invocation_metadata()))
        context.spoedkader_call = self._call  # type: ignore[attr-defined]
        context.set_trailing_metadata(((CALL_ID_KEY, self._call.id),))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(call=self._call.id, actor=self._call.actor, method=method)

    def done(self) -> None:
        log.debug("answered", milliseconds=self._milliseconds())

    def refuse(self, error: Exception) -> None:
        """Ends the call with a status; never returns."""
        refusal = self._refusal(error)
        if refusal.reason is Reason.UNEXPECTED:
            log.error("failed", milliseconds=self._milliseconds(), exc_info=error)
        else:
            reason = refusal.reason.upper()
            log.info("refused", reason=reason, milliseconds=self._milliseconds(), detail=refusal.message)
        # A status brings its own trailing metadata, in place of what was set before.
        self._context.abort_with_status(to_status(refusal, [(CALL_ID_KEY, self._call.id)]))

    def _refusal(self, error: Exception) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if not self._context.is_active():
            return DomainError(Reason.CALL_CANCELLED, "De aanroep is afgebroken.")
        if is_busy(error):
            return DomainError(Reason.DATABASE_BUSY, "De database is bezet; probeer het zo opnieuw.")
        return DomainError(Reason.UNEXPECTED, f"Onverwachte fout; meld aanroep {self._call.id} aan de beheerder.")

    def _milliseconds(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)
