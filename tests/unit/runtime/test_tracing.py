"""Spans within one process, and what is passed on of them."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from services.runtime.trace_export import open_export
from services.runtime.tracing import CallSpan, span, trace_headers

METHOD = "/spoedkader.budget.v1.BudgetService/CalculateBudget"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Traced:
    """A tracer, and the spans that ended, by name."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer: Tracer = provider.get_tracer("test")

    def span(self, name: str) -> ReadableSpan:
        (found,) = [each for each in self._kept.get_finished_spans() if each.name == name]
        return found


@pytest.fixture
def traced() -> Iterator[Traced]:
    yield Traced()
    assert trace_headers() == {}, "a call is still the current one"


def test_without_a_call_there_is_nothing() -> None:
    with span("deel"):
        assert trace_headers() == {}


def test_parts_are_in_the_call_and_the_call_in_that_of_its_caller(traced: Traced) -> None:
    metadata: dict[str, str | bytes] = {"traceparent": f"00-{TRACE}-{PARENT}-01", "x-bin": b"\x00"}
    call = CallSpan(traced.tracer, METHOD, metadata, "oproep-1")
    with span("buiten"), span("binnen"):
        inner = trace_headers()["traceparent"]
    call.end()
    root, outer, found = traced.span(METHOD[1:]), traced.span("buiten"), traced.span("binnen")
    assert root.parent is not None
    assert outer.parent is not None
    assert found.parent is not None
    assert f"{root.parent.span_id:016x}" == PARENT
    assert (outer.parent.span_id, found.parent.span_id) == (root.context.span_id, outer.context.span_id)
    assert inner == f"00-{TRACE}-{found.context.span_id:016x}-01"
    assert call.ids == {"trace_id": TRACE, "span_id": f"{root.context.span_id:016x}"}


@pytest.mark.parametrize("value", ["", "00-zz-1-01", f"00-{'0' * 32}-{PARENT}-01", "x" * 10_000])
def test_a_caller_that_names_no_trace_begins_one(traced: Traced, value: str) -> None:
    CallSpan(traced.tracer, METHOD, {"traceparent": value}, "oproep-2").end()
    assert traced.span(METHOD[1:]).parent is None


def test_an_exception_shows_by_its_type_alone(traced: Traced) -> None:
    call = CallSpan(traced.tracer, METHOD, {}, "oproep-3")
    with pytest.raises(ValueError, match="geheim"), span("deel"):
        raise ValueError("geheim")
    call.end("INTERNAL", "UNEXPECTED")
    part, whole = traced.span("deel"), traced.span(METHOD[1:])
    assert part.attributes == {"error.type": "ValueError"}
    assert not part.events
    assert (part.status.status_code, part.status.description) == (StatusCode.ERROR, None)
    assert whole.status.status_code is StatusCode.ERROR


def test_a_refusal_of_a_caller_is_no_fault(traced: Traced) -> None:
    CallSpan(traced.tracer, METHOD, {}, "oproep-4").end("INVALID_ARGUMENT", "INVALID_INPUT")
    found = traced.span(METHOD[1:])
    assert found.status.status_code is StatusCode.UNSET
    assert (found.attributes or {})["error.type"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_tracing_is_on_where_an_endpoint_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], on: bool
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    export = open_export("registry")
    assert (export is not None) is on
    if export is not None:
        export.close()
