"""Two folders with the files of `expected/` beside each other: how many rows agree, and the first that do not."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.exchange.expected import EXPECTED_FILES

_KEY_COLUMNS = {"provider_budgets.csv": ("agb",), "verdicts.csv": ("location_id", "norm")}
_KEY_DEFAULT = ("location_id",)

_Key = tuple[str, ...]
_Rows = dict[_Key, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that differs. `column` is empty when the whole row is on one side only: then the other side is None.

    `key` is `location_id`, `agb`, or `location_id norm`; it is empty for a difference in columns or in row order.
    """

    key: str
    column: str
    expected: str | None
    actual: str | None


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One file: the rows on either side, those that are equal cell by cell, and the first differences."""

    file: str
    rows: int
    agreeing: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether the two files say the same, in the same order."""
        return not self.differences


def compare(expected_dir: Path, actual_dir: Path, *, at_most: int = 10) -> tuple[FileComparison, ...]:
    """Compare the files of `expected_dir` with those of `actual_dir`, row by row on their keys.

    Only files that `expected_dir` holds are compared; one that `actual_dir` lacks has no rows. At most `at_most`
    differences are returned per file. Raises OSError, UnicodeDecodeError and csv.Error for files that are no CSV, and
    ValueError for a file without its key columns or with a key that stands twice.
    """
    return tuple(
        _compare_file(name, expected_dir / name, actual_dir / name, at_most)
        for name in EXPECTED_FILES
        if (expected_dir / name).is_file()
    )


def _compare_file(name: str, expected_file: Path, actual_file: Path, at_most: int) -> FileComparison:
    key_columns = _KEY_COLUMNS.get(name, _KEY_DEFAULT)
    columns, expected = _read(expected_file, key_columns)
    actual_columns, actual = _read(actual_file, key_columns) if actual_file.is_file() else (columns, {})
    differences: list[Difference] = []
    if columns != actual_columns:
        differences.append(Difference("", "", ",".join(columns), ",".join(actual_columns)))
    agreeing = 0
    for key in {**expected, **actual}:
        found = _row_differences(key, columns, expected.get(key), actual.get(key))
        agreeing += not found
        differences.extend(found)
    differences.extend(_order_difference(expected, actual))
    return FileComparison(name, len(expected.keys() | actual.keys()), agreeing, tuple(differences[:at_most]))


def _row_differences(
    key: _Key, columns: list[str], expected: Mapping[str, str] | None, actual: Mapping[str, str] | None
) -> list[Difference]:
    name = " ".join(key)
    if expected is None or actual is None:
        return [Difference(name, "", _joined(expected), _joined(actual))]
    return [
        Difference(name, column, expected[column], actual.get(column))
        for column in columns
        if expected[column] != actual.get(column)
    ]


def _joined(row: Mapping[str, str] | None) -> str | None:
    return None if row is None else ",".join(row.values())


def _order_difference(expected: _Rows, actual: _Rows) -> list[Difference]:
    shared = [key for key in expected if key in actual]
    for one, other in zip(shared, (key for key in actual if key in expected), strict=True):
        if one != other:
            return [Difference("", "", " ".join(one), " ".join(other))]
    return []


def _read(file: Path, key_columns: _Key) -> tuple[list[str], _Rows]:
    rows: _Rows = {}
    with file.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.reader(source, strict=True)
        columns = next(reader, [])
        if any(column not in columns for column in key_columns):
            raise ValueError(f"{file}: no column {' or '.join(key_columns)}")
        for record in filter(None, reader):
            if len(record) != len(columns):
                raise ValueError(f"{file}:{reader.line_num}: {len(record)} cells under {len(columns)} columns")
            row = dict(zip(columns, record, strict=True))
            key = tuple(row[column] for column in key_columns)
            if key in rows:
                raise ValueError(f"{file}:{reader.line_num}: {' '.join(key)} stands twice")
            rows[key] = row
    return columns, rows
