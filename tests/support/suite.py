"""The three services together, each a server on a socket of its own, over one clock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.budget.server import BudgetSettings
from services.budget.server import build as build_budget
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from tests.support.access import identifying
from tests.support.clients import BudgetClient, QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url
from tests.support.policies import POLICIES


@dataclass(frozen=True)
class Suite:
    """Clients of the three services, and their clock."""

    registry: RegistryClient
    quality: QualityClient
    budget: BudgetClient
    clock: TickingClock


@contextmanager
def running_suite(folder: Path, policies: Path = POLICIES) -> Iterator[Suite]:
    """Starts the services over empty databases in a folder, whose path is short, for sockets lie in it."""
    clock = TickingClock()

    def address(name: str) -> str:
        return f"unix:{folder / name}.sock"

    def common(name: str) -> dict[str, object]:
        return {
            "address": address(name),
            "database_url": database_url(folder / f"{name}-suite.db"),
            "policies_dir": policies,
            "drain_seconds": 0.0,
        }

    with ExitStack() as stack, identifying():

        def serve(application: Application, settings: ServiceSettings) -> grpc.Channel:
            server = Server(application, settings)
            server.start()
            stack.callback(server.stop)
            return stack.enter_context(grpc.insecure_channel(server.address))

        registry = RegistrySettings.read(**common("registry"))
        quality = QualitySettings.read(**common("quality"), registry_address=address("registry"), engine_processes=1)
        budget = BudgetSettings.read(
            **common("budget"), registry_address=address("registry"), quality_address=address("quality")
        )
        yield Suite(
            RegistryClient(serve(build_registry(registry, clock), registry)),
            QualityClient(serve(build_quality(quality, clock), quality)),
            BudgetClient(serve(build_budget(budget, clock), budget)),
            clock,
        )
