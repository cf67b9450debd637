"""The norms of 2027 against an oracle that was written apart from them."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.policy.assess import Finding, Outcome, Verdict, evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.questionnaire import check_answers, normalise
from services.policy.rego_tests import TestReport, run_rego_tests
from services.policy.year import PolicyYear, load_year

from . import answer_strategies as strategies
from . import oracle

YEAR = load_year(Path(__file__).parents[2] / "policies", 2027)
ANSWERS = strategies.answers(YEAR.questionnaire)
BLOCKS = strategies.open_blocks(YEAR.questionnaire)
BOTH = ("anw", "kantooruren")
PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

RECOMMENDED = ["C2", "C4", "C5", "C8", "C10", "C12", "C13", "C15", "C16", "C17", "C19", "C20", "C22", "C24"]
CATALOGUE = {
    "voorwaardelijk": ["A1", "A2"],
    "norm": ["B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "D1"],
}
CODES = ["A1", "A1-VOORKEUR", "A2", *CATALOGUE["norm"], *RECOMMENDED]


def verdicts(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.norm: str(finding.verdict) for finding in findings}


# --- the catalogue ---


def test_catalogue_holds_the_27_norms_in_order(year_2027: PolicyYear) -> None:
    assert [norm.code for norm in year_2027.catalogue] == CODES
    assert [norm.order for norm in year_2027.catalogue] == list(range(10, 280, 10))


def test_levels(year_2027: PolicyYear) -> None:
    levels = defaultdict(list)
    for norm in year_2027.catalogue:
        levels[str(norm.level)].append(norm.code)
    rest = [code for code in CODES if code not in CATALOGUE["voorwaardelijk"] + CATALOGUE["norm"]]
    assert levels == CATALOGUE | {"aanbeveling": rest}


def test_every_question_serves_a_norm(year_2027: PolicyYear) -> None:
    read = {question for norm in year_2027.catalogue for question in norm.questions}
    assert read == set(year_2027.questionnaire.by_id)


def test_questionnaire_and_norm_name_the_same_specialisms(year_2027: PolicyYear) -> None:
    threshold = year_2027.thresholds["c5"]
    assert isinstance(threshold, dict)
    assert tuple(threshold["specialismen"]) == year_2027.questionnaire.specialisms == tuple(oracle.SPECIALISMS)


def test_blocks_of_the_week(year_2027: PolicyYear) -> None:
    kantooruren, anw = year_2027.questionnaire.blocks
    (period,) = kantooruren.periods
    assert (kantooruren.id, period.weekdays, period.opens, period.closes) == ("kantooruren", (1, 2, 3, 4, 5), 480, 1080)
    assert (anw.id, anw.periods) == ("anw", ())


# --- the Rego tests beside the norms ---


@pytest.fixture(scope="module")
def rego_report(year_folder: Path) -> TestReport:
    return run_rego_tests(year_folder, coverage=True)


def test_every_rego_test_passes(rego_report: TestReport) -> None:
    assert [(test.file, test.rule, test.message) for test in rego_report.failures] == []
    assert rego_report.passed


def test_every_norm_has_tests(rego_report: TestReport, year_2027: PolicyYear) -> None:
    tested = {test.file for test in rego_report.tests}
    assert {f"{norm.stem}_test.rego" for norm in year_2027.catalogue} <= tested


def test_every_norm_is_tested_for_every_verdict_it_can_give(year_2027: PolicyYear, year_folder: Path) -> None:
    for norm in year_2027.catalogue:
        text = (year_folder / f"{norm.stem}_test.rego").read_text("utf-8")
        expected = ["VOLDOET", "VOLDOET_NIET", "ONBEKEND"] + ["NIET_VAN_TOEPASSING"] * norm.per_block
        assert [verdict for verdict in expected if f'== "{verdict}"' not in text] == [], norm.code


def test_every_line_of_the_norms_is_covered(rego_report: TestReport, year_2027: PolicyYear) -> None:
    assert {file.file for file in rego_report.coverage} == set(year_2027.modules)
    assert {file.file: file.not_covered for file in rego_report.coverage if file.not_covered} == {}
    assert {file.percent for file in rego_report.coverage} == {100}


# --- golden cases ---

NIKS: dict[str, Any] = {}
GOLDEN: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("A1", ["anw"], NIKS, "ONBEKEND"),
    ("A1", ["anw"], {"arts.specialist_aanwezig": {"anw": "niet_altijd"}}, "ONBEKEND"),
    (
        "A1",
        ["anw", "kantooruren"],
        {
            "arts.specialist_aanwezig": {"anw": "niet_altijd", "kantooruren": "altijd"},
            "arts.als_afgerond": {"kantooruren": True},
            "arts.apls_afgerond": {"kantooruren": True},
            "arts.ervaren_arts_aanwezig": {"anw": "altijd"},
            "arts.klinische_ervaring_maanden": {"anw": 12},
            "arts.poortervaring_maanden": {"anw": 6},
        },
        "VOLDOET",
    ),
    ("A2", ["anw"], {"verpleegkundige.kind_training": {"anw": False}}, "VOLDOET_NIET"),
    ("A2", ["kantooruren"], {"verpleegkundige.kind_training": {"anw": False}}, "ONBEKEND"),
    ("B1", [], {"arts.herkent_vitale_bedreiging": {"anw": True}}, "NIET_VAN_TOEPASSING"),
    ("B2", [], {"triage.start_binnen_5_minuten": "altijd"}, "VOLDOET"),
    ("B5", ["anw"], {"trauma.level": "geen"}, "NIET_VAN_TOEPASSING"),
    ("B5", ["anw"], {"trauma.voldoet_aan_level": {"anw": False}}, "ONBEKEND"),
    ("B5", ["anw"], {"trauma.level": "1", "trauma.voldoet_aan_level": {"anw": False}}, "VOLDOET_NIET"),
    ("B10", ["anw"], {"specialismen.bereikbaar_aantal": 14, "ondersteuning.bereikbaar_aantal": 6}, "VOLDOET"),
    ("B10", ["anw"], {"specialismen.bereikbaar_aantal": 13}, "VOLDOET_NIET"),
    ("C5", [], {"specialismen.aankomst_minuten": {"kno": {"minuten": 31}}}, "VOLDOET_NIET"),
    ("C5", [], {"specialismen.aankomst_minuten": {"kno": {"minuten": 30}}}, "ONBEKEND"),
    ("C8", [], {"triage.systeem": "anders"}, "VOLDOET_NIET"),
    ("C24", [], {"huisarts.bericht_24_uur": None}, "ONBEKEND"),
]


@pytest.mark.parametrize(("code", "open_blocks", "answers", "expected"), GOLDEN)
def test_golden(
    engine: EmbeddedEngine,
    year_2027: PolicyYear,
    code: str,
    open_blocks: list[str],
    answers: dict[str, Any],
    expected: str,
) -> None:
    assert check_answers(year_2027.questionnaire, answers) == []
    assert verdicts(evaluate_norms(engine, year_2027, open_blocks, answers))[code] == expected


# --- properties ---


@PROPERTY
@given(answers=ANSWERS, open_blocks=BLOCKS)
def test_verdicts_equal_those_of_the_oracle(
    engine: EmbeddedEngine, answers: dict[str, Any], open_blocks: list[str]
) -> None:
    assert check_answers(YEAR.questionnaire, answers) == []
    found = evaluate_norms(engine, YEAR, open_blocks, answers)
    assert [finding.norm for finding in found] == CODES
    assert verdicts(found) == oracle.verdicts(open_blocks, answers)


@PROPERTY
@given(answers=ANSWERS, open_blocks=BLOCKS)
def test_canonical_answers_give_the_same_findings(
    engine: EmbeddedEngine, answers: dict[str, Any], open_blocks: list[str]
) -> None:
    canonical = normalise(answers)
    assert normalise(canonical) == canonical
    assert check_answers(YEAR.questionnaire, canonical) == []
    assert evaluate_norms(engine, YEAR, open_blocks, canonical) == evaluate_norms(engine, YEAR, open_blocks, answers)


@PROPERTY
@given(answers=ANSWERS, open_blocks=BLOCKS, data=st.data())
def test_a_known_verdict_stays_when_more_is_known(
    engine: EmbeddedEngine, answers: dict[str, Any], open_blocks: list[str], data: st.DataObject
) -> None:
    kept = set(data.draw(st.lists(st.sampled_from([q.id for q in YEAR.questionnaire.questions]), unique=True)))
    less = {question: answer for question, answer in answers.items() if question in kept}
    for question, answer in answers.items():
        if question not in kept and YEAR.questionnaire.by_id[question].per_block and answer:
            less[question] = {"anw": answer.get("anw")}
    before = verdicts(evaluate_norms(engine, YEAR, open_blocks, less))
    after = verdicts(evaluate_norms(engine, YEAR, open_blocks, answers))
    assert {code: after[code] for code, verdict in before.items() if verdict != "ONBEKEND"} == {
        code: verdict for code, verdict in before.items() if verdict != "ONBEKEND"
    }


@PROPERTY
@given(answers=ANSWERS, open_blocks=BLOCKS)
def test_facts_show_what_was_read(engine: EmbeddedEngine, answers: dict[str, Any], open_blocks: list[str]) -> None:
    norms = {norm.code: norm for norm in YEAR.catalogue}
    for finding in evaluate_norms(engine, YEAR, open_blocks, answers):
        asked = [(fact.question, fact.block, fact.item, fact.condition) for fact in finding.facts]
        assert len(asked) == len(set(asked)), finding.norm
        assert {question for question, *_ in asked} <= set(norms[finding.norm].questions)
        assert {fact.block for fact in finding.facts} <= {"", *open_blocks}
        if finding.verdict is Verdict.ONBEKEND:
            assert Outcome.ONBEKEND in {fact.outcome for fact in finding.facts}
        if finding.verdict is Verdict.VOLDOET_NIET:
            assert Outcome.ONWAAR in {fact.outcome for fact in finding.facts}
        for fact in finding.facts:
            assert fact.value == _answer(answers, fact.question, fact.block, fact.item, fact.condition)


def _answer(answers: dict[str, Any], question: str, block: str, item: str, condition: str) -> Any:
    value = answers.get(question)
    if item:
        key = "minuten" if condition.startswith("minuten") else "onderbouwde_afwijking"
        return ((value or {}).get(item) or {}).get(key)
    return (value or {}).get(block) if block else value


def test_every_question_of_a_norm_is_read_when_its_norm_applies(engine: EmbeddedEngine) -> None:
    answers = {"trauma.level": "1"}
    for norm, finding in zip(YEAR.catalogue, evaluate_norms(engine, YEAR, BOTH, answers), strict=True):
        assert {fact.question for fact in finding.facts} == set(norm.questions)
        assert {fact.block for fact in finding.facts} - {""} == (set(BOTH) if norm.per_block else set())
