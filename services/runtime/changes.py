"""The changes of a database in the order in which they took effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update
from sqlmodel import Field, SQLModel, col

from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.ledger.entries import LedgerRow
from services.runtime.prepared import Prepared
from services.runtime.versions import Stamp


class ChangeCountRow(SQLModel, table=True):
    """One row that every transaction that changes something updates at its end: whoever comes after waits for it, so
    that its number follows the order of commits."""

    __tablename__ = "change_count"

    id: int = Field(primary_key=True)
    number: int = Field(sa_type=RowNumber)


class ChangeRow(SQLModel, table=True):
    """One change of one resource."""

    __tablename__ = "change"

    position: int = Field(primary_key=True, sa_type=RowNumber)
    resource: str
    type: str = Field(index=True)
    revision: int
    actor: str
    recorded_at: datetime


CHANGE_ROWS = (ChangeCountRow, ChangeRow, LedgerRow)
_TABLE = SQLModel.metadata.tables["change"]
_COUNTS = SQLModel.metadata.tables["change_count"]
_COUNT = Prepared(
    update(_COUNTS)
    .where(_COUNTS.c.id == bindparam("row"))
    .values(number=_COUNTS.c.number + bindparam("count"))
    .returning(_COUNTS.c.number)
)
_FIRST = text("INSERT INTO change_count (id, number) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
_NUMBER = Prepared(select(col(ChangeCountRow.number)))
_CHANGES = AppendOnly(_TABLE, numbered=False)
_BEHIND = (
    select(_TABLE).where(_TABLE.c.position > bindparam("after")).order_by(_TABLE.c.position).limit(bindparam("limit"))
)
_BEHIND_OF_TYPES = _BEHIND.where(_TABLE.c.type.in_(bindparam("types", expanding=True)))


@dataclass(frozen=True, slots=True)
class Change:
    """One change as it is stored."""

    position: int
    resource: str
    type: str
    revision: int
    actor: str
    recorded_at: datetime


def record_changes(connection: Connection, stamp: Stamp) -> int:
    """Writes what a transaction noted, as the last thing that it does: until its end no other gets a position.

    Gives the position of the last one; 0 when nothing was noted.
    """
    if not stamp.noted:
        return 0
    last = _count(connection, len(stamp.noted))
    first = last - len(stamp.noted) + 1
    rows = [
        [position, resource, type_of(resource), revision, stamp.by, stamp.at]
        for position, (resource, revision) in enumerate(stamp.noted, start=first)
    ]
    _CHANGES.add_lists(connection, rows, stamp.written)
    return last


def _count(connection: Connection, count: int) -> int:
    """Adds to the number of changes, and returns it."""
    found = _COUNT.first(connection, {"count": count, "row": 1})
    if found is None:
        connection.execute(_FIRST)
        found = _COUNT.first(connection, {"count": count, "row": 1})
    assert found is not None, "the row is there now"
    return int(found[0])


def type_of(resource: str) -> str:
    """The last collection in a name, as in `closures`; of a resource without an identifier its own, `openingHours`."""
    # A status feed brings thousands: an even number of slashes ends in a collection.
    before, _, last = resource.rpartition("/")
    return before.rpartition("/")[2] if resource.count("/") % 2 else last


def changes_behind(connection: Connection, after: int, types: Sequence[str], limit: int) -> list[Change]:
    """Up to so many changes behind a position, in order; no types means all."""
    parameters: dict[str, Any] = {"after": after, "limit": limit}
    if not types:
        return [Change(*row) for row in connection.execute(_BEHIND, parameters)]
    return [Change(*row) for row in connection.execute(_BEHIND_OF_TYPES, {**parameters, "types": list(types)})]


def change_number(connection: Connection) -> int:
    """How many changes the state that the connection sees has had; the position of the last one."""
    found = _NUMBER.first(connection, {})
    return int(found[0]) if found else 0
