"""How fast closures and stops are taken in over a socket, against bare `executemany` of the same rows, in transactions
of the same size, into the same tables of another file."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grpc

from services.cli.processes import start, stop, wait_until_serving
from services.cli.service import variable
from services.runtime.wire import to_wall_clock
from spoedkader.parts import mark_last
from spoedkader.registry.v1 import snapshot_pb2_grpc, status_feed_pb2, status_feed_pb2_grpc, stop_pb2
from tests.benchmarks import scenario
from tests.benchmarks.measure import Ratio

EVENTS = 100_000
BATCH = 500
ROUNDS = 5
SENDERS = 2
SECONDS = 60.0
"""The deadline of every call."""
TABLES = ("status_event", "event", "change")


def statusfeed() -> Ratio:
    """Events a second of both, and the median of their ratios over the rounds."""
    rates, bare_rates = [], []
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as name, _registry(Path(name)) as (channel, database):
        feed = status_feed_pb2_grpc.StatusFeedServiceStub(channel)
        bare = _same_tables(database, Path(name) / "bare.db")
        for number in range(ROUNDS):
            before = {table: _last(database, table) for table in TABLES}
            sent = [_batches(number, location) for location in scenario.LOCATIONS[:SENDERS]]
            count = sum(len(batch.events) for batches in sent for batch in batches)
            rates.append(count / _seconds(_send, feed, sent))
            rows = {table: _rows_behind(database, table, before[table]) for table in TABLES}
            assert {len(found) for found in rows.values()} == {count}, "each event is stored once"
            bare_rates.append(count / _seconds(_write, bare, rows))
    ratios = [mine / other for mine, other in zip(rates, bare_rates, strict=True)]
    return Ratio(statistics.median(rates), statistics.median(bare_rates), statistics.median(ratios))


@contextmanager
def _registry(folder: Path) -> Iterator[tuple[grpc.Channel, sqlite3.Connection]]:
    """A registry with the locations, and a look at its database."""
    address, database = f"unix:{folder}/registry.sock", folder / "registry.db"
    environment = {
        variable("registry", "address"): address,
        variable("registry", "database_url"): f"sqlite:///{database}",
    }
    child = start("registry", address, environment, folder / "registry.log")
    try:
        wait_until_serving([child])
        with grpc.insecure_channel(address) as channel:
            snapshot_pb2_grpc.SnapshotServiceStub(channel).ImportFacts(mark_last([scenario.facts()]), timeout=SECONDS)
            with closing(sqlite3.connect(database)) as connection:
                yield channel, connection
    finally:
        stop([child])


def _batches(number: int, location: str) -> Sequence[status_feed_pb2.SendStatusEventsRequest]:
    """What one location sends in a round: closures and stops in turn, one every three hours, each two hours long."""
    size = EVENTS // ROUNDS // SENDERS
    return [
        status_feed_pb2.SendStatusEventsRequest(
            parent=f"providers/{scenario.AGB}/locations/{location}",
            source="epd",
            events=[_event(location, sequence) for sequence in range(first, first + BATCH)],
        )
        for first in range(number * size + 1, (number + 1) * size + 1, BATCH)
    ]


def _event(location: str, sequence: int) -> status_feed_pb2.StatusEvent:
    starts_at = datetime(2000, 1, 1) + timedelta(hours=3 * sequence)
    is_stop = sequence % 2 == 1
    return status_feed_pb2.StatusEvent(
        sequence=sequence,
        kind=status_feed_pb2.StatusEvent.KIND_STOP if is_stop else status_feed_pb2.StatusEvent.KIND_CLOSURE,
        event_id=f"{location}-{sequence}",
        start_time=to_wall_clock(starts_at),
        end_time=to_wall_clock(starts_at + timedelta(hours=2)),
        department=stop_pb2.Stop.DEPARTMENT_SEH if is_stop else stop_pb2.Stop.DEPARTMENT_UNSPECIFIED,
        reason="voorbeeld",
    )


def _send(
    feed: status_feed_pb2_grpc.StatusFeedServiceStub,
    sent: Sequence[Sequence[status_feed_pb2.SendStatusEventsRequest]],
) -> None:
    """Every sender sends its batches one by one, beside the others."""

    def send(batches: Sequence[status_feed_pb2.SendStatusEventsRequest]) -> None:
        for batch in batches:
            answer = feed.SendStatusEvents(batch, timeout=SECONDS)
            assert all(not result.violations for result in answer.results)

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, sent))


def _same_tables(database: sqlite3.Connection, file: Path) -> sqlite3.Connection:
    """Another database with the same tables and indexes, as durable."""
    bare = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
        bare.execute(f"PRAGMA {pragma}")
    for table in TABLES:
        made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC"
        for (sql,) in database.execute(made, [table]):
            bare.execute(sql)
    return bare


def _last(database: sqlite3.Connection, table: str) -> int:
    found: int = database.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0]
    return found


def _rows_behind(database: sqlite3.Connection, table: str, row: int) -> list[Any]:
    return database.execute(f"SELECT * FROM {table} WHERE rowid > ? ORDER BY rowid", [row]).fetchall()


def _write(bare: sqlite3.Connection, rows: Mapping[str, Sequence[Any]]) -> None:
    """Writes the rows in transactions of the size of a batch."""
    for first in range(0, len(rows[TABLES[0]]), BATCH):
        bare.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            chunk = rows[table][first : first + BATCH]
            bare.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(chunk[0]))})", chunk)
        bare.execute("COMMIT")


def _seconds(act: Callable[..., None], *arguments: Any) -> float:
    started = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(statusfeed())
