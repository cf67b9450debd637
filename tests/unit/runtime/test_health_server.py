"""The health of a service on a port of its own."""

import socket
import threading
from collections.abc import Callable, Iterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.runtime.health_server import LIVE
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from tests.support.access import DECIDE

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE = "spoedkader.test.v1.TestService"


def server_with(health_address: str, close: Callable[[], None] = lambda: None) -> Server:
    settings = ServiceSettings(
        address="127.0.0.1:0", database_url="sqlite://", drain_seconds=5, health_address=health_address
    )
    return Server(Application("test", lambda server: None, (SERVICE,), DECIDE, close), settings)


@pytest.fixture
def closing() -> threading.Event:
    """Set to let a server that stops go on."""
    return threading.Event()


@pytest.fixture
def server(closing: threading.Event) -> Iterator[Server]:
    server = server_with("127.0.0.1:0", lambda: assert_(closing.wait(10)))
    server.start()
    yield server
    closing.set()
    server.stop()


def assert_(true: bool) -> None:
    assert true


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    assert server.health_server is not None
    with grpc.insecure_channel(server.health_server.address) as channel:
        yield channel


def status(channel: grpc.Channel, service: str) -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5).status


@pytest.mark.parametrize("service", ["", SERVICE, LIVE])
def test_a_service_that_runs_is_healthy(channel: grpc.Channel, service: str) -> None:
    assert status(channel, service) == SERVING


def test_a_service_that_stops_is_not_ready_and_still_alive(
    server: Server, channel: grpc.Channel, closing: threading.Event
) -> None:
    assert status(channel, "") == SERVING
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    while status(channel, "") == SERVING:
        pass
    assert status(channel, SERVICE) == NOT_SERVING
    assert status(channel, LIVE) == SERVING
    closing.set()
    stopping.join(10)
    with pytest.raises(grpc.RpcError) as gone:
        status(channel, LIVE)
    assert code(gone) is grpc.StatusCode.UNAVAILABLE


def test_a_name_that_is_not_there_is_not_found(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        status(channel, "spoedkader.other.v1.OtherService")
    assert code(refused) is grpc.StatusCode.NOT_FOUND


def test_nothing_else_is_there(channel: grpc.Channel) -> None:
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=5)
    with pytest.raises(grpc.RpcError) as refused:
        next(watch)
    assert code(refused) is grpc.StatusCode.UNIMPLEMENTED
    listing = reflection_pb2_grpc.ServerReflectionStub(channel)
    with pytest.raises(grpc.RpcError) as refused:
        list(listing.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5))
    assert code(refused) is grpc.StatusCode.UNIMPLEMENTED


def test_an_address_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="is bezet of ongeldig"):
        server_with(f"127.0.0.1:{taken.getsockname()[1]}")


def test_without_an_address_there_is_no_such_port() -> None:
    server = server_with("")
    assert server.health_server is None
    server.start()
    server.stop()


def code(raised: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    assert isinstance(raised.value, grpc.Call)
    return raised.value.code()
