"""Encounters as the FHIR specification and Nictiz show them are read, and those that do not count are known why."""

from pathlib import Path

import pytest

from spoedkader.departments import Departments, read_departments
from spoedkader.fhir import FhirVisits, placing, read_fhir
from tests.support.fhir_files import SYSTEM, write_mapping

EXAMPLES = Path(__file__).parents[1] / "data" / "fhir"


@pytest.fixture
def departments(tmp_path: Path) -> Departments:
    text = f'visit_id: {{system: "{SYSTEM}"}}\nseh: {{location: ["Location/seh", "urn:afdelingen|SEH"]}}\nehh: {{}}\n'
    return read_departments(write_mapping(tmp_path, text))


def left_out(found: FhirVisits) -> dict[str, list[int]]:
    return {reason: listed.numbers for reason, listed in found.left_out.items() if listed.count}


def stays(found: FhirVisits) -> list[int]:
    return (found.table["departed_utc"] - found.table["arrived_utc"]).to_list()


def test_the_specifications_examples(departments: Departments) -> None:
    found = read_fhir(EXAMPLES / "specification.json", departments)
    assert left_out(found) == {placing.OTHER_CLASS: [1, 2, 3, 5, 6, 7]}
    assert found.table["number"].to_list() == found.by_own_id.numbers == [4]
    assert stays(found) == [90]


def test_the_specifications_emergency_in_xml(departments: Departments) -> None:
    found = read_fhir(EXAMPLES / "emerg.xml", departments)
    assert left_out(found) == {}
    assert stays(found) == [132]


def test_nl_core(departments: Departments) -> None:
    found = read_fhir(EXAMPLES / "nl-core.xml", departments)
    assert left_out(found) == {placing.OTHER_CLASS: [1], placing.BAD_START: [2]}
    assert found.table["number"].to_list() == [3]
    assert found.by_own_id.numbers == []
    assert stays(found) == [195]
