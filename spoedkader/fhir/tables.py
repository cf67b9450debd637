"""Raw values of Encounters as tables."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from spoedkader.departments import Departments
from spoedkader.fhir.encounter import RAW_COLUMNS, Raw, raw_of

if TYPE_CHECKING:
    import polars as pl

_ROWS = 50_000


def raw_table(rows: Iterable[Raw]) -> "pl.DataFrame":
    """Return a table with the columns of `RAW_COLUMNS`."""
    import polars as pl  # noqa: PLC0415

    text = ("status", "visit_id", "start", "end")
    schema = {name: pl.String if name in text else pl.Boolean for name in RAW_COLUMNS}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def raw_tables(resources: Iterator[Any], departments: Departments) -> "Iterator[pl.DataFrame]":
    """Yield chunks of raw values of resources, with their number from 1."""
    number = 1
    while rows := [raw_of(resource, departments) for resource in islice(resources, _ROWS)]:
        yield raw_table(rows).with_row_index("number", offset=number)
        number += len(rows)
