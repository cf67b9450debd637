"""What a drill happens to: services with identity, and a provider with locations; and what has to be right after it."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.service import SERVICES
from spoedkader.client import Client
from spoedkader.registry.v1 import provider_pb2
from tests.support.clients import RegistryClient, provider
from tests.support.identified import INSURER, OWN
from tests.support.postgres_server import PostgresServer, postgres_server
from tests.support.replicas import Replicas, running
from tests.support.whole import broken_feeds, broken_ledgers, changes_of, doubled_events

LOCATIONS = 5


@dataclass
class Report:
    """What a drill did and what it showed."""

    drill: str
    did: str
    figures: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class World:
    """The services, and the locations that writers write about."""

    replicas: Replicas
    folder: Path
    database: PostgresServer | None
    """None on SQLite."""
    locations: Sequence[str] = ()

    def client(self, service: str, organisation: str, replica: int = 0) -> Client:
        """A client of an organisation."""
        return self.replicas.client(service, organisation, replica)

    def problems(self) -> list[str]:
        """What is not right of ledgers, feeds and events."""
        urls = self.replicas.database_urls
        feeds: dict[str, list[Any]] = {name: [] for name in urls}
        for slot in self.replicas.slots:
            with self.client(slot.service, "auditor", slot.replica) as client:
                feeds[slot.service].append(changes_of(client))
        return [*broken_ledgers(urls), *broken_feeds(feeds), *doubled_events(urls["registry"])]

    def ended_by_themselves(self) -> list[str]:
        """Services that ended though nobody ended them."""
        return [
            f"{slot.name} ended by itself: {slot.log[-500:]}"
            for slot in self.replicas.slots
            if slot.now.ended is not None
        ]


@contextmanager
def world(
    *, services: Sequence[str] = SERVICES, postgres: bool = False, database_folder: Path | None = None, **options: Any
) -> Iterator[World]:
    """Starts services on PostgreSQL or SQLite; `options` are those of `Replicas`. Nothing of it is left."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spoedkader-")))
        database = stack.enter_context(postgres_server()) if postgres else None
        urls = _databases(services, database, database_folder or folder)
        replicas = stack.enter_context(running(Replicas(folder, urls, **options)))
        found = World(replicas, folder, database)
        found.locations = _locations(found)
        yield found


def _databases(services: Sequence[str], database: PostgresServer | None, folder: Path) -> Mapping[str, str]:
    if database is None:
        return {name: f"sqlite:///{folder / name}.db" for name in services}
    return {name: database.create(name) for name in services}


def _locations(found: World) -> list[str]:
    with found.client("registry", "beheerder") as client:
        registry = RegistryClient(client.channel)
        registry.set_round()
        own = provider(representatives=[INSURER])
        request = provider_pb2.CreateProviderRequest(provider_id=OWN, provider=own)
        parent = registry.providers.CreateProvider(request, timeout=20).name
        return [registry.new_location(parent).name for _ in range(LOCATIONS)]
