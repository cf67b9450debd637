"""What SQLite and PostgreSQL do differently: how they are opened, and how their transactions begin."""

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol, cast

from sqlalchemy import URL, BigInteger, Connection, Engine, Integer, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import create_engine

from services.runtime.prepared import driver_errors

WAIT_SECONDS = 30
"""How long a writer waits for the one before it; then the caller is told to try again."""
_WRITER = 5_380_000
"""The advisory lock that a writer holds; a service has a database of its own, so the number is for our writers only."""
RowNumber = cast(type[Any], BigInteger().with_variant(Integer(), "sqlite"))
"""The type of a column that numbers rows: 64 bits. SQLite hands out numbers to INTEGER only, which is as wide there."""


class Dialect(Protocol):
    """One kind of database."""

    turn: AbstractContextManager[object]
    """What the writers of this process hold, one at a time."""
    one_writer: bool
    """Whether that leaves one writer in this process."""

    def open(self, url: URL, connections: int) -> Engine:
        """An engine with at most so many connections."""

    def begin_read(self, connection: Connection) -> None:
        """Begins a transaction whose statements all see one state."""

    def begin_write(self, connection: Connection) -> None:
        """Begins a transaction that no other writer comes between."""


class Sqlite:
    """SQLite, in a file of its own; several processes may use it."""

    one_writer = True

    def __init__(self) -> None:
        # SQLite has one writer at a time and lets the others sleep and try again; here they wait in turn.
        self.turn: AbstractContextManager[object] = threading.Lock()

    def open(self, url: URL, connections: int) -> Engine:
        """Makes the folder of the file where it is missing."""
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            # The connection used last has what it needs at hand.
            pool_use_lifo=True,
            # isolation_level None: the driver begins no transaction of its own, which would be too late for our reads.
            connect_args={"isolation_level": None, "check_same_thread": False, "timeout": WAIT_SECONDS},
        )
        event.listen(engine.pool, "connect", _configure_sqlite)
        return engine

    def begin_read(self, connection: Connection) -> None:
        """Not in a listener of the engine: one listener makes every statement look for listeners."""
        self._begin(connection, "BEGIN")

    def begin_write(self, connection: Connection) -> None:
        """A transaction that reads first and writes later can fail halfway in SQLite, so it takes the lock now."""
        self._begin(connection, "BEGIN IMMEDIATE")

    def _begin(self, connection: Connection, statement: str) -> None:
        driver: Any = connection.connection.dbapi_connection
        with driver_errors(connection, statement):
            driver.execute(statement)


class Postgresql:
    """PostgreSQL, through psycopg; several replicas of a service may use one database.

    Writers take turns, over all replicas, by a lock that ends with their transaction. Each statement of a writer sees
    what the writers before it committed, and none comes in between. That is all that serialisable isolation would give,
    without transactions that fail and begin again: every change moves the one row that numbers changes, so any two
    writers would be in conflict.
    """

    turn: AbstractContextManager[object] = nullcontext()
    one_writer = False

    def open(self, url: URL, connections: int) -> Engine:
        """Every connection is tried before it is used, so that a server that was restarted is found again."""
        return create_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            pool_use_lifo=True,
            connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={WAIT_SECONDS}s -c timezone=UTC"},
        )

    def begin_read(self, connection: Connection) -> None:
        """From here on it sees the state of its first statement."""
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def begin_write(self, connection: Connection) -> None:
        """READ COMMITTED: what the writer sees has to be what was there when its turn came, not before."""
        connection.execution_options(isolation_level="READ COMMITTED")
        connection.execute(_TAKE_TURN)


_AGAIN = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
    "08000",  # connection_exception
    "08003",
    "08006",
    "53100",  # disk_full
    "53300",  # too_many_connections
}
_IN_WORDS_OF_SQLITE = ("locked", "disk is full")
_TAKE_TURN = text(f"SELECT pg_advisory_xact_lock({_WRITER})")


def is_busy(error: Exception) -> bool:
    """Whether the database could not do it now, and may when the same is asked again: it is busy, away or full."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause: Any = error.orig
    if not hasattr(cause, "sqlstate"):
        return any(words in str(cause) for words in _IN_WORDS_OF_SQLITE)
    # A server that does not let us in, or is gone halfway, gives no state.
    return cause.sqlstate in _AGAIN or (cause.sqlstate is None and isinstance(error, OperationalError))


def dialect_of(url: URL) -> Dialect:
    """What goes for a URL.

    Raises:
        ValueError: it is of another kind of database.
    """
    backend = url.get_backend_name()
    if backend == "sqlite":
        return Sqlite()
    if backend == "postgresql":
        return Postgresql()
    raise ValueError(f"{backend} wordt niet ondersteund, alleen sqlite en postgresql")


def _configure_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # The journal allows readers beside a writer; FULL makes an acknowledged write survive a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
