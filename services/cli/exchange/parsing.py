"""From a mapping of raw values to a row: the one place where pydantic's errors become fields and Dutch reasons."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Row]):
    """What came of one mapping: the row, or None with the values that could be read and the faults by field."""

    row: Row | None
    values: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> Any:
        """Return the value of a field, or None when it is empty, absent or wrong."""
        return getattr(self.row, name) if self.row is not None else self.values.get(name)


class RowParser(Generic[Row]):
    """Parses mappings into one row type; building it is costly (pydantic schemas), so build it once per type."""

    def __init__(self, row_type: type[Row]) -> None:
        """Take a dataclass whose annotations carry the parsers."""
        hints = get_type_hints(row_type, include_extras=True)
        self.columns: tuple[str, ...] = tuple(f.name for f in dataclasses.fields(row_type))  # type: ignore[arg-type]
        self._row: TypeAdapter[Row] = TypeAdapter(row_type)
        self._fields: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(hints[name]) for name in self.columns}

    def parse(self, raw: Mapping[str, object]) -> Parsed[Row]:
        """Parse every field that `raw` holds; a row comes out only when all fields are there and right."""
        if len(raw) == len(self.columns):
            try:
                return Parsed(self._row.validate_python(raw))
            except ValidationError:
                pass
        values: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for name in self.columns:
            if name in raw:
                try:
                    values[name] = self._fields[name].validate_python(raw[name])
                except ValidationError as error:
                    faults.append((name, error.errors(include_url=False)[0]["msg"]))
        return Parsed(None, values, tuple(faults))
