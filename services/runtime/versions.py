"""Facts with two times: when they were true is in the fact itself, when we knew it is kept here.

A resource is a series of versions. A change never overwrites: it supersedes the current version and adds the next, so
that what was known at any moment can be asked again (AMB-47).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Select,
    Table,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlmodel import Field, SQLModel

from services.runtime.dialects import RowNumber
from services.runtime.errors import DomainError, Reason
from services.runtime.ledger.appending import AppendOnly, Written, later
from services.runtime.pages import Page
from services.runtime.prepared import Prepared, PreparedChange

_CHUNK = 500
"""Keys looked up in one statement; SQLite allows 32,766 variables, and small statements are compiled once."""


def _next_recorded_at(table: Table) -> ColumnElement[Any]:
    """When the next version of the resource was recorded."""
    (revisions,) = (index for index in table.indexes if index.name == f"{table.name}_revision")
    *key, revision = revisions.columns
    return func.lead(table.c.recorded_at).over(partition_by=key, order_by=revision)


class Versioned(SQLModel):
    """The columns that every table of versions has, beside its own key and values."""

    version: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    sequence: int = Field(sa_type=RowNumber)
    """The place of the resource among its kind, in order of first recording."""
    revision: int
    """Counted from 1 for each resource."""
    recorded_at: datetime
    superseded_at: datetime | None = Field(default=None, sa_column_kwargs=later(None, _next_recorded_at))
    recorded_by: str


def one_current(table: str, *key: str) -> tuple[Index, ...]:
    """The indexes of a table of versions: a resource has one current version at most, and each revision once."""
    current = text("superseded_at IS NULL")
    return (
        Index(f"{table}_current", *key, unique=True, sqlite_where=current, postgresql_where=current),
        Index(f"{table}_revision", *key, "revision", unique=True),
        Index(f"{table}_order", "sequence", *key, sqlite_where=current, postgresql_where=current),
    )


class Noted(NamedTuple):
    """A change for the feed: the resource, and the revision that it got; 0 for what never changes."""

    resource: str
    revision: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something is recorded, and on whose behalf; `noted` is what the transaction changed, in order, and `written`
    the rows that say so."""

    at: datetime
    by: str
    noted: list[Noted] = field(default_factory=list, compare=False)
    written: Written = field(default_factory=Written, compare=False)

    def note(self, resource: str, revision: int = 0) -> None:
        """Puts a change in the feed of the service, when the transaction is kept."""
        self.noted.append(Noted(resource, revision))


Model = TypeVar("Model")
Row = TypeVar("Row", bound=Versioned)


class Stored(NamedTuple, Generic[Model]):
    """A model as it is stored."""

    value: Model
    sequence: int
    revision: int
    recorded_at: datetime

    @property
    def etag(self) -> str:
        """Changes with every version (AIP-154)."""
        return f'"{self.revision}"'

    def require(self, etag: str) -> None:
        """Refuses when the caller expected another version; an empty etag expects nothing."""
        if etag and etag != self.etag:
            raise DomainError(
                Reason.ETAG_MISMATCH,
                "De gegevens zijn intussen gewijzigd; lees ze opnieuw.",
                metadata={"expected": etag, "current": self.etag},
            )


@dataclass(frozen=True, slots=True)
class Counts:
    """What a write did to a number of resources."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


class Selection(Generic[Row, Model]):
    """A prepared query for some of the resources of a kind, in the order in which they are listed.

    It is built once: building a statement costs more than running it.
    """

    def __init__(self, history: "History[Row, Model]", where: Sequence[ColumnElement[bool]]) -> None:
        self._history = history
        base = select(*history.columns).where(*where).order_by(*history.order)
        self._current = base.where(history.table.c.superseded_at.is_(None))
        self._known = base.where(
            history.table.c.recorded_at <= bindparam("as_of"),
            or_(history.table.c.superseded_at.is_(None), history.table.c.superseded_at > bindparam("as_of")),
        )

    def all(self, connection: Connection, *, as_of: datetime | None = None, **parameters: Any) -> list[Stored[Model]]:
        """Every resource that fits, as it is or as it was known at a moment."""
        return self._run(connection, self._statement(as_of), as_of, parameters)

    def page(
        self, connection: Connection, page: Page, *, as_of: datetime | None = None, **parameters: Any
    ) -> tuple[Sequence[Stored[Model]], str]:
        """The resources of one page, and the token of the next."""
        statement = self._statement(as_of).limit(page.size + 1)
        behind = page.behind(*self._history.place_types)
        if behind is not None:
            statement = statement.where(tuple_(*self._history.order) > behind)
        found = self._run(connection, statement, as_of, parameters)
        return page.cut(found, self._history.place)

    def _statement(self, as_of: datetime | None) -> Select[Any]:
        return self._current if as_of is None else self._known

    def _run(
        self, connection: Connection, statement: Select[Any], as_of: datetime | None, parameters: dict[str, Any]
    ) -> list[Stored[Model]]:
        if as_of is not None:
            parameters = {**parameters, "as_of": as_of}
        return [self._history.stored(row) for row in connection.execute(statement, parameters)]


class History(Generic[Row, Model]):
    """The versions of one kind of resource.

    `key` names the columns that identify a resource; `load` makes a model of the values of the row's own columns, in
    their order, and `dump` the columns of a model; `name` gives the resource name of a model, for the feed. Resources
    are listed in the order of first recording, or `by_key`.
    """

    def __init__(
        self,
        row: type[Row],
        key: Sequence[str],
        load: Callable[..., Model],
        dump: Callable[[Model], dict[str, Any]],
        name: Callable[[Model], str],
        *,
        by_key: bool = False,
    ) -> None:
        self.table: Table = SQLModel.metadata.tables[str(row.__tablename__)]
        self._key = tuple(key)
        self._key_in = _tuple_of(self._key)
        self._load = load
        self._dump = dump
        self._name = name
        self._key_columns = [self.table.c[name] for name in key]
        self._by_key = by_key
        self.order = self._key_columns if by_key else [self.table.c.sequence, *self._key_columns]
        self.place_types = [cast(type, row.model_fields[column.name].annotation) for column in self.order]
        own = [column for column in self.table.c if column.name not in Versioned.model_fields]
        # What `stored` unpacks; every further column costs time for every row.
        self.columns = [self.table.c[name] for name in ("sequence", "revision", "recorded_at")] + own
        self.every = self.where()
        same_key = [column == bindparam(f"key_{column.name}") for column in self._key_columns]
        self._one = self.where(*same_key)
        self._current_one = Prepared(select(*self.columns).where(self.table.c.superseded_at.is_(None), *same_key))
        self._revisions = select(*self.columns).where(*same_key).order_by(self.table.c.revision)
        key_column = self._key_columns[0] if len(key) == 1 else tuple_(*self._key_columns)
        self._same_keys = select(*self.columns).where(
            self.table.c.superseded_at.is_(None), key_column.in_(bindparam("keys", expanding=True))
        )
        # Of the current versions only: these have an index in this order, and every resource has one of them.
        self._last_sequence = Prepared(
            select(func.max(self.table.c.sequence)).where(self.table.c.superseded_at.is_(None))
        )
        self._supersede = PreparedChange(
            update(self.table)
            .where(self.table.c.superseded_at.is_(None), *same_key)
            .values(superseded_at=bindparam("moment", type_=self.table.c.superseded_at.type))
        )
        self._rows = AppendOnly(self.table)

    def where(self, *where: ColumnElement[bool]) -> Selection[Row, Model]:
        """A query for the resources that fit; parameters are `bindparam`s."""
        return Selection(self, where)

    def get(self, connection: Connection, *key: Any, as_of: datetime | None = None) -> Stored[Model] | None:
        """One resource, as it is or as it was known at a moment; None when there is none."""
        parameters = self._key_parameters(key)
        if as_of is None:
            row = self._current_one.first(connection, parameters)
            return self.stored(row) if row else None
        found = self._one.all(connection, as_of=as_of, **parameters)
        return found[0] if found else None

    def revisions(self, connection: Connection, *key: Any) -> list[Stored[Model]]:
        """Every version of one resource, the oldest first."""
        return [self.stored(row) for row in connection.execute(self._revisions, self._key_parameters(key))]

    def put(self, connection: Connection, value: Model, stamp: Stamp) -> Stored[Model]:
        """Records a model as the current version of its resource; does nothing when it is the same already."""
        key = self.key(value)
        before = self.get(connection, *key)
        stored, _ = self._put(connection, [value], {key: before} if before else {}, stamp)
        return stored[0]

    def put_all(
        self,
        connection: Connection,
        values: Sequence[Model],
        stamp: Stamp,
        current: Mapping[tuple[Any, ...], Stored[Model]] | None = None,
    ) -> Counts:
        """Records models, each of another resource, as `put` does one.

        Whoever has read in the same transaction what is stored of them now gives it as `current`, by key.
        """
        counts = Counts()
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            before = self._current(connection, chunk) if current is None else current
            counts += self._put(connection, chunk, before, stamp)[1]
        return counts

    def key(self, value: Model) -> tuple[Any, ...]:
        """What identifies a resource."""
        return self._key_in(self._dump(value))

    def place(self, stored: Stored[Model]) -> tuple[Any, ...]:
        """The place of a resource in the order in which they are listed."""
        key = self.key(stored.value)
        return key if self._by_key else (stored.sequence, *key)

    def stored(self, row: Any) -> Stored[Model]:
        """The stored model of a row of `columns`."""
        sequence, revision, recorded_at, *values = row
        return Stored(self._load(*values), sequence, revision, recorded_at)

    def _put(
        self,
        connection: Connection,
        values: Sequence[Model],
        current: Mapping[tuple[Any, ...], Stored[Model]],
        stamp: Stamp,
    ) -> tuple[list[Stored[Model]], Counts]:
        """Records models, of which `current` has those that are stored, by key; gives each as it is stored now."""
        superseded: list[dict[str, Any]] = []
        added: list[dict[str, Any]] = []
        stored: list[Stored[Model]] = []
        sequence = self._sequence(connection)
        for value in values:
            columns = self._dump(value)
            key = self._key_in(columns)
            before = current.get(key)
            if before is None:
                sequence += 1
                now = Stored(value, sequence, 1, stamp.at)
            elif before.value == value:
                stored.append(before)
                continue
            else:
                # A clock can be set back; versions still follow each other, so that one at most holds at any moment.
                now = Stored(value, before.sequence, before.revision + 1, max(stamp.at, before.recorded_at))
                superseded.append({**self._key_parameters(key), "moment": now.recorded_at})
            stored.append(now)
            stamp.note(self._name(value), now.revision)
            columns["sequence"] = now.sequence
            columns["revision"] = now.revision
            columns["recorded_at"] = now.recorded_at
            columns["superseded_at"] = None
            columns["recorded_by"] = stamp.by
            added.append(columns)
        self._supersede.run(connection, superseded)
        self._rows.add(connection, added, stamp.written)
        return stored, Counts(len(added) - len(superseded), len(superseded), len(values) - len(added))

    def _sequence(self, connection: Connection) -> int:
        found = self._last_sequence.first(connection, {})
        return int(found[0] or 0) if found else 0

    def _current(self, connection: Connection, values: Sequence[Model]) -> dict[tuple[Any, ...], Stored[Model]]:
        """What is stored of some resources, by key."""
        keys = [self.key(value) for value in values]
        wanted = [key[0] for key in keys] if len(self._key) == 1 else keys
        found = [self.stored(row) for row in connection.execute(self._same_keys, {"keys": wanted})]
        return {self.key(stored.value): stored for stored in found}

    def _key_parameters(self, key: Sequence[Any]) -> dict[str, Any]:
        return {f"key_{name}": value for name, value in zip(self._key, key, strict=True)}


def _tuple_of(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes the values of some names, as a tuple also when it is one."""
    if len(names) > 1:
        return itemgetter(*names)
    (name,) = names
    return lambda columns: (columns[name],)
