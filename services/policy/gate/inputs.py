"""Answers to try a norm with: always the same ones, around its thresholds.

They come in three steps. Each value of each question alone tells, by the outcome of the facts, which value of it is
good and which is bad for the norm. From three starting points (everything good, everything bad, nothing known) one
question at a time is changed, everywhere or in one block or specialism only, with every set of open blocks. Last, when
a verdict is still missing, come pairs of questions and combinations of everything.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.policy.assess import Finding, Outcome
from services.policy.engine import JsonValue
from services.policy.questionnaire import MAX_INTEGER, Question, Questionnaire, QuestionType

_MOST_BLOCKS = 5
"""Of that many blocks every set is tried; of more only the small and the large ones."""
_SCORES = {Outcome.WAAR: 1, Outcome.ONWAAR: -1, Outcome.ONBEKEND: 0}
Scalar = bool | int | str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """Something to answer: a question, or one of the two things that it asks for each specialism.

    `places` are the blocks or specialisms that have an answer of their own; `values` is what an answer can be.
    """

    question: str
    part: str
    places: tuple[str, ...]
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Case:
    """One input: the open blocks, and per variable its value, with other ones in some places."""

    open_blocks: tuple[str, ...]
    values: Mapping[Variable, Scalar]
    elsewhere: Mapping[tuple[Variable, str], Scalar] = field(default_factory=dict)

    def document(self, year: int) -> dict[str, JsonValue]:
        """What a norm gets to judge."""
        answers: dict[str, Any] = {}
        for variable, value in self.values.items():
            if not variable.places:
                answers[variable.question] = value
                continue
            answer = answers.setdefault(variable.question, {})
            for place in variable.places:
                here = self.elsewhere.get((variable, place), value)
                if variable.part:
                    answer.setdefault(place, {})[variable.part] = here
                else:
                    answer[place] = here
        return {"year": year, "open_blocks": sorted(self.open_blocks), "answers": answers}


def variables(questionnaire: Questionnaire, questions: Iterable[str], numbers: Iterable[int]) -> tuple[Variable, ...]:
    """Return what there is to answer of questions; `numbers` are the thresholds to try numbers around."""
    integers = sorted({0, MAX_INTEGER} | {n for number in numbers for n in (number - 1, number, number + 1)})
    tried: tuple[Scalar, ...] = tuple(n for n in integers if 0 <= n <= MAX_INTEGER)
    return tuple(
        variable
        for question in questions
        if question in questionnaire.by_id
        for variable in _variables(questionnaire, questionnaire.by_id[question], tried)
    )


def _variables(questionnaire: Questionnaire, question: Question, integers: tuple[Scalar, ...]) -> Iterator[Variable]:
    places = questionnaire.block_ids if question.per_block else ()
    match question.type:
        case QuestionType.MINUTES_BY_SPECIALISM:
            yield Variable(question.id, "minuten", questionnaire.specialisms, (*integers, None))
            yield Variable(question.id, "onderbouwde_afwijking", questionnaire.specialisms, (True, False, None))
        case QuestionType.ALTIJD:
            yield Variable(question.id, "", places, ("altijd", "niet_altijd", None))
        case QuestionType.BOOLEAN:
            yield Variable(question.id, "", places, (True, False, None))
        case QuestionType.INTEGER:
            yield Variable(question.id, "", places, (*integers, None))
        case QuestionType.CHOICE:
            yield Variable(question.id, "", places, (*question.options, None))


def block_sets(questionnaire: Questionnaire) -> list[tuple[str, ...]]:
    """Return the sets of open blocks to try, all of them first."""
    blocks = questionnaire.block_ids
    sizes = range(len(blocks), -1, -1)
    if len(blocks) > _MOST_BLOCKS:
        sizes_tried = [size for size in sizes if size in (0, 1, len(blocks) - 1, len(blocks))]
    else:
        sizes_tried = list(sizes)
    return [chosen for size in sizes_tried for chosen in itertools.combinations(blocks, size)]


class Search:
    """The cases to try a norm with. What came of one case decides about later ones, so tell of each."""

    def __init__(self, questionnaire: Questionnaire, tried: tuple[Variable, ...]) -> None:
        self._sets = block_sets(questionnaire)
        self._variables = tried
        self._scores: dict[Variable, dict[int, int]] = {variable: {} for variable in tried}

    def learn(self, case: Case, finding: Finding) -> None:
        """Take in which values a norm finds good and which bad."""
        for variable, value in case.values.items():
            scores = [
                _SCORES[fact.outcome]
                for fact in finding.facts
                if fact.question == variable.question and type(fact.value) is type(value) and fact.value == value
            ]
            if scores:
                place = variable.values.index(value)
                self._scores[variable][place] = min(self._scores[variable].get(place, 1), *scores)

    def first(self) -> Iterator[Case]:
        """What is always tried."""
        everything = self._sets[0]
        for open_blocks in self._sets:
            yield Case(open_blocks, {})
            yield Case(open_blocks, dict.fromkeys(self._variables))
        for variable, value in self._each():
            yield Case(everything, {variable: value})
        # Again, for a value may only show beside good values of the others.
        for variable, value in self._each():
            yield Case(everything, {**self._base(1), variable: value})
        for start in (1, -1, 0):
            values = self._base(start)
            for open_blocks in self._sets:
                yield Case(open_blocks, values)
            for variable, value in self._each():
                for open_blocks in self._sets:
                    yield Case(open_blocks, {**values, variable: value})
                for place in variable.places:
                    yield Case(everything, values, {(variable, place): value})

    def more(self) -> Iterator[Case]:
        """What is tried when a verdict is still missing: pairs, then every combination."""
        everything = self._sets[0]
        for start in (1, -1, 0):
            values = self._base(start)
            for one, other in itertools.combinations(self._variables, 2):
                for first, second in itertools.product(one.values, other.values):
                    yield Case(everything, {**values, one: first, other: second})
        for combination in itertools.product(*(variable.values for variable in self._variables)):
            values = dict(zip(self._variables, combination, strict=True))
            for open_blocks in self._sets:
                yield Case(open_blocks, values)

    def _each(self) -> Iterator[tuple[Variable, Scalar]]:
        for variable in self._variables:
            for value in variable.values:
                yield variable, value

    def _base(self, start: int) -> dict[Variable, Scalar]:
        """Every variable at its best value (1) or its worst (-1) as far as is known, or unknown (0)."""
        if start == 0:
            return dict.fromkeys(self._variables)
        return {variable: self._extreme(variable, start) for variable in self._variables}

    def _extreme(self, variable: Variable, sign: int) -> Scalar:
        scores = self._scores[variable]
        place = max(range(len(variable.values)), key=lambda n: (sign * scores.get(n, 0), -n))
        return variable.values[place]
