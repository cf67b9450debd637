"""The database of one service: reads of one consistent state, and writes that are all or nothing."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import structlog
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from services.runtime.dialects import dialect_of
from spoedkader.client.files import Watched

log = structlog.get_logger()

_OWN = 3
"""Connections for what a service does of its own accord: following its rules, and looking how it is."""


@dataclass(frozen=True, slots=True)
class Use:
    """The connections of a pool: in use by a transaction, kept for the next one, and at most."""

    in_transactions: int
    kept: int
    most: int


class Database:
    """The database of one service; its tables are those of `services/runtime/migrations.py`."""

    def __init__(self, url: str, *, connections: int = 16, url_file: Path | None = None) -> None:
        """Opens the database. With `url_file` each connection gets the user and the password in that file of then.

        Raises:
            ValueError: it is of another kind than SQLite or PostgreSQL.
            OSError: the file can't be read.
        """
        parsed = make_url(url)
        self._dialect = dialect_of(parsed)
        # A call holds one connection for its transaction, and its thread one for single statements.
        self._most = 2 * connections + _OWN
        self._engine = self._dialect.open(parsed, self._most)
        if url_file is not None:
            _renew_login(self._engine, url_file)
        self._own = threading.local()
        self._owned: list[Connection] = []
        self._writing: Connection | None = None

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
        with self._dialect.turn, self._writer() as connection:
            self._dialect.begin_write(connection)
            if not connection.in_transaction():
                # Not all statements go by way of SQLAlchemy; so it knows that there is something to commit.
                connection.begin()
            try:
                yield connection
                if keep:
                    connection.commit()
            finally:
                # Before the turn is over, and nothing when it was committed.
                connection.rollback()

    @contextmanager
    def _writer(self) -> Iterator[Connection]:
        """A connection to write by. Where the writers of a process take turns they keep one, for its price is paid in
        the turn; one that something went wrong with is given back."""
        if not self._dialect.one_writer:
            with self._engine.connect() as connection:
                yield connection
            return
        kept, self._writing = self._writing or self._engine.connect(), None
        try:
            yield kept
        except BaseException:
            kept.close()
            raise
        self._writing = kept

    @property
    def use(self) -> Use:
        """What the connections do now."""
        kept = len(self._owned) + (self._writing is not None)
        # Both counts are taken without a lock, so the one may be a moment ahead of the other.
        return Use(max(0, cast(QueuePool, self._engine.pool).checkedout() - kept), kept, self._most)

    def close(self) -> None:
        """Gives every connection back."""
        for connection in (*self._owned, *filter(None, (self._writing,))):
            connection.close()
        self._owned.clear()
        self._writing = None
        self._engine.dispose()


def _renew_login(engine: Engine, url_file: Path) -> None:
    """Has each new connection log in as the file says then."""

    def load(files: Sequence[bytes]) -> URL:
        try:
            return make_url(files[0].decode().strip())
        except ArgumentError as error:
            # It quotes what it could not read, and that is a secret.
            raise ValueError("er staat geen URL in") from error

    watched = Watched([url_file], load, lambda said, facts: log.error(said, **facts))

    def log_in(dialect: object, record: object, arguments: object, parameters: dict[str, object]) -> None:
        now = watched.value
        if now.username is not None:
            parameters["user"] = now.username
        if now.password is not None:
            parameters["password"] = now.password

    event.listen(engine, "do_connect", log_in)
