"""A ledger as a file: lines of JSON, or CSV; written as it is read, so that any size fits in memory."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

from sqlalchemy import Connection

from services.runtime.ledger.appending import Covered
from services.runtime.ledger.canonical import json_bytes
from services.runtime.ledger.entries import NOTHING, Entry, Head
from services.runtime.ledger.reading import RowReader, Written, fields_of

_ROW_FIELDS = ("table", "row", "action", "before", "after")


class Form(StrEnum):
    """How a ledger is written."""

    JSONL = "jsonl"
    """One object a line: each entry, behind it its rows, and at the end how many there were."""
    CSV = "csv"
    """One line for each row, with the fields of its entry before it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in the file."""

    entries: int
    rows: int
    last: Head


def export(
    connection: Connection, tables: Sequence[Covered], service: str, found: Iterable[Entry], out: TextIO, *, form: Form
) -> Exported:
    """Writes entries with their rows before and after."""
    reader = RowReader(tables)
    writer = _Jsonl(out) if form is Form.JSONL else _Csv(out)
    count = rows = 0
    last = NOTHING
    for entry in found:
        fields = fields_of(entry, service)
        writer.entry(fields)
        for row in reader.rows(connection, entry):
            writer.row(fields, _document(row))
            rows += 1
        writer.end_of_entry(fields)
        count += 1
        last = entry.head
    exported = Exported(count, rows, last)
    writer.end(exported)
    return exported


class _Jsonl:
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def entry(self, fields: Mapping[str, Any]) -> None:
        self._line({"entry": fields})

    def row(self, fields: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        self._line({"row": {"entry": fields["number"], **row}})

    def end_of_entry(self, fields: Mapping[str, Any]) -> None:
        """Nothing: the next line shows it."""

    def end(self, exported: Exported) -> None:
        # A file that was cut off lacks this line.
        self._line({"end": {"entries": exported.entries, "rows": exported.rows, "last": str(exported.last)}})

    def _line(self, document: Mapping[str, Any]) -> None:
        self._out.write(_json(document) + "\n")


class _Csv:
    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._has_rows = False
        self._begun = False

    def entry(self, fields: Mapping[str, Any]) -> None:
        self._has_rows = False
        if not self._begun:
            self._begun = True
            self._writer.writerow([*fields, *_ROW_FIELDS])

    def row(self, fields: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        self._has_rows = True
        self._writer.writerow([_cell(value) for value in (*fields.values(), *(row[name] for name in _ROW_FIELDS))])

    def end_of_entry(self, fields: Mapping[str, Any]) -> None:
        if not self._has_rows:
            self._writer.writerow([*map(_cell, fields.values()), *("" for _ in _ROW_FIELDS)])

    def end(self, exported: Exported) -> None:
        """Nothing: a line of another form would be in the way of whoever reads a table."""


def _document(row: Written) -> dict[str, Any]:
    return {
        "table": row.table,
        "row": row.number,
        "action": row.action,
        "before": row.before,
        "after": row.after,
    }


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, Mapping):
        return _json(value)
    # A spreadsheet takes a text that begins so for a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _json(value: Any) -> str:
    return json_bytes(value).decode()
