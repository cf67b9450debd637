"""What a prepared statement gives is what SQLAlchemy gives."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import NaiveDatetime
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, col

from services.runtime.database import Database
from services.runtime.prepared import Prepared, PreparedChange
from tests.support.databases import with_tables


class KindRow(SQLModel, table=True):
    """A column of every kind that the services have."""

    __tablename__ = "kind"

    id: int = Field(primary_key=True)
    name: str
    yes: bool | None
    day: date | None
    moment: datetime
    wall_clock: NaiveDatetime | None
    content: bytes


ROWS = [
    {
        "id": 1,
        "name": "één",
        "yes": True,
        "day": date(2028, 2, 29),
        "moment": datetime(2027, 3, 28, 1, 30, 5, 123456, tzinfo=UTC),
        "wall_clock": datetime(2027, 3, 28, 2, 30),
        "content": b"\x00\xff",
    },
    {
        "id": 2,
        "name": "",
        "yes": None,
        "day": None,
        "moment": datetime(1970, 1, 1, tzinfo=UTC),
        "wall_clock": None,
        "content": b"",
    },
]
QUERY = select(KindRow.__table__).where(  # type: ignore[attr-defined]
    col(KindRow.id) == bindparam("number"), col(KindRow.name) == bindparam("name")
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = with_tables(tmp_path / "kinds.db", [KindRow])
    with found.write() as connection:
        connection.execute(insert(KindRow), ROWS)
    yield found
    found.close()


@pytest.mark.parametrize("row", ROWS, ids=["filled", "empty"])
def test_every_kind_of_value_comes_out_as_it_went_in(database: Database, row: dict[str, object]) -> None:
    parameters = {"number": row["id"], "name": row["name"]}
    prepared = Prepared(QUERY)
    for read in (database.read_one, database.read, database.write):
        with read() as connection:
            found = prepared.first(connection, parameters)  # type: ignore[arg-type]
            assert found == list(connection.execute(QUERY, parameters).one()) == list(row.values())


def test_nothing_found_is_none(database: Database) -> None:
    with database.read_one() as connection:
        assert Prepared(QUERY).first(connection, {"number": 3, "name": "één"}) is None


def test_it_sees_what_its_own_transaction_wrote(database: Database) -> None:
    with database.write(keep=False) as connection:
        connection.execute(insert(KindRow), {**ROWS[1], "id": 9})
        assert Prepared(QUERY).first(connection, {"number": 9, "name": ""}) is not None
    with database.read_one() as connection:
        assert Prepared(QUERY).first(connection, {"number": 9, "name": ""}) is None


TABLE = SQLModel.metadata.tables["kind"]
INSERT = PreparedChange(insert(TABLE), columns=TABLE.columns.keys())
RENAME = PreparedChange(
    update(TABLE)
    .where(TABLE.c.id == bindparam("number"))
    .values(name=bindparam("new"), moment=bindparam("at", type_=TABLE.c.moment.type))
)
EVERY = select(TABLE).order_by(TABLE.c.id)


def test_rows_are_written_as_sqlalchemy_writes_them(database: Database) -> None:
    with database.write() as connection:
        by_sqlalchemy = connection.execute(EVERY).all()
        connection.execute(delete(TABLE))
        INSERT.run(connection, ROWS)
        assert connection.execute(EVERY).all() == by_sqlalchemy


def test_what_only_the_driver_did_is_kept_or_not(database: Database) -> None:
    for keep in (False, True):
        with database.write(keep=keep) as connection:
            INSERT.run(connection, [{**ROWS[0], "id": 3}, {**ROWS[1], "id": 4}])
        with database.read() as connection:
            assert len(connection.execute(EVERY).all()) == (4 if keep else 2)


def test_only_the_rows_that_fit_are_changed_each_with_its_own(database: Database) -> None:
    at = datetime(2028, 1, 1, tzinfo=UTC)
    with database.write() as connection:
        RENAME.run(connection, [{"number": 2, "new": "twee", "at": at}, {"number": 9, "new": "geen", "at": at}])
        RENAME.run(connection, [])
        assert [(row.name, row.moment) for row in connection.execute(EVERY)] == [
            ("één", ROWS[0]["moment"]),
            ("twee", at),
        ]


def test_an_error_of_the_driver_comes_as_one_of_sqlalchemy(database: Database) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)unique"), database.write() as connection:
        INSERT.run(connection, [{**ROWS[0], "id": 3}, ROWS[0]])
    with database.read() as connection:
        assert len(connection.execute(EVERY).all()) == 2
