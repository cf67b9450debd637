"""Reads a hospital's own export of emergency visits: one row per DBC, as integers per row, or every fault in it.

The file has the columns `visit_id`, `department` (`SEH`, `EHH`), `arrived_at` and `departed_at` (empty: not known),
with wall-clock times in Europe/Amsterdam at whole minutes, `2025-03-01T22:00`. What it says about people stays in
memory: a message names the file, the line and the column, never a value.

Two ways lead to the same table. Plain lines (columns in order, and quotes around all cells or around none) are read in
parallel by polars; a file with anything else in it is read again row by row, and that reading alone decides what is
wrong and on which line.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from spoedkader import amsterdam
from spoedkader.encounter_sources import MAX_UNIT, FileProblem, opened, parts
from spoedkader.in_order import in_order
from spoedkader.visit_keys import visit_keys

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("visit_id", "department", "arrived_at", "departed_at")
MAX_CELL_CHARS = 10_000
MAX_LISTED = 100
FIRST_YEAR = 1900
LAST_YEAR = 2200

_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
_PLAIN_LINE = f'^([^,"\\r\\x00]+,(SEH|EHH),{_TIME},({_TIME})?|"[^,"\\r\\x00]+","(SEH|EHH)","{_TIME}","({_TIME})?")$'
_WHOLE_TIME = re.compile(_TIME)
_UNDECODED = re.compile("[\udc80-\udcff]")
_NO_TIME = "is geen bestaand tijdstip (JJJJ-MM-DDTUU:MM)"
_CHUNK_ROWS = 100_000
_MINUTES_PER_DAY = 1440
_EPOCH_MINUTE = date(1970, 1, 1).toordinal() * _MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, order=True)
class EncounterProblem:
    """One fault: the physical line on which the row starts (from 1), the column or empty, and a Dutch reason."""

    line: int
    field: str
    reason: str


class EncounterProblems(Exception):  # noqa: N818 - it is all of them, and that is what its name says
    """A file of encounters cannot be used: `total` faults, of which `problems` lists the first by line."""

    def __init__(self, file: Path, problems: tuple[EncounterProblem, ...], total: int) -> None:
        """Take the faults that are listed, in order, and how many there are in all."""
        super().__init__(file, problems, total)
        self.file = file
        self.problems = problems
        self.total = total

    def __str__(self) -> str:
        """Return every listed fault on a line of its own, and how many more there are."""
        lines = [f"{self.file}:{p.line}: {p.field + ': ' if p.field else ''}{p.reason}" for p in self.problems]
        if self.total > len(self.problems):
            lines.append(f"… en nog {self.total - len(self.problems)} fouten ({self.total} in totaal)")
        return "\n".join(lines)


def read_encounters(path: Path) -> "pl.DataFrame":
    """Return one row per row of the file, gzipped or not, in its order.

    Columns: `visit` (the key of the visit id, as `visit_keys` has it), `seh` (boolean), `arrived` (wall-clock minutes
    since 0001-01-01T00:00, every day 1440), `arrived_utc` and `departed_utc` (elapsed-time minutes, comparable with
    each other only; `departed_utc` null when not known). Raises `EncounterProblems` with the faults by line, and
    OSError.
    """
    try:
        table = _read_plain_lines(path)
        if table is not None:
            table = _with_instants(table)
            if not _departs_too_early(table):
                return table
        return _with_instants(_read_row_by_row(path))
    except FileProblem as error:
        raise EncounterProblems(path, (EncounterProblem(1, "", str(error)),), 1) from None


def _read_plain_lines(path: Path) -> "pl.DataFrame | None":
    """Read the file with polars, or return None when a line is not plain."""
    import polars as pl  # noqa: PLC0415

    tables = [_table([], [], [], [])]
    with opened(path) as source:
        header = source.readline(200).rstrip(b"\r\n").decode("utf-8", errors="replace")
        if header not in (",".join(COLUMNS), ",".join(f'"{column}"' for column in COLUMNS)):
            return None
        for table in in_order(_plain_rows, parts(source, b"\n")):
            if table is None:
                return None
            tables.append(table)
    return pl.concat(tables)


def _plain_rows(lines: bytes) -> "pl.DataFrame | None":
    import polars as pl  # noqa: PLC0415

    line = pl.col("line").str.replace_all('"', "", literal=True)
    unknown = line.str.ends_with(",")
    # From the end of a plain line: a departure of 16 characters or none, a comma, 16 of arrival, a comma
    # and 3 of department.
    arrived = pl.when(unknown).then(line.str.slice(-17, 16)).otherwise(line.str.slice(-33, 16))
    department = pl.when(unknown).then(line.str.slice(-21, 3)).otherwise(line.str.slice(-37, 3))
    try:
        table = pl.read_lines(io.BytesIO(lines), name="line").select(
            plain=pl.col("line").str.contains(_PLAIN_LINE) & (pl.col("line").str.len_bytes() <= MAX_CELL_CHARS),
            visit_id=line.str.extract("^([^,]*),"),
            seh=department == "SEH",
            arrived=minutes_of(arrived),
            departed=pl.when(unknown).then(None).otherwise(minutes_of(line.str.tail(16))),
            departed_known=~unknown,
        )
    except pl.exceptions.PolarsError:
        return None  # Not UTF-8; the other reading says on which lines.
    if not table["plain"].all() or table["arrived"].null_count():
        return None
    if table["departed"].null_count() != (~table["departed_known"]).sum():
        return None
    return table.select(visit=visit_keys(table["visit_id"]), seh="seh", arrived="arrived", departed="departed")


def minutes_of(text: "pl.Expr") -> "pl.Expr":
    """Return the wall-clock minutes of texts like `2025-03-01T22:00`; null for a moment that the calendar lacks."""
    import polars as pl  # noqa: PLC0415

    moment = text.str.to_datetime("%Y-%m-%dT%H:%M", time_unit="ms", strict=False)
    inside = moment.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return pl.when(inside).then((moment.dt.epoch("s") // 60 + _EPOCH_MINUTE).cast(pl.Int32))


def _with_instants(table: "pl.DataFrame") -> "pl.DataFrame":
    """Replace `departed` by instants of both times, as `amsterdam` places them."""
    if table.is_empty():
        return table.select("visit", "seh", "arrived", arrived_utc="arrived", departed_utc="departed")
    arrived_utc, departed_utc = chosen(*readings(table["arrived"]), *readings(table["departed"]))
    return table.select("visit", "seh", "arrived", arrived_utc=arrived_utc, departed_utc=departed_utc)


def readings(minutes: "pl.Series") -> "tuple[pl.Series, pl.Series]":
    """Return the instants of wall-clock minutes by their first and by their second reading, as `amsterdam` has them."""

    first, last = minutes.min(), minutes.max()
    if not isinstance(first, int) or not isinstance(last, int):
        return minutes, minutes
    starts, firsts, seconds = _offsets(*(date.fromordinal(value // _MINUTES_PER_DAY).year for value in (first, last)))
    # A missing minute is looked up as if it were the first, and stays missing.
    places = starts.search_sorted(minutes.fill_null(first), side="right") - 1
    return minutes - firsts.gather(places), minutes - seconds.gather(places)


@lru_cache
def _offsets(first_year: int, last_year: int) -> "tuple[pl.Series, ...]":
    import polars as pl  # noqa: PLC0415

    days = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    return tuple(pl.Series(found, dtype=pl.Int32) for found in amsterdam.offsets(*(d * _MINUTES_PER_DAY for d in days)))


def chosen(
    start: "pl.Series", other_start: "pl.Series", end: "pl.Series", other_end: "pl.Series"
) -> "tuple[pl.Series, pl.Series]":
    """Return the instants of arrivals and departures, given both readings: `amsterdam.elapsed` for columns."""
    import polars as pl  # noqa: PLC0415

    later = (end < start) & (start <= other_end)
    earlier = (end < start) & (start > other_end) & (other_start < start)
    table = pl.DataFrame({"start": start, "end": end, "other_start": other_start, "other_end": other_end})
    table = table.select(
        start=pl.when(earlier).then("other_start").otherwise("start"),
        end=pl.when(later).then("other_end").otherwise("end"),
    )
    return table["start"], table["end"]


def _departs_too_early(table: "pl.DataFrame") -> bool:
    return bool((table["departed_utc"] < table["arrived_utc"]).any())


@dataclass(slots=True)
class _Faults:
    listed: list[EncounterProblem] = field(default_factory=list)
    total: int = 0

    def add(self, line: int, column: str, reason: str) -> None:
        self.total += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append(EncounterProblem(line, column, reason))


def _read_row_by_row(path: Path) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    faults = _Faults()
    tables = [_table([], [], [], [])]
    rows = _rows(path, faults)
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        tables.append(_table(*map(list, zip(*chunk, strict=True))))
    if faults.total:
        raise EncounterProblems(path, tuple(faults.listed), faults.total)
    return pl.concat(tables)


def _table(visit_ids: list[str], sehs: list[bool], arrivals: list[int], departures: list[int | None]) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    schema = {"seh": pl.Boolean, "arrived": pl.Int32, "departed": pl.Int32}
    visits = visit_keys(pl.Series(visit_ids, dtype=pl.String))
    return pl.DataFrame([sehs, arrivals, departures], schema=schema).insert_column(0, visits.alias("visit"))


def _rows(path: Path, faults: _Faults) -> Iterator[tuple[str, bool, int, int | None]]:
    """Yield the rows that are right and note the faults of the others."""
    names: list[str] | None = None
    places: list[int] = []
    for line, record in _records(path, faults):
        if names is None:
            names = record
            if not _check_header(names, line, faults):
                return
            places = [names.index(column) for column in COLUMNS]
        elif len(record) != len(names):
            faults.add(line, "", f"{len(record)} cellen in plaats van {len(names)}")
        else:
            row = _row([record[place] for place in places], line, faults)
            if row is not None:
                yield row
    if names is None:
        faults.add(1, "", "de kopregel ontbreekt")


def _records(path: Path, faults: _Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not empty, each with its first line, and note what is no CSV."""
    # A byte that is not UTF-8 becomes a lone surrogate here, so that its row, and with it its line, is known.
    with opened(path) as source:
        text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(_lines(text), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                faults.add(line, "", "geen geldige CSV: een aanhalingsteken is niet gesloten of staat verkeerd")
            except _LineTooLongError:
                faults.add(line, "", f"regel is langer dan {MAX_UNIT} tekens")
                return
            else:
                if record:
                    yield line, record


class _LineTooLongError(Exception):
    pass


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_UNIT + 1):
        if len(line) > MAX_UNIT:
            raise _LineTooLongError
        yield line


def _check_header(names: list[str], line: int, faults: _Faults) -> bool:
    before = faults.total
    for number, name in enumerate(names, start=1):
        if name not in COLUMNS:
            faults.add(line, "", f"kolom {number} is onbekend")
        elif names.index(name) != number - 1:
            faults.add(line, name, "kolom staat er dubbel")
    for column in COLUMNS:
        if column not in names:
            faults.add(line, column, "kolom ontbreekt")
    return faults.total == before


def _row(cells: list[str], line: int, faults: _Faults) -> tuple[str, bool, int, int | None] | None:
    before = faults.total
    _check_texts(cells, line, faults)
    visit_id, department, arrived_at, departed_at = cells
    if not visit_id:
        faults.add(line, "visit_id", "mag niet leeg zijn")
    if department not in ("SEH", "EHH"):
        faults.add(line, "department", "is niet SEH of EHH")
    arrived = _minute(arrived_at)
    if arrived is None:
        faults.add(line, "arrived_at", _NO_TIME)
    departed = _minute(departed_at) if departed_at else None
    if departed is None and departed_at:
        faults.add(line, "departed_at", _NO_TIME)
    if arrived is None:
        return None
    if departed is not None and not amsterdam.can_follow(arrived, departed):
        faults.add(line, "departed_at", "ligt voor arrived_at")
    return (visit_id, department == "SEH", arrived, departed) if faults.total == before else None


def _check_texts(cells: list[str], line: int, faults: _Faults) -> None:
    """Note what is wrong with any cell; the rules of its own column then follow for the cells that are short text."""
    for column, cell in zip(COLUMNS, cells, strict=True):
        if len(cell) > MAX_CELL_CHARS:
            faults.add(line, column, f"cel is langer dan {MAX_CELL_CHARS} tekens")
        elif not cell.isascii() and _UNDECODED.search(cell):
            faults.add(line, column, "geen geldige UTF-8")
        elif "\x00" in cell:
            faults.add(line, column, "bevat een stuurteken")


def _minute(text: str) -> int | None:
    if not _WHOLE_TIME.fullmatch(text):
        return None
    hour, minute = int(text[11:13]), int(text[14:])
    day = _first_minute(text[:10])
    return day + hour * 60 + minute if day is not None and hour <= 23 and minute <= 59 else None


@lru_cache(maxsize=10_000)
def _first_minute(day: str) -> int | None:
    """Return the minute at which a day, written as four, two and two digits, starts; None when it does not exist."""
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        return None
    return parsed.toordinal() * _MINUTES_PER_DAY if FIRST_YEAR <= parsed.year <= LAST_YEAR else None
