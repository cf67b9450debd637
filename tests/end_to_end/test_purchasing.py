"""The commands `spoedkader purchasing`, against services that hold the example round."""

import json
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from services.cli.clients import Addresses

NEW_AND_REFUSED = "06995027"


@pytest.fixture(scope="module")
def purchasing(spoedkader: Any, example_suite: Addresses) -> Any:
    """Runs a command of the group over the assessed round, as JSON and as people read it."""
    assert spoedkader("assess", "--year", 2027, "--json", addresses=example_suite).status == 0
    assert spoedkader("budget", "--year", 2027, "--json", addresses=example_suite).status == 0

    def run(*arguments: object) -> tuple[Any, str]:
        spoken = spoedkader("purchasing", *arguments, addresses=example_suite)
        assert spoken.status == 0, spoken.err
        found = spoedkader("purchasing", *arguments, "--json", addresses=example_suite)
        return json.loads(found.out), spoken.out

    return run


def test_cases_are_those_that_the_assessments_opened(purchasing: Any) -> None:
    found, spoken = purchasing("cases", "--year", 2027)
    tracks = [case["track"] for case in found["cases"]]
    # As many as expected/routes.csv has locations with each route.
    assert (tracks.count("TRACK_HERSTEL"), tracks.count("TRACK_VERBETERPLAN")) == (16, 49)
    assert "verbeterplan opstellen" in spoken


def test_conditions_of_a_refused_provider(purchasing: Any) -> None:
    found, spoken = purchasing("conditions", NEW_AND_REFUSED, "--year", 2027)
    statuses = {each["id"]: each["status"] for each in found["conditions"]}
    assert statuses["nieuwe_aanbieders"] == "STATUS_NIET_VOLDAAN"
    assert found["joint_application_blocked"] is True
    assert "houden een gezamenlijke aanvraag tegen" in spoken


def test_deadlines_of_an_insurer_also_as_a_calendar(purchasing: Any, tmp_path: Path) -> None:
    file = tmp_path / "termijnen.ics"
    found, _ = purchasing("deadlines", "--year", 2027, "--insurer", "9101", "--ics", file)
    dated = [deadline for deadline in found["deadlines"] if "due_date" in deadline]
    assert len(Calendar.from_ical(file.read_bytes()).walk("VEVENT")) == len(dated) > 0


def test_an_outlook_has_both_sides(purchasing: Any) -> None:
    found, spoken = purchasing("outlook", "06992516", "--year", 2027)
    assert found["prognosis"]["units"] == "3063515"
    assert "realisatie" in spoken


def test_a_scenario_is_labelled_and_adds_up(purchasing: Any, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text('{"norm_amount": {"currency_code": "EUR", "units": "2300000"}}', "utf-8")
    found, spoken = purchasing("scenario", file, "--year", 2027)
    # Half the norm amount: half of each budget but for the rounding of a cent for each location.
    now, then = (int(found[key]["units"]) for key in ("total_now", "total_scenario"))
    assert abs(now - 2 * then) <= 1
    assert found["label"] in spoken.replace("\n", " ")


def test_schoning_is_neutral_on_the_total(purchasing: Any, tmp_path: Path) -> None:
    file = tmp_path / "omzet.csv"
    rows = ["agb,turnover_cents,former_contribution_cents,negotiated_share"]
    rows += ["06992516,9000000000,,", "06995508,30000000000,100000000,1/2"]
    file.write_text("\n".join(rows) + "\n", "utf-8")
    found, spoken = purchasing("schoning", file, "--year", 2027)
    totals = [variant.get("total_effect", {}) for variant in found["variants"]]
    assert [int(total.get("units", 0)) for total in totals[:2]] == [0, 0]
    assert int(totals[2]["units"]) > 0
    assert "naar rato van omzet" in spoken


def test_changes_go_on_from_a_cursor(purchasing: Any) -> None:
    first, spoken = purchasing("changes", "quality", "--size", 5)
    assert [int(change["position"]) for change in first["changes"]] == [1, 2, 3, 4, 5]
    assert first["next_cursor"] in spoken
    second, _ = purchasing("changes", "quality", "--size", 5, "--cursor", first["next_cursor"])
    assert int(second["changes"][0]["position"]) == 6


def test_applications_of_a_round_without_any(purchasing: Any) -> None:
    found, _ = purchasing("applications", "--year", 2027)
    assert found == {"applications": []}


def test_what_is_no_choice_is_one_line(spoedkader: Any, example_suite: Addresses, tmp_path: Path) -> None:
    both = spoedkader(
        "purchasing", "deadlines", "--year", 2027, "--provider", "1", "--insurer", "2", addresses=example_suite
    )
    assert (both.status, both.err.strip()) == (1, "Kies --provider of --insurer, niet allebei.")
    other = spoedkader("purchasing", "changes", "kassa", addresses=example_suite)
    assert other.status == 1
    document = spoedkader("purchasing", "document", "x", "--out", tmp_path / "a.doc", addresses=example_suite)
    assert ".json, .html, .pdf" in document.err
