"""Where spans go: to an OTLP/gRPC endpoint, when the standard variables of OpenTelemetry name one.

`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (`http://127.0.0.1:4317`) turns tracing on; the
other `OTEL_*` variables mean what OpenTelemetry says, such as OTEL_TRACES_SAMPLER for what part of the calls is traced.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from opentelemetry.trace import Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

LAST_SECONDS = 2.0
"""How long the last spans may take."""
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class TraceExport:
    """What makes the spans of one service, and sends them."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self.tracer: Tracer = provider.get_tracer("spoedkader")

    def close(self) -> None:
        """Sends what was not sent yet, and stops. A receiver that is away keeps no service from stopping."""
        sending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(LAST_SECONDS)


def open_export(service: str) -> TraceExport | None:
    """What sends the spans of a service to the endpoint that the environment names; None when it names none."""
    if not any(os.environ.get(name) for name in ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    # Only here: who does not trace need not load all this.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = bool(os.environ.get("OTEL_SERVICE_NAME"))
    resource = Resource.create({} if named else {"service.name": f"spoedkader-{service}"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return TraceExport(provider)
