"""The database of one service: reads of one consistent state, and writes that are all or nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, create_engine

_WRITES = "spoedkader_writes"


class Database:
    """One service's tables."""

    def __init__(self, url: str, rows: Iterable[type[SQLModel]], *, connections: int = 16) -> None:
        """Opens the database and makes the tables of the given row classes where they are missing."""
        self._engine = _open(url, connections)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        SQLModel.metadata.create_all(self._writer, tables=[SQLModel.metadata.tables[_table(row)] for row in rows])

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and changes nothing."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[Connection]:
        """A transaction: committed at the end, and rolled back on any exception or when it is not to be kept."""
        with self._writer.connect() as connection:
            yield connection
            if keep:
                connection.commit()

    def close(self) -> None:
        """Gives every connection back."""
        self._engine.dispose()


def _table(row: type[SQLModel]) -> str:
    return str(row.__tablename__)


def _open(url: str, connections: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=connections, max_overflow=0, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # isolation_level None: the driver would otherwise start transactions of its own, too late for a consistent read.
    arguments = {"isolation_level": None, "check_same_thread": False, "timeout": 30}
    engine = create_engine(url, pool_size=connections, max_overflow=0, connect_args=arguments)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # The journal allows readers beside a writer; FULL makes an acknowledged write survive a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail halfway in SQLite; a writer takes the lock at its start.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
