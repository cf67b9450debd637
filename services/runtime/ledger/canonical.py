"""One form of every row, the same whichever database holds it: what the digests of the ledger are taken over.

A row is a JSON array of its values, without spaces, in UTF-8: a text, whole number or null as it is, a boolean as 0 or
1, a moment as `2027-01-31 12:00:00.000000` (in UTC, but for wall-clock times), a date as `2027-01-31`, and bytes in
base64url (RFC 4648, section 5). But for the bytes that is how SQLite stores them, so that there a row that is written
is in this form already.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, Connection, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from services.runtime.prepared import converter

_SQLITE: Dialect = sqlite.dialect()


class Columns:
    """Some columns of a table, in their order, and the canonical form of their values."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self.names = [column.name for column in columns]
        self._columns = columns

    def make_canonical(self, rows: Sequence[list[Any]]) -> None:
        """Replaces Python's values, as an application has them, by those of the canonical form."""
        for place, convert in self._converters:
            for row in rows:
                row[place] = convert(row[place])

    def document(self, row: Sequence[Any]) -> Mapping[str, Any]:
        """The values of a canonical row by the names of their columns."""
        return dict(zip(self.names, row, strict=True))

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        found = ((place, converter(column.type, _SQLITE)) for place, column in enumerate(self._columns))
        return [(place, convert) for place, convert in found if convert is not None]


class Digest:
    """SHA-256 over canonical rows, each followed by a comma, and how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows behind those before."""
        self.count += len(rows)
        if rows:
            self._hash.update(memoryview(json_bytes(rows))[1:-1])
            self._hash.update(b",")

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def json_bytes(value: Any) -> bytes:
    """Canonical JSON of what holds canonical values only."""
    # The C encoder of the standard library takes five times as long.
    return to_json(value, bytes_mode="base64")


def sha256_of(value: Any) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json_bytes(value)).hexdigest()


def stored(connection: Connection, columns: Columns, query: Select[Any], **parameters: Any) -> list[list[Any]]:
    """Rows in canonical form, from a query for these columns in their order.

    What SQLite holds is taken as it is, and not read as a value first: two texts of one moment are not the same.
    """
    compiled: Any = query.compile(connection, compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params(parameters)
    for bound, name in compiled.bind_names.items():
        convert = converter(bound.type, connection.dialect)
        if convert is not None:
            values[name] = convert(values[name])
    order: Sequence[str] | None = compiled.positiontup
    found = connection.exec_driver_sql(
        str(compiled), values if order is None else tuple(values[name] for name in order)
    )
    rows = [list(row) for row in found]
    if connection.dialect.name != "sqlite":
        columns.make_canonical(rows)
    return rows
