"""Judging norm by norm, from memory where it can be, says what judging as a whole says."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.assess import Verdict
from services.policy.engine import Evaluation, EvaluationError, JsonValue, PolicyLoadError, UndefinedResultError
from services.policy.policy_set import PolicySet
from services.policy.questionnaire import check_answers, fitting_answers
from services.policy.whatif.engine import RuleEngine
from services.policy.whatif.judging import Filled, Judge, UnknownBlocksError
from tests.policies.answer_strategies import answers, open_blocks
from tests.policies.whatif.drafts import BASE, Whole, edited, next_year, replaced, stricter

QUESTIONNAIRE = BASE.read().questionnaire
WHOLE = Whole(BASE)


class Asked:
    """Makes engines, and counts what they are asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, modules: Mapping[str, str], data: JsonValue) -> RuleEngine:
        counter = self

        class Counting(RuleEngine):
            def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
                counter.asked += 1
                return super().evaluate(path, document, seconds=seconds)

        return Counting(modules, data)


def judge(policy_set: PolicySet, other: Judge | None = None, **options: Any) -> tuple[Judge, Asked]:
    engines = Asked()
    return Judge(policy_set.read(), engines, other, **options), engines


FORGETFUL, _ = judge(BASE, remembered=2)


@settings(deadline=None, max_examples=60)
@given(
    population=st.lists(st.tuples(open_blocks(QUESTIONNAIRE), answers(QUESTIONNAIRE)), min_size=1, max_size=4),
)
def test_the_same_as_judging_as_a_whole(population: list[tuple[list[str], dict[str, Any]]]) -> None:
    for blocks, given_answers in population:
        filled = Filled(tuple(blocks), given_answers)
        expected = WHOLE.findings(blocks, given_answers)
        assert FORGETFUL.judge(filled) == FORGETFUL.judge(filled) == expected
        assert FORGETFUL.judge_whole(filled) == expected


def test_what_was_found_is_remembered_and_no_more_than_so_many() -> None:
    judging, engine = judge(BASE, remembered=2)
    norms = len(judging.policies.catalogue)

    def asked(minutes: int) -> int:
        before = engine.asked
        judging.judge(Filled(("anw",), {"luchtweg.maximaal_minuten": minutes}))
        return engine.asked - before

    assert asked(4) == norms
    assert [asked(minutes) for minutes in (4, 5, 4, 5)] == [0, 1, 0, 0]
    # The third one takes the place of the one that was not needed for longest.
    assert [asked(minutes) for minutes in (6, 5, 4)] == [1, 0, 1]


def test_a_number_and_a_truth_are_not_the_same_answer() -> None:
    judging, _ = judge(BASE)

    def verdict(answer: object) -> Verdict:
        findings = judging.judge(Filled(("anw",), {"echo.afspraken": answer}))  # type: ignore[dict-item]
        return next(finding.verdict for finding in findings if finding.norm == "C17")

    assert verdict(True) is Verdict.VOLDOET
    # No whole number fits the question, so this is no answer.
    assert verdict(1) is Verdict.ONBEKEND
    assert verdict(False) is Verdict.VOLDOET_NIET
    assert verdict(0) is Verdict.ONBEKEND


def test_norms_that_are_the_same_are_judged_once() -> None:
    draft, draft_engine = judge(stricter())
    base, base_engine = judge(BASE, draft)
    filled = Filled(("anw", "kantooruren"), {})
    assert base.judge(filled) == WHOLE.findings(filled.open_blocks, {})
    draft.judge(filled)
    assert base_engine.asked == len({"A1", "B1", "C4", "C8", "C24"})
    assert draft_engine.asked == len(draft.policies.catalogue)


def test_rules_of_another_year() -> None:
    judging, engine = judge(next_year())
    base, base_engine = judge(BASE, judging)
    filled = Filled(("anw",), {"echo.afspraken": True})
    assert judging.judge(filled) == base.judge(filled) == judging.judge_whole(filled)
    assert base_engine.asked == 0
    assert engine.asked == len(judging.policies.catalogue) + 1


def test_blocks_that_the_questionnaire_does_not_have() -> None:
    for judging in (judge(BASE)[0].judge, judge(BASE)[0].judge_whole):
        with pytest.raises(UnknownBlocksError) as caught:
            judging(Filled(("anw", "weekend"), {}))
        assert (caught.value.year, caught.value.blocks) == (2027, ("weekend",))


@settings(deadline=None, max_examples=100)
@given(given_answers=answers(QUESTIONNAIRE), data=st.data())
def test_what_does_not_fit_is_left_out_and_nothing_else(given_answers: dict[str, Any], data: st.DataObject) -> None:
    odd = data.draw(
        st.dictionaries(
            st.sampled_from([question.id for question in QUESTIONNAIRE.questions]),
            st.sampled_from(["soms", 2**40, -1, [], {"nacht": True}, {"anw": "soms"}, {"kno": {"uren": 1}}]),
            max_size=4,
        )
    )
    mixed = {"oud.vervallen": True, **given_answers, **odd}
    before = repr(mixed)
    fitting = fitting_answers(QUESTIONNAIRE, mixed)
    assert check_answers(QUESTIONNAIRE, fitting) == []
    assert repr(mixed) == before
    assert set(mixed) - set(fitting) <= {"oud.vervallen", *odd}
    assert {key: fitting[key] for key in given_answers if key not in odd} == {
        key: value for key, value in given_answers.items() if key not in odd
    }


def test_a_part_of_an_answer_that_does_not_fit() -> None:
    question = "specialismen.aankomst_minuten"
    given_answers = {question: {"kno": {"minuten": 10}, "tandheelkunde": {"minuten": 5}}}
    assert fitting_answers(QUESTIONNAIRE, given_answers) == {question: {"kno": {"minuten": 10}}}


def test_a_question_that_changed_its_kind() -> None:
    draft = edited(
        {
            "questionnaire.yaml": replaced(
                "- id: echo.afspraken\n    type: boolean", "- id: echo.afspraken\n    type: altijd"
            ),
            "c17.rego": replaced("lib.ja(", "lib.altijd("),
        }
    )
    judging, _ = judge(draft)
    filled = Filled(("anw",), {"echo.afspraken": True})
    found = {finding.norm: finding for finding in judging.judge(filled)}
    assert found["C17"].verdict is Verdict.ONBEKEND
    assert found["C17"].facts[0].value is None
    assert judging.judge(filled) == judging.judge_whole(filled)


# The engine


def test_what_is_undefined_or_broken_is_an_error() -> None:
    text = "package p\n\nimport rego.v1\n\none := 1\n\nnone := 1 if input.x\n\nbroken := to_number(input.y)\n"
    engine = RuleEngine({"p.rego": text}, {})
    assert engine.evaluate("data.p.one", {}).value == 1
    with pytest.raises(UndefinedResultError, match=r"data\.p\.none"):
        engine.evaluate("data.p.none", {})
    with pytest.raises(EvaluationError):
        engine.evaluate("data.p.broken", {"y": "x"})
    with pytest.raises(EvaluationError):
        engine.evaluate("data.p.nergens", {})
    with pytest.raises(PolicyLoadError, match=r"p\.rego"):
        RuleEngine({"p.rego": "package p\n\none :="}, {})
