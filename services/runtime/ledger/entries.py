"""Entries of the ledger: what is in one, how it is chained to the one before it, and how it is stored."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Index, Select, bindparam, exists, func, insert, literal, or_, select, text
from sqlmodel import Field, SQLModel

from services.runtime.call import Call
from services.runtime.dialects import RowNumber
from services.runtime.ledger.canonical import Columns, json_bytes, sha256_of, stored
from services.runtime.names import ANY
from services.runtime.prepared import Prepared, PreparedChange

_PAGE = 1000
"""Entries read at once."""


class Kind(StrEnum):
    """What an entry says."""

    CHANGE = "change"
    """A transaction wrote the rows that it names."""
    SEAL = "seal"
    """The tables were made or changed by a migration; every row that was there then is as the seal says."""
    PRUNE = "prune"
    """The entries up to a number were exported and removed; every row that they told of is as the seal says."""


class LedgerRow(SQLModel, table=True):
    """One entry; nothing changes it, and only a later entry that says so removes it."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index(
            "ledger_pruned_through",
            "pruned_through",
            sqlite_where=text("pruned_through IS NOT NULL"),
            postgresql_where=text("pruned_through IS NOT NULL"),
        ),
    )

    number: int = Field(primary_key=True, sa_type=RowNumber)
    """From 1, without gaps, in the order of commits."""
    kind: str
    recorded_at: datetime
    call_id: str
    """Empty for what no call asked for."""
    method: str
    """The full name of the method, as in `/spoedkader.registry.v1.StopService/CreateStop`; else what did it."""
    actor: str
    caller: str
    """The organisation that called, as it was identified."""
    roles: str
    """Of the caller, with commas between them."""
    changes: int
    """How many changes of resources it tells of; they stand in the feed."""
    position: int = Field(sa_type=RowNumber)
    """The place of the last of them in the feed; 0 when there are none."""
    contents: str
    """Canonical JSON: what was written, by table."""
    pruned_through: int | None = Field(sa_type=RowNumber)
    previous: str
    """The hash of the entry before this one; empty for the first."""
    hash: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Who makes a transaction change something, and how."""

    actor: str
    method: str
    call_id: str = ""
    caller: str = ""
    roles: str = ""

    @classmethod
    def of(cls, call: Call, method: str) -> "Origin":
        """A call that is being answered."""
        return cls(call.actor, method, call.id, call.caller.organisation, ",".join(sorted(call.caller.roles)))


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a ledger: what an operator keeps elsewhere, so that a ledger that was cut off shows."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """The head that `str` gave. Raises ValueError for anything else."""
        number, _, digest = text.strip().partition(":")
        if not (number.isascii() and number.isdigit() and len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
            raise ValueError("een kop is het nummer en de hash van een regel, als 123:0f3a…")
        return cls(int(number), digest)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is stored, in canonical form."""

    number: int
    kind: str
    recorded_at: str
    call_id: str
    method: str
    actor: str
    caller: str
    roles: str
    changes: int
    position: int
    contents: str
    pruned_through: int | None
    previous: str
    hash: str

    @property
    def on_behalf_of(self) -> str:
        """The organisation that the actor is of, as in `inkoper@9101`; empty when it names none."""
        return self.actor.partition("@")[2]

    @property
    def head(self) -> Head:
        return Head(self.number, self.hash)

    def hashed(self) -> str:
        """What the hash should be: SHA-256 of the canonical row without it."""
        return sha256_of([getattr(self, name) for name in _HASHED])

    def read(self) -> Mapping[str, Any]:
        """The contents; nothing when somebody spoiled them, which the hash shows."""
        try:
            found = json.loads(self.contents)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says of each table."""
        found = self.read().get("tables")
        return {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}


_TABLE = SQLModel.metadata.tables["ledger"]
COLUMNS = Columns(list(_TABLE.c))
_HASHED = COLUMNS.names[:-1]
_LAST = Prepared(
    select(_TABLE.c.number, _TABLE.c.hash).where(_TABLE.c.number == select(func.max(_TABLE.c.number)).scalar_subquery())
)
_INSERT = PreparedChange(insert(_TABLE), columns=COLUMNS.names)
_BEHIND = select(_TABLE).where(_TABLE.c.number > bindparam("after")).order_by(_TABLE.c.number).limit(bindparam("most"))
NOTHING = Head(0, "")
"""The head of an empty ledger."""


def head(connection: Connection) -> Head:
    """The last entry."""
    found = _LAST.first(connection, {})
    return Head(*found) if found else NOTHING


def append(
    connection: Connection,
    kind: Kind,
    at: datetime,
    origin: Origin,
    contents: Mapping[str, Any],
    *,
    changes: int = 0,
    position: int = 0,
    pruned_through: int | None = None,
) -> Head:
    """Adds an entry to the chain; the writer's turn sees to it that no other comes in between."""
    last = head(connection)
    row: list[Any] = [
        last.number + 1,
        kind.value,
        at,
        origin.call_id,
        origin.method,
        origin.actor,
        origin.caller,
        origin.roles,
        changes,
        position,
        json_bytes(contents).decode(),
        pruned_through,
        last.hash,
    ]
    canonical = [[*row, ""]]
    COLUMNS.make_canonical(canonical)
    digest = sha256_of(canonical[0][:-1])
    _INSERT.run_lists(connection, [[*row, digest]])
    return Head(last.number + 1, digest)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to read; what is empty does not matter.

    `since` is the first moment and `until` the first one behind the last; `resource` is the name of one that changed,
    or of one that it belongs to.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    resource: str = ""
    but: Kind | None = None
    """A kind to leave out."""

    def select(self) -> Select[Any]:
        """The query, with `after` and `most` for parameters."""
        query = _BEHIND
        if self.since is not None:
            query = query.where(_TABLE.c.recorded_at >= self.since)
        if self.until is not None:
            query = query.where(_TABLE.c.recorded_at < self.until)
        if self.actor:
            query = query.where(_TABLE.c.actor == literal(self.actor))
        if self.but is not None:
            query = query.where(_TABLE.c.kind != literal(self.but.value))
        if self.resource:
            changes = SQLModel.metadata.tables["change"]
            of_entry = (
                changes.c.position > _TABLE.c.position - _TABLE.c.changes,
                changes.c.position <= _TABLE.c.position,
            )
            same = (
                condition
                for name in _written(self.resource)
                for condition in (
                    changes.c.resource == literal(name),
                    # Not with LIKE, to which an underscore and, on SQLite, a capital mean something else.
                    func.substr(changes.c.resource, 1, len(name) + 1) == literal(f"{name}/"),
                )
            )
            query = query.where(exists().where(*of_entry, or_(*same)))
        return query


def _written(resource: str) -> set[str]:
    """The ways in which a name stands in the feed: where a location says enough, the provider may be `-`."""
    parts = resource.split("/")
    return {resource, "/".join((parts[0], ANY, *parts[2:]))} if "locations" in parts[2:3] else {resource}


def entries(connection: Connection, wanted: Wanted = Wanted(), after: int = 0) -> Iterator[Entry]:
    """The entries behind a number, in order; some are read at a time."""
    query = wanted.select()
    while True:
        page = page_of(connection, query, after, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].number


def entry_of(connection: Connection, number: int) -> Entry | None:
    """One entry; None when there is none of that number."""
    found = page_of(connection, _BEHIND, number - 1, 1)
    return found[0] if found and found[0].number == number else None


def page_of(connection: Connection, query: Select[Any], after: int, most: int) -> list[Entry]:
    """Up to so many entries behind a number."""
    return [Entry(*row) for row in stored(connection, COLUMNS, query, after=after, most=most)]
