"""Replicas that come and go while a client goes on calling: it misses nothing."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from textwrap import dedent
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.client import Client
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc
from tests.support.access import DECIDE

REQUEST = round_pb2.GetRoundRequest(name="rounds/2027")


class Replica(round_pb2_grpc.RoundServiceServicer):
    """Says which one it is; the other method takes until it is told to."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.entered, self.leave = threading.Event(), threading.Event()

    def GetRound(self, request: round_pb2.GetRoundRequest, context: Any) -> round_pb2.Round:
        return round_pb2.Round(name=self._name)

    def ListRounds(self, request: Any, context: Any) -> round_pb2.ListRoundsResponse:
        self.entered.set()
        self.leave.wait(20)
        return round_pb2.ListRoundsResponse(rounds=[round_pb2.Round(name=self._name)])


def serve(replica: Replica, **fields: Any) -> Server:
    settings = ServiceSettings(**{"address": "127.0.0.1:0", "database_url": "sqlite://", "drain_seconds": 5, **fields})
    server = Server(
        Application(
            "test", lambda server: round_pb2_grpc.add_RoundServiceServicer_to_server(replica, server), (), DECIDE
        ),
        settings,
    )
    server.start()
    return server


class Caller:
    """Calls without a pause, in a thread, and counts who answered; what went wrong ends it."""

    def __init__(self, client: Client) -> None:
        self._stub = round_pb2_grpc.RoundServiceStub(client.channel)
        self._client = client
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._call)
        self.answers: Counter[str] = Counter()
        self.problems: list[Exception] = []
        self._thread.start()

    def _call(self) -> None:
        while not self._stopping.is_set():
            try:
                self.answers[self._client.call(self._stub.GetRound, REQUEST).name] += 1
            except Exception as error:  # noqa: BLE001 - the test tells
                self.problems.append(error)
                return

    def wait_for(self, *names: str) -> None:
        """Until each of these has answered from now on."""
        before = Counter(self.answers)
        until = time.monotonic() + 20
        while not all(self.answers[name] > before[name] for name in names):
            assert not self.problems, self.problems
            assert time.monotonic() < until, (names, self.answers)
            time.sleep(0.01)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        assert not self.problems, self.problems


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def client_of(stack: ExitStack, *servers: Server) -> Client:
    """A client that knows of several replicas, as of a name with several addresses."""
    address = "ipv4:" + ",".join(server.address for server in servers)
    return stack.enter_context(Client("registry", address, actor="epd@06111111", seconds=10))


def test_a_client_spreads_its_calls_and_misses_none_while_replicas_go_and_come(stack: ExitStack) -> None:
    first, second = Replica("first"), Replica("second")
    one, two = serve(first, drain_delay_seconds=0.3), serve(second)
    client = client_of(stack, one, two)
    caller = Caller(client)
    stack.callback(caller.stop)
    caller.wait_for("first", "second")
    one.stop()
    caller.wait_for("second")
    answered = caller.answers["first"]
    again = serve(first, address=one.address)
    caller.wait_for("first", "second")
    two.stop()
    caller.wait_for("first")
    assert caller.answers["first"] > answered
    caller.stop()
    again.stop()


def test_running_calls_end_on_the_replica_that_goes(stack: ExitStack) -> None:
    replica = Replica("first")
    server = serve(replica)
    channel = stack.enter_context(grpc.insecure_channel(server.address))
    running = round_pb2_grpc.RoundServiceStub(channel).ListRounds.future(round_pb2.ListRoundsRequest(), timeout=20)
    assert replica.entered.wait(5)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    time.sleep(0.3)
    assert stopping.is_alive()
    replica.leave.set()
    assert running.result(timeout=5).rounds[0].name == "first"
    stopping.join(5)


def test_who_spreads_calls_hears_that_a_replica_goes_before_it_refuses_any(stack: ExitStack) -> None:
    server = serve(Replica("first"), drain_delay_seconds=1.0)
    channel = stack.enter_context(grpc.insecure_channel(server.address))
    rounds, health = round_pb2_grpc.RoundServiceStub(channel), health_pb2_grpc.HealthStub(channel)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    time.sleep(0.3)
    said = health.Check(health_pb2.HealthCheckRequest(), timeout=5).status
    assert said == health_pb2.HealthCheckResponse.NOT_SERVING
    assert rounds.GetRound(REQUEST, timeout=5).name == "first"
    stopping.join(10)
    with pytest.raises(grpc.RpcError):
        rounds.GetRound(REQUEST, timeout=1)


@contextmanager
def balancer(backends: Sequence[str]) -> Iterator[str]:
    """The address of what gives each connection to the next backend, as a virtual address of a cluster does."""
    listener = socket.create_server(("127.0.0.1", 0))
    turns = cycle(backends)
    sockets = [listener]

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                host, port = next(turns).split(":")
                far = socket.create_connection((host, int(port)))
                sockets.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threads.append(threading.Thread(target=carry, args=pair))
                    threads[-1].start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    yield "{}:{}".format(*listener.getsockname())
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)
    for each in sockets:
        each.close()


def test_connections_do_not_grow_old_so_that_another_replica_gets_its_share(stack: ExitStack) -> None:
    first = serve(Replica("first"), max_connection_seconds=0.5)
    second = serve(Replica("second"), max_connection_seconds=0.5)
    address = stack.enter_context(balancer([first.address, second.address]))
    client = stack.enter_context(Client("registry", address, actor="epd@06111111", seconds=10))
    caller = Caller(client)
    stack.callback(caller.stop)
    caller.wait_for("first")
    caller.wait_for("second")
    caller.wait_for("first")
    caller.stop()
    client.close()
    first.stop()
    second.stop()


def test_who_says_twice_that_a_process_must_stop_does_not_wait_for_its_calls(tmp_path: Path) -> None:
    address = f"unix:{tmp_path / 's'}"
    script = dedent(
        f"""
        import time
        from services.runtime.server import Application, Server
        from services.runtime.settings import ServiceSettings
        from spoedkader.registry.v1 import round_pb2, round_pb2_grpc
        from tests.support.access import DECIDE

        class Rounds(round_pb2_grpc.RoundServiceServicer):
            def GetRound(self, request, context):
                print("running", flush=True)
                time.sleep(60)

        application = Application(
            "test", lambda server: round_pb2_grpc.add_RoundServiceServicer_to_server(Rounds(), server), (), DECIDE
        )
        settings = ServiceSettings(address="{address}", database_url="sqlite://", drain_seconds=60)
        Server(application, settings).run()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
    )
    assert process.stdout is not None
    with process, grpc.insecure_channel(address) as channel:
        stub = round_pb2_grpc.RoundServiceStub(channel)
        running = stub.GetRound.future(REQUEST, timeout=60, wait_for_ready=True)
        assert any("running" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM
        assert running.code() is grpc.StatusCode.UNAVAILABLE
