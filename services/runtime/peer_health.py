"""Whether another service can answer, asked of its own health service."""

from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.health import READY, HealthCheck
from services.runtime.peers import Peer

_SECONDS = 1.0


def peer_check(peer: Peer) -> HealthCheck:
    """A service whose peer is away is stale, and not unready: it still answers what it can by itself."""
    stub: Any = health_pb2_grpc.HealthStub(peer.channel)

    def problem() -> str:
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=READY), timeout=_SECONDS)
        except grpc.RpcError as error:
            return f"does not answer ({cast(grpc.Call, error).code().name})"
        return "" if answer.status == health_pb2.HealthCheckResponse.SERVING else "is not ready"

    return HealthCheck(peer.name, problem, needed=False)
