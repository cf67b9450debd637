"""Both engines say the same, word for word, of thousands of questionnaires that were tampered with."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.policy.assess import evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.opa import OpaEngine
from services.policy.policy_set import PolicySet, load_policy_set, years_in
from services.policy.questionnaire import Question, Questionnaire, QuestionType, check_answers
from services.quality.bundles.server import BundleServer
from tests.support.bundles import ActiveSets
from tests.support.opa import running_opa
from tests.support.policies import POLICIES

ANSWERS = Path(__file__).parents[3] / "data" / "voorbeeld-2027" / "answers"
QUESTIONNAIRES = 2400
CALLERS = 8
NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 29, 30, 31, 59, 60, 61, 2**31 - 1)


def mutated(questionnaire: Questionnaire, chance: random.Random) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Open blocks and answers of the example round, each with some answers replaced, emptied or taken away."""
    examples = [json.loads(file.read_text("utf-8"))["answers"] for file in sorted(ANSWERS.glob("*.json"))]
    while True:
        answers = json.loads(json.dumps(chance.choice(examples)))
        for question in chance.sample(questionnaire.questions, chance.randrange(1, 12)):
            if chance.random() < 0.15:
                answers.pop(question.id, None)
            elif chance.random() < 0.1:
                answers[question.id] = None
            else:
                answers[question.id] = _answer(question, questionnaire, chance)
        blocks = [block for block in questionnaire.block_ids if chance.random() < 0.8]
        yield blocks, answers


def _answer(question: Question, questionnaire: Questionnaire, chance: random.Random) -> Any:
    if question.type is QuestionType.MINUTES_BY_SPECIALISM:
        return {specialism: _arrival(chance) for specialism in questionnaire.specialisms if chance.random() < 0.95}
    if question.per_block:
        blocks = [block for block in questionnaire.block_ids if chance.random() < 0.9]
        return {block: _value(question, chance) for block in blocks}
    return _value(question, chance)


def _value(question: Question, chance: random.Random) -> Any:
    choices: Mapping[QuestionType, tuple[Any, ...]] = {
        QuestionType.ALTIJD: ("altijd", "niet_altijd"),
        QuestionType.BOOLEAN: (True, False),
        QuestionType.INTEGER: NUMBERS,
        QuestionType.CHOICE: question.options,
    }
    return None if chance.random() < 0.1 else chance.choice(choices[question.type])


def _arrival(chance: random.Random) -> Any:
    minutes = {"minuten": None if chance.random() < 0.05 else chance.choice((0, 15, 29, 30, 30, 30, 31, 45))}
    exception = {"onderbouwde_afwijking": chance.choice((True, False, None))}
    return None if chance.random() < 0.03 else {**minutes, **(exception if chance.random() < 0.3 else {})}


@contextmanager
def opa_with(policy_set: PolicySet, folder: Path) -> Iterator[OpaEngine]:
    """A real OPA that holds a policy set."""
    bundles = BundleServer("127.0.0.1:0", ActiveSets(policy_set))
    bundles.start()
    try:
        with running_opa(bundles.url, folder) as opa:
            engine = OpaEngine(opa.url, policy_set.digest, policy_set.year)
            yield engine
            engine.close()
    finally:
        bundles.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("year", years_in(POLICIES))
def test_both_engines_find_the_same(year: int, tmp_path: Path) -> None:
    policy_set = load_policy_set(POLICIES, year)
    policies = policy_set.read()
    made = mutated(policies.questionnaire, random.Random(year))
    cases = [next(made) for _ in range(QUESTIONNAIRES)]
    assert not [problem for _, answers in cases for problem in check_answers(policies.questionnaire, answers)]
    embedded = EmbeddedEngine(policies.modules, policies.data)
    with opa_with(policy_set, tmp_path) as engine, ThreadPoolExecutor(CALLERS) as pool:
        theirs = list(pool.map(lambda case: evaluate_norms(engine, policies, *case), cases))
    verdicts: Counter[tuple[str, str]] = Counter()
    for (blocks, answers), found in zip(cases, theirs, strict=True):
        ours = evaluate_norms(embedded, policies, blocks, answers)
        # The types too: to Python 1 is the same as true, and 1.0 as 1.
        assert repr(found) == repr(ours), (blocks, answers)
        verdicts.update((finding.norm, finding.verdict) for finding in ours)
    # What never happened was not compared.
    assert {norm.code for norm in policies.catalogue} == {code for code, _ in verdicts}
    for norm in policies.catalogue:
        assert {"VOLDOET", "VOLDOET_NIET", "ONBEKEND"} <= {verdict for code, verdict in verdicts if code == norm.code}
