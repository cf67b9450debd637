"""Tables that the ledger covers, and what a transaction wrote into them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select
from sqlmodel import SQLModel

from services.runtime.ledger.canonical import Columns, Digest, sha256_of, stored
from services.runtime.prepared import Prepared, PreparedChange

_COVERED = "covered"
_LATER = "later"
NOT_COVERED = frozenset({"request", "change_count", "ledger"})
"""Tables without an entry of their own: answers that are kept for repeated requests, a count, and the ledger itself."""


@dataclass(frozen=True, slots=True)
class Later:
    """A column that changes after its row was added, because of another row.

    `first` is what it holds when the row is added; `now` gives what it should hold, from the table.
    """

    first: Any
    now: Callable[[Table], ColumnElement[Any]]


def later(first: Any, now: Callable[[Table], ColumnElement[Any]]) -> Mapping[str, Any]:
    """What to give to a field as `sa_column_kwargs` when it is `Later`."""
    return {"info": {_LATER: Later(first, now)}}


@dataclass(slots=True)
class Added:
    """What a transaction added to a table."""

    digest: Digest = field(default_factory=Digest)
    through: int | None = None
    """The number of the last row; None when only the database knows it."""


@dataclass(slots=True)
class Written:
    """What a transaction wrote: rows that were added, by table, and rows of which the whole content was pinned."""

    added: dict["AppendOnly", Added] = field(default_factory=dict)
    pinned: dict["Pinned", dict[int, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.pinned)


class AppendOnly:
    """A table to which rows are added, and of which none is changed but in its columns that are `Later`.

    Its primary key numbers the rows in the order in which they were added.
    """

    def __init__(self, table: Table, *, numbered: bool = True) -> None:
        """Not `numbered` when whoever adds a row gives it its number."""
        (self.number,) = table.primary_key
        self.table = table
        written = [column for column in table.c if not (numbered and column is self.number)]
        self.columns = Columns(written)
        self.later: Mapping[str, Later] = {
            column.name: column.info[_LATER] for column in written if _LATER in column.info
        }
        self._row = itemgetter(*self.columns.names)
        self._given = None if numbered else self.columns.names.index(self.number.name)
        self._insert = PreparedChange(insert(table), columns=self.columns.names)
        self._insert_one = PreparedChange(insert(table).returning(self.number), columns=self.columns.names)
        self._last = Prepared(select(func.max(self.number)))
        table.info[_COVERED] = self

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]], written: Written) -> None:
        """Adds rows, each with a value for every column but the number, and `Later` ones with their first value."""
        self.add_lists(connection, [list(self._row(row)) for row in rows], written)

    def add_lists(self, connection: Connection, rows: list[list[Any]], written: Written) -> None:
        """The same for rows that have their values in the order of the columns; they are used up."""
        if not rows:
            return
        added = written.added.setdefault(self, Added())
        if connection.dialect.name == "sqlite":
            # What its driver gets is canonical.
            added.through = self._insert_rows(connection, rows)
        else:
            added.through = self._insert_rows(connection, [list(row) for row in rows])
            self.columns.make_canonical(rows)
        added.digest.add(rows)

    def _insert_rows(self, connection: Connection, rows: list[list[Any]]) -> int | None:
        """Gives the number of the last row, where that costs nothing."""
        if self._given is None and len(rows) == 1:
            return int(self._insert_one.returned(connection, rows[0]))
        self._insert.run_lists(connection, rows)
        return None if self._given is None else int(rows[-1][self._given])

    def last(self, connection: Connection) -> int:
        """The number of the last row; 0 when there is none."""
        found = self._last.first(connection, {})
        return int(found[0] or 0) if found else 0


class Pinned:
    """A table of few rows that change: every change pins the whole content of its row."""

    def __init__(self, table: Table) -> None:
        (self.number,) = table.primary_key
        self.table = table
        self.columns = Columns(list(table.c))
        table.info[_COVERED] = self

    def pin(self, connection: Connection, where: ColumnElement[bool], written: Written) -> None:
        """Pins the rows as they are now."""
        digests = written.pinned.setdefault(self, {})
        digests.update(self.digests(connection, where))

    def digests(self, connection: Connection, *where: ColumnElement[bool]) -> dict[int, str]:
        """The digest of each row, by its number."""
        place = self.columns.names.index(self.number.name)
        found = stored(connection, self.columns, select(self.table).where(*where).order_by(self.number))
        return {row[place]: sha256_of(row) for row in found}


Covered = AppendOnly | Pinned


def covered(rows: Iterable[type[SQLModel]]) -> list[Covered]:
    """The tables of some rows that the ledger covers, in the order of their names.

    Raises:
        LookupError: nobody said how the rows of a table are written.
    """
    tables = [SQLModel.metadata.tables[str(row.__tablename__)] for row in rows]
    found = {table.name: table.info.get(_COVERED) for table in tables if table.name not in NOT_COVERED}
    missing = [name for name, how in found.items() if how is None]
    if missing:
        raise LookupError(f"not covered by the ledger: {', '.join(missing)}")
    return [how for _, how in sorted(found.items()) if how is not None]
