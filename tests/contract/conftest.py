"""Services over real sockets, through the fixtures of pytest-grpc.

A module says which application it tests with a fixture `grpc_servicer`, and how many calls the server handles at the
same time with `grpc_max_workers`. Servers live as long as their module, so each test registers resources of its own.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.interceptor import CallInterceptor
from services.runtime.server import Application, Server
from tests.support.access import gatekeeper
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url
from tests.support.engines import judging_by
from tests.support.policies import break_rules, copy_rules
from tests.support.suite import Suite, running_suite


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for databases and sockets; its path is short, for that of a socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(scope="module")
def grpc_addr(folder: Path) -> str:
    # The fixture of the plugin reserves a port with a socket that it never closes.
    return f"unix:{folder / 'service.sock'}"


@pytest.fixture(scope="module")
def grpc_interceptors() -> list[grpc.ServerInterceptor]:
    return [CallInterceptor(gatekeeper())]


@pytest.fixture(scope="module")
def grpc_add_to_server() -> Callable[[Application, grpc.Server], None]:
    return lambda application, server: application.register(server)


@pytest.fixture(scope="module")
def registry_application(folder: Path, clock: TickingClock) -> Iterator[Application]:
    """A registry over a database of its own."""
    settings = RegistrySettings(address="127.0.0.1:0", database_url=database_url(folder / "registry.db"))
    application = build_registry(settings, clock)
    yield application
    application.close()


@pytest.fixture(scope="module")
def registry_peer(folder: Path, clock: TickingClock) -> Iterator[RegistryClient]:
    """A client of a registry that stands beside the service under test, at `peer.sock`."""
    settings = RegistrySettings(
        address=f"unix:{folder / 'peer.sock'}",
        database_url=database_url(folder / "peer.db"),
        drain_seconds=0.0,
    )
    server = Server(build_registry(settings, clock), settings)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        yield RegistryClient(channel)
    server.stop()


@pytest.fixture(scope="module")
def registry(grpc_channel: grpc.Channel) -> RegistryClient:
    return RegistryClient(grpc_channel)


@pytest.fixture(scope="module")
def quality(grpc_channel: grpc.Channel) -> QualityClient:
    return QualityClient(grpc_channel)


@pytest.fixture(scope="module")
def policies_dir(folder: Path) -> Path:
    """The rules of 2027, the same for 2028, and for 2029 rules of which one norm gives no result."""
    path = folder / "policies"
    copy_rules(path, 2027)
    copy_rules(path, 2028)
    break_rules(copy_rules(path, 2029), 2029)
    return path


@pytest.fixture(scope="module")
def quality_application(
    folder: Path, clock: TickingClock, policies_dir: Path, registry_peer: RegistryClient, engine_name: str
) -> Iterator[Application]:
    """A quality service over a database of its own, with `registry_peer` as its registry."""
    with judging_by(engine_name) as engine:
        settings = QualitySettings(
            address="127.0.0.1:0",
            database_url=database_url(folder / "quality.db"),
            registry_address=f"unix:{folder / 'peer.sock'}",
            policies_dir=policies_dir,
            **engine,
        )
        application = build_quality(settings, clock)
        yield application
        application.close()


@pytest.fixture(scope="module")
def suite(folder: Path) -> Iterator[Suite]:
    """The three services together, with the rules of the repository."""
    with running_suite(folder) as running:
        yield running
