"""Live, ready and fresh: what makes each of them, and how it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from grpc_health.v1 import health_pb2
from prometheus_client import CollectorRegistry
from werkzeug.test import Client

from services.runtime import health
from services.runtime.health import FRESH, READY, Health, HealthCheck, HealthCollector
from services.runtime.health_server import LIVE
from services.runtime.operations import OperationsApp
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from tests.support.access import DECIDE

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class World:
    """What is wrong, and a health that looks at it."""

    def __init__(self) -> None:
        self.problems = {"database": "", "peer": ""}
        self.hangs = threading.Event()
        self.hangs.set()
        self.checks = [
            HealthCheck("peer", lambda: self.problems["peer"], needed=False),
            HealthCheck("database", self._database),
        ]
        self.health = Health(self.checks)
        self.registry = CollectorRegistry()
        self.registry.register(HealthCollector(self.checks, self.health.report))
        self.http = Client(OperationsApp(self.registry, self.health))

    def _database(self) -> str:
        self.hangs.wait(10)
        if self.problems["database"] == "raises":
            raise OSError("no route to host")
        return self.problems["database"]

    def check(self, name: str) -> int:
        context: Any = None
        return int(self.health.Check(health_pb2.HealthCheckRequest(service=name), context).status)

    def becomes(self, **statuses: int) -> None:
        eventually(lambda: {name: self.check(name) for name in statuses} == statuses)


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.02)
    found = World()
    yield found
    found.hangs.set()
    found.health.enter_graceful_shutdown()


def test_a_service_is_live_before_it_is_ready(world: World) -> None:
    assert (world.check(LIVE), world.http.get("/live").status_code) == (SERVING, 200)
    answer = world.http.get("/ready")
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert "server" in answer.json["problems"]


def test_nothing_is_well_before_it_was_looked_at(world: World) -> None:
    world.hangs.clear()
    world.health.start(["a.B"])
    assert (world.check("a.B"), world.check(READY), world.check(FRESH)) == (SERVING, NOT_SERVING, NOT_SERVING)
    world.hangs.set()
    world.becomes(ready=SERVING, fresh=SERVING)


def test_without_what_is_needed_a_service_is_not_ready_and_not_stale_by_that(world: World) -> None:
    world.health.start([])
    world.becomes(ready=SERVING, fresh=SERVING)
    world.problems["database"] = "does not answer"
    world.becomes(ready=NOT_SERVING, fresh=SERVING, live=SERVING)
    answer = world.http.get("/ready")
    assert (answer.status_code, answer.json["problems"]) == (503, {"database": "does not answer"})
    world.problems["database"] = ""
    world.becomes(ready=SERVING)


def test_without_something_else_a_service_is_stale_and_ready(world: World) -> None:
    world.health.start([])
    world.becomes(ready=SERVING, fresh=SERVING)
    world.problems["peer"] = "is not ready"
    world.becomes(ready=SERVING, fresh=NOT_SERVING)
    assert [world.http.get(path).status_code for path in ("/live", "/ready", "/fresh")] == [200, 200, 503]
    text = world.http.get("/metrics").text
    for line in ("spoedkader_ready 1.0", "spoedkader_stale 1.0", 'spoedkader_check_ok{check="peer"} 0.0'):
        assert line in text


def test_a_check_that_raises_is_not_well_and_the_next_look_goes_on(world: World) -> None:
    world.health.start([])
    world.becomes(ready=SERVING)
    world.problems["database"] = "raises"
    world.becomes(ready=NOT_SERVING)
    assert world.health.report().problems == {"database": "OSError: no route to host"}
    world.problems["database"] = ""
    world.becomes(ready=SERVING)


def test_a_check_that_hangs_is_not_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.health.start([])
    world.becomes(ready=SERVING, fresh=SERVING)
    monkeypatch.setattr(health, "OVERDUE_SECONDS", 0.1)
    world.hangs.clear()
    world.becomes(ready=NOT_SERVING, fresh=NOT_SERVING, live=SERVING)


def test_a_service_that_stops_is_live_and_no_longer_ready() -> None:
    release = threading.Event()
    application = Application("test", lambda server: None, (), DECIDE, lambda: (release.wait(10), None)[1])
    settings = ServiceSettings(
        address="127.0.0.1:0", database_url="sqlite://", metrics_address="127.0.0.1:0", drain_seconds=0
    )
    server = Server(application, settings)
    server.start()
    assert server.operations is not None
    url = server.operations.url
    eventually(lambda: requests.get(f"{url}/ready", timeout=5).status_code == 200)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    eventually(lambda: requests.get(f"{url}/ready", timeout=5).status_code == 503)
    assert requests.get(f"{url}/live", timeout=5).status_code == 200
    release.set()
    stopping.join(10)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/live", timeout=5)


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "10.0.0.1:9464", "9464"])
def test_without_identity_nobody_else_is_told(address: str) -> None:
    with pytest.raises(ValueError):
        ServiceSettings(address="127.0.0.1:0", database_url="sqlite://", metrics_address=address)
