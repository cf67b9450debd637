"""Two replicas of a service on one database: nothing is lost, nothing counts twice, and who gets no turn is told."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.runtime import dialects
from services.runtime.changes import CHANGE_ROWS, changes_behind, record_changes
from services.runtime.database import Database
from services.runtime.versions import History, Stamp, Versioned, one_current
from tests.support.databases import chosen, database_url, with_tables

ROUNDS = 40


@dataclass(frozen=True)
class Counter:
    name: str
    count: int


class CounterRow(Versioned, table=True):
    __tablename__ = "counter"
    __table_args__ = one_current("counter", "name")

    name: str
    count: int


COUNTERS = History(CounterRow, ("name",), Counter, asdict, lambda found: f"counters/{found.name}")


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Database]]:
    opened = [with_tables(tmp_path / "both.db", [CounterRow, *CHANGE_ROWS], connections=4) for _ in range(2)]
    yield opened
    for database in opened:
        database.close()


def count_on(database: Database, name: str) -> None:
    """Reads and writes in one transaction."""
    with database.write() as connection:
        stamp = Stamp(datetime.now(UTC), "test")
        current = COUNTERS.get(connection, name)
        COUNTERS.put(connection, Counter(name, (current.value.count if current else 0) + 1), stamp)
        record_changes(connection, stamp)


def test_no_change_is_lost_and_the_feed_has_each_once_in_order(replicas: list[Database]) -> None:
    seen: list[int] = []
    done = threading.Event()

    def follow() -> None:
        """A reader that goes on from where it was sees every position, whatever happens meanwhile."""
        last = False
        while not last:
            last = done.is_set()
            with replicas[0].read() as connection:
                seen.extend(change.position for change in changes_behind(connection, seen[-1] if seen else 0, [], 1000))

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: count_on(replicas[number % 2], "een"), range(ROUNDS * 2)))
    done.set()
    follower.join()
    with replicas[1].read() as connection:
        versions = COUNTERS.revisions(connection, "een")
    assert [stored.value.count for stored in versions] == list(range(1, ROUNDS * 2 + 1))
    assert seen == list(range(1, ROUNDS * 2 + 1))


def test_a_reader_sees_one_state_while_another_replica_writes(replicas: list[Database]) -> None:
    count_on(replicas[0], "een")
    with replicas[1].read() as connection:
        before = COUNTERS.get(connection, "een")
        count_on(replicas[0], "een")
        assert COUNTERS.get(connection, "een") == before
    with replicas[1].read() as connection:
        now = COUNTERS.get(connection, "een")
        assert now is not None
        assert now.value.count == 2


def test_what_fails_halfway_leaves_nothing(replicas: list[Database]) -> None:
    def fail() -> None:
        with replicas[0].write() as connection:
            COUNTERS.put(connection, Counter("een", 1), Stamp(datetime.now(UTC), "test"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with replicas[1].read() as connection:
        assert COUNTERS.get(connection, "een") is None
    count_on(replicas[1], "een")


def test_who_gets_no_turn_can_ask_again(replicas: list[Database]) -> None:
    if chosen() == "sqlite":
        pytest.skip("SQLite waits by itself, for as long as its own time limit")
    with replicas[0].write(), replicas[1]._engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(dialects._TAKE_TURN)
    assert dialects.is_busy(refused.value)


def refused_by(url: str) -> DBAPIError:
    database = Database(url)
    try:
        with pytest.raises(DBAPIError) as refused, database.read() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        database.close()
    return refused.value


def test_who_finds_no_server_can_ask_again(tmp_path: Path) -> None:
    assert dialects.is_busy(refused_by(f"postgresql+psycopg:///niets?host={tmp_path}"))


def test_who_finds_no_room_can_ask_again(replicas: list[Database]) -> None:
    if chosen() != "sqlite":
        pytest.skip("a server of the tests has a disk that is shared")
    count_on(replicas[0], "een")
    with replicas[0].write() as connection:
        connection.execute(text("CREATE TABLE more (content)"))
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("INSERT INTO more VALUES (zeroblob(100000))"))
    assert dialects.is_busy(refused.value)


def test_a_mistake_of_ours_is_not_tried_again(replicas: list[Database]) -> None:
    with pytest.raises(DBAPIError) as refused, replicas[0].read() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert not dialects.is_busy(refused.value)


def test_a_server_that_was_restarted_is_found_again(replicas: list[Database], tmp_path: Path) -> None:
    if chosen() == "sqlite":
        pytest.skip("SQLite is no server")
    count_on(replicas[0], "een")
    with psycopg.connect(database_url(tmp_path / "both.db").replace("+psycopg", ""), autocommit=True) as other:
        # What a restart does to the connections that there are; those of other tests, to the same server, stay.
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    count_on(replicas[0], "een")
    with replicas[0].read() as connection:
        found = COUNTERS.get(connection, "een")
        assert found is not None
        assert found.value.count == 2


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql wordt niet ondersteund, alleen sqlite en postgresql"):
        Database("mysql://hier/niets")
