"""The database of one service: reads of one consistent state, and writes that are all or nothing."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, create_engine

from services.runtime.prepared import driver_errors


class Database:
    """One service's tables."""

    def __init__(self, url: str, rows: Iterable[type[SQLModel]], *, connections: int = 16) -> None:
        """Opens the database and makes the tables of the given row classes where they are missing."""
        # A call holds one connection for its transaction, and its thread one for single statements.
        self._engine = _open(url, 2 * connections)
        self._sqlite = self._engine.dialect.name == "sqlite"
        # SQLite has one writer at a time and lets the others sleep and try again; here they wait in turn.
        self._turn: AbstractContextManager[object] = threading.Lock() if self._sqlite else nullcontext()
        self._own = threading.local()
        self._owned: list[Connection] = []
        tables = [SQLModel.metadata.tables[str(row.__tablename__)] for row in rows]
        with self.write() as connection:
            SQLModel.metadata.create_all(connection, tables=tables)

    @contextmanager
    def read_one(self) -> Iterator[Connection]:
        """A connection for a single statement, which sees one state of the database by itself.

        Each thread keeps one for this: to take one from the pool and give it back costs as much as the statement.
        """
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
            self._own.connection = connection
            self._owned.append(connection)
        try:
            yield connection
        except DBAPIError:
            # Whatever became of it, the next statement gets another.
            self._own.connection = None
            self._owned.remove(connection)
            connection.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose statements all see one state of the database; it changes nothing."""
        with self._engine.connect() as connection:
            self._begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[Connection]:
        """A transaction: committed at the end, and rolled back on any exception or when it is not to be kept."""
        with self._turn, self._engine.connect() as connection:
            # A transaction that reads first and writes later can fail halfway in SQLite, so it takes the lock now.
            self._begin(connection, "BEGIN IMMEDIATE")
            # Not all statements go by way of SQLAlchemy; so it knows that there is something to commit.
            connection.begin()
            yield connection
            if keep:
                connection.commit()

    def close(self) -> None:
        """Gives every connection back."""
        for connection in self._owned:
            connection.close()
        self._owned.clear()
        self._engine.dispose()

    def _begin(self, connection: Connection, statement: str) -> None:
        """Begins a transaction where the driver does not do so by itself.

        Not in a listener of the engine: one listener makes every statement look for listeners.
        """
        if self._sqlite:
            driver: Any = connection.connection.dbapi_connection
            with driver_errors(connection, statement):
                driver.execute(statement)


def _open(url: str, connections: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            url, pool_size=connections, max_overflow=0, pool_pre_ping=True, isolation_level="REPEATABLE READ"
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        # The connection used last has what it needs at hand.
        pool_use_lifo=True,
        # isolation_level None: the driver begins no transaction of its own, which would be too late for our reads.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 30},
    )
    event.listen(engine.pool, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # The journal allows readers beside a writer; FULL makes an acknowledged write survive a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
