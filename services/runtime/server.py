"""One server process: the services of one kind behind one port, until it is told to stop."""

import gc
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime.health import Health, HealthCheck, HealthCollector
from services.runtime.health_server import Checks, HealthServer
from services.runtime.http_server import HttpServer
from services.runtime.identity.gatekeeper import Decide, Gatekeeper
from services.runtime.identity.identification import identification_of
from services.runtime.interceptor import CallInterceptor
from services.runtime.limits import Limits
from services.runtime.metrics import Metrics
from services.runtime.operations import THREADS, OperationsApp
from services.runtime.server_metrics import ServerCollector
from services.runtime.settings import ServiceSettings
from services.runtime.tls import ServerCertificate
from services.runtime.trace_export import open_export
from spoedkader.client.channel import MAX_MESSAGE_BYTES

log = structlog.get_logger()

_UNSEEN_SECONDS = 0.5
"""How long a signal can go unseen."""


@dataclass(frozen=True)
class Application:
    """What a service offers and how it is put away.

    `register` adds every servicer to a server; `services` are their full names, for health and reflection; `decide` are
    the rules of access. `close` is called after the last call ended; `follow` is given what sets the health of one more
    name, when calls are answered. `metrics` holds what it counts, and `checks` are what has to be well for it.
    """

    name: str
    register: Callable[[grpc.Server], None]
    services: Sequence[str]
    decide: Decide
    close: Callable[[], None] = field(default=lambda: None)
    follow: Callable[[Callable[[str, bool], None]], None] = field(default=lambda healthy: None)
    metrics: Metrics = field(default_factory=Metrics)
    checks: Sequence[HealthCheck] = ()


class Server:
    """A running gRPC server around an application."""

    def __init__(self, application: Application, settings: ServiceSettings) -> None:
        """Binds the address.

        Raises:
            OSError: the address is taken or cannot be bound, or a file of certificates can't be read.
            ValueError: such a file makes no sense, or the key does not go with the certificate.
        """
        self._application = application
        self._settings = settings
        self._health = Health(application.checks)
        self._traces = open_export(application.name)
        self.limits = Limits(settings, application.name)
        self._server = grpc.server(
            self.limits.calls,
            interceptors=[
                self.limits,
                CallInterceptor(
                    Gatekeeper(identification_of(settings), application.decide),
                    application.metrics.calls,
                    self._traces.tracer if self._traces else None,
                    settings.max_deadline_seconds if settings.require_deadline else None,
                ),
            ],
            maximum_concurrent_rpcs=self.limits.most,
            options=_options(settings),
        )
        application.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(Checks(self._health), self._server)
        reflection.enable_server_reflection(
            (*application.services, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        self.certificate = ServerCertificate(settings.credentials) if settings.credentials else None
        try:
            port = (
                self._server.add_secure_port(settings.address, self.certificate.credentials)
                if self.certificate
                else self._server.add_insecure_port(settings.address)
            )
        except RuntimeError as error:
            raise OSError(f"adres {settings.address} is bezet of ongeldig") from error
        host = settings.address.rpartition(":")[0]
        self.address = settings.address if settings.address.startswith("unix:") else f"{host}:{port}"
        self.health_server = HealthServer(settings.health_address, self._health) if settings.health_address else None
        registry = application.metrics.registry
        registry.register(HealthCollector(application.checks, self._health.report))
        registry.register(
            ServerCollector(self.limits, lambda: self.certificate.expires_at if self.certificate else None)
        )
        self.operations = (
            HttpServer(
                settings.metrics_address,
                OperationsApp(registry, self._health),
                name="operations",
                threads=THREADS,
            )
            if settings.metrics_address
            else None
        )

    def start(self) -> None:
        """Answers calls from now on."""
        # What was loaded so far lives as long as the process; the collector need not go through it again and again.
        gc.collect()
        gc.freeze()
        if self.operations is not None:
            self.operations.start()
        self._server.start()
        self._health.start(self._application.services)
        self._application.follow(self._health.serve)
        if self.health_server is not None:
            self.health_server.start()
        log.info("serving", service=self._application.name, address=self.address)

    def stop(self) -> None:
        """Says that it is going, refuses new calls after a while, lets running ones end, and puts the application
        away."""
        self._health.enter_graceful_shutdown()
        if self._settings.drain_delay_seconds:
            time.sleep(self._settings.drain_delay_seconds)
        self._server.stop(self._settings.drain_seconds).wait()
        self.limits.close()
        self._application.close()
        for server in (self.health_server, self.operations):
            if server is not None:
                server.stop()
        if self._traces is not None:
            self._traces.close()
        log.info("stopped", service=self._application.name)

    def run(self) -> None:
        """Answers calls until SIGTERM or SIGINT; the second one ends the process at once, whatever it does."""
        stopping = threading.Event()

        def on_signal(number: int, _: FrameType | None) -> None:
            stopping.set()
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, signal.SIG_DFL)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        self.start()
        # A signal that comes in the moment before it would wait is only seen when it does not wait.
        while not stopping.wait(_UNSEEN_SECONDS):
            pass
        self.stop()


def _options(settings: ServiceSettings) -> Sequence[tuple[str, int]]:
    return [
        # Without this two servers share a port and each gets half of the calls.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.keepalive_time_ms", _milliseconds(settings.keepalive_seconds)),
        ("grpc.keepalive_timeout_ms", _milliseconds(settings.keepalive_timeout_seconds)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _milliseconds(settings.min_ping_seconds)),
        ("grpc.max_connection_age_ms", _milliseconds(settings.max_connection_seconds)),
        # No call may take longer than this, so none is cut off.
        ("grpc.max_connection_age_grace_ms", _milliseconds(settings.max_deadline_seconds)),
    ]


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
