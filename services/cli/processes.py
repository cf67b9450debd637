"""Services as child processes: started together, watched, and stopped in order whatever happens."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.failures import Failure
from services.cli.service import FOLLOW_PARENT, reachable, variable
from spoedkader.client import Credentials, open_channel

START_SECONDS = 60.0
STOP_SECONDS = 15.0
"""More than a service takes to let its running calls end."""
_POLL_SECONDS = 0.05
_LOG_LINES = 15


@dataclass(frozen=True)
class ServiceProcess:
    """One running child."""

    name: str
    address: str
    process: subprocess.Popen[bytes]
    log: Path | None
    credentials: Credentials | None = None
    """Its own, by which it may be asked whether it serves; None without TLS."""

    @property
    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll()


def start(name: str, address: str, environment: Mapping[str, str], log: Path | None = None) -> ServiceProcess:
    """Starts a service; its log goes to `log`, or to standard error."""
    output = log.open("wb") if log else None
    whole = {**os.environ, **environment}
    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter and this package
            [sys.executable, "-m", "services.cli.service", name, FOLLOW_PARENT],
            env=whole,
            # A pipe that closes when this process goes, even when it is killed.
            stdin=subprocess.PIPE,
            stdout=output or sys.stderr,
            stderr=output or sys.stderr,
            # Ctrl-C is for the parent alone, which then stops the children in order.
            start_new_session=True,
        )
    finally:
        if output:
            output.close()
    return ServiceProcess(name, address, process, log, _credentials(name, whole))


def wait_until_serving(
    children: list[ServiceProcess], stopping: threading.Event | None = None, seconds: float = START_SECONDS
) -> None:
    """Waits until every child answers that it serves, or until `stopping` is set.

    Raises:
        Failure: one ended or does not answer; with the end of its log.
    """
    deadline = time.monotonic() + seconds
    for child in children:
        # Another server at the address would answer as well, so the child itself has to live.
        while not (_serves(child) and child.ended is None):
            if child.ended is not None:
                raise Failure(f"De dienst {child.name} startte niet (status {child.ended}).", _log_of(child))
            if time.monotonic() > deadline:
                raise Failure(f"De dienst {child.name} antwoordt niet binnen {seconds:.0f} s.", _log_of(child))
            if stopping is not None and stopping.is_set():
                return
            time.sleep(_POLL_SECONDS)
    for child in children:
        if child.ended is not None:
            raise Failure(f"De dienst {child.name} startte niet (status {child.ended}).", _log_of(child))


def stop(children: list[ServiceProcess], seconds: float = STOP_SECONDS) -> list[str]:
    """Stops the children, the last one started first, and returns the names of those that had to be killed."""
    killed = []
    try:
        for child in reversed(children):
            child.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(seconds)
    finally:
        for child in children:
            if child.ended is None:
                killed.append(child.name)
                child.process.kill()
                child.process.wait()
            if child.process.stdin:
                child.process.stdin.close()
    return killed


def _credentials(name: str, environment: Mapping[str, str]) -> Credentials | None:
    ca, *own = (environment.get(variable(name, f"tls_{file}")) for file in ("client_ca", "certificate", "key"))
    return Credentials(Path(ca), *(Path(file) if file else None for file in own)) if ca else None


def _serves(child: ServiceProcess) -> bool:
    try:
        opened = open_channel(reachable(child.address), child.name, child.credentials)
    except (OSError, ValueError):
        # It says so itself.
        return False
    with opened as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _log_of(child: ServiceProcess) -> tuple[str, ...]:
    if child.log is None:
        return ()
    return tuple(child.log.read_text("utf-8", errors="replace").splitlines()[-_LOG_LINES:])
