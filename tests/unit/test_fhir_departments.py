"""The mapping file: what it says, and every fault in it at once."""

from pathlib import Path

import pytest

from spoedkader.departments import MappingProblems, read_departments
from tests.support.fhir_files import MAPPING, SYSTEM, write_mapping


def test_a_mapping(tmp_path: Path) -> None:
    found = read_departments(write_mapping(tmp_path))
    assert found.visit_system == SYSTEM
    assert found.seh["location"] == {"Location/seh"}
    assert found.ehh == {"location": frozenset(), "service_type": {"urn:afdeling|EHH"}, "type": frozenset()}


def test_a_hospital_without_an_ehh_says_so(tmp_path: Path) -> None:
    assert not any(read_departments(write_mapping(tmp_path, "seh: {type: ['a|b']}\nehh: {}\n")).ehh.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[", ["YAML"]),
        ("- a", ["seh en ehh"]),
        ("", ["seh en ehh"]),
        ("a" * 1_000_001, ["groter"]),
        ("[" * 5000, ["YAML"]),
        ("seh: {type: ['a|b']}", ["ehh: ontbreekt"]),
        ("seh: {}\nehh: {}", ["seh: noem"]),
        (
            "seh: {kleur: [], location: x, type: [5, 'SEH']}\nehh: 3\nvisit_id: {}\nvisitid: x",
            ["seh.kleur", "seh.location", "seh.type[1]", "seh.type[2]", "ehh: moet", "visit_id", "visitid"],
        ),
        ("seh: {type: ['a|b']}\nehh: {}\nvisit_id: {system: 5}", ["visit_id.system"]),
        ("seh: {location: ['|']}\nehh: {}", ["seh.location[1]"]),
        (MAPPING.replace("ehh:", "ehh:\n  location: ['Location/seh']"), ["bij seh en bij ehh"]),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, text: str, found: list[str]) -> None:
    with pytest.raises(MappingProblems) as caught:
        read_departments(write_mapping(tmp_path, text))
    problems = caught.value.problems
    assert len(problems) == len(found)
    for problem, part in zip(sorted(problems), sorted(found), strict=True):
        assert part in problem
    assert len(str(caught.value).splitlines()) == len(found)
