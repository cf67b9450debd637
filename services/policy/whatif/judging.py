"""Judging a population by one policy set: one norm at a time, each answered from memory when it can be.

A norm is a function of the open blocks and of the answers to the questions that its METADATA names. So it is given
those answers and nothing else, and what it found is remembered by them: most norms read one or two questions, and in a
large population all but a few locations only cost look-ups. A question that a norm reads without naming it is absent
here; `judge_whole` gives every norm every answer, as a check on that.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, TypeAlias

from services.policy.assess import Finding, read_findings
from services.policy.engine import JsonValue, PolicyEngine
from services.policy.questionnaire import fitting_answers
from services.policy.whatif.sameness import modules_of, same_norm
from services.policy.year import KIND, Norm, PolicyYear

MakeEngine: TypeAlias = Callable[[Mapping[str, str], JsonValue], PolicyEngine]
"""Makes an engine that holds modules and data. Raises PolicyLoadError when it does not take them."""
REMEMBERED = 5_000
"""Findings that are remembered of one norm; the one that was not needed for longest makes room."""


@dataclass(frozen=True)
class Filled:
    """A questionnaire that was filled in: the open blocks, and the answers by question.

    `texts` holds one text for each answer, equal exactly when the answer is: in Python `True == 1`.
    """

    open_blocks: tuple[str, ...]
    answers: Mapping[str, JsonValue]
    texts: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", {question: repr(answer) for question, answer in self.answers.items()})


def read_filled(text: str) -> Filled:
    """The questionnaire in the canonical JSON that an assessment keeps of what it judged."""
    document = json.loads(text)
    return Filled(tuple(document["open_blocks"]), document["answers"])


class UnknownBlocksError(Exception):
    """A location is open in blocks that the questionnaire of a policy set does not have."""

    def __init__(self, year: int, blocks: Iterable[str]) -> None:
        self.year = year
        self.blocks = tuple(blocks)
        super().__init__(f"unknown blocks: {', '.join(self.blocks)}")


class Judge:
    """Judges by one policy set. Belongs to one thread."""

    def __init__(
        self,
        policies: PolicyYear,
        make_engine: MakeEngine,
        other: Judge | None = None,
        *,
        remembered: int = REMEMBERED,
    ) -> None:
        """`make_engine` makes an engine with some of the modules of `policies`. A norm that is the same for the `other`
        judge is left to that one; of each other norm so many findings are remembered."""
        self.policies = policies
        self._engine = make_engine(policies.modules, policies.data)
        self._blocks = frozenset(policies.questionnaire.block_ids)
        shared = other.shared_with(policies) if other else {}
        self._norms = [
            shared.get(norm.code) or _RememberedNorm(policies, norm, make_engine, remembered)
            for norm in policies.catalogue
        ]
        self._unanswered = {question: "" for norm in policies.catalogue for question in norm.questions}

    def judge(self, filled: Filled) -> tuple[Finding, ...]:
        """The finding of every norm, in the order of the catalogue.

        Answers that do not fit the questionnaire of the set are left out. Raises UnknownBlocksError, and what
        `evaluate_norms` raises.
        """
        self._check(filled)
        texts = {**self._unanswered, **filled.texts}
        return tuple(norm.finding(filled, texts) for norm in self._norms)

    def judge_whole(self, filled: Filled) -> tuple[Finding, ...]:
        """The same, from one evaluation in which every norm can read every answer."""
        self._check(filled)
        document = _document(self.policies, filled.open_blocks, filled.answers)
        return read_findings(self.policies, self._engine.evaluate(self.policies.findings_path, document).value)

    def shared_with(self, policies: PolicyYear) -> dict[str, _RememberedNorm]:
        """By code, the norms that are the same in another set."""
        codes = {norm.code for norm in policies.catalogue}
        return {
            norm.code: remembered
            for norm, remembered in zip(self.policies.catalogue, self._norms, strict=True)
            if norm.code in codes and same_norm(self.policies, policies, norm.code)
        }

    def _check(self, filled: Filled) -> None:
        unknown = [block for block in filled.open_blocks if block not in self._blocks]
        if unknown:
            raise UnknownBlocksError(self.policies.year, unknown)


class _RememberedNorm:
    """One norm with what it found before."""

    def __init__(self, policies: PolicyYear, norm: Norm, make_engine: MakeEngine, remembered: int) -> None:
        self._alone = replace(policies, catalogue=(norm,))
        self._norm = norm
        self._path = f"data.{KIND}.y{policies.year}.{norm.stem}.finding"
        self._engine = make_engine(modules_of(policies, norm), policies.data)
        self._answers_in: Callable[[Mapping[str, str]], Any] = itemgetter(*norm.questions)
        self._remembered = remembered
        self._found: OrderedDict[tuple[tuple[str, ...], Any], Finding] = OrderedDict()

    def finding(self, filled: Filled, texts: Mapping[str, str]) -> Finding:
        """What the norm says; `texts` has a text for each of its questions, also the unanswered ones."""
        key = (filled.open_blocks, self._answers_in(texts))
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
            return found
        found = self._found[key] = self._evaluate(filled)
        if len(self._found) > self._remembered:
            self._found.popitem(last=False)
        return found

    def _evaluate(self, filled: Filled) -> Finding:
        given = {question: filled.answers[question] for question in self._norm.questions if question in filled.answers}
        document = _document(self._alone, filled.open_blocks, given)
        value = self._engine.evaluate(self._path, document).value
        (finding,) = read_findings(self._alone, {self._norm.stem: value})
        return finding


def _document(
    policies: PolicyYear, open_blocks: tuple[str, ...], answers: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    fitting = fitting_answers(policies.questionnaire, answers)
    return {"year": policies.year, "open_blocks": list(open_blocks), "answers": fitting}
