"""Settings, and a server from its first call to its last."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from pydantic import ValidationError

from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc
from tests.support.access import DECIDE

SERVICE = round_pb2.DESCRIPTOR.services_by_name["RoundService"].full_name


class Rounds(round_pb2_grpc.RoundServiceServicer):
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def GetRound(self, request: round_pb2.GetRoundRequest, context: grpc.ServicerContext) -> round_pb2.Round:
        self.entered.set()
        self.leave.wait(10)
        return round_pb2.Round(name=request.name)

    def ListRounds(
        self, request: round_pb2.ListRoundsRequest, context: grpc.ServicerContext
    ) -> round_pb2.ListRoundsResponse:
        raise RuntimeError("a secret of the service")


def settings(**fields: Any) -> ServiceSettings:
    return ServiceSettings(**{"address": "127.0.0.1:0", "database_url": "sqlite://", **fields})


def serve(rounds: Rounds, closed: list[str] | None = None, **fields: Any) -> Server:
    application = Application(
        "test",
        lambda server: round_pb2_grpc.add_RoundServiceServicer_to_server(rounds, server),
        (SERVICE,),
        DECIDE,
        lambda: (closed if closed is not None else []).append("closed"),
    )
    return Server(application, settings(**fields))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:0", "127.8.8.8:50051", "localhost:1", "[::1]:50051", "unix:/tmp/x.sock"]
)
def test_an_address_of_this_machine_alone_is_accepted(address: str) -> None:
    assert settings(address=address).address == address


@pytest.mark.parametrize(
    "address", ["0.0.0.0:50051", "[::]:50051", "10.0.0.1:1", "example.nl:1", "127.0.0.1", ":50051", "localhost:x", ""]
)
def test_an_address_that_others_can_reach_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        settings(address=address)


@pytest.mark.parametrize("fields", [{"workers": 0}, {"max_calls": 0}, {"drain_seconds": -1}, {"log_level": 3}])
def test_settings_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**fields)


def test_settings_come_from_the_environment_and_the_caller_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOEDKADER_ADDRESS", "127.0.0.1:7")
    monkeypatch.setenv("SPOEDKADER_WORKERS", "3")
    found = ServiceSettings.read(database_url="sqlite://", workers=None, address="127.0.0.1:8")
    assert (found.address, found.workers) == ("127.0.0.1:8", 3)


def test_an_address_in_use_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match=f"adres {address} is bezet of ongeldig"):
            serve(Rounds(), address=address)


def test_a_second_server_on_the_same_port_is_refused() -> None:
    first = serve(Rounds(), drain_seconds=0)
    first.start()
    with pytest.raises(OSError, match="bezet"):
        serve(Rounds(), address=first.address)
    first.stop()


def test_running_calls_end_and_new_ones_are_refused_when_a_server_stops() -> None:
    rounds, closed = Rounds(), ["open"]
    server = serve(rounds, closed)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        stub = round_pb2_grpc.RoundServiceStub(channel)
        for name in ("", SERVICE):
            found = health.Check(health_pb2.HealthCheckRequest(service=name))
            assert found.status == health_pb2.HealthCheckResponse.SERVING
        running = stub.GetRound.future(round_pb2.GetRoundRequest(name="rounds/2027"), timeout=10)
        assert rounds.entered.wait(5)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        time.sleep(0.1)
        assert closed == ["open"]
        rounds.leave.set()
        assert running.result(timeout=5).name == "rounds/2027"
        stopping.join(5)
    assert closed == ["open", "closed"]


def test_who_watches_and_leaves_again_and_again_stops_nothing() -> None:
    server = serve(Rounds(), drain_seconds=0)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for _ in range(1000):
            watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=5)
            with pytest.raises(grpc.RpcError) as refused:
                next(watch)
            watch.cancel()
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED  # type: ignore[attr-defined]
        found = health.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert found.status == health_pb2.HealthCheckResponse.SERVING
    server.stop()


def test_a_fault_says_nothing_about_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    server = serve(Rounds(), drain_seconds=0)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        stub = round_pb2_grpc.RoundServiceStub(channel)
        with pytest.raises(grpc.RpcError) as failed:
            stub.ListRounds(round_pb2.ListRoundsRequest(), metadata=(("x-call-id", "oproep-9"),), timeout=5)
    server.stop()
    error: Any = failed.value
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "oproep-9" in error.details()
    assert "secret" not in error.details()


def test_a_server_at_its_limit_refuses_more_calls() -> None:
    rounds = Rounds()
    server = serve(rounds, max_calls=1, workers=1, drain_seconds=0)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        stub = round_pb2_grpc.RoundServiceStub(channel)
        running = stub.GetRound.future(round_pb2.GetRoundRequest(name="rounds/2027"), timeout=10)
        assert rounds.entered.wait(5)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetRound(round_pb2.GetRoundRequest(), timeout=5)
        error: Any = refused.value
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        rounds.leave.set()
        running.result(timeout=5)
    server.stop()


def test_the_services_can_be_found_by_reflection() -> None:
    server = serve(Rounds(), drain_seconds=0)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        requests = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        (answer,) = list(stub.ServerReflectionInfo(requests, timeout=5))
    server.stop()
    assert SERVICE in {service.name for service in answer.list_services_response.service}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_stop_answers_its_running_calls_first(tmp_path: Path, number: int) -> None:
    address = f"unix:{tmp_path / 's'}"
    script = dedent(
        f"""
        import time
        from services.policy.access import AccessRules
        from services.runtime.server import Application, Server
        from services.runtime.settings import ServiceSettings
        from spoedkader.registry.v1 import round_pb2, round_pb2_grpc

        class Rounds(round_pb2_grpc.RoundServiceServicer):
            def GetRound(self, request, context):
                print("running", flush=True)
                time.sleep(0.5)
                return round_pb2.Round(name=request.name)

        settings = ServiceSettings(address="{address}", database_url="sqlite://")
        application = Application(
            "test",
            lambda server: round_pb2_grpc.add_RoundServiceServicer_to_server(Rounds(), server),
            (),
            AccessRules(settings.access_dir).decide,
            lambda: print("closed", flush=True),
        )
        Server(application, settings).run()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
    )
    assert process.stdout is not None
    with process, grpc.insecure_channel(address) as channel:
        stub = round_pb2_grpc.RoundServiceStub(channel)
        request = round_pb2.GetRoundRequest(name="rounds/2027")
        running = stub.GetRound.future(request, timeout=10, wait_for_ready=True)
        lines = iter(process.stdout)
        assert "running" in next(line for line in lines if "running" in line)
        process.send_signal(number)
        assert running.result(timeout=10).name == "rounds/2027"
        assert process.wait(10) == 0
        assert "closed" in "".join(lines)
