"""What entries tell, for people: who, what, when, and each row before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlmodel import SQLModel

from services.runtime.changes import ChangeRow
from services.runtime.ledger.appending import AppendOnly, Covered, Pinned
from services.runtime.ledger.entries import Entry, Kind
from services.runtime.ledger.rows import Reader, Row

CREATED, UPDATED = "created", "updated"
_CHANGES = SQLModel.metadata.tables[str(ChangeRow.__tablename__)]
_RESOURCES = (
    select(_CHANGES.c.resource, _CHANGES.c.revision)
    .where(_CHANGES.c.position > bindparam("after"), _CHANGES.c.position <= bindparam("through"))
    .order_by(_CHANGES.c.position)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that changed, and the revision that it got; 0 for what never changes after it was made."""

    name: str
    revision: int

    @property
    def action(self) -> str:
        return UPDATED if self.revision > 1 else CREATED


@dataclass(frozen=True, slots=True)
class Written:
    """One row that a transaction wrote: its table and number, and its values in canonical form by their columns.

    `before` is the version that it took the place of, None for a new one. Of a table whose rows change the content is
    not kept: there `after` is its digest only.
    """

    table: str
    number: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def action(self) -> str:
        return CREATED if self.before is None else UPDATED


def fields_of(entry: Entry, service: str) -> dict[str, Any]:
    """An entry as a document, without its rows; `service` is where the ledger is of."""
    return {
        "service": service,
        "number": entry.number,
        "kind": entry.kind,
        "recorded_at": f"{entry.recorded_at.replace(' ', 'T')}Z",
        "call_id": entry.call_id,
        "method": entry.method,
        "actor": entry.actor,
        "on_behalf_of": entry.on_behalf_of,
        "caller": entry.caller,
        "roles": entry.roles.split(",") if entry.roles else [],
        # What was refused or failed left nothing, and so no entry.
        "outcome": "success",
        "changes": entry.changes,
        "position": entry.position,
        "contents": entry.contents,
        "pruned_through": entry.pruned_through,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def moment_of(entry: Entry) -> datetime:
    """When an entry was recorded. Raises ValueError when somebody spoiled it."""
    return datetime.fromisoformat(entry.recorded_at).replace(tzinfo=UTC)


def resources_of(connection: Connection, entry: Entry, most: int) -> list[Resource]:
    """The first resources that an entry tells of, in the order in which they changed."""
    between = {"after": entry.position - entry.changes, "through": entry.position, "most": min(most, entry.changes)}
    return [Resource(*row) for row in connection.execute(_RESOURCES, between)]


class RowReader:
    """Reads the rows that entries tell of."""

    def __init__(self, tables: Sequence[Covered]) -> None:
        self._readers = {table.table.name: Reader(table) for table in tables if isinstance(table, AppendOnly)}
        self._pinned = {table.table.name for table in tables if isinstance(table, Pinned)}

    def rows(self, connection: Connection, entry: Entry, after: tuple[str, int] = ("", 0)) -> Iterator[Written]:
        """The rows of an entry behind a table and a number, table by table; none for what is no change."""
        if entry.kind != Kind.CHANGE:
            return
        tables = entry.tables()
        for name in sorted(tables):
            if name < after[0]:
                continue
            passed = after[1] if name == after[0] else 0
            if name in self._pinned:
                yield from (
                    Written(name, int(number), None, {"sha256": digest})
                    for number, digest in sorted(tables[name]["rows"].items(), key=lambda item: int(item[0]))
                    if int(number) > passed
                )
            elif name in self._readers:
                reader = self._readers[name]
                for row in reader.added(connection, tables[name], passed):
                    yield self._written(connection, reader, row)

    def _written(self, connection: Connection, reader: Reader, row: Row) -> Written:
        before = reader.before(connection, row)
        return Written(
            reader.table.table.name,
            row.number,
            reader.document(before) if before else None,
            reader.document(row),
        )
