"""The commands `spoedkader questionnaire`, against services that hold the example round."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from services.cli.clients import Addresses, Services
from services.cli.suite import throw_away_suite
from tests.support.clients import RegistryClient

YEAR, LOCATION, SUBMISSION = 2027, "L001", "/locations/L001/submissions/2026"
DELIVERED = ("--delivered", "2026-06-10")


@pytest.fixture(scope="module")
def suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    """Services of their own, for here answers are changed."""
    with throw_away_suite() as addresses:
        imported = spoedkader("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses


@pytest.fixture
def ask(spoedkader: Any, suite: Addresses) -> Any:
    """Runs a command of the group, which succeeds."""

    def run(*arguments: object) -> Any:
        found = spoedkader("questionnaire", *arguments, "--json", addresses=suite)
        assert found.status == 0, found.out + found.err
        return json.loads(found.out)

    return run


@pytest.fixture
def form(ask: Any, tmp_path: Path) -> Path:
    """The form of L001 as it is now."""
    file = tmp_path / "vragenlijst.xlsx"
    ask("download", "--year", YEAR, "--location", LOCATION, "--out", file)
    return file


def cell_of(file: Path, question: str, where: str = "") -> str:
    sheet = openpyxl.load_workbook(file)["Vragenlijst"]
    (row,) = [
        number
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
        if cells[0] == question and str(cells[2] or "").startswith(where)
    ]
    return f"F{row}"


def fill(file: Path, question: str, value: object, where: str = "") -> str:
    place = cell_of(file, question, where)
    book = openpyxl.load_workbook(file)
    book["Vragenlijst"][place] = value
    book.save(file)
    return place


def test_the_effect_is_that_of_the_expected_verdicts(ask: Any, form: Path, example: Path) -> None:
    with (example / "expected" / "verdicts.csv").open(encoding="utf-8", newline="") as stream:
        expected = {row["norm"]: row["verdict"] for row in csv.DictReader(stream) if row["location_id"] == LOCATION}
    found = ask("effect", form)
    assert {each["norm"]: each["verdict"] for each in found["findings"]} == expected
    assert (found["opening_hours_known"], found["not_met"], found["unknown"]) == (
        True,
        ["B5", "C5", "C13"],
        ["D1", "C20"],
    )
    as_json = form.with_suffix(".json")
    ask("download", "--year", YEAR, "--location", LOCATION, "--out", as_json)
    assert ask("effect", as_json) == found


def test_the_effect_without_services_says_what_it_assumed(spoedkader: Any, form: Path, tmp_path: Path) -> None:
    nowhere = Addresses(*[f"unix:{tmp_path}/niets"] * 3)
    found = spoedkader("questionnaire", "effect", form, addresses=nowhere)
    assert found.status == 0, found.err
    assert "L001 aan 22 van 27 normen; niet: B5, C5, C13; onbekend: D1, C20." in found.out
    assert "elk tijdblok is als geopend gerekend" in found.out


def test_check_needs_no_services_and_names_each_cell(spoedkader: Any, ask: Any, form: Path) -> None:
    found = ask("check", form, "--year", YEAR, "--location", LOCATION, "--policies", "policies")
    themes = {each["theme"]: (each["answered"], each["asked"]) for each in found["completeness"]}
    assert (found["faults"], themes["regie"]) == ([], (1, 2))
    places = [fill(form, "ic.beschikbaar", "wellicht"), fill(form, "triage.gereed_minuten", "=2*4")]
    spoken = spoedkader("questionnaire", "check", form)
    assert spoken.status == 1
    assert f"Vragenlijst!{places[0]}: kies ja of nee" in spoken.err
    assert f"Vragenlijst!{places[1]}: bevat een formule; vul een geheel getal in" in spoken.err
    assert json.loads(spoedkader("questionnaire", "check", form, "--json").out)["faults"][0]["place"].endswith(
        places[0]
    )
    refused = spoedkader("questionnaire", "submit", form, *DELIVERED)
    assert (refused.status, "er is niets mee gedaan" in refused.err) == (1, True)


def test_a_form_of_another_round_location_or_file_is_refused(spoedkader: Any, form: Path, suite: Addresses) -> None:
    for options, words in ((("--year", 2028), "ronde 2027"), (("--location", "L002"), "locatie L001")):
        for command in (("check",), ("effect",), ("submit", *DELIVERED)):
            found = spoedkader("questionnaire", command[0], form, *command[1:], *options, addresses=suite)
            assert (found.status, words in found.err) == (1, True), found.err
    found = spoedkader("questionnaire", "download", "--year", YEAR, "--location", "L1", "--out", form, addresses=suite)
    assert (found.status, "L1" in found.err) == (1, True)
    assert spoedkader(
        "questionnaire", "download", "--year", YEAR, "--location", LOCATION, "--out", "a.doc", addresses=suite
    ).err.startswith("Het bestand moet eindigen op .xlsx of .json.")


def test_a_correction_is_handed_in_whole_and_judged_when_asked(
    spoedkader: Any, ask: Any, form: Path, suite: Addresses
) -> None:
    fill(form, "regie.eindverantwoordelijke", "ja")
    assert ask("effect", form)["unknown"] == ["D1"]
    before = ask("check", form)
    done = ask("submit", form, *DELIVERED, "--definitief", "--assess")
    assert done["submission"].endswith(SUBMISSION)
    assert (done["changed"], done["answered"], done["status"]) == (1, before["answered"], "definitief")
    verdicts = {each["norm"]: each["verdict"] for each in done["assessment"]["findings"]}
    assert verdicts["C20"] == "VERDICT_VOLDOET"
    # The same again is no new revision; a correction of the same form would overwrite what it never saw.
    again = ask("submit", form, *DELIVERED, "--definitief")
    assert (again["revision"], again["changed"], "assessment" in again) == (done["revision"], 0, False)
    fill(form, "regie.eindverantwoordelijke", "nee")
    refused = spoedkader("questionnaire", "submit", form, *DELIVERED, addresses=suite)
    assert (refused.status, f"(revisie {done['revision']})" in refused.err) == (1, True)
    assert ask("submit", form, *DELIVERED, "--replace")["revision"] == done["revision"] + 1


def test_parts_of_two_people_are_both_kept(
    spoedkader: Any, ask: Any, form: Path, tmp_path: Path, suite: Addresses
) -> None:
    other = tmp_path / "ander.xlsx"
    other.write_bytes(form.read_bytes())
    fill(form, "triage.gereed_minuten", 9)
    fill(other, "radiologie.ct_minuten", 44)
    place = fill(other, "huisarts.bericht_24_uur", None)
    assert ask("submit", form, *DELIVERED, "--part")["changed"] == 1
    assert ask("submit", other, *DELIVERED, "--part")["changed"] == 2
    ask("download", "--year", YEAR, "--location", LOCATION, "--out", tmp_path / "nu.json")
    answers = json.loads((tmp_path / "nu.json").read_text("utf-8"))["answers"]
    assert (answers["triage.gereed_minuten"], answers["radiologie.ct_minuten"]) == (9, 44)
    assert answers["huisarts.bericht_24_uur"] is None
    # What both changed is nobody's to lose.
    fill(form, "huisarts.bericht_24_uur", "niet altijd")
    refused = spoedkader("questionnaire", "submit", form, *DELIVERED, "--part", addresses=suite)
    assert (refused.status, f"Vragenlijst!{place}: is intussen ook anders beantwoord" in refused.err) == (1, True)
    both = spoedkader("questionnaire", "submit", form, *DELIVERED, "--part", "--replace", addresses=suite)
    assert both.err.strip() == "Kies --part of --replace, niet allebei."


def test_a_location_without_answers_gets_an_empty_form(ask: Any, suite: Addresses, tmp_path: Path) -> None:
    with Services(suite) as services:
        new = RegistryClient(services.registry.channel).new_location()
    file = tmp_path / "leeg.xlsx"
    found = ask("download", "--year", YEAR, "--location", new.name.rpartition("/")[2], "--out", file)
    assert (found["answered"], found["asked"]) == (0, 69)
    fill(file, "ic.beschikbaar", "ja")
    done = ask("submit", file, *DELIVERED, "--part")
    assert (done["revision"], done["answered"]) == (1, 1)


def test_a_spoedpoli_gets_no_form(spoedkader: Any, suite: Addresses, tmp_path: Path) -> None:
    file = tmp_path / "spoedpoli.xlsx"
    found = spoedkader(
        "questionnaire", "download", "--year", YEAR, "--location", "L025", "--out", file, addresses=suite
    )
    assert (found.status, file.exists()) == (1, False)
    assert "L025 is geen SEH-locatie" in found.err
