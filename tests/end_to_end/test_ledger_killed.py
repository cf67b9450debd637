"""The registry is killed while it writes: each change is there with its entry in the ledger, or neither is."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import grpc

from services.registry.server import ROWS
from services.runtime.database import Database
from services.runtime.ledger.appending import covered
from services.runtime.ledger.entries import Kind, entries
from services.runtime.ledger.verifying import verify
from spoedkader.registry.v1 import provider_pb2
from tests.support.clients import RegistryClient, provider
from tests.support.databases import asking, database_url, run_sql
from tests.support.status_feed import registry_process

KILLS = 8


def kill_during(folder: Path, process_id: int, count: int) -> None:
    """Kills the service as soon as so many providers are in its database."""
    with asking(folder / "registry.db") as ask:
        while ask("SELECT count(*) FROM provider")[0][0] < count:
            pass
    os.kill(process_id, signal.SIGKILL)


def test_killed_while_writing(tmp_path: Path) -> None:
    answered = 0
    for round_ in range(1, KILLS + 1):
        with registry_process(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
            client = RegistryClient(channel)
            least = stored(tmp_path)
            killer = threading.Thread(target=kill_during, args=(tmp_path, child.process.pid, least + 5 * round_))
            killer.start()
            with suppress(grpc.RpcError):
                while True:
                    request = provider_pb2.CreateProviderRequest(provider_id=client.unused_agb(), provider=provider())
                    client.providers.CreateProvider(request, timeout=20)
                    answered += 1
            killer.join()
        database = Database(database_url(tmp_path / "registry.db"), connections=1)
        try:
            with database.read() as connection:
                *_, verdict = verify(connection, covered(ROWS))
                changes = [entry for entry in entries(connection) if entry.kind == Kind.CHANGE]
        finally:
            database.close()
        assert verdict.is_whole, verdict.findings
        assert len(changes) == stored(tmp_path) >= answered


def stored(folder: Path) -> int:
    """How many providers there are."""
    count: int = run_sql(folder / "registry.db", "SELECT count(*) FROM provider")[0][0]
    return count
