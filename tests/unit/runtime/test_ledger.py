"""The ledger over a real database: an entry for each transaction, and no alteration that is not found."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import NaiveDatetime
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel

from services.runtime.changes import CHANGE_ROWS
from services.runtime.database import Database
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly, Pinned, covered
from services.runtime.ledger.entries import NOTHING, Entry, Head, Kind, Wanted, entries, head
from services.runtime.ledger.sealing import seal
from services.runtime.ledger.verifying import Verdict, verify
from services.runtime.transactions import OWN_ACCORD, Transactions
from services.runtime.versions import History, Stamp, Versioned, one_current
from tests.support.clock import TickingClock
from tests.support.databases import with_tables


@dataclass(frozen=True)
class Thing:
    group: str
    text: str


class ThingRow(Versioned, table=True):
    __tablename__ = "thing"
    __table_args__ = one_current("thing", "group")

    group: str
    text: str


class ScrapRow(SQLModel, table=True):
    """A column of every kind that the services have."""

    __tablename__ = "scrap"

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    name: str
    count: int
    yes: bool
    maybe: bool | None
    day: date
    moment: datetime
    wall_clock: NaiveDatetime | None
    content: bytes


class BoardRow(SQLModel, table=True):
    """A row that changes."""

    __tablename__ = "board"

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    name: str
    state: str


ROWS = (ThingRow, ScrapRow, BoardRow, *CHANGE_ROWS)
THINGS = History(ThingRow, ("group",), Thing, asdict, lambda found: f"groups/{found.group}/things/x")
SCRAPS = AppendOnly(SQLModel.metadata.tables["scrap"])
BOARD = SQLModel.metadata.tables["board"]
BOARDS = Pinned(BOARD)
START = datetime(2027, 1, 1, tzinfo=UTC)


def scrap(number: int) -> dict[str, Any]:
    return {
        "name": f'één "{number}"',
        "count": number,
        "yes": number % 2 == 0,
        "maybe": None if number % 3 else True,
        "day": date(2028, 2, 29),
        "moment": START + timedelta(microseconds=number),
        "wall_clock": datetime(2027, 3, 28, 2, 30) if number % 2 else None,
        "content": bytes([number, 255]),
    }


def change_board(connection: Connection, stamp: Stamp, name: str, state: str) -> None:
    found = connection.execute(update(BOARD).where(BOARD.c.name == name).values(state=state))
    if not found.rowcount:
        connection.execute(insert(BOARD), {"name": name, "state": state})
    BOARDS.pin(connection, BOARD.c.name == name, stamp.written)


def fill(transactions: Transactions) -> None:
    """Some transactions of every kind."""
    for number in range(3):
        with transactions.change(f"inkoper@910{number}") as (connection, stamp):
            THINGS.put_all(connection, [Thing("a", f"{number}"), Thing(f"b{number}", "x")], stamp)
    with transactions.change("werker") as (connection, stamp):
        SCRAPS.add(connection, [scrap(1), scrap(2)], stamp.written)
        SCRAPS.add(connection, [scrap(3)], stamp.written)
    with transactions.change("werker") as (connection, stamp):
        change_board(connection, stamp, "een", "open")
        change_board(connection, stamp, "twee", "open")
    with transactions.change("werker") as (connection, stamp):
        change_board(connection, stamp, "een", "dicht")
        SCRAPS.add(connection, [scrap(4)], stamp.written)
        stamp.note("groups/a/scraps/4")


def change_and_fail(transactions: Transactions) -> None:
    with transactions.change("wie") as (connection, stamp):
        THINGS.put(connection, Thing("b", "x"), stamp)
        raise RuntimeError


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = with_tables(tmp_path_factory.mktemp("ledger") / "ledger.db", ROWS, connections=2)
    fill(Transactions(opened, TickingClock()))
    yield opened
    opened.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Database]:
    opened = with_tables(tmp_path / "fresh.db", ROWS, connections=2)
    yield opened
    opened.close()


@contextmanager
def tampering(database: Database) -> Iterator[Connection]:
    """A transaction in which anything can be done; nothing of it is kept."""
    with database.write(keep=False) as connection:
        yield connection


def verdict_of(connection: Connection, anchor: Head | None = None) -> Verdict:
    return list(verify(connection, covered(ROWS), anchor))[-1]


def every(database: Database) -> list[Entry]:
    with database.read() as connection:
        return list(entries(connection))


def test_a_transaction_that_changed_something_has_one_entry(database: Database) -> None:
    found = every(database)
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5, 6]
    assert [entry.changes for entry in found] == [2, 2, 2, 0, 0, 1]
    assert [entry.position for entry in found] == [2, 4, 6, 0, 0, 7]
    first = found[0]
    assert (first.actor, first.on_behalf_of, first.method, first.kind) == ("inkoper@9100", "9100", OWN_ACCORD, "change")
    assert {entry.previous for entry in found} == {"", *(entry.hash for entry in found[:-1])}
    assert json.loads(found[3].contents)["tables"]["scrap"].keys() == {"count", "sha256", "through"}


def test_what_was_not_tampered_with_is_whole(database: Database) -> None:
    with database.read() as connection:
        verdict = verdict_of(connection, head(connection))
        assert verdict.findings == []
        assert verdict.is_whole
        assert (verdict.done_count, verdict.total_count, verdict.rows) == (6, 6, 6 + 4 + 7)
        assert verdict.head == head(connection)


def test_a_transaction_that_changed_nothing_has_no_entry(fresh: Database) -> None:
    transactions = Transactions(fresh, TickingClock())
    for _ in range(2):
        with transactions.change("wie") as (connection, stamp):
            THINGS.put(connection, Thing("a", "x"), stamp)
    assert len(every(fresh)) == 1
    with pytest.raises(RuntimeError):
        change_and_fail(transactions)
    assert len(every(fresh)) == 1


def test_the_hash_can_be_worked_out_without_our_software(database: Database) -> None:
    with database.read() as connection:
        rows = list(connection.execute(text("SELECT * FROM ledger ORDER BY number")).mappings())
    for row in rows:
        values = [value for name, value in row.items() if name != "hash"]
        moment = values[2]
        if isinstance(moment, datetime):
            values[2] = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        canonical = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(canonical.encode()).hexdigest() == row["hash"]


def test_the_digest_of_rows_can_be_worked_out_without_our_software(database: Database) -> None:
    lines = [
        '["één \\"1\\"",1,0,null,"2028-02-29","2027-01-01 00:00:00.000001","2027-03-28 02:30:00.000000","Af8="],',
        '["één \\"2\\"",2,1,null,"2028-02-29","2027-01-01 00:00:00.000002",null,"Av8="],',
        '["één \\"3\\"",3,0,1,"2028-02-29","2027-01-01 00:00:00.000003","2027-03-28 02:30:00.000000","A_8="],',
    ]
    told = json.loads(every(database)[3].contents)["tables"]["scrap"]
    assert told == {"count": 3, "sha256": hashlib.sha256("".join(lines).encode()).hexdigest(), "through": 3}


def other(value: Any, column: Column[Any]) -> Any:
    """Another value of the same kind."""
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, Integer):
        return (value or 0) + 1
    if isinstance(kind, DateTime):
        return (value or datetime(2000, 1, 1, tzinfo=UTC if kind.timezone else None)) + timedelta(microseconds=1)
    if isinstance(kind, Date):
        return value + timedelta(days=1)
    return (value or b"") + b"x" if isinstance(kind, LargeBinary) else (value or "") + "x"


COVERED = [SQLModel.metadata.tables[str(row.__tablename__)] for row in ROWS]


def alter(connection: Connection, table: Table, place: int, column: Column[Any]) -> None:
    (number,) = table.primary_key
    rows = connection.execute(select(number, column).order_by(number)).all()
    row = rows[place % len(rows)]
    connection.execute(update(table).where(number == row[0]).values({column.name: other(row[1], column)}))


def remove(connection: Connection, table: Table, place: int) -> None:
    (number,) = table.primary_key
    rows = connection.execute(select(number).order_by(number)).all()
    connection.execute(delete(table).where(number == rows[place % len(rows)][0]))


def insert_copy(connection: Connection, table: Table, place: int) -> None:
    (number,) = table.primary_key
    rows = connection.execute(select(table).order_by(number)).mappings().all()
    last = connection.execute(select(func.max(number))).scalar_one()
    copy = {**rows[place % len(rows)], number.name: last + 1}
    for name in ("group", "resource", "name"):
        if name in copy:
            copy[name] += "-kopie"
    connection.execute(insert(table), copy)


def swap(connection: Connection, table: Table, place: int) -> None:
    (number,) = table.primary_key
    numbers = connection.execute(select(number).order_by(number)).scalars().all()
    assume(len(numbers) > 1)
    one, two = numbers[place % len(numbers)], numbers[(place + 1) % len(numbers)]
    for before, after in ((one, -1), (two, one), (-1, two)):
        connection.execute(update(table).where(number == before).values({number.name: after}))


ALTERATIONS = [(table, column) for table in COVERED for column in table.c]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ALTERATIONS), st.integers(0, 20))
def test_any_altered_value_of_any_row_is_found(
    database: Database, where: tuple[Table, Column[Any]], place: int
) -> None:
    with tampering(database) as connection:
        try:
            alter(connection, *where[:1], place, where[1])
        except DBAPIError:
            # The database itself refuses a second row of the same key.
            return
        assert not verdict_of(connection).is_whole


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(COVERED), st.sampled_from([remove, insert_copy, swap]), st.integers(0, 20))
def test_any_row_that_is_removed_inserted_or_moved_is_found(
    database: Database, table: Table, how: Any, place: int
) -> None:
    with tampering(database) as connection:
        how(connection, table, place)
        assert not verdict_of(connection).is_whole


def findings(connection: Connection, anchor: Head | None = None) -> list[tuple[int, str]]:
    return [(found.entry, found.text) for found in verdict_of(connection, anchor).findings]


def test_a_finding_says_where(database: Database) -> None:
    with tampering(database) as connection:
        connection.execute(text("UPDATE ledger SET actor = 'niemand' WHERE number = 2"))
        assert findings(connection) == [(2, "is gewijzigd: de inhoud heeft een andere hash")]
    with tampering(database) as connection:
        connection.execute(text("DELETE FROM ledger WHERE number = 2"))
        told = findings(connection)
        assert (3, "de regels 2 t/m 2 ontbreken") in told
        assert any(entry == 3 and "thing" in found for entry, found in told)
    with tampering(database) as connection:
        connection.execute(text("UPDATE scrap SET name = 'anders' WHERE id = 2"))
        assert findings(connection) == [
            (4, "scrap: onder de rijen van 1 t/m 3 is er minstens één gewijzigd of verplaatst")
        ]
    with tampering(database) as connection:
        connection.execute(text("UPDATE thing SET superseded_at = NULL WHERE version = 4"))
        assert not findings(connection)
        connection.execute(text("UPDATE thing SET superseded_at = recorded_at WHERE version = 4"))
        assert findings(connection) == [(0, "thing: rij 4 heeft een andere superseded_at dan er volgt uit de andere")]


def test_an_end_that_was_cut_off_with_all_its_rows_needs_the_head_that_was_kept(database: Database) -> None:
    with tampering(database) as connection:
        kept = head(connection)
        for statement in (
            "DELETE FROM ledger WHERE number = 6",
            "DELETE FROM scrap WHERE id = 4",
            "DELETE FROM change WHERE position = 7",
            "UPDATE board SET state = 'open'",
            "UPDATE change_count SET number = 6",
        ):
            connection.execute(text(statement))
            assert verdict_of(connection).is_whole == statement.startswith("UPDATE change_count")
        assert findings(connection, kept) == [
            (0, "is afgekapt: de bewaarde kop is regel 6, de laatste is 5"),
        ]


def test_an_end_that_was_written_anew_needs_the_head_that_was_kept(database: Database) -> None:
    with tampering(database) as connection:
        kept = head(connection)
        connection.execute(text("UPDATE ledger SET actor = 'niemand' WHERE number = 6"))
        (entry,) = entries(connection, after=5)
        connection.execute(text("UPDATE ledger SET hash = :hash WHERE number = 6"), {"hash": entry.hashed()})
        assert verdict_of(connection).is_whole
        assert findings(connection, kept) == [(6, "is niet de regel van de bewaarde kop")]


def test_what_sqlite_stores_otherwise_is_found_too(database: Database) -> None:
    with tampering(database) as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("other databases know no two texts of one moment")
        connection.execute(text("UPDATE scrap SET moment = '2027-01-01 00:00:00.000001+00:00' WHERE id = 1"))
        assert len(findings(connection)) == 1
        connection.execute(text("UPDATE scrap SET name = CAST(x'ff' AS TEXT) WHERE id = 1"))
        assert "niet te lezen" in findings(connection)[0][1]


def test_what_was_there_before_the_ledger_is_sealed(fresh: Database) -> None:
    with fresh.write() as connection:
        # Nobody made an entry of this.
        THINGS.put(connection, Thing("oud", "x"), Stamp(START, "wie"))
        change_board(connection, Stamp(START, "wie"), "oud", "open")
        assert not verdict_of(connection).is_whole
        seal(connection, covered(ROWS), START)
        assert verdict_of(connection).is_whole
    transactions = Transactions(fresh, TickingClock())
    with transactions.change("wie") as (connection, stamp):
        THINGS.put(connection, Thing("oud", "y"), stamp)
    with fresh.write() as connection:
        assert verdict_of(connection).is_whole
        connection.execute(text("UPDATE thing SET text = 'z' WHERE version = 1"))
        assert findings(connection) == [
            (0, "thing: onder de rijen tot en met 1, die verzegeld zijn, is er minstens één gewijzigd of verplaatst")
        ]


def test_entries_are_found_by_who_when_and_what(database: Database) -> None:
    with database.read() as connection:

        def numbers(**wanted: Any) -> list[int]:
            return [entry.number for entry in entries(connection, Wanted(**wanted))]

        assert numbers(actor="inkoper@9101") == [2]
        assert numbers(resource="groups/a") == [1, 2, 3, 6]
        assert numbers(resource="groups/b1/things/x") == [2]
        assert numbers(resource="groups/b") == []
        moments = [datetime.fromisoformat(entry.recorded_at).replace(tzinfo=UTC) for entry in entries(connection)]
        assert numbers(since=moments[1], until=moments[3]) == [2, 3]
        assert numbers(but=Kind.CHANGE) == []


def test_a_table_of_which_nobody_said_how_it_is_written_is_refused() -> None:
    class StrayRow(SQLModel, table=True):
        __tablename__ = "stray"

        id: int = Field(primary_key=True)

    with pytest.raises(LookupError, match="stray"):
        covered([*ROWS, StrayRow])


@pytest.mark.parametrize("wrong", ["", "1", "x:" + "0" * 64, "1:" + "0" * 63, "1:" + "G" * 64, "-1:" + "0" * 64])
def test_a_head_has_one_form(wrong: str) -> None:
    with pytest.raises(ValueError, match="kop"):
        Head.parse(wrong)
    kept = Head(12, "0f" * 32)
    assert Head.parse(f" {kept}\n") == kept
    assert NOTHING.number == 0
