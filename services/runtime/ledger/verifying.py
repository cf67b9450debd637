"""Verifying a ledger: that the chain is whole, and that the tables hold the rows that it tells of and no others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from services.runtime.changes import ChangeCountRow
from services.runtime.ledger.appending import AppendOnly, Covered, Pinned
from services.runtime.ledger.canonical import Digest
from services.runtime.ledger.entries import NOTHING, Entry, Head, Kind, Wanted, entries, head
from services.runtime.ledger.rows import Reader, Row

MOST = 1000
"""Findings that are kept; what is spoiled in more places is spoiled."""
_COUNTS = SQLModel.metadata.tables[str(ChangeCountRow.__tablename__)]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: `entry` is the number of the entry that shows it, 0 for none."""

    entry: int
    text: str


@dataclass(slots=True)
class Verdict:
    """What was found so far. The ledger is whole when it is complete and there are no findings."""

    done_count: int = 0
    """How many entries were looked at, of how many."""
    total_count: int = 0
    rows: int = 0
    head: Head = NOTHING
    findings: list[Finding] = field(default_factory=list)
    complete: bool = False

    @property
    def is_whole(self) -> bool:
        return self.complete and not self.findings


def verify(
    connection: Connection, tables: Sequence[Covered], anchor: Head | None = None, *, every: int = 500
) -> Iterator[Verdict]:
    """Verifies the whole ledger in the state that the connection sees; gives the same verdict again and again while it
    grows, after so many entries and at the end.

    `anchor` is a head that was kept elsewhere: the ledger still has to have that entry.
    """
    run = _Verification(connection, tables, anchor)
    for verdict in run.steps():
        if verdict.complete or verdict.done_count % every == 0:
            yield verdict


class _Verification:
    def __init__(self, connection: Connection, tables: Sequence[Covered], anchor: Head | None) -> None:
        self._connection = connection
        self._tables = tables
        self._anchor = anchor
        self._verdict = Verdict()
        self._grown = {table.table.name: _Grown(connection, table) for table in tables if isinstance(table, AppendOnly)}
        self._pinned: dict[str, dict[str, str]] = {
            table.table.name: {} for table in tables if isinstance(table, Pinned)
        }
        self._pruned: Entry | None = None
        self._position = 0

    def steps(self) -> Iterator[Verdict]:
        verdict = self._verdict
        last = head(self._connection)
        self._read_seals()
        previous = Head(self._pruned.pruned_through or 0, "") if self._pruned else NOTHING
        verdict.total_count = max(last.number - previous.number, 0)
        for name, grown in self._grown.items():
            self._compare_sealed(name, grown)
        for entry in entries(self._connection):
            self._check_link(entry, previous)
            self._check_rows(entry)
            previous = entry.head
            verdict.done_count += 1
            verdict.head = previous
            yield verdict
        self._check_anchor()
        self._check_rest()
        self._check_later()
        verdict.rows = sum(grown.count for grown in self._grown.values())
        verdict.complete = True
        yield verdict

    def _found(self, text: str, entry: int = 0) -> None:
        if len(self._verdict.findings) < MOST:
            self._verdict.findings.append(Finding(entry, text))

    def _read_seals(self) -> None:
        """Of each table the seal that reaches furthest, and the entry that tells what was pruned."""
        for entry in entries(self._connection, Wanted(but=Kind.CHANGE)):
            if entry.kind == Kind.PRUNE and entry.hash == entry.hashed():
                self._pruned = entry
            for name, part in entry.tables().items():
                grown = self._grown.get(name)
                if grown is not None and _number(part, "through") >= _number(grown.seal, "through"):
                    grown.seal = part

    def _compare_sealed(self, name: str, grown: "_Grown") -> None:
        through = _number(grown.seal, "through")
        self._compare(name, grown, grown.seal, f"tot en met {through}, die verzegeld zijn,", 0)

    def _check_link(self, entry: Entry, previous: Head) -> None:
        if entry.number != previous.number + 1:
            gone = f"{previous.number + 1} t/m {entry.number - 1}"
            self._found(f"de regels {gone} ontbreken", entry.number)
        elif self._pruned is not None and self._verdict.done_count == 0:
            kept = _pruned_hash(self._pruned)
            if entry.previous != kept:
                self._found("sluit niet aan op de laatste regel die is opgeruimd", entry.number)
        elif entry.previous != previous.hash:
            self._found(f"sluit niet aan op regel {previous.number}", entry.number)
        if entry.hash != entry.hashed():
            self._found("is gewijzigd: de inhoud heeft een andere hash", entry.number)
        if self._anchor is not None and entry.number == self._anchor.number and entry.hash != self._anchor.hash:
            self._found("is niet de regel van de bewaarde kop", entry.number)

    def _check_rows(self, entry: Entry) -> None:
        self._position = max(self._position, entry.position)
        for name, part in entry.tables().items():
            grown = self._grown.get(name)
            if name in self._pinned:
                self._pin(name, part, entry)
            elif grown is None:
                # A table that a later migration took away was sealed with the others before it went.
                continue
            elif entry.kind == Kind.CHANGE and _number(part, "through") > _number(grown.seal, "through"):
                through = _number(part, "through")
                first = f"van {grown.reached + 1} " if grown.reached < through else ""
                self._compare(name, grown, part, f"{first}t/m {through}", entry.number)

    def _pin(self, name: str, part: Mapping[str, Any], entry: Entry) -> None:
        rows = part.get("rows")
        if not isinstance(rows, dict):
            return
        if entry.kind == Kind.CHANGE:
            self._pinned[name].update(rows)
        else:
            self._pinned[name] = dict(rows)

    def _compare(self, name: str, grown: "_Grown", part: Mapping[str, Any], which: str, entry: int) -> None:
        """Whether the rows up to a number are the ones that were written."""
        digest = self._take(name, grown, _number(part, "through"))
        if digest is None:
            return
        expected = _number(part, "count")
        if digest.count < expected:
            self._found(f"{name}: er ontbreken {expected - digest.count} rijen {which}", entry)
        elif digest.count > expected:
            self._found(f"{name}: bij de rijen {which} zijn er {digest.count - expected} bijgezet", entry)
        elif expected and digest.sha256 != part.get("sha256"):
            self._found(f"{name}: onder de rijen {which} is er minstens één gewijzigd of verplaatst", entry)

    def _take(self, name: str, grown: "_Grown", through: int) -> Digest | None:
        if grown.unreadable:
            return None
        try:
            return grown.take(through)
        except DBAPIError as error:
            grown.unreadable = True
            self._found(f"{name}: de rijen vanaf {grown.reached + 1} zijn niet te lezen: {error.orig}")
            return None

    def _check_anchor(self) -> None:
        anchor = self._anchor
        if anchor is None or anchor == NOTHING:
            return
        if anchor.number > self._verdict.head.number:
            last = self._verdict.head.number
            self._found(f"is afgekapt: de bewaarde kop is regel {anchor.number}, de laatste is {last}")
        elif self._pruned is not None and anchor.number <= (self._pruned.pruned_through or 0):
            is_last = anchor.number == self._pruned.pruned_through
            if not is_last or anchor.hash != _pruned_hash(self._pruned):
                self._found(f"regel {anchor.number} is opgeruimd; de bewaarde kop is niet meer te vergelijken")

    def _check_rest(self) -> None:
        """Rows of which no entry tells, pinned rows, and the count that the feed goes by."""
        for name, grown in self._grown.items():
            digest = self._take(name, grown, 2**63 - 1)
            if digest is not None and digest.count:
                self._found(f"{name}: {digest.count} rijen staan in geen regel")
        for table in self._tables:
            if isinstance(table, Pinned):
                self._check_pinned(table)
        counted = [tuple(row) for row in self._connection.execute(select(_COUNTS.c.id, _COUNTS.c.number))]
        if counted != ([(1, self._position)] if self._position else []):
            self._found(f"change_count: telt niet tot {self._position}, de laatste wijziging waarvan een regel vertelt")

    def _check_pinned(self, table: Pinned) -> None:
        name = table.table.name
        expected = self._pinned[name]
        try:
            present = {str(number): digest for number, digest in table.digests(self._connection).items()}
        except DBAPIError as error:
            self._found(f"{name}: de rijen zijn niet te lezen: {error.orig}")
            return
        for number in sorted(expected.keys() | present.keys(), key=lambda text: (len(text), text)):
            if number not in present:
                self._found(f"{name}: rij {number} ontbreekt")
            elif number not in expected:
                self._found(f"{name}: rij {number} staat in geen regel")
            elif present[number] != expected[number]:
                self._found(f"{name}: rij {number} is gewijzigd")

    def _check_later(self) -> None:
        """The columns that follow from other rows."""
        for table in self._tables:
            if not isinstance(table, AppendOnly):
                continue
            for column, later in table.later.items():
                shown = table.table.c[column]
                expected = select(table.number, shown, later.now(table.table).label("expected")).subquery()
                wrong = expected.c[column].is_distinct_from(expected.c.expected)
                number = expected.c[table.number.name]
                for (found,) in self._connection.execute(select(number).where(wrong).order_by(number).limit(MOST)):
                    self._found(f"{table.table.name}: rij {found} heeft een andere {column} dan er volgt uit de andere")


class _Grown:
    """How far the rows of a table were looked at."""

    def __init__(self, connection: Connection, table: AppendOnly) -> None:
        self._rows = Reader(table).between(connection, 0, 2**63 - 1)
        self._next: Row | None = None
        self.seal: Mapping[str, Any] = {"through": 0, "count": 0}
        self.reached = 0
        self.count = 0
        self.unreadable = False

    def take(self, through: int) -> Digest:
        """The digest of the rows that follow, up to a number."""
        digest = Digest()
        while True:
            if self._next is None:
                self._next = next(self._rows, None)
            if self._next is None or self._next.number > through:
                break
            digest.add([self._next.values])
            self._next = None
        self.reached = through
        self.count += digest.count
        return digest


def _number(part: Mapping[str, Any], name: str) -> int:
    found = part.get(name, 0)
    return found if isinstance(found, int) else 0


def _pruned_hash(entry: Entry) -> str:
    found = entry.read().get("pruned_hash", "")
    return found if isinstance(found, str) else ""
