"""From the facts about a provider to the document that the conditions are judged on."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.conditions.model import (
    Answers,
    Assessed,
    Attestation,
    Case,
    ConditionFacts,
    Duty,
    Kind,
    LocationFacts,
    RoundDays,
    Track,
    canonical,
    digest,
    document,
    operates_in,
)
from services.budget.facts import Approval, CareType, Decision, Location, Provider
from services.policy.conditions import INPUTS, read_conditions
from services.policy.embedded import EmbeddedEngine
from services.policy.judgements import read_judgements
from services.policy.purchasing import load_purchasing_year

from .samples import PARAMETERS, POLICIES, choosing, location

AS_OF = date(2026, 10, 1)
ROUND = RoundDays(2027, 2026, 2025, date(2026, 6, 15))
WHOLE = LocationFacts(
    answers=Answers(date(2026, 5, 1), 1),
    indicators={
        "seh_visits": 20000,
        "ehh_visits": 3000,
        "seh_stops": 0,
        "mean_length_of_stay_tenths": 1800,
        "median_length_of_stay_tenths": 1650,
    },
    assessed=Assessed(1, ("VOLDOET",)),
)


def provider(*locations: Location, **fields: Any) -> Provider:
    given: dict[str, Any] = {
        "agb": "06010101",
        "provides_seh_since": date(1990, 1, 1),
        "representatives": ("9101", "9102"),
        "approvals": (),
        "locations": locations or (location(),),
        **fields,
    }
    return Provider(**given)


def facts(*locations: Location, known: LocationFacts = WHOLE, **fields: Any) -> ConditionFacts:
    """A provider for which everything is as it should be."""
    made = provider(*locations, **fields)
    return ConditionFacts(
        provider=made,
        round=ROUND,
        attestations={kind: Attestation(date(2026, 9, 1), "DOC-1") for kind in Kind},
        locations={each.location_id: known for each in made.locations},
        submitted_on=None,
    )


def test_a_document_holds_exactly_what_rules_may_read() -> None:
    assert set(document(facts(), PARAMETERS, AS_OF)) == set(INPUTS)


def test_the_whole_document() -> None:
    known = replace(
        WHOLE,
        answers=Answers(date(2026, 5, 1), 2),
        assessed=Assessed(1, ("VERBETERPLAN", "HERSTELTERMIJN")),
        cases={
            Track.HERSTEL: Case("TIJDELIJKE_UITZONDERING", None, date(2027, 3, 31)),
            Track.VERBETERPLAN: Case("VERBETERPLAN_OPSTELLEN", date(2026, 9, 15), None),
        },
        duties=(Duty("STRUCTURELE_SLUITING", date(2027, 3, 8)), Duty("SEH_STOPS", date(2027, 2, 1))),
    )
    found = document(facts(known=known), choosing(filing_deadline=date(2026, 11, 1)), AS_OF)
    assert found == {
        "budget_year": 2027,
        "as_of": "2026-10-01",
        "survey_year": 2026,
        "reference_year": 2025,
        "reference_end": "2025-12-31",
        "delivered_on": "2026-06-15",
        "filing_deadline": "2026-11-01",
        "submitted_on": "",
        "new_provider": False,
        "representatives": [{"insurer": "9101", "decision": ""}, {"insurer": "9102", "decision": ""}],
        "attestations": {kind.value: {"attested_on": "2026-09-01", "document": "DOC-1"} for kind in Kind},
        "locations": [
            {
                "name": "providers/06010101/locations/veenrode",
                "opened_on": "1990-01-01",
                "excluded": False,
                "answers": {"delivered_on": "2026-05-01", "revision": 2},
                "indicators": WHOLE.indicators,
                "assessment": {"submission_revision": 1, "routes": ["HERSTELTERMIJN", "VERBETERPLAN"]},
                "cases": {
                    "HERSTEL": {"state": "TIJDELIJKE_UITZONDERING", "due_on": "", "exception_until": "2027-03-31"},
                    "VERBETERPLAN": {
                        "state": "VERBETERPLAN_OPSTELLEN",
                        "due_on": "2026-09-15",
                        "exception_until": "",
                    },
                },
                "duties": [
                    {"kind": "SEH_STOPS", "due_on": "2027-02-01"},
                    {"kind": "STRUCTURELE_SLUITING", "due_on": "2027-03-08"},
                ],
            }
        ],
    }


def test_of_a_location_of_which_nothing_is_known() -> None:
    (found,) = document(replace(facts(), locations={}, attestations={}), PARAMETERS, AS_OF)["locations"]
    assert {found[part] for part in ("answers", "indicators", "assessment")} == {None}
    assert found["cases"] == {"HERSTEL": None, "VERBETERPLAN": None}
    assert (found["excluded"], found["duties"]) == (False, [])


def test_a_part_of_the_indicators_that_was_not_reported_is_null() -> None:
    known = replace(WHOLE, indicators={"seh_visits": 0})
    (found,) = document(facts(known=known), PARAMETERS, AS_OF)["locations"]
    assert found["indicators"] == {**dict.fromkeys(WHOLE.indicators or {}), "seh_visits": 0}


@pytest.mark.parametrize(("since", "new"), [("2026-12-31", False), ("2027-01-01", True)])
def test_the_reference_day_of_a_new_provider(since: str, new: bool) -> None:
    found = document(facts(provides_seh_since=date.fromisoformat(since)), PARAMETERS, AS_OF)
    assert found["new_provider"] is new


def test_the_latest_decision_of_each_representative_up_to_the_day() -> None:
    def decided(insurer: str, decision: Decision, day: int) -> Approval:
        return Approval(insurer, decision, AS_OF + timedelta(days=day))

    approvals = (
        decided("9101", Decision.AFGEWEZEN, -2),
        decided("9101", Decision.AKKOORD, 0),
        decided("9101", Decision.AFGEWEZEN, 1),
        decided("9103", Decision.AKKOORD, -5),
    )
    found = document(facts(approvals=approvals), PARAMETERS, AS_OF)["representatives"]
    assert found == [{"insurer": "9101", "decision": "AKKOORD"}, {"insurer": "9102", "decision": ""}]
    later = document(facts(approvals=approvals), PARAMETERS, AS_OF + timedelta(days=1))["representatives"]
    assert later[0]["decision"] == "AFGEWEZEN"


@pytest.mark.parametrize(
    ("fields", "there"),
    [
        ({}, True),
        ({"care_type": CareType.SPOEDPOLI}, False),
        ({"opened_on": date(2027, 12, 31)}, True),
        ({"opened_on": date(2028, 1, 1)}, False),
        ({"closed_on": date(2027, 1, 1)}, False),
        ({"closed_on": date(2027, 1, 2)}, True),
    ],
)
def test_only_seh_locations_that_operate_in_the_year(fields: dict[str, Any], there: bool) -> None:
    found = document(facts(location(), location("kerkwerf", **fields)), PARAMETERS, AS_OF)
    assert [each["name"].rpartition("/")[2] for each in found["locations"]] == ["veenrode"] + ["kerkwerf"] * there


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 2000), st.integers(2024, 2030))
def test_a_location_operates_in_a_year_when_it_does_on_one_of_its_days(opened: date, days: int, year: int) -> None:
    closed = opened + timedelta(days=days)
    on_a_day = any((opened + timedelta(days=n)).year == year for n in range(days))
    assert operates_in(location(opened_on=opened, closed_on=closed), year) is on_a_day


def test_a_canonical_document_is_one_text() -> None:
    found = document(facts(), PARAMETERS, AS_OF)
    turned = dict(reversed(found.items()))
    assert canonical(found) == canonical(turned)
    assert json.loads(canonical(found)) == found
    assert " " not in canonical({"a": [1, 2], "b": "é"})
    assert digest(canonical(found)).startswith("sha256:")
    assert digest(canonical(found)) != digest(canonical({**found, "submitted_on": "2026-10-01"}))


@pytest.mark.parametrize("year", [2027, 2028])
def test_what_is_as_it_should_be_is_met_in_the_rules_of_each_year(year: int) -> None:
    rules = read_conditions(year, load_purchasing_year(Path(POLICIES), year).files)
    engine = EmbeddedEngine(rules.modules, rules.data)
    value = engine.evaluate(rules.judgements_path, document(facts(), PARAMETERS, AS_OF)).value
    statuses = {each.condition.stem: each.status.value for each in read_judgements(rules, value)}
    assert statuses.pop("nieuwe_aanbieders") == "NIET_VAN_TOEPASSING"
    assert set(statuses.values()) == {"VOLDAAN"}
