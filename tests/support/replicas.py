"""Replicas of the three services, each a process, over shared databases, with identity over mutual TLS.

The peers of a replica are those of its own number, so that each number is a suite of its own; they meet in the
databases.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable
from spoedkader.client import Client, Credentials
from tests.support.certificates import DAY, Authority
from tests.support.identified import ISSUER, ORGANISATIONS, directory
from tests.support.ports import unused_port

Settings = Mapping[str, Mapping[str, Any]]
"""Settings by service."""


@dataclass
class Slot:
    """The place of one process, which can have one after the other."""

    service: str
    replica: int
    address: str
    environment: Mapping[str, str]
    folder: Path
    children: list[ServiceProcess] = field(default_factory=list)
    """All that ran here; the last one is there now."""

    @property
    def name(self) -> str:
        """As in `registry 1`."""
        return f"{self.service} {self.replica + 1}"

    @property
    def now(self) -> ServiceProcess:
        """The process that is there now."""
        return self.children[-1]

    @property
    def log(self) -> str:
        """What all of them logged."""
        return "".join(child.log.read_text("utf-8") for child in self.children if child.log)

    def start(self) -> None:
        """Starts a process here; it may not serve yet."""
        log = self.folder / f"{self.service}-{self.replica + 1}-{len(self.children) + 1}.log"
        self.children.append(start(self.service, self.address, self.environment, log))

    def let_go(self) -> None:
        """Tidies up behind a process that has ended."""
        self.now.process.wait()
        if self.now.process.stdin:
            self.now.process.stdin.close()


class Replicas:
    """The processes, and what their callers show."""

    def __init__(
        self,
        folder: Path,
        database_urls: Mapping[str, str],
        *,
        count: int = 1,
        organisations: Mapping[str, Mapping[str, Any]] = ORGANISATIONS,
        settings: Settings | None = None,
        environment: Mapping[str, str] | None = None,
        certificates_end_in: timedelta = 20 * DAY,
    ) -> None:
        """Prepares `count` replicas of the services that have a database here; nothing is started yet. `settings` are
        further ones by service, `environment` is for the processes of all."""
        self.folder = folder
        self.authority = Authority(folder / "tls", ISSUER)
        self.own = self.authority.issue(
            "server", common_name="dienst", hosts=("localhost", "127.0.0.1"), ends_in=certificates_end_in
        )
        """The certificate of all services."""
        self.issued = {name: self.authority.issue(name, ends_in=certificates_end_in) for name in organisations}
        """The certificates of the callers, by the names of their organisations."""
        self._identities = folder / "identities.yaml"
        self._identities.write_text(directory(organisations), "utf-8")
        self._more = settings or {}
        self._environment = environment or {}
        self.slots: list[Slot] = []
        for replica in range(count):
            addresses = {name: f"127.0.0.1:{unused_port()}" for name in SERVICES}
            self.slots += [self._slot(name, replica, addresses, url) for name, url in database_urls.items()]
        self.database_urls = dict(database_urls)

    def start(self) -> None:
        """Starts all and comes back when they serve."""
        for slot in self.slots:
            slot.start()
        wait_until_serving([slot.now for slot in self.slots])

    def stop(self) -> None:
        """Stops what runs, in order."""
        stop([slot.now for slot in self.slots if slot.children])

    def slot(self, service: str, replica: int = 0) -> Slot:
        """The place of one process."""
        return next(slot for slot in self.slots if (slot.service, slot.replica) == (service, replica))

    def credentials(self, organisation: str) -> Credentials:
        """What a caller shows."""
        issued = self.issued[organisation]
        return Credentials(self.authority.ca, issued.certificate, issued.key)

    def client(self, service: str, organisation: str, replica: int = 0, actor: str = "medewerker") -> Client:
        """A client of an organisation to one process."""
        address = self.slot(service, replica).address
        return Client(service, address, actor=actor, credentials=self.credentials(organisation))

    def shown(self, organisation: str) -> dict[str, str]:
        """The environment in which the command is a caller, at the first replicas."""
        credentials = self.credentials(organisation)
        return {
            "SPOEDKADER_TLS_CA": str(credentials.ca),
            "SPOEDKADER_TLS_CERTIFICATE": str(credentials.certificate),
            "SPOEDKADER_TLS_KEY": str(credentials.key),
            **{variable(name, "address"): self.slot(name).address for name in SERVICES},
        }

    def _slot(self, name: str, replica: int, addresses: Mapping[str, str], database_url: str) -> Slot:
        settings = {
            "identity": "required",
            "identities": self._identities,
            "tls_certificate": self.own.certificate,
            "tls_key": self.own.key,
            "tls_client_ca": self.authority.ca,
            "address": addresses[name],
            "database_url": database_url,
            **{f"{peer}_address": addresses[peer] for peer in peers_of(name)},
            **self._more.get(name, {}),
        }
        environment = {variable(name, setting): str(value) for setting, value in settings.items()}
        return Slot(name, replica, addresses[name], {**environment, **self._environment}, self.folder)


@contextmanager
def running(replicas: Replicas) -> Iterator[Replicas]:
    """Starts replicas, and stops them afterwards."""
    try:
        replicas.start()
        yield replicas
    finally:
        replicas.stop()
