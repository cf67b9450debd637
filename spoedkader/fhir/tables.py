"""Raw values of Encounters as tables."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from spoedkader.departments import Departments
from spoedkader.fhir.encounter import RAW_COLUMNS, Raw, raw_of
from spoedkader.fhir.ways import Way

if TYPE_CHECKING:
    import polars as pl

_ROWS = 2_000


def raw_table(rows: Iterable[Raw]) -> "pl.DataFrame":
    """Return a table with the columns of `RAW_COLUMNS`."""
    import polars as pl  # noqa: PLC0415

    text = ("status", "visit_id", "start", "end", "patient")
    schema = {name: pl.String if name in text else pl.Boolean for name in RAW_COLUMNS}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def of_resources(resources: Iterator[Any], departments: Departments) -> Way[list[Any]]:
    """Return the exact way to read a file, given its resources one by one."""
    batches = iter(lambda: list(islice(resources, _ROWS)), [])
    return Way(batches, lambda batch: raw_table(raw_of(resource, departments) for resource in batch))
