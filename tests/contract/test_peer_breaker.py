"""A peer that dies and comes back, and how those who call it spare it and themselves."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.runtime.breaker import BreakerState
from services.runtime.call import Call
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.peers import Peer
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc
from tests.support.access import DECIDE

SECONDS = 0.5


class Rounds(round_pb2_grpc.RoundServiceServicer):
    """Answers after a while, or refuses."""

    def __init__(self) -> None:
        self.takes = 0.0

    def GetRound(self, request: round_pb2.GetRoundRequest, context: Any) -> round_pb2.Round:
        time.sleep(self.takes)
        return round_pb2.Round(name=request.name)

    def ListRounds(self, request: Any, context: Any) -> round_pb2.ListRoundsResponse:
        raise not_found("rounds/2099")


class Context:
    """The call that a servicer is answering."""

    spoedkader_call = Call("oproep-1", "inkoper@9101")

    def __init__(self, seconds: float = 30) -> None:
        self._seconds = seconds

    def time_remaining(self) -> float:
        return self._seconds


class World:
    def __init__(self, folder: Path) -> None:
        self.rounds = Rounds()
        self._address = f"unix:{folder}/peer-breaker.sock"
        self._server: Server | None = None
        settings = self._settings(breaker_failures=3, breaker_seconds=SECONDS, peer_timeout_seconds=0.4)
        self.peer = Peer("registry", self._address, settings)
        self._stub = round_pb2_grpc.RoundServiceStub(self.peer.channel)

    def _settings(self, **fields: Any) -> ServiceSettings:
        return ServiceSettings(address=self._address, database_url="sqlite://", drain_seconds=0, **fields)

    def start(self) -> None:
        application = Application(
            "test", lambda server: round_pb2_grpc.add_RoundServiceServicer_to_server(self.rounds, server), (), DECIDE
        )
        self._server = Server(application, self._settings())
        self._server.start()

    def kill(self) -> None:
        assert self._server is not None
        self._server.stop()
        self._server = None

    def close(self) -> None:
        self.peer.close()
        if self._server is not None:
            self.kill()

    def get(self, seconds: float = 30) -> str:
        context: Any = Context(seconds)
        return self.peer.call(self._stub.GetRound, round_pb2.GetRoundRequest(name="rounds/2027"), context).name

    def refused(self, seconds: float = 30) -> DomainError:
        with pytest.raises(DomainError) as caught:
            self.get(seconds)
        return caught.value

    def list(self) -> None:
        context: Any = Context()
        with pytest.raises(DomainError) as caught:
            self.peer.call(self._stub.ListRounds, round_pb2.ListRoundsRequest(), context)
        assert caught.value.reason is Reason.NOT_FOUND


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    found = World(folder)
    found.start()
    yield found
    found.close()


def test_a_peer_that_dies_is_left_alone_and_found_again_when_it_is_back(world: World) -> None:
    assert world.get() == "rounds/2027"
    world.kill()
    for _ in range(3):
        assert world.refused().retry_after == 0
    assert world.peer.breaker.state is BreakerState.OPEN
    started = time.monotonic()
    refusal = world.refused()
    assert time.monotonic() - started < 0.1
    assert refusal.reason is Reason.PEER_UNAVAILABLE
    assert refusal.metadata == {"peer": "registry"}
    assert 0 < refusal.retry_after <= SECONDS
    world.start()
    until = time.monotonic() + 20
    while world.peer.breaker.state is not BreakerState.CLOSED:
        assert time.monotonic() < until
        time.sleep(0.1)
        if world.peer.breaker.state is BreakerState.HALF_OPEN:
            try:
                world.get()
            except DomainError:
                # The channel has not found it yet.
                continue
    assert world.get() == "rounds/2027"


def test_what_a_peer_refuses_says_that_it_is_there(world: World) -> None:
    for _ in range(10):
        world.list()
    assert world.peer.breaker.state is BreakerState.CLOSED


def test_a_peer_that_takes_too_long_is_left_alone(world: World) -> None:
    world.rounds.takes = 0.6
    for _ in range(3):
        assert world.refused().reason is Reason.DEADLINE_EXCEEDED
    assert world.peer.breaker.state is BreakerState.OPEN


def test_a_caller_that_gives_no_time_says_nothing_about_the_peer(world: World) -> None:
    world.rounds.takes = 0.2
    for _ in range(5):
        assert world.refused(seconds=0.05).reason is Reason.DEADLINE_EXCEEDED
    assert world.peer.breaker.state is BreakerState.CLOSED
    assert world.get() == "rounds/2027"
