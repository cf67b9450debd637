"""An export of another system as events: each row that counts, what was left out and why, and every fault at once.

The event is as small as it can be (no public technical model of the LPZ exists): a location, a department, a stop or a
closure, from when until when, and why. Patients do not occur in it.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.exchange.cells import MAX_REASON_CHARS, shown, text_fault
from services.cli.exchange.problems import Problem
from services.cli.exchange.sources import read_text
from services.cli.failures import Failure
from services.cli.formats import moment
from services.cli.status.mapping import ExportMapping, Words
from services.runtime.names import is_identifier
from services.runtime.wire import MAX_YEAR, MIN_YEAR, TIME_ZONE, to_wall_clock
from spoedkader.registry.v1 import status_feed_pb2 as pb
from spoedkader.registry.v1 import stop_pb2

_ZONE = ZoneInfo(TIME_ZONE)
_KINDS = {"STOP": pb.StatusEvent.KIND_STOP, "CLOSURE": pb.StatusEvent.KIND_CLOSURE}
_DEPARTMENTS = {"SEH": stop_pb2.Stop.DEPARTMENT_SEH, "EHH": stop_pb2.Stop.DEPARTMENT_EHH}
MAX_ID_CHARS = 63
"""Of a source, a dot and an id together."""

EventKey = tuple[int, str]
"""What an event is about: its kind, and its id."""


@dataclass(frozen=True, slots=True)
class ExportedEvent:
    """A row that counts: the identifier of its location, and all that it says, without a sequence."""

    location: str
    event: pb.StatusEvent


@dataclass(frozen=True, slots=True)
class Export:
    """What is in an export."""

    events: tuple[ExportedEvent, ...]
    left_out: Mapping[str, int]
    """How many rows, by why."""
    spans: Mapping[str, tuple[datetime, datetime]]
    """Of each location the first and the last start, also of what was left out."""


def key_of(event: pb.StatusEvent) -> EventKey:
    """What an event is about."""
    return event.kind, event.event_id


def read_export(path: Path, mapping: ExportMapping) -> Export:
    """Reads an export.

    Raises:
        Failure: with everything that is wrong, by line; then nothing of it is to be used.
        OSError: it cannot be read.
    """
    problems: list[Problem] = []
    reading = _Reading(path.name, mapping, problems)
    reading.read(read_text(path, path.name, problems))
    if problems:
        found = sorted(set(problems))
        raise Failure(
            f"{len(found)} {'fout' if len(found) == 1 else 'fouten'} in de export; er is niets verstuurd.",
            tuple(map(str, found)),
            problems=[{"line": each.line, "column": each.field, "reason": each.reason} for each in found],
        )
    return Export(tuple(reading.events), reading.left_out, reading.spans)


class _Reading:
    def __init__(self, file: str, mapping: ExportMapping, problems: list[Problem]) -> None:
        self.events: list[ExportedEvent] = []
        self.left_out: Counter[str] = Counter()
        self.spans: dict[str, tuple[datetime, datetime]] = {}
        self._file = file
        self._mapping = mapping
        self._problems = problems
        self._lines: dict[EventKey, int] = {}

    def read(self, text: str) -> None:
        rows = self._records(text)
        line, names = next(rows, (1, []))
        columns = self._mapping.columns
        for column in columns.values():
            count = names.count(column)
            if count != 1:
                self._wrong(line, column, "de kolom ontbreekt" if count == 0 else "de kolom staat er dubbel")
        if any(names.count(column) != 1 for column in columns.values()):
            return
        places = {name: names.index(column) for name, column in columns.items()}
        for number, record in rows:
            if len(record) == len(names):
                self._row(number, {name: record[place].strip() for name, place in places.items()})
            else:
                self._wrong(number, "", f"{len(record)} cellen in plaats van {len(names)}")

    def _records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with the line on which it starts."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._mapping.delimiter, strict=True)
        while True:
            number = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._wrong(number, "", "geen geldige CSV: een aanhalingsteken is niet gesloten of staat verkeerd")
            else:
                if any(cell.strip() for cell in record):
                    yield number, record

    def _wrong(self, line: int, column: str, reason: str) -> None:
        self._problems.append(Problem(self._file, line, column, reason))

    def _row(self, line: int, cells: Mapping[str, str]) -> None:
        reason = self._why_left_out(cells)
        if reason is not None:
            self.left_out[reason] += 1
            self._note_start(self._mapping.locations.get(cells["location"]), self._parsed(cells["start"]))
            return
        before = len(self._problems)
        location = self._meaning(line, "location", self._mapping.locations, cells)
        kind = self._meaning(line, "kind", self._mapping.kinds, cells)
        department = self._mapping.departments.get(cells["department"])
        if department is None:
            self._wrong(line, self._mapping.columns["department"], "mag niet leeg zijn")
        found = self._times(line, cells)
        text = self._reason(line, cells)
        event_id = ""
        if "id" in self._mapping.columns:
            event_id = self._id(line, "id", cells["id"])
        elif location is not None and found is not None:
            # It follows from what stays as it is when an end or a reason changes. An id is of one location only.
            event_id = self._id(line, "start", f"{location}-{department}-{found[0]:%Y%m%dT%H%M}")
        if len(self._problems) > before or found is None:
            return
        assert location is not None
        assert kind is not None
        assert department is not None
        start, end = found
        self._note_start(location, start)
        if end == start:
            self.left_out["korter dan een minuut"] += 1
            return
        event = pb.StatusEvent(
            kind=_KINDS[kind],
            event_id=event_id,
            start_time=to_wall_clock(start),
            end_time=None if end is None else to_wall_clock(end),
            reason=text,
        )
        if kind == "STOP":
            event.department = _DEPARTMENTS[department]
        self._add(line, location, event)

    def _add(self, line: int, location: str, event: pb.StatusEvent) -> None:
        known = self._lines.setdefault(key_of(event), line)
        if known != line:
            column = self._mapping.columns.get("id", self._mapping.columns["start"])
            self._wrong(line, column, f"staat al op regel {known}; elke sluiting of stop hoort er één keer in")
        self.events.append(ExportedEvent(location, event))

    def _times(self, line: int, cells: Mapping[str, str]) -> tuple[datetime, datetime | None] | None:
        """The start and the end, None while it lasts; None when they are wrong."""
        start = self._time(line, "start", cells)
        end = self._time(line, "end", cells)
        if not cells["start"]:
            self._wrong(line, self._mapping.columns["start"], "mag niet leeg zijn")
        if start is not None and end is not None and end < start:
            self._wrong(line, self._mapping.columns["end"], "ligt op de klok voor het begin")
        return None if start is None else (start, end)

    def _why_left_out(self, cells: Mapping[str, str]) -> str | None:
        """Why a row does not count (AMB-14), or None when it does, or may once it is right."""
        location, department, kind = cells["location"], cells["department"], cells["kind"]
        if self._mapping.locations.get(location, location) is None:
            return f"locatie {shown(location)}"
        if department and self._mapping.departments.get(department) is None:
            return f"afdeling {shown(department)}"
        if self._mapping.kinds.get(kind, kind) is None:
            return f"soort {shown(kind)}"
        # A closure is of the SEH: when another department is closed, the location is open (AMB-17).
        if self._mapping.kinds.get(kind) == "CLOSURE" and self._mapping.departments.get(department) == "EHH":
            return "sluiting van de EHH"
        return None

    def _meaning(self, line: int, name: str, words: Words, cells: Mapping[str, str]) -> str | None:
        """What the word in a column is here, or None when nobody said."""
        word = cells[name]
        if word not in words:
            reason = f"{shown(word)} staat niet in de mapping" if word else "mag niet leeg zijn"
            self._wrong(line, self._mapping.columns[name], reason)
        return words.get(word)

    def _note_start(self, location: str | None, start: datetime | None) -> None:
        if location is not None and start is not None:
            first, last = self.spans.get(location, (start, start))
            self.spans[location] = min(first, start), max(last, start)

    def _time(self, line: int, name: str, cells: Mapping[str, str]) -> datetime | None:
        """A wall-clock moment without its seconds; None when it is empty, absent or wrong."""
        text = cells.get(name, "")
        if not text:
            return None
        found = self._parsed(text)
        column = self._mapping.columns[name]
        if found is None:
            self._wrong(line, column, f"{shown(text)} is geen tijdstip van de vorm {self._mapping.time_format}")
        elif not MIN_YEAR <= found.year < MAX_YEAR:
            self._wrong(line, column, f"het jaar moet van {MIN_YEAR} tot {MAX_YEAR} zijn")
        elif found.replace(tzinfo=_ZONE).astimezone(UTC).astimezone(_ZONE).replace(tzinfo=None) != found:
            self._wrong(line, column, f"{moment(found)} bestaat niet: de klok ging toen een uur vooruit")
        else:
            return found
        return None

    def _parsed(self, text: str) -> datetime | None:
        try:
            return datetime.strptime(text, self._mapping.time_format).replace(second=0, microsecond=0)
        except ValueError:
            return None

    def _reason(self, line: int, cells: Mapping[str, str]) -> str:
        """Why; while it lasts also until when it is expected to."""
        text = cells.get("reason", "")
        expected_end = self._time(line, "expected_end", cells)
        if expected_end is not None and not cells["end"]:
            text = f"{text} (verwacht einde {moment(expected_end)})".strip()
        fault = text_fault(text)
        if fault is None and len(text) > MAX_REASON_CHARS:
            fault = f"is {len(text)} tekens lang; het mogen er hoogstens {MAX_REASON_CHARS} zijn"
        if fault is not None:
            self._wrong(line, self._mapping.columns["reason"], fault)
        return text

    def _id(self, line: int, name: str, event_id: str) -> str:
        """An id, that of the export or one that follows from the column `name`; as the contract has them."""
        if not (event_id and is_identifier(f"{self._mapping.source}.{event_id}")):
            longest = MAX_ID_CHARS - len(self._mapping.source) - 1
            reason = f"{shown(event_id)} is geen id van 1 tot {longest} letters, cijfers, punten en streepjes"
            self._wrong(line, self._mapping.columns[name], reason)
        return event_id
