"""One JSON file of the folder: its keys and values, what is wrong with them, and the line on which each stands."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import json_source_map

from services.cli.exchange.cells import text_fault
from services.cli.exchange.parsing import Parsed, Row, RowParser
from services.cli.exchange.problems import Problem

MAX_CHARS = 1_000_000
_MAX_DIGITS = 18

Path = tuple[str, ...]


class _Doubled(dict[str, Any]):
    """A JSON object in which a key stands more than once; the last one counts."""

    doubled: tuple[str, ...] = ()


class SourceLines:
    """Where the keys of a JSON text stand. The map is made at the first question: most files have no problem."""

    def __init__(self, text: str) -> None:
        """Take a text that holds valid JSON."""
        self._text = text
        self._map: dict[str, Any] | None = None

    def line(self, path: Path) -> int:
        """Return the line of the key at `path`, or of the nearest key above it; 1 when nothing can be placed."""
        if self._map is None:
            try:
                self._map = json_source_map.calculate(self._text)
            except (json_source_map.errors.BaseError, RecursionError, ValueError):
                self._map = {}
        for length in range(len(path), 0, -1):
            entry = self._entry(path[:length])
            if entry is not None:
                return int((entry.key_start or entry.value_start).line) + 1
        return 1

    def _entry(self, path: Path) -> Any:
        # The source map joins the keys as they stand in the text, escapes included.
        for plain in (False, True):
            pointer = "".join("/" + json.dumps(key, ensure_ascii=plain)[1:-1] for key in path)
            if self._map and pointer in self._map:
                return self._map[pointer]
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object that could be read, with the means to place a problem in its file."""

    file: str
    data: Mapping[str, Any]
    lines: SourceLines

    def problem(self, path: Path, reason: str) -> Problem:
        """Return a problem with the value at `path`."""
        return Problem(self.file, self.lines.line(path), "/".join(path), reason)


def read_document(text: str, file: str, problems: list[Problem]) -> Document | None:
    """Read a JSON object, or return None when it is none; report duplicate keys and values that cannot be kept."""
    if len(text) > MAX_CHARS:
        problems.append(Problem(file, 1, "", f"bestand is groter dan {MAX_CHARS} tekens"))
        return None
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_int=_integer)
        faults = list(_faults(data, ()))
    except json.JSONDecodeError as error:
        problems.append(Problem(file, error.lineno, "", f"geen geldige JSON, vanaf teken {error.colno} van de regel"))
        return None
    except RecursionError:
        problems.append(Problem(file, 1, "", "te diep genest"))
        return None
    if not isinstance(data, dict):
        problems.append(Problem(file, 1, "", "is geen object"))
        return None
    document = Document(file, data, SourceLines(text))
    problems.extend(document.problem(path, reason) for path, reason in faults)
    return document


def read_fields(document: Document, parser: RowParser[Row], problems: list[Problem]) -> Parsed[Row]:
    """Read the top-level keys of a document into a row: exactly the row's fields, each of its type."""
    known = {key: value for key, value in document.data.items() if key in parser.columns}
    problems.extend(document.problem((key,), "onbekende sleutel") for key in document.data if key not in known)
    problems.extend(document.problem((key,), "sleutel ontbreekt") for key in parser.columns if key not in known)
    parsed = parser.parse(known)
    problems.extend(document.problem((key,), reason) for key, reason in parsed.faults)
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _Doubled(plain)
    names = [name for name, _ in pairs]
    marked.doubled = tuple(name for name in plain if names.count(name) > 1)
    return marked


def _no_number(_: str) -> float:
    return math.nan


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _faults(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "is geen getal dat bewaard kan worden"
    elif isinstance(value, str):
        fault = text_fault(value)
        if fault:
            yield path, fault
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, (*path, str(index)))
    elif isinstance(value, dict):
        if isinstance(value, _Doubled):
            yield from (((*path, name), "sleutel staat er dubbel") for name in value.doubled)
        for key, item in value.items():
            if text_fault(key):
                yield path, f"een sleutel {text_fault(key)}"
            yield from _faults(item, (*path, key))
