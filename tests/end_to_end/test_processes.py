"""Services as processes: they start, they stop, and what goes wrong is told in one line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.clients import Addresses
from services.cli.failures import Failure
from services.cli.processes import start, stop, wait_until_serving
from services.cli.service import variable
from services.cli.suite import throw_away_suite
from tests.support.databases import database_url

NAMES = ("registry", "quality", "budget")


@contextmanager
def free_ports() -> Iterator[list[int]]:
    """Ports that nobody else is given while the `with` lasts."""
    holders = [socket.socket() for _ in NAMES]
    for holder in holders:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    yield ports


def command(*arguments: object, ports: list[int]) -> subprocess.Popen[str]:
    addresses = {
        f"SPOEDKADER_{name}_ADDRESS".upper(): f"127.0.0.1:{port}" for name, port in zip(NAMES, ports, strict=True)
    }
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", *map(str, arguments)],
        env={**os.environ, **addresses},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_document(process: subprocess.Popen[str]) -> Any:
    """The JSON document that a process writes before it goes on."""
    assert process.stdout is not None
    text = ""
    while not text.endswith("\n}\n"):
        line = process.stdout.readline()
        assert line, "no document"
        text += line
    return json.loads(text)


def serves(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 15
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


UNSEEN = """
import signal, sys, threading, time
from services.cli.service import main

def signal_here():
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(0.05)
    # By now it listens to signals, and a while later it waits. Another thread than the one that waits gets the signal,
    # which is as if it came just before that one began to wait.
    time.sleep(3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Thread(target=signal_here, daemon=True).start()
sys.exit(main(["registry"]))
"""


def test_a_signal_that_does_not_wake_who_waits_is_seen_all_the_same(tmp_path: Path) -> None:
    settings = {"address": f"unix:{tmp_path}/r.sock", "database_url": database_url(tmp_path / "r.db")}
    environment = {variable("registry", name): value for name, value in settings.items()}
    process = subprocess.Popen([sys.executable, "-c", UNSEEN], env={**os.environ, **environment})
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_all_until_it_is_told_to_stop(number: signal.Signals, tmp_path: Path) -> None:
    with free_ports() as ports, command("serve", "all", "--data-dir", tmp_path, "--json", ports=ports) as process:
        services = read_document(process)["services"]
        assert [service["name"] for service in services] == list(NAMES)
        assert [service["address"] for service in services] == [f"127.0.0.1:{port}" for port in ports]
        assert all(serves(service["address"]) for service in services)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
    assert not any(alive(service["pid"]) for service in services)
    stopped = [name for line in errors.splitlines() for name in NAMES if '"stopped"' in line and f'"{name}"' in line]
    assert stopped == ["budget", "quality", "registry"]
    assert "Traceback" not in errors
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["budget.db", "quality.db", "registry.db"]


def test_serve_all_ends_when_a_service_ends(tmp_path: Path) -> None:
    with free_ports() as ports, command("serve", "all", "--data-dir", tmp_path, "--json", ports=ports) as process:
        services = read_document(process)["services"]
        os.kill(services[1]["pid"], signal.SIGKILL)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "De dienst quality stopte vanzelf" in errors
    wait_until_gone([services[0]["pid"], services[2]["pid"]])


def test_services_do_not_outlive_the_command(tmp_path: Path) -> None:
    with free_ports() as ports, command("serve", "all", "--data-dir", tmp_path, "--json", ports=ports) as process:
        services = read_document(process)["services"]
        process.kill()
        process.communicate(timeout=20)
    wait_until_gone([service["pid"] for service in services])


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with free_ports() as ports, socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        ports[0] = holder.getsockname()[1]
        for which in ("registry", "all"):
            with command("serve", which, "--data-dir", tmp_path, ports=ports) as process:
                output, errors = process.communicate(timeout=60)
            assert (process.returncode, output) == (1, "")
            assert f"adres 127.0.0.1:{ports[0]} is bezet" in errors
            assert "registry" in errors
            assert "Traceback" not in errors


def test_a_setting_that_is_wrong(tmp_path: Path) -> None:
    environment = {**os.environ, "SPOEDKADER_REGISTRY_ADDRESS": "0.0.0.0:50051"}
    found = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "serve", "registry", "--data-dir", str(tmp_path), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 1
    assert "loopback" in json.loads(found.stdout)["error"]["message"]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_is_down(name: str, spoedkader: Any, example: Path, example_suite: Addresses) -> None:
    here = {service: getattr(example_suite, service) for service in NAMES}
    addresses = Addresses(**{**here, name: "127.0.0.1:1"})
    arguments = ("budget", "--year", 2027) if name == "budget" else ("import", example)
    result = spoedkader(*arguments, addresses=addresses)
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines() == [f"De dienst {name} op 127.0.0.1:1 is niet bereikbaar (UNAVAILABLE)."]
    document = json.loads(spoedkader(*arguments, "--json", addresses=addresses).out)
    assert (document["error"]["service"], document["error"]["code"]) == (name, "UNAVAILABLE")


def test_a_peer_that_is_down(spoedkader: Any, example_suite: Addresses, tmp_path: Path) -> None:
    """The registry answers the command, but not the quality service."""
    address = f"unix:{tmp_path}/q.sock"
    settings = {"ADDRESS": address, "DATABASE_URL": database_url(tmp_path / "q.db"), "REGISTRY_ADDRESS": "127.0.0.1:1"}
    environment = {f"SPOEDKADER_QUALITY_{key}": value for key, value in settings.items()}
    children = [start("quality", address, environment, tmp_path / "q.log")]
    try:
        wait_until_serving(children)
        addresses = Addresses(example_suite.registry, address, example_suite.budget)
        result = spoedkader("assess", "--year", 2027, addresses=addresses)
    finally:
        assert stop(children) == []
    assert result.status == 1
    (line,) = result.err.splitlines()
    assert "De dienst registry is niet bereikbaar" in line
    assert "PEER_UNAVAILABLE" in line


def test_the_suite_leaves_nothing(tmp_path: Path) -> None:
    with throw_away_suite() as addresses:
        folder = Path(addresses.registry.removeprefix("unix:")).parent
        assert folder.stat().st_mode & 0o077 == 0
        assert all(serves(getattr(addresses, name)) for name in NAMES)
    assert not folder.exists()


def test_the_suite_leaves_nothing_when_the_work_in_it_fails() -> None:
    folders = []

    def work() -> None:
        with throw_away_suite() as addresses:
            folders.append(Path(addresses.registry.removeprefix("unix:")).parent)
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        work()
    assert not folders[0].exists()


def test_a_service_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/r.sock"
    settings = {"SPOEDKADER_REGISTRY_ADDRESS": address, "SPOEDKADER_REGISTRY_WORKERS": "veel"}
    children = [start("registry", address, settings, tmp_path / "r.log")]
    try:
        with pytest.raises(Failure, match="registry startte niet") as caught:
            wait_until_serving(children)
    finally:
        stop(children)
    assert any("workers" in line for line in caught.value.details)
