"""The three services as real processes that listen on TCP, as programs in other languages reach them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.clients import Addresses
from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable
from tests.support.databases import database_url
from tests.support.ports import unused_port


@contextmanager
def tcp_suite() -> Iterator[Addresses]:
    """Starts the services on empty storage, each on a port of loopback, and gives their addresses."""
    addresses = {name: f"127.0.0.1:{unused_port()}" for name in SERVICES}
    children: list[ServiceProcess] = []
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        try:
            for name in SERVICES:
                environment = {
                    variable(name, "address"): addresses[name],
                    variable(name, "database_url"): database_url(Path(folder) / f"{name}.db"),
                    variable(name, "drain_seconds"): "0",
                    **{variable(name, f"{peer}_address"): addresses[peer] for peer in peers_of(name)},
                }
                children.append(start(name, addresses[name], environment, Path(folder) / f"{name}.log"))
            wait_until_serving(children)
            yield Addresses(**addresses)
        finally:
            stop(children)
