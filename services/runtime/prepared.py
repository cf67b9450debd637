"""Statements that are compiled once, and from then on handed to the driver itself.

SQLAlchemy finds out again at every execution what to compile, bind and convert. For the look-up of one row that costs
more than the look-up, and for a change of many rows as much as the change; a service answers 1.4 times as many simple
reads without it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Boolean, Connection, DateTime, Insert, LargeBinary, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate
from sqlalchemy.types import TypeDecorator, TypeEngine

Converter = Callable[[Any], Any]
Compiled = TypeVar("Compiled")


class _InWordsOf(Generic[Compiled]):
    """A statement in the words of each database that it was asked for."""

    def __init__(self, make: Callable[[Dialect], Compiled]) -> None:
        self._make = make
        self._made: dict[str, Compiled] = {}

    def of(self, dialect: Dialect) -> Compiled:
        found = self._made.get(dialect.name)
        if found is None:
            found = self._made[dialect.name] = self._make(dialect)
        return found


class Prepared:
    """A query for at most one row, or a change of one row that gives it back. Its parameters are texts and whole
    numbers, which every driver takes as they are."""

    def __init__(self, query: Select[Any] | ReturningUpdate[Any]) -> None:
        self._compiled = _InWordsOf(lambda dialect: _Query(query, dialect))

    def first(self, connection: Connection, parameters: dict[str, str | int]) -> Sequence[Any] | None:
        """The first row, with the values that SQLAlchemy would give; None when there is none."""
        compiled = self._compiled.of(connection.dialect)
        with driver_errors(connection, compiled.sql):
            cursor = connection.connection.cursor()
            try:
                cursor.execute(compiled.sql, compiled.arguments(parameters))
                row = cursor.fetchone()
            finally:
                cursor.close()
        return None if row is None else compiled.values(row)


class PreparedChange:
    """An insert or an update that is done for any number of rows at once."""

    def __init__(self, change: Insert | ReturningInsert[Any] | Update, *, columns: Sequence[str] | None = None) -> None:
        """`columns` are those that an insert fills; an update names its parameters itself."""
        self._compiled = _InWordsOf(lambda dialect: _Change(change, columns, dialect))

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Does it for each row, which maps every parameter to its value."""
        if rows:
            compiled = self._compiled.of(connection.dialect)
            self._execute(connection, compiled, compiled.lists(rows))

    def run_lists(self, connection: Connection, rows: list[list[Any]]) -> None:
        """Does it for each row, which has the values in the order of the columns; on return, as the driver got them."""
        if rows:
            self._execute(connection, self._compiled.of(connection.dialect), rows)

    def returned(self, connection: Connection, row: list[Any]) -> Any:
        """Does it for one row, as `run_lists` does, and gives the value that the statement returns."""
        compiled = self._compiled.of(connection.dialect)
        with driver_errors(connection, compiled.sql):
            cursor = connection.connection.cursor()
            try:
                cursor.execute(compiled.sql, compiled.arguments([row])[0])
                found: Any = cursor.fetchone()
                return found[0]
            finally:
                cursor.close()

    def _execute(self, connection: Connection, compiled: "_Change", rows: list[list[Any]]) -> None:
        with driver_errors(connection, compiled.sql):
            cursor = connection.connection.cursor()
            try:
                cursor.executemany(compiled.sql, compiled.arguments(rows))
            finally:
                cursor.close()


@contextmanager
def driver_errors(connection: Connection, sql: str) -> Iterator[None]:
    """Gives the errors of the driver as SQLAlchemy gives those of its own executions."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(sql, None, error, driver.Error, dialect=connection.dialect) from error


class _Query:
    """A query in the words of one database."""

    def __init__(self, query: Select[Any] | ReturningUpdate[Any], dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        self.sql = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        converters = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in query.exported_columns
        ]
        self._converters: list[tuple[int, Converter]] = [
            (place, converter) for place, converter in enumerate(converters) if converter is not None
        ]

    def arguments(self, parameters: dict[str, str | int]) -> Any:
        return parameters if self._order is None else [parameters[name] for name in self._order]

    def values(self, row: Sequence[Any]) -> list[Any]:
        found = list(row)
        for place, converter in self._converters:
            found[place] = converter(found[place])
        return found


class _Change:
    """A change in the words of one database."""

    def __init__(
        self, change: Insert | ReturningInsert[Any] | Update, columns: Sequence[str] | None, dialect: Dialect
    ) -> None:
        compiled = change.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self._named = compiled.positiontup is None
        self._names: Sequence[str] = compiled.positiontup or columns or list(compiled.binds)
        self._row = itemgetter(*self._names)
        converters = [converter(compiled.binds[name].type, dialect) for name in self._names]
        self._converters = [(place, convert) for place, convert in enumerate(converters) if convert is not None]

    def lists(self, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        return [list(self._row(row)) for row in rows]

    def arguments(self, rows: list[list[Any]]) -> Sequence[Any]:
        for place, convert in self._converters:
            for values in rows:
                values[place] = convert(values[place])
        return [dict(zip(self._names, values, strict=True)) for values in rows] if self._named else rows


def converter(type_: TypeEngine[Any], dialect: Dialect) -> Converter | None:
    """What makes a value ready for the driver; None when it is so already."""
    stored_as = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if dialect.name == "sqlite" and type(type_) in _SQLITE:
        return _SQLITE[type(type_)]
    if isinstance(stored_as, DateTime):
        return _moment_converter(type(type_), dialect)  # type: ignore[arg-type] # a class is hashable
    if isinstance(stored_as, LargeBinary):
        # Every driver takes bytes; SQLAlchemy would wrap them.
        return None
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _wall_clock_text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(" ", "microseconds")


_SQLITE: Mapping[type[Any], Converter] = {
    # What SQLAlchemy's converters give, of which a status feed needs thousands, without their time.
    Boolean: {None: None, False: 0, True: 1}.__getitem__,
    DateTime: _wall_clock_text,
}


@cache
def _moment_converter(kind: type[Any], dialect: Dialect) -> Converter | None:
    """The converter of moments of a kind, which remembers some: what is written together shares most of them."""
    convert: Converter | None = kind().dialect_impl(dialect).bind_processor(dialect)
    return convert and lru_cache(maxsize=4096)(convert)
