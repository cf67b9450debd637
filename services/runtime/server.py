"""One server process: the services of one kind behind one port, until it is told to stop."""

import gc
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime.interceptor import CallInterceptor
from services.runtime.settings import ServiceSettings
from spoedkader.client.channel import MAX_MESSAGE_BYTES

log = structlog.get_logger()


@dataclass(frozen=True)
class Application:
    """What a service offers and how it is put away.

    `register` adds every servicer to a server; `services` are their full names, for health and reflection; `close` is
    called after the last call ended; `follow` is given what sets the health of one more name, when calls are answered.
    """

    name: str
    register: Callable[[grpc.Server], None]
    services: Sequence[str]
    close: Callable[[], None] = field(default=lambda: None)
    follow: Callable[[Callable[[str, bool], None]], None] = field(default=lambda healthy: None)


class Server:
    """A running gRPC server around an application."""

    def __init__(self, application: Application, settings: ServiceSettings) -> None:
        """Binds the address.

        Raises:
            OSError: the address is taken or cannot be bound.
        """
        self._application = application
        self._settings = settings
        self._health = health.HealthServicer()
        self._server = grpc.server(
            ThreadPoolExecutor(settings.workers, thread_name_prefix=application.name),
            interceptors=[CallInterceptor()],
            maximum_concurrent_rpcs=settings.max_calls,
            options=[
                # Without this two servers share a port and each gets half of the calls.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ],
        )
        application.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (*application.services, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        try:
            port = self._server.add_insecure_port(settings.address)
        except RuntimeError as error:
            raise OSError(f"adres {settings.address} is bezet of ongeldig") from error
        host = settings.address.rpartition(":")[0]
        self.address = settings.address if settings.address.startswith("unix:") else f"{host}:{port}"

    def start(self) -> None:
        """Answers calls from now on."""
        # What was loaded so far lives as long as the process; the collector need not go through it again and again.
        gc.collect()
        gc.freeze()
        self._server.start()
        for name in ("", *self._application.services):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._application.follow(self._set_health)
        log.info("serving", service=self._application.name, address=self.address)

    def _set_health(self, name: str, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse
        self._health.set(name, status.SERVING if serving else status.NOT_SERVING)

    def stop(self) -> None:
        """Refuses new calls, lets running ones end, and puts the application away."""
        self._health.enter_graceful_shutdown()
        self._server.stop(self._settings.drain_seconds).wait()
        self._application.close()
        log.info("stopped", service=self._application.name)

    def run(self) -> None:
        """Answers calls until SIGTERM or SIGINT."""
        stopping = threading.Event()

        def on_signal(number: int, _: FrameType | None) -> None:
            stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        self.start()
        stopping.wait()
        self.stop()
