"""Every malformation of an exchange folder is found, with its file and line, however many stand in one folder."""

import json
import shutil
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.cli.exchange.problems import FolderProblems, Problem
from services.cli.exchange.reader import read_folder
from services.cli.exchange.rows import OpeningHours

EXAMPLE = Path(__file__).parents[3] / "data" / "voorbeeld-2027"

ROUND = {
    "budget_year": 2027,
    "survey_year": 2026,
    "reference_year": 2025,
    "policy_year": 2027,
    "rivm_preliminary_delivered_on": "2026-06-15",
    "norm_amount_cents": 460000000,
}
ANSWERS = {
    "location_id": "L1",
    "survey_year": 2026,
    "status": "voorlopig",
    "delivered_on": "2026-06-10",
    "answers": {"ic.beschikbaar": True, "arts.als_afgerond": {"kantooruren": True, "anw": None}},
}
FILES = {
    "round.json": json.dumps(ROUND, indent=2) + "\n",
    "providers.csv": (
        "agb,kvk,name,provides_seh_since,representatives\n06010101,01234567,Stichting A,1990-01-01,9101;9102\n"
    ),
    "approvals.csv": "agb,uzovi,decision,decided_on,reason\n06010101,9999,AFGEWEZEN,2026-01-01,\n",
    "locations.csv": (
        "location_id,agb,agb_location,name,roaz_region,care_type,opened_on,closed_on\n"
        'L1,06010101,06020202,"Huis A, Veen",Noord,SEH,1990-01-01,\n'
    ),
    "opening_hours.csv": "location_id,valid_from,valid_until,weekdays,opens,closes\nL1,2020-01-01,,12345,08:00,24:00\n",
    "closures.csv": (
        "closure_id,location_id,starts_at,ends_at,foreseen,reason\nC1,L1,2027-01-01T00:00,2027-01-02T00:00,true,\n"
    ),
    "stops.csv": "stop_id,location_id,department,starts_at,ends_at,reason\nS1,L1,SEH,2027-01-01T00:00,,druk\n",
    "indicators.csv": (
        "location_id,year,seh_visits,ehh_visits,seh_stops,mean_length_of_stay_minutes,median_length_of_stay_minutes\n"
        "L1,2025,10,,3,183.1,163.0\n"
    ),
    "attestations.csv": "agb,kind,attested_on,document\n06010101,SCHONING,2026-09-02,schoning.pdf\n",
    "answers/L1.json": json.dumps(ANSWERS, indent=1) + "\n",
    "encounters/L1.csv": "visit_id,department,arrived_at,departed_at\n",
}


def make(path: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    for name, content in {**FILES, **(changes or {})}.items():
        if content is not None:
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems_of(path: Path, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(FolderProblems) as caught:
        read_folder(path, **options)
    return caught.value.problems


def replaced(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new)}


def test_small_folder_is_right(tmp_path: Path) -> None:
    folder = read_folder(make(tmp_path), roaz_regions=frozenset({"Noord"}))
    assert folder.opening_hours == (OpeningHours("L1", date(2020, 1, 1), None, (1, 2, 3, 4, 5), 480, 1440),)
    assert folder.providers[0].representatives == ("9101", "9102")
    assert folder.answers[0].answers == ANSWERS["answers"]
    assert list(folder.encounter_files) == ["L1"]


def test_optional_files_may_be_absent(tmp_path: Path) -> None:
    kept = ("round.json", "providers.csv", "locations.csv")
    folder = read_folder(make(tmp_path, {name: None for name in FILES if name not in kept}))
    assert not folder.stops
    assert not folder.answers


def test_example_is_right_and_fast() -> None:
    read_folder(EXAMPLE)
    started = time.process_time()
    folder = read_folder(EXAMPLE)
    assert time.process_time() - started < 1.5
    assert len(folder.stops) == 10353
    assert sorted(folder.encounter_files) == ["L020", "L043", "L044", "L049"]


def test_example_keeps_the_decision_of_an_insurer_who_is_no_representative() -> None:
    folder = read_folder(EXAMPLE)
    representatives = {provider.agb: provider.representatives for provider in folder.providers}
    assert any(approval.uzovi not in representatives[approval.agb] for approval in folder.approvals)


CELLS = [
    # file, what stands there, what is put there, line, field, part of the reason
    ("providers.csv", "06010101,0123", "6010101,0123", 2, "agb", "AGB"),
    ("providers.csv", "01234567", "0123456", 2, "kvk", "KvK"),
    ("providers.csv", "01234567", "٠1234567", 2, "kvk", "KvK"),
    ("providers.csv", "9101;9102", "9101;910", 2, "representatives", "UZOVI"),
    ("providers.csv", "9101;9102", "9101;9101", 2, "representatives", "dubbel"),
    ("providers.csv", "Stichting A", "", 2, "name", "leeg"),
    ("providers.csv", "Stichting A", "Stich\x00ting", 2, "name", "stuurteken"),
    ("providers.csv", "Stichting A", "x" * 10_001, 2, "name", "10000"),
    ("providers.csv", "1990-01-01", "1990-02-30", 2, "provides_seh_since", "bestaande"),
    ("providers.csv", "1990-01-01", "19900101", 2, "provides_seh_since", "datum"),
    ("providers.csv", "1990-01-01", "1899-12-31", 2, "provides_seh_since", "1899"),
    ("providers.csv", "1990-01-01", "2200-01-01", 2, "provides_seh_since", "2200"),
    ("providers.csv", "9101;9102", "", 2, "representatives", "leeg"),
    ("providers.csv", "9101;9102", ";".join(str(code) for code in range(9101, 9122)), 2, "representatives", "20"),
    ("providers.csv", "Stichting A", "x" * 201, 2, "name", "200"),
    ("providers.csv", "Stichting A", " ", 2, "name", "leeg"),
    ("stops.csv", "druk", "x" * 2001, 2, "reason", "2000"),
    ("stops.csv", "S1", "-S1", 2, "stop_id", "geen id"),
    ("approvals.csv", "AFGEWEZEN", "afgewezen", 2, "decision", "AKKOORD"),
    ("approvals.csv", "9999", "999", 2, "uzovi", "UZOVI"),
    ("approvals.csv", "06010101", "06010102", 2, "agb", "onbekende zorgaanbieder"),
    ("locations.csv", "L1,06010101", "L1,06010102", 2, "agb", "onbekende zorgaanbieder"),
    ("locations.csv", "06020202", "0602020x", 2, "agb_location", "AGB"),
    ("locations.csv", "SEH", "EHH", 2, "care_type", "SPOEDPOLI"),
    ("locations.csv", "Noord", "Mars", 2, "roaz_region", "ROAZ"),
    ("locations.csv", "1990-01-01,", "1990-01-01,1989-12-31", 2, "closed_on", "voor opened_on"),
    ("opening_hours.csv", "L1", "L2", 2, "location_id", "onbekende locatie"),
    ("opening_hours.csv", "01-01,,", "01-01,2020-01-01,", 2, "valid_until", "valid_from"),
    ("opening_hours.csv", "12345", "128", 2, "weekdays", "weekdagen"),
    ("opening_hours.csv", "12345", "11", 2, "weekdays", "dubbel"),
    ("opening_hours.csv", "08:00", "24:00", 2, "opens", "openingstijd"),
    ("opening_hours.csv", "08:00", "8:00", 2, "opens", "openingstijd"),
    ("opening_hours.csv", "24:00", "24:01", 2, "closes", "sluitingstijd"),
    ("closures.csv", "C1,L1", "C1,L2", 2, "location_id", "onbekende locatie"),
    ("closures.csv", "2027-01-02T00:00", "2027-01-01T00:00", 2, "ends_at", "na het begin"),
    ("closures.csv", "2027-01-02T00:00", "2026-01-01T00:00", 2, "ends_at", "na het begin"),
    ("closures.csv", "2027-01-02T00:00", "2027-01-02T24:00", 2, "ends_at", "bestaand tijdstip"),
    ("closures.csv", "2027-01-02T00:00", "2027-01-02T00:00:00", 2, "ends_at", "tijdstip"),
    ("closures.csv", "2027-01-02T00:00", "2027-01-02T00:00Z", 2, "ends_at", "tijdstip"),
    ("closures.csv", "true", "True", 2, "foreseen", "true of false"),
    ("stops.csv", "S1,L1", "S1,L9", 2, "location_id", "onbekende locatie"),
    ("stops.csv", "SEH", "IC", 2, "department", "EHH"),
    ("stops.csv", "00:00,,", "00:00,2027-01-01T00:00,", 2, "ends_at", "na het begin"),
    ("stops.csv", "S1", "../S1", 2, "stop_id", "geen id"),
    ("indicators.csv", "L1,2025", "L2,2025", 2, "location_id", "onbekende locatie"),
    ("indicators.csv", ",10,", ",-10,", 2, "seh_visits", "negatief"),
    ("indicators.csv", ",10,", ",10.0,", 2, "seh_visits", "geheel getal"),
    ("indicators.csv", ",10,", ",9999999999,", 2, "seh_visits", "te groot"),
    ("indicators.csv", "2025", "3025", 2, "year", "3025"),
    ("indicators.csv", "183.1", "183.15", 2, "mean_length_of_stay_minutes", "één decimaal"),
    ("indicators.csv", "163.0", "-1.0", 2, "median_length_of_stay_minutes", "negatief"),
    ("attestations.csv", "06010101", "06010102", 2, "agb", "onbekende zorgaanbieder"),
    ("attestations.csv", "SCHONING", "ANDERS", 2, "kind", "RIVM_UITVRAAG"),
    ("answers/L1.json", '"L1"', '"L2"', 2, "location_id", "naam van het bestand"),
    ("answers/L1.json", '"survey_year": 2026', '"survey_year": 2025', 3, "survey_year", "uitvraagjaar"),
    ("answers/L1.json", "voorlopig", "concept", 4, "status", "definitief"),
    ("answers/L1.json", "2026-06-10", "2026-6-10", 5, "delivered_on", "datum"),
    ("answers/L1.json", '"delivered_on"', '"geleverd_op"', 5, "geleverd_op", "onbekende sleutel"),
    (
        "answers/L1.json",
        'true,\n  "arts',
        'true,\n  "ic.beschikbaar": false,\n  "arts',
        8,
        "answers/ic.beschikbaar",
        "dubbel",
    ),
    ("answers/L1.json", "null", "NaN", 10, "answers/arts.als_afgerond/anw", "getal"),
    ("answers/L1.json", "null", '"\\ud800"', 10, "answers/arts.als_afgerond/anw", "half teken"),
    ("answers/L1.json", "null", "", 11, "", "geldige JSON"),
    ("answers/L1.json", FILES["answers/L1.json"], "[" * 100_000, 1, "", "diep"),
    ("answers/L1.json", FILES["answers/L1.json"], "[]", 1, "", "geen object"),
    ("round.json", '"budget_year": 2027', '"budget_year": "2027"', 2, "budget_year", "geheel getal"),
    ("round.json", '"budget_year": 2027', '"budget_year": true', 2, "budget_year", "geheel getal"),
    ("round.json", '"budget_year": 2027', '"budget_year": 1027', 2, "budget_year", "ligt niet tussen"),
    ("round.json", "460000000", "-1", 7, "norm_amount_cents", "negatief"),
    ("round.json", "2026-06-15", "15-06-2026", 6, "rivm_preliminary_delivered_on", "datum"),
    ("round.json", '"policy_year": 2027,\n', "", 1, "policy_year", "sleutel ontbreekt"),
    ("round.json", '"policy_year"', '"norm_set"', 5, "norm_set", "onbekende sleutel"),
    ("round.json", '"policy_year": 2027', '"budget_year": 2028', 5, "budget_year", "dubbel"),
    ("stops.csv", "stop_id,", "stop_id,extra,", 1, "extra", "onbekende kolom"),
    ("stops.csv", "department,", "", 1, "department", "kolom ontbreekt"),
    ("stops.csv", "reason", "reason,reason", 1, "reason", "dubbel"),
    ("stops.csv", ",druk", "", 2, "", "5 cellen in plaats van 6"),
    ("stops.csv", "druk", "druk,druk", 2, "", "7 cellen in plaats van 6"),
    ("stops.csv", "druk", '"druk', 2, "", "niet gesloten"),
    ("stops.csv", "druk", '"druk"x', 2, "", "komma"),
    ("stops.csv", FILES["stops.csv"], "", 1, "", "kopregel"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "field", "reason"), CELLS)
def test_one_malformation(tmp_path: Path, file: str, old: str, new: str, line: int, field: str, reason: str) -> None:
    problems = problems_of(make(tmp_path, replaced(file, old, new)), roaz_regions=frozenset({"Noord"}))
    assert any(p.file == file and p.line == line and p.field == field and reason in p.reason for p in problems), (
        problems
    )


def test_all_cell_malformations_in_one_folder_are_reported_at_once(tmp_path: Path) -> None:
    """A file per case would hide that one fault can mask another; here the faulty rows stand under each other."""
    faults = [
        case for case in CELLS if case[0].endswith(".csv") and case[3] == 2 and case[4] and case[4] != "roaz_region"
    ]
    changes: dict[str, str] = {}
    expected: list[tuple[str, int, str]] = []
    for file, old, new, _, field, _ in faults:
        text = changes.get(file, FILES[file])
        row = FILES[file].replace(old, new).split("\n")[1]
        expected.append((file, text.count("\n") + 1, field))
        changes[file] = text + row + "\n"
    found = {(p.file, p.line, p.field) for p in problems_of(make(tmp_path, changes))}
    assert not set(expected) - found


def test_several_faults_in_one_row_and_in_every_file(tmp_path: Path) -> None:
    changes = {
        **replaced("stops.csv", "S1,L1,SEH,2027-01-01T00:00,,druk", "S1,L7,IC,2027-01-01T00:00,2026-01-01T00:00,druk"),
        **replaced("closures.csv", "C1,L1", "C1,L8"),
        **replaced("round.json", "460000000", "1.5"),
        "answers/L1.json": "{",
        "encounters/L9.csv": "",
        "stop.csv": "",
    }
    found = [(p.file, p.line, p.field) for p in problems_of(make(tmp_path, changes))]
    assert found == [
        ("answers/L1.json", 1, ""),
        ("closures.csv", 2, "location_id"),
        ("encounters/L9.csv", 1, ""),
        ("round.json", 7, "norm_amount_cents"),
        ("stop.csv", 1, ""),
        ("stops.csv", 2, "department"),
        ("stops.csv", 2, "ends_at"),
        ("stops.csv", 2, "location_id"),
    ]


@pytest.mark.parametrize("missing", ["round.json", "providers.csv", "locations.csv"])
def test_missing_required_file_is_one_problem(tmp_path: Path, missing: str) -> None:
    assert problems_of(make(tmp_path, {missing: None})) == (Problem(missing, 1, "", "bestand ontbreekt"),)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "weg")[0].reason == "map bestaat niet"


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("providers.csv", "agb"),
        ("locations.csv", "location_id"),
        ("closures.csv", "closure_id"),
        ("stops.csv", "stop_id"),
        ("indicators.csv", "location_id"),
    ],
)
def test_duplicate_ids(tmp_path: Path, file: str, field: str) -> None:
    row = FILES[file].split("\n", 1)[1]
    (problem,) = problems_of(make(tmp_path, {file: FILES[file] + row}))
    assert (problem.file, problem.line, problem.field) == (file, 3, field)
    assert "regel 2" in problem.reason


def test_leading_zeros_make_another_id(tmp_path: Path) -> None:
    row = "S01,L1,SEH,2027-01-01T00:00,,\nS001,L1,SEH,2027-01-01T00:00,,\n"
    assert len(read_folder(make(tmp_path, {"stops.csv": FILES["stops.csv"] + row})).stops) == 3


def test_a_row_starts_on_its_physical_line(tmp_path: Path) -> None:
    rows = 'S2,L1,SEH,2027-01-01T00:00,,"een\ntwee\ndrie"\n\nS3,L1,XXX,2027-01-01T00:00,,\n'
    (problem,) = problems_of(make(tmp_path, {"stops.csv": FILES["stops.csv"] + rows}))
    assert (problem.line, problem.field) == (7, "department")


def test_not_utf8_names_every_line_and_the_rest_is_still_read(tmp_path: Path) -> None:
    rows = (
        b"S2,L1,SEH,2027-01-01T00:00,,patie\xebnten\nS3,L1,XXX,2027-01-01T00:00,,\nS4,L1,SEH,2027-01-01T00:00,,\xff\n"
    )
    found = problems_of(make(tmp_path, {"stops.csv": FILES["stops.csv"].encode() + rows}))
    assert [(p.line, p.field) for p in found] == [(3, ""), (4, "department"), (5, "")]
    assert "0xEB" in found[0].reason


def test_byte_order_mark_crlf_and_another_column_order_are_fine(tmp_path: Path) -> None:
    changed: dict[str, bytes] = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()
    }
    changed["attestations.csv"] = b"kind,agb,document,attested_on\nSCHONING,06010101,,2026-09-02\n"
    make(tmp_path / "plain")
    folder = read_folder(make(tmp_path / "changed", changed))
    assert folder.stops == read_folder(tmp_path / "plain").stops
    assert folder.attestations[0].agb == "06010101"


def test_unreadable_locations_do_not_make_every_reference_unknown(tmp_path: Path) -> None:
    found = problems_of(make(tmp_path, replaced("locations.csv", "Noord", '"Noord')))
    assert [(p.file, p.line) for p in found] == [("locations.csv", 2)]
    found = problems_of(make(tmp_path, replaced("locations.csv", "1990-01-01", "gisteren")))
    assert [(p.file, p.field) for p in found] == [("locations.csv", "opened_on")]


def test_braces_in_a_cell_are_quoted_as_they_are(tmp_path: Path) -> None:
    (problem,) = problems_of(make(tmp_path, replaced("stops.csv", "SEH", "{reason}")))
    assert "'{reason}'" in problem.reason


def test_answers_are_judged_and_placed(tmp_path: Path) -> None:
    def check(answers: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
        assert "ic.beschikbaar" in answers
        return [
            (("arts.als_afgerond", "anw"), "fout"),
            (("arts.als_afgerond", "nacht"), "ontbreekt"),
            (("weg",), "ontbreekt"),
            ((), "alles"),
        ]

    found = problems_of(make(tmp_path), answers_check={2027: check}.get)
    assert [(p.line, p.field, p.reason) for p in found] == [
        (6, "answers", "alles"),
        (6, "answers/weg", "ontbreekt"),
        (8, "answers/arts.als_afgerond/nacht", "ontbreekt"),
        (10, "answers/arts.als_afgerond/anw", "fout"),
    ]


def test_a_policy_year_without_rules_is_a_problem_of_the_round(tmp_path: Path) -> None:
    (problem,) = problems_of(make(tmp_path), answers_check=lambda _: None)
    assert (problem.file, problem.line, problem.field) == ("round.json", 5, "policy_year")
    assert "2027" in problem.reason


def test_a_column_too_many_in_the_header_alone_hides_nothing(tmp_path: Path) -> None:
    lines = FILES["closures.csv"].replace("2027-01-02T00:00", "2026-01-02T00:00").splitlines()
    folder = make(tmp_path, {"closures.csv": "\n".join([f"{lines[0]},kleur", *lines[1:], ""])})
    assert [(p.line, p.field) for p in problems_of(folder)] == [(1, "kleur"), (2, "ends_at")]


def test_a_closure_can_be_foreseen_or_not_or_not_known(tmp_path: Path) -> None:
    for cell, value in (("true", True), ("false", False), ("", None)):
        folder = read_folder(make(tmp_path, replaced("closures.csv", "true", cell)))
        assert [closure.foreseen for closure in folder.closures] == [value]


def test_a_location_has_at_most_200_rows_of_opening_hours(tmp_path: Path) -> None:
    header, row = FILES["opening_hours.csv"].splitlines(keepends=True)[:2]
    assert read_folder(make(tmp_path, {"opening_hours.csv": header + row * 200}))
    (problem,) = problems_of(make(tmp_path, {"opening_hours.csv": header + row * 203}))
    assert (problem.file, problem.line, problem.field) == ("opening_hours.csv", 202, "location_id")


def test_an_escaped_key_is_placed(tmp_path: Path) -> None:
    text = FILES["answers/L1.json"].replace("anw", "\\u00e9\\n")
    found = problems_of(make(tmp_path, {"answers/L1.json": text.replace("null", "1e999")}))
    assert [p.line for p in found] == [10]


def test_stray_files_in_subfolders(tmp_path: Path) -> None:
    found = problems_of(make(tmp_path, {"answers/L1.txt": "", "answers/.hidden": "", "encounters/x.json": ""}))
    assert [p.file for p in found] == ["answers/L1.txt", "encounters/x.json"]


def test_problems_print_one_per_line(tmp_path: Path) -> None:
    with pytest.raises(FolderProblems) as caught:
        read_folder(make(tmp_path, {"round.json": None, **replaced("stops.csv", "SEH", "IC")}))
    assert str(caught.value).split("\n")[0] == "round.json:1: bestand ontbreekt"
    assert str(caught.value).split("\n")[1].startswith("stops.csv:2: department: ")


def test_a_copy_of_the_example_reads_the_same(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "copy")
    assert read_folder(tmp_path / "copy") == read_folder(EXAMPLE)
