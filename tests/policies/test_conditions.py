"""The conditions of each year: against an oracle, without a fact, and in OPA, which says the same."""

import copy
import json
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.policy.conditions import ConditionRules, read_conditions
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import PolicyError
from services.policy.judgements import (
    BLOCKING,
    InvalidJudgementsError,
    Judgement,
    Status,
    is_blocked,
    read_judgements,
)
from services.policy.purchasing import load_purchasing_year
from services.policy.rego_tests import run_rego_tests
from services.policy.year import InvalidYearError
from tests.support.opa import need_opa

from .condition_documents import documents
from .condition_oracle import expected, faults

POLICIES = Path(__file__).parents[2] / "policies"
YEARS = (2027, 2028)
STEMS = ("transparantie", "kwaliteit", "schoning", "overloop_dbc", "afwijken", "tijdlijn", "nieuwe_aanbieders")
PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@cache
def rules_of(year: int) -> ConditionRules:
    return read_conditions(year, load_purchasing_year(POLICIES, year).files)


@cache
def engine_of(year: int) -> EmbeddedEngine:
    rules = rules_of(year)
    return EmbeddedEngine(rules.modules, rules.data)


def judge(year: int, document: dict[str, Any]) -> tuple[Judgement, ...]:
    rules = rules_of(year)
    return read_judgements(rules, engine_of(year).evaluate(rules.judgements_path, document).value)


def entries(found: Any) -> list[tuple[str, str, str]]:
    return sorted((item.location, item.actor.value, item.due_on.isoformat() if item.due_on else "") for item in found)


# --- what they are ---


@pytest.mark.parametrize("year", YEARS)
def test_the_seven_conditions_in_the_order_of_the_inkoopkader(year: int) -> None:
    conditions = rules_of(year).conditions
    assert tuple(condition.stem for condition in conditions) == STEMS
    assert [condition.number for condition in conditions] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("stem", STEMS)
def test_quotations_are_words_of_the_inkoopkader(year: int, stem: str) -> None:
    (condition,) = [each for each in rules_of(year).conditions if each.stem == stem]
    assert condition.source.startswith(f"Inkoopkader budgetbekostiging SEH, {condition.number}. ")
    assert condition.title in condition.source
    assert condition.remedy
    assert condition.quotation.endswith(".")


@pytest.mark.parametrize("year", YEARS)
def test_the_rego_tests_pass_and_reach_every_line(year: int) -> None:
    report = run_rego_tests(POLICIES / "inkoopkader" / str(year), coverage=True)
    assert [test.message for test in report.failures] == []
    assert {file.percent for file in report.coverage} == {100}
    assert {test.package.rpartition(".")[2] for test in report.tests} >= {f"{stem}_test" for stem in STEMS}


# --- what they say ---


@pytest.mark.parametrize("year", YEARS)
@PROPERTY
@given(document=documents())
def test_each_condition_says_what_the_oracle_says(year: int, document: dict[str, Any]) -> None:
    judgements = judge(year, document)
    for judgement, (stem, wanted) in zip(judgements, expected(document).items(), strict=True):
        assert judgement.condition.stem == stem
        assert judgement.status.value == wanted.status, stem
        assert entries(judgement.shortfalls) == (wanted.shortfalls if wanted.applies else []), stem
        assert entries(judgement.remarks) == (sorted(wanted.remarks) if wanted.applies else []), stem
    assert is_blocked(judgements) == any(judgement.status in BLOCKING for judgement in judgements)


def test_every_condition_has_each_of_its_statuses() -> None:
    """What never happened was not compared."""
    seen: set[tuple[str, Status]] = set()

    @settings(PROPERTY, max_examples=400, derandomize=True)
    @given(documents())
    def look(document: dict[str, Any]) -> None:
        seen.update((judgement.condition.stem, judgement.status) for judgement in judge(2027, document))

    look()
    assert {stem for stem, status in seen if status is Status.ONBEKEND} == {"transparantie", "kwaliteit"}
    assert set(STEMS) - {stem for stem, status in seen if status is Status.NIET_VAN_TOEPASSING} == {
        "schoning",
        "tijdlijn",
    }
    for status in (Status.VOLDAAN, Status.NIET_VOLDAAN):
        assert {stem for stem, found in seen if found is status} == set(STEMS)


@settings(PROPERTY, max_examples=500)
@given(document=documents(), data=st.data())
def test_a_fact_that_is_not_there_never_makes_a_condition_better(document: dict[str, Any], data: st.DataObject) -> None:
    """Without it there is no judgement at all, or every condition blocks that did so before."""
    path = data.draw(st.sampled_from(sorted(faults(document))))
    if path[-1].isdigit():
        return  # A list without one of its parts is another list.
    damaged = copy.deepcopy(document)
    place: Any = damaged
    for step in path[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    del place[path[-1]]
    before = {judgement.condition.stem for judgement in judge(2027, document) if judgement.status in BLOCKING}
    try:
        after = {judgement.condition.stem for judgement in judge(2027, damaged) if judgement.status in BLOCKING}
    except PolicyError:
        return
    assert before <= after


# --- the two engines ---


@pytest.mark.parametrize("year", YEARS)
def test_opa_says_the_same_to_the_byte(year: int) -> None:
    opa = need_opa()
    rules = rules_of(year)
    judged: Counter[tuple[str, str]] = Counter()
    query = f"x := [j | some d in input; j := {rules.judgements_path} with input as d]"

    @settings(PROPERTY, max_examples=15, derandomize=True)
    @given(st.lists(documents(), min_size=20, max_size=40))
    def compare(batch: list[dict[str, Any]]) -> None:
        command = [opa, "eval", "--strict-builtin-errors", "--stdin-input", "--format", "json"]
        folder = POLICIES / "inkoopkader" / str(year)
        files = [path for path in folder.iterdir() if path.suffix in (".rego", ".json")]
        options = [text for path in files for text in ("--data", str(path))]
        ran = subprocess.run(
            [*command, *options, query], check=True, capture_output=True, text=True, input=json.dumps(batch)
        )
        theirs = json.loads(ran.stdout)["result"][0]["bindings"]["x"]
        assert len(theirs) == len(batch)
        for document, found in zip(batch, theirs, strict=True):
            ours = engine_of(year).evaluate(rules.judgements_path, document).value
            # As text: to Python 1 is the same as true.
            assert json.dumps(found, sort_keys=True) == json.dumps(ours, sort_keys=True)
            judged.update((stem, each["status"]) for stem, each in found.items())

    compare()
    assert {stem for stem, _ in judged} == set(STEMS)
    assert all({"VOLDAAN", "NIET_VOLDAAN"} <= {status for one, status in judged if one == stem} for stem in STEMS)


# --- what is no judgement ---

GOOD: dict[str, Any] = {stem: {"status": "VOLDAAN", "shortfalls": [], "remarks": []} for stem in STEMS}
ITEM = {"location": "", "description": "Doe iets.", "actor": "SAMEN", "due_on": ""}


def test_good_judgements_are_read() -> None:
    unmet = {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "due_on": "2026-10-01"}], "remarks": [ITEM]}
    found = read_judgements(rules_of(2027), {**GOOD, "kwaliteit": unmet})
    assert [judgement.condition.stem for judgement in found] == list(STEMS)
    assert is_blocked(found)
    assert not is_blocked(read_judgements(rules_of(2027), GOOD))


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "VOLDAAN",
        {},
        {"status": "VOLDAAN", "shortfalls": []},
        {"status": "VOLDAAN", "shortfalls": [], "remarks": [], "extra": 1},
        {"status": "JA", "shortfalls": [], "remarks": []},
        {"status": ["VOLDAAN"], "shortfalls": [], "remarks": []},
        {"status": "VOLDAAN", "shortfalls": {}, "remarks": []},
        {"status": "VOLDAAN", "shortfalls": [], "remarks": None},
        {"status": "VOLDAAN", "shortfalls": [ITEM], "remarks": []},
        {"status": "NIET_VAN_TOEPASSING", "shortfalls": [ITEM], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [], "remarks": [ITEM]},
        {"status": "ONBEKEND", "shortfalls": [], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": ["Doe iets."], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "actor": "NIEMAND"}], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "due_on": "morgen"}], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "due_on": None}], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "description": ""}], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{**ITEM, "extra": ""}], "remarks": []},
        {"status": "NIET_VOLDAAN", "shortfalls": [{"location": ""}], "remarks": []},
    ],
)
def test_what_is_no_judgement_is_an_error(result: Any) -> None:
    with pytest.raises(InvalidJudgementsError, match="schoning: not a judgement"):
        read_judgements(rules_of(2027), {**GOOD, "schoning": result})


def test_a_condition_without_a_judgement_is_an_error() -> None:
    with pytest.raises(InvalidJudgementsError, match="schoning: no judgement"):
        read_judgements(rules_of(2027), {stem: GOOD[stem] for stem in STEMS if stem != "schoning"})
    with pytest.raises(InvalidJudgementsError, match="extra: a judgement of what is no condition"):
        read_judgements(rules_of(2027), {**GOOD, "extra": GOOD["schoning"]})
    with pytest.raises(InvalidJudgementsError, match="not an object"):
        read_judgements(rules_of(2027), [])


# --- rules that cannot be used ---


def files() -> dict[str, bytes]:
    return dict(load_purchasing_year(POLICIES, 2027).files)


def problems(changed: dict[str, bytes]) -> list[str]:
    with pytest.raises(InvalidYearError) as refused:
        read_conditions(2027, changed)
    return list(map(str, refused.value.problems))


def test_every_problem_at_once() -> None:
    found = files()
    found["schoning.rego"] = found["schoning.rego"].replace(b"#   number: 3", b"#   number: drie")
    found["afwijken.rego"] = found["afwijken.rego"].replace(b"#   remedy:", b"#   remedie:")
    found["tijdlijn.rego"] = found["tijdlijn.rego"].replace(b"y2027.tijdlijn", b"y2027.tijd")
    found["kwaliteit.rego"] = b"\xff"
    del found["lib.rego"], found["data.json"]
    assert problems(found) == [
        "kwaliteit.rego:1: is geen UTF-8 (leest)",
        "afwijken.rego:9: METADATA custom.remedy ontbreekt, is leeg of is geen tekst (metadata)",
        "afwijken.rego:16: METADATA custom.remedie is onbekend (metadata)",
        "schoning.rego:8: METADATA custom.number ontbreekt, is leeg of is geen geheel getal (metadata)",
        "tijdlijn.rego:15: package moet inkoopkader.y2027.tijdlijn zijn (leest)",
        "lib.rego: dit bestand ontbreekt (leest)",
        "data.json: dit bestand ontbreekt (leest)",
    ]


def test_a_year_without_conditions() -> None:
    found = {"parameters.yaml": files()["parameters.yaml"]}
    assert "er is geen enkele voorwaarde (leest)" in problems(found)[-2]


def test_a_threshold_that_is_not_there_leaves_no_judgement() -> None:
    found = files()
    found["data.json"] = found["data.json"].replace(b"eerste_budgetjaar", b"ander")
    rules = read_conditions(2027, found)
    engine = EmbeddedEngine(rules.modules, rules.data)
    value = engine.evaluate(rules.judgements_path, {"budget_year": 2027}).value
    with pytest.raises(InvalidJudgementsError, match="overloop_dbc: no judgement"):
        read_judgements(rules, value)
