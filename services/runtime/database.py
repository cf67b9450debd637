"""The database of one service: reads of one consistent state, and writes that are all or nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from services.runtime.dialects import dialect_of


class Database:
    """The database of one service; its tables are those of `services/runtime/migrations.py`."""

    def __init__(self, url: str, *, connections: int = 16) -> None:
        """Opens the database.

        Raises:
            ValueError: it is of another kind than SQLite or PostgreSQL.
        """
        parsed = make_url(url)
        self._dialect = dialect_of(parsed)
        # A call holds one connection for its transaction, and its thread one for single statements.
        self._engine = self._dialect.open(parsed, 2 * connections)
        self._own = threading.local()
        self._owned: list[Connection] = []

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
            self._dialect.begin_read(connection)
            yield connection

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[Connection]:
        """A transaction: committed at the end, and rolled back on any exception or when it is not to be kept."""
        with self._dialect.turn, self._engine.connect() as connection:
            self._dialect.begin_write(connection)
            if not connection.in_transaction():
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
