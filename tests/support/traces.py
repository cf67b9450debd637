"""A receiver of spans for tests: OTLP over gRPC, as any collector speaks it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Received:
    """One span, and the service that sent it; the ids are in hexadecimal."""

    service: str
    span: trace_pb2.Span

    @property
    def trace_id(self) -> str:
        return self.span.trace_id.hex()

    @property
    def id(self) -> str:
        return self.span.span_id.hex()

    @property
    def parent(self) -> str:
        return self.span.parent_span_id.hex()

    @property
    def attributes(self) -> dict[str, str]:
        return {each.key: each.value.string_value for each in self.span.attributes}


class TraceReceiver(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self._spans: list[Received] = []
        self._lock = threading.Lock()

    def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        with self._lock:
            for group in request.resource_spans:
                names = [each.value.string_value for each in group.resource.attributes if each.key == "service.name"]
                self._spans += [Received(names[0], span) for scope in group.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Received]:
        with self._lock:
            return list(self._spans)

    def wait_for(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """What was received once it is enough; fails when it never is."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not enough(self.spans):
            assert time.monotonic() < until, [(each.service, each.span.name) for each in self.spans]
            time.sleep(0.05)
        return self.spans


@contextmanager
def trace_receiver() -> Iterator[tuple[TraceReceiver, str]]:
    """A receiver on a free port of loopback, and its `host:port`."""
    receiver = TraceReceiver()
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(receiver, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield receiver, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
