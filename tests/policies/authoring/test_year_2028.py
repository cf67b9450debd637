"""The worked example of a second year: three changes, each marked as fictional, with an effect that can be seen."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from services.policy.assess import Verdict, evaluate_norms
from services.policy.difference import Change, Part, YearDifference, difference
from services.policy.embedded import EmbeddedEngine
from services.policy.parameters import load_parameters
from services.policy.questionnaire import check_answers
from services.policy.rego_tests import run_rego_tests
from services.policy.routes import Route, counting, routes
from services.policy.year import PolicyYear, load_year

REPOSITORY = Path(__file__).parents[3]
POLICIES = REPOSITORY / "policies"
ANSWERS = [
    json.loads(path.read_text("utf-8"))["answers"]
    for path in sorted((REPOSITORY / "data" / "voorbeeld-2027" / "answers").glob("*.json"))
]


@pytest.fixture(scope="module")
def year_2028() -> PolicyYear:
    return load_year(POLICIES, 2028)


@pytest.fixture(scope="module")
def changes(year_2027: PolicyYear, year_2028: PolicyYear) -> YearDifference:
    return difference(year_2027, year_2028)


def test_every_test_passes_and_every_line_is_reached() -> None:
    report = run_rego_tests(POLICIES / "kwaliteitskader" / "2028", coverage=True)
    assert [(test.file, test.rule, test.message) for test in report.failures] == []
    assert {file.file: file.not_covered for file in report.coverage if file.not_covered} == {}
    assert len(report.coverage) == 30


def test_every_norm_is_tested_for_every_verdict_it_can_give(year_2028: PolicyYear) -> None:
    for norm in year_2028.catalogue:
        text = (POLICIES / "kwaliteitskader" / "2028" / f"{norm.stem}_test.rego").read_text("utf-8")
        expected = ["VOLDOET", "VOLDOET_NIET", "ONBEKEND"] + ["NIET_VAN_TOEPASSING"] * norm.per_block
        assert [verdict for verdict in expected if f'== "{verdict}"' not in text] == [], norm.code


def test_there_are_exactly_three_changes(changes: YearDifference) -> None:
    assert [(norm.name, norm.change) for norm in changes.norms] == [
        ("C10", Change.CHANGED),
        ("C24", Change.CHANGED),
        ("C25", Change.ADDED),
    ]
    threshold, level, added = changes.norms
    assert {part.name for part in threshold.parts} == {"titel", "tekst", "drempel c10.minuten", "herstel"}
    assert Part("drempel c10.minuten", "10", "8") in threshold.parts
    assert [part for part in level.parts if part.name != "tekst"] == [Part("niveau", "aanbeveling", "norm")]
    assert Part("geldt vanaf", "", "01-07-2028") in added.parts
    assert [(question.name, question.reaches) for question in changes.questions] == [
        ("overdracht.gestructureerd", ("C25",))
    ]
    assert (changes.blocks, changes.shared) == ((), ())


def test_each_change_says_that_it_is_fictional(changes: YearDifference, year_2028: PolicyYear) -> None:
    for norm in changes.norms:
        assert "Fictief voorbeeld" in year_2028.norm(norm.name).description, norm.name
    assert "Fictief voorbeeld" in year_2028.questionnaire.by_id["overdracht.gestructureerd"].help
    assert (POLICIES / "inkoopkader" / "2028" / "parameters.yaml").read_text("utf-8").startswith("# Fictief voorbeeld")


def test_the_parameters_are_those_of_2027() -> None:
    assert list(load_parameters(POLICIES, 2028).named()) == list(load_parameters(POLICIES, 2027).named())


def test_what_the_example_round_would_see_of_it(
    engine: EmbeddedEngine, year_2027: PolicyYear, year_2028: PolicyYear
) -> None:
    newer = EmbeddedEngine(year_2028.modules, year_2028.data)
    unmet: Counter[str] = Counter()
    entered = missing = 0
    for answers in ANSWERS:
        assert check_answers(year_2028.questionnaire, answers) == []
        before = evaluate_norms(engine, year_2027, ["anw", "kantooruren"], answers)
        after = evaluate_norms(newer, year_2028, ["anw", "kantooruren"], answers)
        unmet.update(finding.norm for finding in after if finding.verdict is Verdict.VOLDOET_NIET)
        old = routes(year_2027.catalogue, before)
        spring, summer = (
            routes(year_2028.catalogue, counting(year_2028.catalogue, after, day))
            for day in (date(2028, 6, 30), date(2028, 7, 1))
        )
        entered += Route.VERBETERPLAN in spring - old
        missing += Route.ONVOLLEDIG in summer - spring
        assert Route.ONVOLLEDIG in summer, "nobody has answered the new question yet"
    minutes = [answers.get("triage.gereed_minuten") for answers in ANSWERS]
    assert unmet["C10"] == sum(answer is not None and answer > 8 for answer in minutes)
    assert unmet["C24"] == sum(answers.get("huisarts.bericht_24_uur") == "niet_altijd" for answers in ANSWERS)
    assert 0 < entered < len(ANSWERS) / 4
    assert missing > 0
