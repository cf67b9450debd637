"""Reading the rows that the ledger covers, some at a time, as they were when they were added."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal, select

from services.runtime.ledger.appending import AppendOnly
from services.runtime.ledger.canonical import Columns, stored

_PAGE = 200
"""Rows read at once; some hold whole documents."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row in canonical form, with what its `Later` columns held when it was added."""

    number: int
    values: list[Any]


class Reader:
    """Reads the rows of one table."""

    def __init__(self, table: AppendOnly) -> None:
        self.table = table
        self._columns = Columns([table.number, *(table.table.c[name] for name in table.columns.names)])
        self._later = [
            (place, int(later.first) if isinstance(later.first, bool) else later.first)
            for place, name in enumerate(table.columns.names)
            if (later := table.later.get(name)) is not None
        ]
        query = select(table.number, *(table.table.c[name] for name in table.columns.names))
        between = query.where(table.number > bindparam("after"), table.number <= bindparam("through"))
        self._page = between.order_by(table.number).limit(literal(_PAGE))
        self._before = _of_revision(table, query)
        self._first = (
            select(table.number)
            .where(table.number <= bindparam("through"))
            .order_by(table.number.desc())
            .limit(literal(1))
            .offset(bindparam("skipped"))
        )

    def between(self, connection: Connection, after: int, through: int) -> Iterator[Row]:
        """The rows with a number above `after` and up to `through`, in their order."""
        while True:
            found = self._read(connection, self._page, after=after, through=through)
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1].number

    def added(self, connection: Connection, part: Mapping[str, Any], after: int = 0) -> Iterator[Row]:
        """The rows of which an entry says how many there are and through which number, behind a number."""
        through, count = int(part["through"]), int(part["count"])
        first = connection.execute(self._first, {"through": through, "skipped": count - 1}).scalar()
        return self.between(connection, max(after, 0 if first is None else int(first) - 1), through)

    def before(self, connection: Connection, row: Row) -> Row | None:
        """The version that a version took the place of; None for a first one, and in tables without versions."""
        if self._before is None:
            return None
        query, key = self._before
        values = self.document(row)
        if values["revision"] == 1:
            return None
        found = self._read(connection, query, **{name: values[name] for name in key}, earlier=values["revision"] - 1)
        return found[0] if found else None

    def document(self, row: Row) -> Mapping[str, Any]:
        """The values of a row by the names of its columns, in their order."""
        return self.table.columns.document(row.values)

    def _read(self, connection: Connection, query: Select[Any], **parameters: Any) -> list[Row]:
        rows = [Row(number, values) for number, *values in stored(connection, self._columns, query, **parameters)]
        for place, first in self._later:
            for row in rows:
                row.values[place] = first
        return rows


def _of_revision(table: AppendOnly, query: Select[Any]) -> tuple[Select[Any], list[str]] | None:
    """The query for one revision of a resource, with the names of the columns that identify the resource."""
    index = next((index for index in table.table.indexes if index.name == f"{table.table.name}_revision"), None)
    if index is None:
        return None
    *key, revision = index.columns
    same = [column == bindparam(column.name) for column in key]
    return query.where(*same, revision == bindparam("earlier")), [column.name for column in key]
