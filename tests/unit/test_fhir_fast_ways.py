"""The fast ways of reading FHIR give what the exact ways give, and leave to those what is written otherwise."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spoedkader.departments import Departments, read_departments
from spoedkader.encounter_sources import FileProblem
from spoedkader.fhir import FhirVisits, lines, read_fhir, reading
from spoedkader.fhir.encounter import raw_of
from spoedkader.fhir.forms import form_of
from spoedkader.fhir.tables import raw_table
from spoedkader.fhir.ways import NotPlain
from tests.support.fhir_files import MAPPING, Visit, encounter, write, write_mapping, xml_of

GOOD: Visit = ("1", "SEH", "2025-01-01T10:00:00+01:00", "2025-01-01T11:00:00+01:00")
OTHER: Visit = ("2", "EHH", "2025-01-01T10:00:00+01:00", "")
WITH_TYPE = MAPPING.replace("ehh:\n", 'ehh:\n  type: ["EMER|1"]\n  location: ["|1"]\n')
BUNDLES = ("json", "array.json", "xml")


def mapping(folder: Path, text: str = MAPPING) -> Departments:
    return read_departments(write_mapping(folder, text))


def both(file: Path, departments: Departments) -> tuple[FhirVisits | None, FhirVisits]:
    """What the fast way gives, None when it leaves it to the exact way, and what that gives."""
    fast, exact = reading._ways(form_of(file))
    try:
        found = reading._read(file, departments, fast)
    except NotPlain:
        found = None
    return found, reading._read(file, departments, exact)


def same(one: FhirVisits, other: FhirVisits) -> bool:
    return (
        one.table.equals(other.table)
        and one.left_out == other.left_out
        and (one.resources, one.by_own_id) == (other.resources, other.by_own_id)
    )


texts = st.sampled_from(
    ["", "EMER", "1", "Location/seh", "|1", "a b", "é", "😀", '"', "'", "\\", "\t", "&", "</entry>", '},{"fullUrl"']
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.just(1.5) | texts,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["coding", "code", "system", "value", "reference", "location", "identifier", "start", "end"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
fields = st.sampled_from(
    ["resourceType", "id", "identifier", "status", "class", "type", "serviceType", "subject", "period", "location"]
)
changes = st.dictionaries(fields, values, max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.lists(changes, max_size=3), st.booleans(), st.booleans())
def test_lines(changed: list[dict[str, Any]], with_type: bool, ascii_only: bool) -> None:
    with tempfile.TemporaryDirectory() as path:
        departments = mapping(Path(path), WITH_TYPE if with_type else MAPPING)
    resources = [{**encounter(1, GOOD), **change} for change in changed]
    written = [json.dumps(resource, ensure_ascii=ascii_only).encode() for resource in resources]
    assert lines.raw_lines((1, written), departments).equals(raw_table(raw_of(one, departments) for one in resources))


@settings(max_examples=200, deadline=None)
@given(st.lists(changes, min_size=1, max_size=3), st.sampled_from(BUNDLES), st.booleans())
def test_bundles(changed: list[dict[str, Any]], form: str, with_type: bool) -> None:
    plain = {**encounter(1, GOOD), "length": {"value": 60}}
    resources = [plain, *({**plain, **change} for change in changed), encounter(2, OTHER)]
    if form == "xml":  # An element has a name; what else the type of a resource can be, XML cannot write.
        resources = [{**resource, "resourceType": "Encounter"} for resource in resources]
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        departments = mapping(folder, WITH_TYPE if with_type else MAPPING)
        fast, exact = both(write(folder, form, resources), departments)
    assert fast is None or same(fast, exact)


@pytest.mark.parametrize("form", BUNDLES)
def test_usual_bundles_go_the_fast_way(form: str, tmp_path: Path) -> None:
    resources = [encounter(n, visit) for n, visit in enumerate([GOOD, OTHER, ("é & <", *GOOD[1:])] * 10_000)]
    fast, exact = both(write(tmp_path, form, resources), mapping(tmp_path))
    assert fast is not None
    assert same(fast, exact)
    assert fast.resources == 30_000


def test_usual_lines_are_not_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(line: bytes, number: int) -> Any:
        raise AssertionError

    monkeypatch.setattr(lines, "parse_line", refuse)
    one = {**encounter(1, ("Curaçao", *GOOD[1:])), "length": {"value": 60.5, "unit": "min"}}
    written = [json.dumps(resource).encode() for resource in (one, encounter(2, OTHER))]
    assert lines.raw_lines((1, written), mapping(tmp_path))["visit_id"].to_list() == ["Curaçao", "2"]


ENTRY = json.dumps({"fullUrl": "x", "resource": encounter(1, GOOD)})
SWAPPED = json.dumps({"resource": encounter(1, GOOD), "fullUrl": "x"})
XML = f"<entry><resource>{xml_of(encounter(1, GOOD))}</resource></entry>"
INNER = f"<entry><resource><Bundle>{XML}{XML}</Bundle></resource></entry>"
OPEN, SHUT = '<Bundle xmlns="http://hl7.org/fhir">', "</Bundle>"
RESOURCE = {"fullUrl": "x", "resource": {"resourceType": "Bundle", "entry": [{"fullUrl": "x"}, {"fullUrl": "y"}]}}
NESTED = json.dumps(RESOURCE)


def bundle(*entries: str, end: str = ', "total": 3, "link": [{"relation": "self"}]') -> str:
    return f'{{"resourceType": "Bundle", "link": [{{"a": "]"}}], "entry": [{", ".join(entries)}]{end}}}'


@pytest.mark.parametrize(
    ("name", "content", "resources"),
    [
        ("x.json", bundle(ENTRY, ENTRY, ENTRY), 3),
        ("x.json", bundle(ENTRY, SWAPPED, ENTRY), 3),
        ("x.json", bundle(ENTRY, NESTED, ENTRY), 3),
        ("x.json", bundle(ENTRY), 1),
        ("x.json", bundle(), 0),
        ("x.json", f"[{ENTRY}, {ENTRY}]\n", 2),
        ("x.xml", f"{OPEN}{XML}<!-- </entry> -->{XML}{SHUT}<!-- </entry> -->", 2),
        ("x.xml", f"{OPEN}{XML}{INNER}{XML}{SHUT}", 3),
        ("x.xml", f"{OPEN}{XML}{XML}<link><url value='\"'/></link>{SHUT}\n", 2),
        ("x.xml", f"{OPEN}<entry/>{XML}<entry/>{XML}{SHUT}", 4),
        ("x.xml", f"{OPEN}{XML}<entry/>{XML}{SHUT}", 3),
        ("x.xml", f"{OPEN}{XML}{XML}<entry/>{SHUT}", 3),
        ("x.xml", f"{OPEN}{SHUT}", 0),
    ],
)
def test_files_written_another_way_give_the_same(tmp_path: Path, name: str, content: str, resources: int) -> None:
    (tmp_path / name).write_text(content)
    fast, exact = both(tmp_path / name, mapping(tmp_path))
    assert fast is None or same(fast, exact)
    assert exact.resources == resources


CUT: Callable[[str], str] = lambda text: text[: text.rindex('"fullUrl"') + 9]  # noqa: E731 - one of many contents


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", CUT(bundle(ENTRY, ENTRY, ENTRY))),
        ("x.json", bundle(ENTRY, ENTRY)[:-1]),
        ("x.json", bundle(ENTRY, ENTRY) + "]"),
        ("x.json", bundle(ENTRY, ENTRY, end=', "entry": []')),
        ("x.json", f'{{"entry": [{ENTRY}, {ENTRY}], "resourceType": "Patient"}}'),
        ("x.json", bundle(ENTRY, ENTRY).replace('{"fullUrl"', '{,"fullUrl"')),
        ("x.json", bundle(ENTRY, ENTRY.replace('"finished"', '"fin\nished"'), ENTRY)),
        ("x.json", bundle(ENTRY, ENTRY, ENTRY).replace("}, {", "} {")),
        ("x.xml", f"{OPEN}{XML}{XML}"),
        ("x.xml", f"{OPEN}{XML}{XML}{SHUT}{SHUT}"),
        ("x.xml", f"{OPEN}{XML}{XML.replace('</period>', '</duur>')}{SHUT}"),
        ("x.xml", f"{OPEN}{XML}{XML}{SHUT}{OPEN}{XML}{SHUT}"),
        ("x.xml", f"{OPEN}{XML}{SHUT.replace('Bundle', 'bundle')}"),
        ("x.xml", f"{OPEN}{XML}{XML.replace('finished', '&lang;')}{SHUT}"),
        ("x.xml", f'<!DOCTYPE a [<!ENTITY b "c">]>{OPEN}{XML}{XML}{SHUT}'),
        ("x.xml", f'{OPEN}<!-- <entry> -->{XML}<link a="--> {XML}-->{SHUT}'),
    ],
)
def test_what_is_broken_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(FileProblem):
        read_fhir(tmp_path / name, mapping(tmp_path))
