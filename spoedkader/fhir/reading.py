"""A file of Encounters as the table of visits, with what is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spoedkader.departments import Departments
from spoedkader.encounter_report import Listed
from spoedkader.fhir.jsons import read_json
from spoedkader.fhir.lines import read_lines
from spoedkader.fhir.placing import LEFT_OUT, place
from spoedkader.fhir.sources import Source, form_of, opened
from spoedkader.fhir.tables import raw_table, raw_tables
from spoedkader.fhir.xmls import read_xml

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class FhirVisits:
    """The visits, and the others by reason.

    `table` has the columns of `spoedkader.encounters.read_encounters` and `number`: the resource's place in the file,
    from 1. `resources` counts all. `by_own_id` are the Encounters without the identifier that the mapping names: those
    are known by their own id.
    """

    table: "pl.DataFrame"
    resources: int
    left_out: Mapping[str, Listed]
    by_own_id: Listed


def is_fhir(path: Path) -> bool:
    """Return whether a file is FHIR rather than CSV. Raises `FhirProblem` and OSError."""
    return form_of(path) != "csv"


def read_fhir(path: Path, departments: Departments) -> FhirVisits:
    """Read the Encounters of a file, in its order. Raises `FhirProblem` and OSError."""
    import polars as pl  # noqa: PLC0415

    left_out = {reason: Listed() for reason in LEFT_OUT}
    by_own_id = Listed()
    resources = 0
    tables = [place(raw_table([]).with_row_index("number"), left_out)]
    with opened(path) as source:
        for raw in _raw(form_of(path), source, departments):
            resources += len(raw)
            table = place(raw, left_out)
            if departments.visit_system is not None:
                by_own_id.add(table["number"].filter(~table["identified"]))
            tables.append(table)
    return FhirVisits(pl.concat(tables).drop("identified"), resources, left_out, by_own_id)


def _raw(form: str, source: Source, departments: Departments) -> "Iterator[pl.DataFrame]":
    if form == "ndjson":
        return read_lines(source, departments)
    return raw_tables(read_xml(source) if form == "xml" else read_json(source), departments)
