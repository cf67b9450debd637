"""What an export means: which column is what, which words mean what, and which location a name is; a YAML file.

    source: lpz                               # the name of the feed, always the same
    delimiter: ";"                            # a comma when left out
    time_format: "%d-%m-%Y %H:%M"             # wall-clock in Amsterdam; seconds are cut off (AMB-05)
    columns:
      location: Locatie
      department: Afdeling
      kind: Soort
      start: Begin
      end: Einde
      expected_end: Verwacht einde            # may be left out, as may reason and id
      reason: Reden
      id: Nummer
    kinds: {SEH-stop: STOP, Sluiting: CLOSURE, Time-out: null}
    departments: {Spoedeisende hulp: SEH, Eerste hart hulp: EHH}
    locations: {"De Wulp, Noteveen": L003, "De Kievit": null}

`null` leaves rows out. A kind or a location that is not named is a fault, for then nobody decided what it means;
another department is left out (AMB-14).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from services.cli.exchange.problems import Problem
from services.cli.failures import Failure
from services.policy.marked_yaml import InvalidYamlError, MarkedYaml, read_yaml
from services.runtime.names import is_identifier

REQUIRED = ("location", "department", "kind", "start", "end")
OPTIONAL = ("expected_end", "reason", "id")
KINDS = ("STOP", "CLOSURE")
DEPARTMENTS = ("SEH", "EHH")
MAX_BYTES = 1_000_000
_KEYS = ("source", "time_format", "columns", "kinds", "departments", "locations")
_SOURCE = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_SAMPLES = (datetime(2027, 11, 25, 22, 41), datetime(2028, 2, 3, 4, 5))

Words = Mapping[str, str | None]
"""What each word of an export is here; None leaves its rows out."""


@dataclass(frozen=True, slots=True)
class ExportMapping:
    """What an export means."""

    source: str
    delimiter: str
    time_format: str
    """For `strptime`."""
    columns: Mapping[str, str]
    """The column of each of `REQUIRED`, and of those of `OPTIONAL` that are there."""
    kinds: Words
    departments: Words
    locations: Words
    """Identifiers of the registry."""


def read_mapping(path: Path) -> ExportMapping:
    """Reads a mapping file.

    Raises:
        Failure: with everything that is wrong, by line.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Failure(f"{path} is groter dan {MAX_BYTES} bytes en is geen mapping.")
    try:
        reading = _Reading(path.name, read_yaml(content))
    except InvalidYamlError as error:
        where = f", regel {error.line}" if error.line else ""
        raise Failure(f"{path} is geen geldige YAML{where}.") from None
    found = reading.mapping()
    if reading.problems:
        raise Failure("De mapping is niet goed; er is niets verstuurd.", tuple(map(str, sorted(set(reading.problems)))))
    return found


class _Reading:
    """Reads the parts of a document and remembers everything that is wrong with them."""

    def __init__(self, file: str, document: MarkedYaml) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._document = document
        self._parts: Mapping[Any, Any] = document.value if isinstance(document.value, dict) else {}

    def mapping(self) -> ExportMapping:
        for key in self._parts:
            if key not in (*_KEYS, "delimiter"):
                self._wrong("is onbekend", key)
        source = self._text("source")
        if source and not _SOURCE.fullmatch(source):
            self._wrong("moet 1 tot 32 letters, cijfers, streepjes of lage streepjes zijn", "source")
        delimiter = self._text("delimiter") if "delimiter" in self._parts else ","
        if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n'):
            self._wrong("moet één teken zijn", "delimiter")
        return ExportMapping(
            source,
            delimiter,
            self._time_format(),
            self._columns(),
            self._words("kinds", KINDS),
            self._words("departments", DEPARTMENTS),
            self._words("locations", None),
        )

    def _wrong(self, reason: str, *path: str) -> None:
        self.problems.append(Problem(self._file, self._document.line(*path), "/".join(map(str, path)), reason))

    def _text(self, *path: str) -> str:
        value: Any = self._parts
        for key in path:
            value = value.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._wrong("moet een tekst zijn, zo nodig tussen aanhalingstekens", *path)
        return ""

    def _time_format(self) -> str:
        form = self._text("time_format")
        if form and not _is_whole(form):
            self._wrong("moet dag, maand, jaar, uren en minuten noemen, zonder tijdzone", "time_format")
        return form

    def _columns(self) -> Mapping[str, str]:
        part = self._part("columns")
        for name in part:
            if name not in (*REQUIRED, *OPTIONAL):
                self._wrong("is onbekend", "columns", name)
        for name in REQUIRED:
            if name not in part:
                self._wrong("ontbreekt", "columns", name)
        found = {name: self._text("columns", name) for name in (*REQUIRED, *OPTIONAL) if name in part}
        for name in _repeated(found):
            self._wrong("noemt een kolom die al genoemd is", "columns", name)
        return found

    def _words(self, key: str, meanings: tuple[str, ...] | None) -> Words:
        """The words under a key; without `meanings` they are identifiers of locations."""
        part = self._part(key)
        for word, meaning in part.items():
            if not isinstance(word, str) or not word.strip():
                self._wrong("moet een tekst zijn, zo nodig tussen aanhalingstekens", key, word)
            elif word != word.strip():
                self._wrong("begint of eindigt met een spatie", key, word)
            if meaning is None:
                continue
            if meanings is None:
                if not (isinstance(meaning, str) and is_identifier(meaning)):
                    self._wrong("moet de id van een locatie zijn, of null", key, word)
            elif meaning not in meanings:
                self._wrong(f"moet {', '.join(meanings)} of null zijn", key, word)
        return part

    def _part(self, key: str) -> Mapping[Any, Any]:
        part = self._parts.get(key)
        if isinstance(part, dict) and part:
            return part
        self._wrong("ontbreekt of is leeg", key)
        return {}


def _is_whole(form: str) -> bool:
    """Whether a format can be written and read back to the minute, whatever the place of the reader."""
    try:
        return all(datetime.strptime(each.strftime(form), form) == each for each in _SAMPLES)
    except (ValueError, re.error):
        return False


def _repeated(columns: Mapping[str, str]) -> Iterable[str]:
    seen: set[str] = set()
    for name, column in columns.items():
        if column in seen:
            yield name
        seen.add(column)
