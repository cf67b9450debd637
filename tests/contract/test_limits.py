"""What a server does with too much: calls, streams, parts, and deadlines that are none; over real sockets."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from services.registry.server import RegistrySettings, build
from services.runtime import transactions
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.client import Client, Refused
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc
from tests.support.access import DECIDE
from tests.support.databases import database_url

OK = "rounds/2027"


class Slow(round_pb2_grpc.RoundServiceServicer, snapshot_pb2_grpc.SnapshotServiceServicer):
    """Answers when it is told to, and takes streams for as long as they last."""

    def __init__(self) -> None:
        self.busy = threading.Semaphore(0)
        self.leave = threading.Event()
        self.left = threading.Semaphore(0)

    def GetRound(self, request: round_pb2.GetRoundRequest, context: Any) -> round_pb2.Round:
        self.busy.release()
        self.leave.wait(20)
        return round_pb2.Round(name=request.name)

    def ListRounds(self, request: Any, context: Any) -> round_pb2.ListRoundsResponse:
        return round_pb2.ListRoundsResponse()

    def ImportFacts(self, request_iterator: Any, context: Any) -> snapshot_pb2.ImportFactsResponse:
        self.busy.release()
        try:
            list(request_iterator)
        finally:
            self.left.release()
        return snapshot_pb2.ImportFactsResponse()


class World:
    """A server with few threads, and what talks to it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.slow = Slow()
        self._folder = folder
        self._stack = stack

    def serve(self, **fields: Any) -> Server:
        settings = ServiceSettings(
            **{"address": f"unix:{self._folder}/s", "database_url": "sqlite://", "drain_seconds": 0, **fields}
        )

        def register(server: grpc.Server) -> None:
            round_pb2_grpc.add_RoundServiceServicer_to_server(self.slow, server)
            snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(self.slow, server)

        server = Server(Application("test", register, (), DECIDE), settings)
        server.start()
        self._stack.callback(server.stop)
        self._stack.callback(self.slow.leave.set)
        self.address = server.address
        self.channel = self._stack.enter_context(grpc.insecure_channel(server.address))
        self.rounds = round_pb2_grpc.RoundServiceStub(self.channel)
        self.facts = snapshot_pb2_grpc.SnapshotServiceStub(self.channel)
        return server

    def ask(self, seconds: float = 20) -> Any:
        return self.rounds.GetRound.future(round_pb2.GetRoundRequest(name=OK), timeout=seconds)

    def occupy(self, calls: int, threads: int) -> list[Any]:
        """So many calls, of which `threads` are handled and the rest wait."""
        found = [self.ask() for _ in range(calls)]
        for _ in range(threads):
            assert self.slow.busy.acquire(timeout=10)
        return found

    def list(self) -> None:
        self.rounds.ListRounds(round_pb2.ListRoundsRequest(), timeout=5)

    def keep_open(self, seconds: float = 20) -> Any:
        """A stream that says nothing."""
        never = threading.Event()

        def nothing() -> Iterator[snapshot_pb2.ImportFactsRequest]:
            never.wait(seconds + 5)
            yield from ()

        self._stack.callback(never.set)
        return self.facts.ImportFacts.future(nothing(), timeout=seconds)


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(folder, stack)


def details_of(error: grpc.RpcError) -> tuple[error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo]:
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(retry)
    return info, retry


def refusal_of(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call.result(timeout=10) if hasattr(call, "result") else call()
    return caught.value


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_call_that_is_too_much_is_refused_at_once_with_when_to_try_again(world: World) -> None:
    server = world.serve(workers=2, max_calls=4)
    running = world.occupy(4, threads=2)
    wait_for(lambda: server.limits.calls.full)
    error: Any = refusal_of(world.ask())
    info, retry = details_of(error)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (info.domain, info.reason) == ("spoedkader", "OVERLOADED")
    assert 0.5 <= retry.retry_delay.ToMilliseconds() / 1000 <= 1.5
    assert dict(error.trailing_metadata())["x-call-id"]
    world.slow.leave.set()
    assert [call.result(timeout=10).name for call in running] == [OK] * 4
    world.list()


def test_of_hundreds_at_once_as_many_are_answered_as_may_wait_and_the_rest_hear_why(world: World) -> None:
    server = world.serve(workers=16, max_calls=100)
    running = world.occupy(100, threads=16)
    wait_for(lambda: server.limits.calls.full)
    started = time.monotonic()
    refused = [world.ask() for _ in range(300)]
    reasons = [details_of(refusal_of(call))[0].reason for call in refused]
    assert reasons == ["OVERLOADED"] * 300
    assert server.limits.shed == 300
    # None of them waited for one of the slow ones to end.
    assert time.monotonic() - started < 10
    world.slow.leave.set()
    assert {call.result(timeout=10).name for call in running} == {OK}


def test_a_busy_server_still_says_that_it_is_well(world: World) -> None:
    world.serve(workers=1, max_calls=1)
    world.occupy(1, threads=1)
    health = health_pb2_grpc.HealthStub(world.channel)
    answer = health.Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_client_waits_as_it_is_told_and_then_gets_its_answer(world: World) -> None:
    world.serve(workers=1, max_calls=1)
    world.occupy(1, threads=1)
    with Client("registry", world.address, actor="epd@06111111", seconds=10) as client:
        threading.Timer(0.3, world.slow.leave.set).start()
        stub = round_pb2_grpc.RoundServiceStub(client.channel)
        started = time.monotonic()
        assert client.call(stub.GetRound, round_pb2.GetRoundRequest(name=OK)).name == OK
    assert time.monotonic() - started >= 0.4


def test_a_client_that_is_refused_to_the_end_hears_when_to_try_again(world: World) -> None:
    world.serve(workers=1, max_calls=1)
    world.occupy(1, threads=1)
    with Client("registry", world.address, actor="epd@06111111", seconds=10) as client:
        stub = round_pb2_grpc.RoundServiceStub(client.channel)
        with pytest.raises(Refused) as caught:
            client.call(stub.GetRound, round_pb2.GetRoundRequest(name=OK))
    assert (caught.value.code, caught.value.reason) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
    assert 0.5 <= caught.value.retry_after <= 1.5


def test_streams_keep_no_other_call_waiting_and_are_counted_by_themselves(world: World) -> None:
    server = world.serve(workers=1, stream_workers=1, max_streams=2)
    first = world.keep_open()
    assert world.slow.busy.acquire(timeout=5)
    second = world.keep_open()
    wait_for(lambda: server.limits.streams.full)
    world.list()
    assert details_of(refusal_of(world.keep_open()))[0].reason == "OVERLOADED"
    first.cancel()
    assert world.slow.busy.acquire(timeout=5)
    second.cancel()


def test_a_stream_that_says_nothing_is_over_at_its_deadline(world: World) -> None:
    server = world.serve(stream_workers=1, max_streams=1)
    error: Any = refusal_of(world.keep_open(seconds=0.5))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert world.slow.left.acquire(timeout=5)
    wait_for(lambda: not server.limits.streams.full)
    world.facts.ImportFacts(iter([snapshot_pb2.ImportFactsRequest()]), timeout=5)


@pytest.mark.parametrize("seconds", [None, 1000, 10**8])
def test_a_call_has_a_deadline_that_is_not_far_away(world: World, seconds: float | None) -> None:
    world.serve()
    world.slow.leave.set()
    for call in (
        lambda: world.rounds.GetRound(round_pb2.GetRoundRequest(name=OK), timeout=seconds),
        lambda: world.facts.ImportFacts(iter([snapshot_pb2.ImportFactsRequest()]), timeout=seconds),
    ):
        error: Any = refusal_of(call)
        info, _ = details_of(error)
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert (info.reason, dict(info.metadata)) == ("DEADLINE_REQUIRED", {"most_seconds": "900"})
    assert world.rounds.GetRound(round_pb2.GetRoundRequest(name=OK), timeout=900).name == OK


def test_a_deadline_can_be_left_to_the_caller(world: World) -> None:
    world.serve(require_deadline=False)
    world.slow.leave.set()
    assert world.rounds.GetRound(round_pb2.GetRoundRequest(name=OK)).name == OK


def test_a_stream_has_a_limited_number_of_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "MAX_STREAM_PARTS", 3)
    settings = RegistrySettings(
        address=f"unix:{folder}/parts", database_url=database_url(folder / "parts.db"), drain_seconds=0
    )
    server = Server(build(settings), settings)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        facts = snapshot_pb2_grpc.SnapshotServiceStub(channel)
        last = snapshot_pb2.ImportFactsRequest(last=True)
        parts = [snapshot_pb2.ImportFactsRequest()] * 3
        facts.ImportFacts(iter([*parts[:2], last]), timeout=10)
        error: Any = refusal_of(lambda: facts.ImportFacts(iter([*parts, last]), timeout=10))
        assert details_of(error)[0].reason == "INVALID_INPUT"
        assert "meer dan 3 delen" in error.details()
    server.stop()
