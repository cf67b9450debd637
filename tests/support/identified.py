"""The three services with identity: over TLS, each caller with a certificate of its own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import yaml

from services.budget.server import BudgetSettings
from services.budget.server import build as build_budget
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.client import open_channel
from spoedkader.client.credentials import Credentials
from tests.support.certificates import Authority
from tests.support.clock import TickingClock
from tests.support.databases import database_url

OWN = "06010101"
OTHER = "06019999"
INSURER = "9101"
ISSUER = "Voorbeeld Server CA"
ORGANISATIONS: Mapping[str, Mapping[str, Any]] = {
    "verzekeraar": {"code": INSURER, "roles": ["verzekeraar"], "represents": {2027: [OWN]}},
    "aanbieder": {"code": OWN, "roles": ["aanbieder"], "providers": [OWN]},
    "andere": {"code": OTHER, "roles": ["aanbieder"], "providers": [OTHER]},
    "beleid": {"code": "beleid", "roles": ["beleid"]},
    "auditor": {"code": "auditor", "roles": ["auditor"]},
    "beheerder": {"code": "beheerder", "roles": ["beheerder"]},
    "dienst": {"code": "dienst", "roles": ["dienst"]},
    "deur": {"code": "deur", "roles": ["deur"]},
}
"""The organisations that call in tests, by the name of their certificate."""


def directory(organisations: Mapping[str, Mapping[str, Any]] = ORGANISATIONS) -> str:
    """The organisations, each with the certificate of its name."""
    return yaml.safe_dump(
        {
            "organisations": [
                {"name": name, "certificates": [{"common_name": name, "issuer": ISSUER}], **organisation}
                for name, organisation in organisations.items()
            ]
        }
    )


@dataclass(frozen=True)
class Identified:
    """The addresses of the services, and what their callers show."""

    authority: Authority
    folder: Path
    addresses: Mapping[str, str]
    identities: Path
    clock: TickingClock

    def credentials(self, name: str) -> Credentials:
        """Those of a caller."""
        issued = self.authority.issue(name)
        return Credentials(self.authority.ca, issued.certificate, issued.key)

    def channel(self, service: str, name: str) -> grpc.Channel:
        """A channel of a caller to a service."""
        return open_channel(self.addresses[service], service, self.credentials(name))


@contextmanager
def identified_suite(
    folder: Path, organisations: Mapping[str, Mapping[str, Any]] = ORGANISATIONS, **fields: Any
) -> Iterator[Identified]:
    """Starts the services over empty databases; `fields` are further settings of all of them."""
    clock = TickingClock()
    authority = Authority(folder / "tls", ISSUER)
    own = authority.issue("server", common_name="dienst", hosts=("localhost", "127.0.0.1"))
    identities = folder / "identities.yaml"
    identities.write_text(directory(organisations), "utf-8")
    addresses: dict[str, str] = {}

    def common(name: str) -> dict[str, Any]:
        return {
            "identity": "required",
            "identities": identities,
            "tls_certificate": own.certificate,
            "tls_key": own.key,
            "tls_client_ca": authority.ca,
            "address": "localhost:0",
            "database_url": database_url(folder / f"{name}-identified.db"),
            "drain_seconds": 0.0,
            **{f"{peer}_address": address for peer, address in addresses.items()},
            **fields,
        }

    with ExitStack() as stack:

        def serve(name: str, application: Application, settings: ServiceSettings) -> None:
            server = Server(application, settings)
            server.start()
            stack.callback(server.stop)
            addresses[name] = server.address

        registry = RegistrySettings.read(**common("registry"))
        serve("registry", build_registry(registry, clock), registry)
        quality = QualitySettings.read(**common("quality"), engine_processes=1)
        serve("quality", build_quality(quality, clock), quality)
        budget = BudgetSettings.read(**common("budget"))
        serve("budget", build_budget(budget, clock), budget)
        yield Identified(authority, folder, addresses, identities, clock)
