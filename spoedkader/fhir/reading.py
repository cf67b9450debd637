"""A file of Encounters as the table of visits, with what is left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from spoedkader.departments import Departments
from spoedkader.encounter_report import Listed
from spoedkader.encounter_sources import opened
from spoedkader.fhir.bundles import of_bundle
from spoedkader.fhir.entries import of_entries
from spoedkader.fhir.forms import Form, form_of
from spoedkader.fhir.jsons import read_json
from spoedkader.fhir.lines import of_lines
from spoedkader.fhir.placing import LEFT_OUT, place
from spoedkader.fhir.tables import of_resources, raw_table
from spoedkader.fhir.ways import NotPlain, Way
from spoedkader.fhir.xmls import read_xml
from spoedkader.in_order import in_order

if TYPE_CHECKING:
    import polars as pl

_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class FhirVisits:
    """The visits, and the others by reason.

    `table` has the columns of `spoedkader.encounters.read_encounters`, `number`: the resource's place in the file,
    from 1, and `patient`: a number for each patient. `resources` counts all. `by_own_id` are the Encounters without the
    identifier that the mapping names: those are known by their own id.
    """

    table: "pl.DataFrame"
    resources: int
    left_out: Mapping[str, Listed]
    by_own_id: Listed


def is_fhir(path: Path) -> bool:
    """Return whether a file is FHIR rather than CSV. Raises `FileProblem` and OSError."""
    return form_of(path) != "csv"


def read_fhir(path: Path, departments: Departments) -> FhirVisits:
    """Read the Encounters of a file, in its order. Raises `FileProblem` and OSError."""
    fast, exact = _ways(form_of(path))
    try:
        return _read(path, departments, fast)
    except NotPlain:
        return _read(path, departments, exact)


_Begin = Callable[[BinaryIO, Departments], Way[Any]]


def _ways(form: Form) -> tuple[_Begin, _Begin]:
    if form == "ndjson":
        return of_lines, of_lines
    if form == "xml":
        return of_entries, lambda source, departments: of_resources(read_xml(source), departments)
    return of_bundle, lambda source, departments: of_resources(read_json(source), departments)


def _read(path: Path, departments: Departments, begin: _Begin) -> FhirVisits:
    import polars as pl  # noqa: PLC0415

    left_out = {reason: Listed() for reason in LEFT_OUT}
    by_own_id = Listed()
    resources = 0
    tables = [place(raw_table([])).with_row_index("number").drop("why", "identified")]
    with opened(path) as source:
        way = begin(source, departments)
        for raw in _batches(in_order(way.raw, way.parts)):
            table = place(raw).with_row_index("number", offset=resources + 1)
            resources += len(table)
            for at, reason in enumerate(LEFT_OUT):
                left_out[reason].add(table["number"].filter(table["why"] == at))
            table = table.filter(pl.col("why").is_null())
            if departments.visit_system is not None:
                by_own_id.add(table["number"].filter(~table["identified"]))
            tables.append(table.drop("why", "identified"))
    return FhirVisits(pl.concat(tables), resources, left_out, by_own_id)


def _batches(raws: "Iterator[pl.DataFrame]") -> "Iterator[pl.DataFrame]":
    """Yield larger tables, of which placing costs less."""
    import polars as pl  # noqa: PLC0415

    waiting: list[pl.DataFrame] = []
    for raw in raws:
        waiting.append(raw)
        if sum(map(len, waiting)) >= _BATCH_ROWS:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)
