"""One CSV file of the folder: its header, its rows with their physical lines, and everything wrong with them."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic

from services.cli.exchange.cells import MAX_CELL_CHARS
from services.cli.exchange.parsing import Parsed, Row, RowParser
from services.cli.exchange.problems import Problem

_TOO_LONG = f"cel is langer dan {MAX_CELL_CHARS} tekens"
_CSV_REASONS = {
    "unexpected end of data": "een aanhalingsteken dat hier opent wordt niet gesloten",
    "',' expected after '\"'": "na een sluitend aanhalingsteken hoort een komma of het einde van de regel",
    "field larger than field limit": f"{_TOO_LONG}, of een aanhalingsteken wordt niet gesloten",
}


@dataclass(frozen=True, slots=True)
class Line(Generic[Row]):
    """One row of a file: the physical line on which it starts, its raw cells by column, and what came of them."""

    number: int
    cells: Mapping[str, str]
    parsed: Parsed[Row]


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """The lines of one file; `keys_complete` is false when rows or the key column could not be read."""

    file: str
    lines: tuple[Line[Row], ...]
    keys_complete: bool

    def rows(self) -> tuple[Row, ...]:
        """Return the rows that are right, in the file's order."""
        return tuple(line.parsed.row for line in self.lines if line.parsed.row is not None)

    def keys(self, column: str) -> frozenset[str] | None:
        """Return the raw values of a column, or None when they are not all known (then nothing can be checked)."""
        return frozenset(line.cells.get(column, "") for line in self.lines) if self.keys_complete else None


def read_table(text: str, file: str, parser: RowParser[Row], problems: list[Problem]) -> Table[Row]:
    """Read a whole CSV file; problems are added to `problems`, and every line that can be judged is judged.

    A header in another order is fine; blank lines are skipped. The first column of the row type is its key.
    """
    records = _records(text, file, problems)
    header_line, names = next(records, (1, []))
    if not names:
        problems.append(Problem(file, header_line, "", "de kopregel ontbreekt"))
        return Table(file, (), keys_complete=False)
    _check_header(names, header_line, file, parser.columns, problems)
    # Of a column that stands twice the first one counts; a column that is unknown is passed over.
    places = {name: names.index(name) for name in parser.columns if name in names}
    keys_complete = parser.columns[0] in places
    lines: list[Line[Row]] = []
    for number, record in records:
        if record is None:
            keys_complete = False
        elif len(record) != len(names) and not _lacks_only_unknown(record, names, parser.columns):
            problems.append(Problem(file, number, "", f"{len(record)} cellen in plaats van {len(names)}"))
            # Its cells may have shifted: only the key is kept, so that references to it are not reported as well.
            key = {name: record[place] for name, place in places.items() if place == 0 and record}
            lines.append(Line(number, key, Parsed(None)))
        else:
            lines.append(_line(number, {name: record[place] for name, place in places.items()}, file, parser, problems))
    return Table(file, tuple(lines), keys_complete)


def _lacks_only_unknown(record: list[str], names: list[str], columns: tuple[str, ...]) -> bool:
    """Whether a short row has a cell for every known column: nothing shifted, and the header is reported already."""
    missing = names[len(record) :]
    return bool(missing) and not any(name in columns for name in missing)


def _line(number: int, cells: dict[str, str], file: str, parser: RowParser[Row], problems: list[Problem]) -> Line[Row]:
    readable: Mapping[str, str] = cells
    if any(len(cell) > MAX_CELL_CHARS for cell in cells.values()):
        readable = {name: cell for name, cell in cells.items() if len(cell) <= MAX_CELL_CHARS}
        problems.extend(Problem(file, number, name, _TOO_LONG) for name in cells if name not in readable)
    parsed = parser.parse(readable)
    problems.extend(Problem(file, number, name, reason) for name, reason in parsed.faults)
    return Line(number, cells, parsed)


def _records(text: str, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the records that are not blank with the line on which each starts; None for one that is no CSV."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reasons = [reason for start, reason in _CSV_REASONS.items() if str(error).startswith(start)]
            problems.append(Problem(file, number, "", reasons[0] if reasons else "geen geldige CSV"))
            yield number, None
        else:
            if record:
                yield number, record


def _check_header(names: list[str], line: int, file: str, columns: tuple[str, ...], problems: list[Problem]) -> None:
    for name in dict.fromkeys(names):
        if name not in columns:
            problems.append(Problem(file, line, name[:40], "onbekende kolom"))
        if names.count(name) > 1:
            problems.append(Problem(file, line, name[:40], "kolom staat er dubbel"))
    problems.extend(Problem(file, line, name, "kolom ontbreekt") for name in columns if name not in names)
