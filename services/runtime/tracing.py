"""Spans: what one call did in each service, as OpenTelemetry tells it, joined across services by W3C `traceparent`.

A call has a span only where `trace_export` was told where to send them. The current one is kept beside the thread that
works on the call; where there is none, nothing here does anything. What callers sent is never in a span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_FAULTS = {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
"""The codes that are a fault of the one who answers, by the conventions of OpenTelemetry for RPC."""


@dataclass(frozen=True, slots=True)
class _Current:
    tracer: Tracer
    span: Span


_CURRENT: ContextVar[_Current | None] = ContextVar("spoedkader_span", default=None)


class CallSpan:
    """The span of a call that this service answers; the current one of its thread until `end`."""

    def __init__(self, tracer: Tracer, method: str, metadata: Mapping[str, str | bytes], call_id: str) -> None:
        """`method` is as in `/spoedkader.registry.v1.LocationService/GetLocation`; `metadata` is the caller's."""
        carrier = {key: value for key, value in metadata.items() if isinstance(value, str)}
        name = method.removeprefix("/")
        service, _, short = name.partition("/")
        self._span = tracer.start_span(
            name,
            _PROPAGATOR.extract(carrier),
            SpanKind.SERVER,
            {"rpc.system": "grpc", "rpc.service": service, "rpc.method": short, "spoedkader.call_id": call_id},
        )
        _CURRENT.set(_Current(tracer, self._span))

    @property
    def ids(self) -> dict[str, str]:
        """`trace_id` and `span_id`, in hexadecimal, for log lines."""
        found = self._span.get_span_context()
        return {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"}

    def end(self, code: str = "OK", reason: str = "") -> None:
        """The call ended with a status, and with the reason of a refusal."""
        self._span.set_attribute("rpc.response.status_code", code)
        if reason:
            self._span.set_attribute("error.type", reason)
        if code in _FAULTS:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        _CURRENT.set(None)


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str) -> Iterator[None]:
    """A part of the current call, for as long as the `with` lasts. An exception shows by its type alone."""
    current = _CURRENT.get()
    if current is None:
        yield
        return
    part = current.tracer.start_span(name, set_span_in_context(current.span), kind, attributes)
    token = _CURRENT.set(_Current(current.tracer, part))
    try:
        yield
    except Exception as error:
        part.set_attribute("error.type", type(error).__name__)
        part.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        _CURRENT.reset(token)
        part.end()


def trace_headers() -> Mapping[str, str]:
    """What tells another server which span its work is part of; nothing without a span."""
    current = _CURRENT.get()
    if current is None:
        return {}
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, set_span_in_context(current.span))
    return carrier
