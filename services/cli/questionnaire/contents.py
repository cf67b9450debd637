"""What a form holds, whatever its file: the questions of a round, for whom, and the answers cell by cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.policy.engine import JsonValue
from services.policy.questionnaire import (
    Question,
    Questionnaire,
    QuestionType,
    fitting_answers,
    normalise,
)

Keys: TypeAlias = tuple[str, ...]
"""What leads to one answer: the question, and the block or the specialism with its part."""
Leaves: TypeAlias = Mapping[Keys, bool | int | str]
"""The answers that are known, each by its keys."""


@dataclass(frozen=True, slots=True)
class Place:
    """One answer to fill in. `where` is the block or the specialism in words, empty for the location as a whole.

    `optional` when it is only given where there is reason to.
    """

    keys: Keys
    question: Question
    type: QuestionType
    where: str
    optional: bool = False

    @property
    def theme(self) -> str:
        """The first part of the question's id, as in `arts`."""
        return self.question.id.partition(".")[0]

    @property
    def unit(self) -> str:
        """In what the answer is given, in Dutch. The id of a question that asks for a number ends with its unit."""
        match self.type:
            case QuestionType.BOOLEAN:
                return "ja of nee"
            case QuestionType.ALTIJD:
                return "altijd of niet altijd"
            case QuestionType.CHOICE:
                return "keuze"
        last = self.question.id.rpartition("_")[2]
        return {"minuten": "minuten", "maanden": "maanden"}.get(last, "aantal")

    @property
    def words(self) -> Mapping[str, bool | str]:
        """What a person chooses from, with what each means; empty for a number."""
        match self.type:
            case QuestionType.BOOLEAN:
                return {"ja": True, "nee": False}
            case QuestionType.ALTIJD:
                return {"altijd": "altijd", "niet altijd": "niet_altijd"}
            case QuestionType.CHOICE:
                return {option: option for option in self.question.options}
        return {}


@dataclass(frozen=True)
class Form:
    """A questionnaire for one location and round, with the answers.

    `etag` is that of the answers that were there when it was downloaded, empty when there were none; `base` are those
    answers and `answers` those that are there now, both canonical (see `normalise`).
    """

    budget_year: int
    location_id: str
    questionnaire: Questionnaire
    etag: str
    base: Mapping[str, JsonValue]
    answers: Mapping[str, JsonValue]


def places(questionnaire: Questionnaire) -> tuple[Place, ...]:
    """Every answer that a questionnaire asks for, in its order."""
    return tuple(place for question in questionnaire.questions for place in _places(questionnaire, question))


def _places(questionnaire: Questionnaire, question: Question) -> Iterator[Place]:
    if question.type is QuestionType.MINUTES_BY_SPECIALISM:
        for specialism in questionnaire.specialisms:
            where = specialism.replace("_", " ")
            keys = (question.id, specialism)
            yield Place((*keys, "minuten"), question, QuestionType.INTEGER, f"{where}: minuten")
            deviation = f"{where}: onderbouwde afwijking"
            yield Place((*keys, "onderbouwde_afwijking"), question, QuestionType.BOOLEAN, deviation, optional=True)
    elif question.per_block:
        for block in questionnaire.blocks:
            yield Place((question.id, block.id), question, question.type, block.text)
    else:
        yield Place((question.id,), question, question.type, "")


def leaves(answers: Mapping[str, JsonValue]) -> dict[Keys, bool | int | str]:
    """The answers that are known, by their keys; of checked answers."""
    return dict(_leaves(answers, ()))


def _leaves(value: JsonValue, keys: Keys) -> Iterator[tuple[Keys, bool | int | str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*keys, key))
    elif isinstance(value, bool | int | str):
        yield keys, value


def assemble(found: Leaves) -> dict[str, JsonValue]:
    """The canonical answers of leaves: the inverse of `leaves`."""
    answers: dict[str, Any] = {}
    for (*outer, last), value in found.items():
        holder = answers
        for key in outer:
            holder = holder.setdefault(key, {})
        holder[last] = value
    return normalise(answers)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the answers of a theme are there. What is optional does not count."""

    theme: str
    answered: int
    asked: int


def completeness(form: Form) -> tuple[Progress, ...]:
    """The progress of each theme, in the order of the questionnaire."""
    known = leaves(form.answers)
    counts: dict[str, list[bool]] = {}
    for place in places(form.questionnaire):
        if not place.optional:
            counts.setdefault(place.theme, []).append(place.keys in known)
    return tuple(Progress(theme, sum(given), len(given)) for theme, given in counts.items())


def new_form(
    budget_year: int, location_id: str, questionnaire: Questionnaire, etag: str, answers: Mapping[str, JsonValue]
) -> Form:
    """A form with the answers that are there; what does not fit this questionnaire any more is left open."""
    known = normalise(fitting_answers(questionnaire, answers))
    return Form(budget_year, location_id, questionnaire, etag, known, known)
