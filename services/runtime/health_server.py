"""The health of a service on a port of its own, for who has no certificate to show: the probes of Kubernetes.

Nothing but `grpc.health.v1.Health/Check` is there. It has threads of its own, so a service that is busy still answers.
"""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

LIVE = "live"
"""The name that is healthy as long as this process answers, whatever it waits for and also while it stops: who starts a
process again when it is not alive asks for this one."""

_THREADS = 2


class HealthServer:
    """A server that answers about the health that another server keeps."""

    def __init__(self, address: str, health: health_pb2_grpc.HealthServicer) -> None:
        """Binds `address`, which is `host:port`; port 0 takes any free port.

        Raises:
            OSError: the address is taken or cannot be bound.
        """
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="health"), options=[("grpc.so_reuseport", 0)]
        )
        health_pb2_grpc.add_HealthServicer_to_server(Checks(health), self._server)
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"adres {address} is bezet of ongeldig") from error
        self.address = f"{address.rpartition(':')[0]}:{port}"

    def start(self) -> None:
        """Answers from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answers no more."""
        self._server.stop(grace=None).wait()


class Checks(health_pb2_grpc.HealthServicer):
    """What a server offers of the health that it keeps: Check, and no Watch.

    A Watch holds a thread for as long as anyone likes. That of grpcio, which does not, can be made to stop its server:
    it sends while it holds a lock, and the thread that serves every call waits for that lock to end a Watch that was
    left.
    """

    def __init__(self, health: health_pb2_grpc.HealthServicer) -> None:
        self._health = health

    def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        if request.service == LIVE:
            return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
        kept: health_pb2.HealthCheckResponse = self._health.Check(request, context)
        return kept
