"""Writes an exchange folder: the same folder gives the same bytes, and reading them gives the same folder."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

from services.cli.exchange.csvtext import to_cell, to_csv
from services.cli.exchange.rows import TABLES, ExchangeFolder, OpeningHours
from services.runtime.names import is_identifier

_PARTS = {name: name.removesuffix(".csv") for name in TABLES}


def write_folder(folder: ExchangeFolder, path: Path) -> None:
    """Write `round.json`, every CSV file (a header alone where there are no rows) and the answers to `path`.

    The folder is made when it is not there; a file that is there is replaced whole or not at all, so a reader never
    sees half of one. `expected/` and `encounters/` are left alone. Raises ValueError for a location id that cannot be
    a file name, FileExistsError when `answers/` holds documents that `folder` does not, and OSError.
    """
    files = {"round.json": _json(dataclasses.asdict(folder.round), indent=2)}
    for name, row_type in TABLES.items():
        columns = [field.name for field in dataclasses.fields(row_type)]
        table = getattr(folder, _PARTS[name])
        files[name] = to_csv(columns, ([_value(row, column) for column in columns] for row in table))
    for document in folder.answers:
        if not is_identifier(document.location_id):
            raise ValueError(f"not a location id: {document.location_id!r}")
        # Not dataclasses.asdict: it would copy the answers, which can be any mapping, type and all.
        values = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
        files[f"answers/{document.location_id}.json"] = _json(values, indent=1)
    _refuse_leftovers(path, files)
    for name, text in files.items():
        write_atomically(path / name, text)


def write_atomically(file: Path, text: str) -> None:
    """Write a text as UTF-8 beside `file` and put it in its place in one step; makes the folder. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode("utf-8"))
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_leftovers(path: Path, files: dict[str, str]) -> None:
    left = sorted(f"answers/{file.name}" for file in (path / "answers").glob("*.json"))
    left = [name for name in left if name not in files]
    if left:
        raise FileExistsError(f"{path} bevat al andere antwoorden: {', '.join(left[:5])}")


def _value(row: object, column: str) -> object:
    value = getattr(row, column)
    if isinstance(row, OpeningHours):
        if column in ("opens", "closes"):
            return f"{value // 60:02d}:{value % 60:02d}"
        if column == "weekdays":
            return "".join(str(day) for day in value)
    return value


def _json(values: dict[str, object], indent: int) -> str:
    return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else to_cell(value)
