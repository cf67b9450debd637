"""Encounters in FHIR: the example's figures from every form, any table the same, and each rule by a small file."""

import csv
import gzip
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.exchange.reader import read_folder
from spoedkader.departments import Departments, read_departments
from spoedkader.encounter_sources import FileProblem
from spoedkader.fhir import FhirVisits, is_fhir, placing, read_fhir
from spoedkader.indicators import Indicators, calculate
from tests.support.fhir_files import FORMS, MAPPING, Visit, write, write_mapping, xml_of
from tests.support.fhir_files import encounter as written
from tests.unit.test_indicators import EXAMPLE, HEADER, ZONE, encounter_rows, instant, times

GOOD: Visit = ("1", "SEH", "2025-01-01T10:00:00+01:00", "2025-01-01T11:00:00+01:00")


def mapping(folder: Path, text: str = MAPPING) -> Departments:
    return read_departments(write_mapping(folder, text))


def read(folder: Path, *resources: dict[str, Any], form: str = "ndjson", text: str = MAPPING) -> FhirVisits:
    return read_fhir(write(folder, form, resources), mapping(folder, text))


def counts(found: FhirVisits) -> dict[str, list[int]]:
    assert all(listed.count == len(listed.numbers) for listed in found.left_out.values())
    return {reason: listed.numbers for reason, listed in found.left_out.items() if listed.count}


@pytest.mark.parametrize("location_id", ["L020", "L043", "L044", "L049"])
def test_the_examples_visits_give_the_expected_indicators_in_every_form(location_id: str, tmp_path: Path) -> None:
    folder = read_folder(EXAMPLE)
    stops = [stop for stop in folder.stops if stop.location_id == location_id]
    with (EXAMPLE / "expected" / "indicators.csv").open(encoding="utf-8", newline="") as source:
        expected = next(row for row in csv.reader(source) if row[0] == location_id)
    with folder.encounter_files[location_id].open(encoding="utf-8", newline="") as source:
        visits = [(row[0], row[1], row[2], row[3]) for row in list(csv.reader(source))[1:]]
    resources = [written(number, visit) for number, visit in enumerate(visits)]
    for form in ("ndjson", "json", "xml"):
        found = read(tmp_path, *resources, form=form)
        result = calculate(found.table, stops, 2025)
        assert result.mean_tenths is not None
        assert result.median_tenths is not None
        stays = [f"{value // 10}.{value % 10}" for value in (result.mean_tenths, result.median_tenths)]
        totals = [2025, result.seh_visits, result.ehh_visits, result.seh_stops, *stays, result.excluded]
        assert [location_id, *map(str, totals)] == expected
        assert counts(found) == {}


def spelled(moment: datetime | None, placed: datetime | None, spelling: str) -> str:
    if moment is None or placed is None:
        return ""
    if spelling == "utc":
        return placed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if spelling == "offset":
        return placed.astimezone(ZONE).isoformat(timespec="milliseconds")
    return moment.isoformat(timespec="minutes" if spelling == "local" else "seconds")


@settings(max_examples=60, deadline=None)
@given(encounter_rows(), st.lists(st.sampled_from(["utc", "offset", "local", "seconds"]), min_size=1, max_size=3))
def test_any_table_gives_the_same_in_every_form(
    rows: Sequence[tuple[str, str, datetime, datetime | None]], spellings: list[str]
) -> None:
    cells = [[row[0], row[1], *(t.isoformat(timespec="minutes") if t else "" for t in row[2:])] for row in rows]
    visits: list[Visit] = []
    for number, (visit_id, department, arrived, departed) in enumerate(rows):
        placed = times(arrived, departed)
        assert placed is not None
        spelling = spellings[number % len(spellings)]
        moments = spelled(arrived, placed[0], spelling), spelled(departed, placed[1], spelling)
        visits.append((visit_id, department, *moments))
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        (folder / "visits.csv").write_text(HEADER + "".join(",".join(row) + "\n" for row in cells), "utf-8")
        expected = calculate(folder / "visits.csv", [], 2025)
        for form in FORMS:
            found = read(folder, *(written(number, visit) for number, visit in enumerate(visits)), form=form)
            assert calculate(found.table, [], 2025) == expected
            assert counts(found) == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"resourceType": "Patient"}, placing.NO_ENCOUNTER),
        ({"class": {"code": "AMB"}}, placing.OTHER_CLASS),
        ({"class": {"code": "EMER", "system": "urn:eigen"}}, placing.OTHER_CLASS),
        ({"class": {}}, placing.OTHER_CLASS),
        ({"status": "cancelled"}, placing.NOT_HELD),
        ({"status": "entered-in-error"}, placing.NOT_HELD),
        ({"status": "planned"}, placing.NOT_HELD),
        ({"status": "klaar"}, placing.BAD_STATUS),
        ({"location": [{"location": {"reference": "Location/ic"}}]}, placing.UNKNOWN_DEPARTMENT),
        ({"serviceType": {"coding": [{"system": "urn:afdeling", "code": "EHH"}]}}, placing.BOTH_DEPARTMENTS),
        ({"identifier": [], "id": ""}, placing.NO_VISIT_ID),
        ({"period": {}}, placing.BAD_START),
        ({"period": {"start": "2025-01-01"}}, placing.BAD_START),
        ({"period": {"start": "2025-02-29T10:00:00Z"}}, placing.BAD_START),
        ({"period": {"start": "2025-01-01T24:00:00Z"}}, placing.BAD_START),
        ({"period": {"start": "2025-01-01T10:00:00+15:00"}}, placing.BAD_START),
        ({"period": {"start": "1899-01-01T10:00:00Z"}}, placing.BAD_START),
        ({"period": {"start": "2025-01-01T10:00", "end": "morgen"}}, placing.BAD_END),
        ({"period": {"start": "2025-01-01T10:00", "end": ""}}, placing.BAD_END),
        ({"period": {"start": "2025-01-01T10:00+01:00", "end": "2025-01-01T09:59+01:00"}}, placing.END_BEFORE_START),
        ({"period": {"start": "2025-01-01T10:00", "end": "2025-01-01T08:59Z"}}, placing.END_BEFORE_START),
    ],
)
@pytest.mark.parametrize("form", ["ndjson", "json", "xml"])
def test_what_does_not_count_is_left_out_and_counted(
    tmp_path: Path, change: dict[str, Any], reason: str, form: str
) -> None:
    found = read(tmp_path, written(1, GOOD), {**written(2, GOOD), **change}, written(3, GOOD), form=form)
    assert counts(found) == {reason: [2]}
    assert found.table["number"].to_list() == [1, 3]
    assert found.resources == 3


@pytest.mark.parametrize("name", ["x.ndjson", "x.json"])
def test_half_a_character_is_no_text(tmp_path: Path, name: str) -> None:
    half = json.dumps({**written(2, ("half", *GOOD[1:])), "id": "\ud83d"}).replace('"half"', r'"\ud83d"')
    texts = [json.dumps(written(1, GOOD)), half]
    (tmp_path / name).write_text("\n".join(texts) if name == "x.ndjson" else f"[{', '.join(texts)}]")
    assert counts(read_fhir(tmp_path / name, mapping(tmp_path))) == {placing.NO_VISIT_ID: [2]}


@pytest.mark.parametrize(
    ("start", "end", "arrived", "minutes"),
    [
        # Seconds are cut off, of each time by itself.
        ("2025-01-01T10:00:59.999+01:00", "2025-01-01T10:01:00+01:00", "2025-01-01T10:00", 1),
        ("2025-01-01T10:00:59+01:00", "2025-01-01T10:00:01+01:00", "2025-01-01T10:00", 0),
        # The year is that of the clock in Amsterdam.
        ("2024-12-31T23:30:00Z", "2025-01-01T00:30:00Z", "2025-01-01T00:30", 60),
        ("2025-07-01T10:00:00-05:30", "", "2025-07-01T17:30", None),
        # Both occurrences of the repeated hour, which only an offset tells apart.
        ("2025-10-26T02:10:00+01:00", "2025-10-26T02:50:00+01:00", "2025-10-26T02:10", 40),
        ("2025-10-26T02:10:00+02:00", "2025-10-26T02:50:00+01:00", "2025-10-26T02:10", 100),
        # One with an offset and one without: the one without follows if it can.
        ("2025-10-26T02:50:00+02:00", "2025-10-26T02:10:00", "2025-10-26T02:50", 20),
        ("2025-03-30T00:50:00Z", "2025-03-30T03:10", "2025-03-30T01:50", 20),
    ],
)
@pytest.mark.parametrize("form", ["ndjson", "xml"])
def test_times(tmp_path: Path, start: str, end: str, arrived: str, minutes: int | None, form: str) -> None:
    row = read(tmp_path, written(1, ("1", "SEH", start, end)), form=form).table.row(0, named=True)
    clock = datetime.fromisoformat(arrived)
    assert row["arrived"] == clock.toordinal() * 1440 + clock.hour * 60 + clock.minute
    stay = None if row["departed_utc"] is None else row["departed_utc"] - row["arrived_utc"]
    assert stay == minutes


def test_the_instant_of_a_time_with_an_offset_is_that_of_the_clock(tmp_path: Path) -> None:
    for text in ("2025-01-01T10:00", "2025-07-01T10:00", "2025-10-26T01:59", "2025-03-30T03:00", "2077-08-09T10:11"):
        exact = instant(datetime.fromisoformat(text)).isoformat()
        rows = read(tmp_path, *(written(n, ("1", "SEH", start, "")) for n, start in enumerate((text, exact)))).table
        assert rows["arrived_utc"].n_unique() == rows["arrived"].n_unique() == 1


def test_encounters_of_one_visit_are_one_visit_and_an_id_is_no_identifier(tmp_path: Path) -> None:
    own = {**written(1, GOOD), "identifier": [], "id": "1"}
    found = read(tmp_path, written(1, GOOD), written(2, GOOD), own)
    assert calculate(found.table, [], 2025) == Indicators(2025, 2, 0, 0, Fraction(60), Fraction(60), 0)
    assert found.by_own_id.numbers == [3]
    by_id = MAPPING.replace("visit_id", "#")
    assert calculate(read(tmp_path, written(1, GOOD), written(2, GOOD), text=by_id).table, [], 2025).seh_visits == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", "{"), ("x.json", "[1"), ("x.json", '{"resourceType":"Bundle","entry":[{}],"entry":[{}]}'),
        ("x.json", '{"entry":[{}]}'), ("x.json", '{"entry":[{}],"resourceType":"Encounter"}'),
        ("x.json", '{"resourceType":"Encounter"}\n{"resourceType":"Encounter"}'), ("x.json", "[{}] 1"),
        ("x.json", "[NaN]"), ("x.json", "[" * 100_000), ("x.json", '{"a":' * 100_000), ("x.json", "kapot"),
        ("x.json", '["' + "geheim" * 200_000 + '"]'), ("x.json", '{"a":"' + "geheim" * 200_000 + '"}'),
        ("x.ndjson", '{"a":1}\n{"a":'), ("x.ndjson", '{"a":' * 5_000 + "1" + "}" * 5_000), ("x.ndjson", '{"a":NaN}'),
        ("x.ndjson", '{}\n{"geheim":"' + "x" * 1_000_000 + '"}\n{}'), ("x.ndjson", "{" + " " * 3_000_000),
        ("x.xml", "<a/>"), ("x.xml", '<Bundle xmlns="http://hl7.org/fhir">'), ("x.xml", "<Encounter/>"),
        ("x.xml", '<Bundle xmlns="http://hl7.org/fhir"></Encounter>'), ("x.xml", "<" * 10),
        ("x.xml", '<!DOCTYPE Bundle SYSTEM "file:///etc/passwd"><Bundle xmlns="http://hl7.org/fhir"/>'),
        ("x.xml", '<!DOCTYPE B [<!ENTITY a "geheim">]><Bundle xmlns="http://hl7.org/fhir"><id value="&a;"/></Bundle>'),
        ("x.xml", '<Bundle xmlns="http://hl7.org/fhir">' + "<x>" * 1000),
        ("x.xml", '<Bundle xmlns="http://hl7.org/fhir">' + "<link/>" * 300_000 + "</Bundle>"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content, "utf-8")
    with pytest.raises(FileProblem) as caught:
        read_fhir(file, mapping(tmp_path))
    assert "geheim" not in str(caught.value)


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE B [<!ENTITY a0 "ha">{levels}]><Bundle xmlns="http://hl7.org/fhir" lang="&a11;">&a11;</Bundle>'
    (tmp_path / "x.xml").write_text(bomb)
    with pytest.raises(FileProblem):
        read_fhir(tmp_path / "x.xml", mapping(tmp_path))


@pytest.mark.parametrize("name", ["x.ndjson.gz", "x.json.gz", "x.xml.gz"])
def test_a_zip_bomb_and_a_damaged_one_are_refused(tmp_path: Path, name: str) -> None:
    departments = mapping(tmp_path)
    start = {"x.ndjson.gz": "{}\n" * 1000, "x.json.gz": "[{}", "x.xml.gz": '<Bundle xmlns="http://hl7.org/fhir">'}[name]
    pad = "x" * 500
    again = {
        "x.ndjson.gz": f'{{"a":"{pad}"}}\n',
        "x.json.gz": f',{{"a":"{pad}"}}',
        "x.xml.gz": f'<entry><a b="{pad}"/></entry>',
    }[name]
    packed = gzip.compress((start + again * (20_000_000 // len(again))).encode())
    (tmp_path / name).write_bytes(packed)
    with pytest.raises(FileProblem, match="200 keer"):
        read_fhir(tmp_path / name, departments)
    (tmp_path / name).write_bytes(packed[:-9])
    with pytest.raises(FileProblem):
        read_fhir(tmp_path / name, departments)
    (tmp_path / name).write_bytes(gzip.compress(b"{}\n" * 10)[:-3])
    with pytest.raises(FileProblem):
        read_fhir(tmp_path / name, departments)


def test_forms_are_told_by_content(tmp_path: Path) -> None:
    for form in FORMS:
        assert is_fhir(write(tmp_path, form, [written(1, GOOD)]))
    assert not is_fhir(EXAMPLE / "encounters" / "L020.csv")
    (tmp_path / "csv.gz").write_bytes((tmp_path / "visits.ndjson.gz").read_bytes()[:2])
    with pytest.raises(FileProblem):
        is_fhir(tmp_path / "csv.gz")


def test_one_encounter_is_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("\ufeff " + json.dumps(written(1, GOOD), indent=2) + "\n", "utf-8")
    (tmp_path / "x.xml").write_text(xml_of(written(1, GOOD)), "utf-8")
    for name in ("x.json", "x.xml"):
        assert read_fhir(tmp_path / name, mapping(tmp_path)).table["number"].to_list() == [1]


def test_an_encounter_inside_another_resource_does_not_count(tmp_path: Path) -> None:
    inside = {"resourceType": "Patient", "contained": [written(2, GOOD)]}
    assert counts(read(tmp_path, inside)) == {placing.NO_ENCOUNTER: [1]}
    patient = f"<Patient><contained>{xml_of(written(1, GOOD))}</contained></Patient>"
    text = f'<Bundle xmlns="http://hl7.org/fhir"><entry><resource>{patient}</resource></entry></Bundle>'
    (tmp_path / "x.xml").write_text(text)
    assert counts(read_fhir(tmp_path / "x.xml", mapping(tmp_path))) == {placing.NO_ENCOUNTER: [1]}
