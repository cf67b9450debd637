"""What a prepared statement gives is what SQLAlchemy gives."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import NaiveDatetime
from sqlalchemy import bindparam, insert, select
from sqlmodel import Field, SQLModel, col

from services.runtime.database import Database
from services.runtime.prepared import Prepared


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
    found = Database(f"sqlite:///{tmp_path}/kinds.db", [KindRow])
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
