"""The questionnaire of a year, and whether answers fit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.policy.engine import JsonValue

MAX_INTEGER = 2**31 - 1
"""No answer counts or measures more than this; it also keeps every integer exact in every engine."""


class QuestionType(StrEnum):
    """What an answer may be."""

    ALTIJD = "altijd"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    CHOICE = "choice"
    MINUTES_BY_SPECIALISM = "minutes_by_specialism"


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the week, wall clock in Europe/Amsterdam.

    On `weekdays` (1 is Monday), from the minute of the day `opens` up to `closes`.
    """

    weekdays: tuple[int, ...]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the week. Without periods it is every minute that no other block holds."""

    id: str
    text: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `per_block` when it is asked for each block apart. `options` only for a choice.

    `information_only` when no norm reads it.
    """

    id: str
    type: QuestionType
    per_block: bool
    text: str
    options: tuple[str, ...] = ()
    help: str = ""
    information_only: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """The questions of a year in their order, with the blocks and the specialisms that answers may name."""

    year: int
    survey_year: int
    blocks: tuple[Block, ...]
    specialisms: tuple[str, ...]
    questions: tuple[Question, ...]
    by_id: Mapping[str, Question] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {question.id: question for question in self.questions})

    @property
    def block_ids(self) -> tuple[str, ...]:
        """The ids of the blocks, in order."""
        return tuple(block.id for block in self.blocks)


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """What is wrong with one answer: the keys that lead to it, from `answers` on, and the reason in Dutch."""

    path: tuple[str, ...]
    reason: str

    @property
    def field(self) -> str:
        """The path as one text, such as `answers.arts.als_afgerond.anw`."""
        return ".".join(self.path)


def check_answers(questionnaire: Questionnaire, answers: JsonValue) -> list[AnswerProblem]:
    """Return everything that is wrong with `answers`, in the order of the answers; empty when they fit.

    `answers` maps the id of a question to its answer, or to an object from block to answer when it is asked per block.
    null is allowed wherever an answer may stand, and means unknown.
    """
    if not isinstance(answers, Mapping):
        return [AnswerProblem(("answers",), "moet een object zijn met een antwoord per vraag")]
    problems: list[AnswerProblem] = []
    for key, answer in answers.items():
        path = ("answers", str(key))
        question = questionnaire.by_id.get(key)
        if question is None:
            problems.append(AnswerProblem(path, "deze vraag staat niet in de vragenlijst"))
        elif question.per_block:
            problems.extend(_check_blocks(questionnaire, question, answer, path))
        else:
            problems.extend(_check_value(questionnaire, question, answer, path))
    return problems


def normalise(answers: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the canonical form of checked answers: sorted keys, without nulls and without objects left empty by that.

    Answers that mean the same have the same canonical form.
    """
    known = {key: _without_nulls(answers[key]) for key in sorted(answers)}
    return {key: value for key, value in known.items() if value is not None}


def _without_nulls(value: JsonValue) -> JsonValue:
    return (normalise(value) or None) if isinstance(value, Mapping) else value


def fitting_answers(questionnaire: Questionnaire, answers: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return `answers` without what does not fit the questionnaire: answers that were given to another edition of it.

    What is left out is not known to the norms, which never counts as met.
    """
    problems = check_answers(questionnaire, answers)
    if not problems:
        return answers
    fitting: dict[str, JsonValue] = dict(answers)
    for problem in problems:
        _leave_out(fitting, problem.path[1:])
    return fitting


def _leave_out(answers: dict[str, JsonValue], path: Sequence[str]) -> None:
    """Takes away what a path leads to, in copies, for the answers are others' too."""
    key, *rest = path
    inner = answers.get(key)
    if not rest or not isinstance(inner, Mapping):
        answers.pop(key, None)
        return
    copied = dict(inner)
    _leave_out(copied, rest)
    answers[key] = copied


def _check_blocks(
    questionnaire: Questionnaire, question: Question, answer: JsonValue, path: tuple[str, ...]
) -> Iterator[AnswerProblem]:
    blocks = questionnaire.block_ids
    if answer is None:
        return
    if not isinstance(answer, Mapping):
        yield AnswerProblem(path, f"moet een object zijn met een antwoord per tijdblok: {', '.join(blocks)}")
        return
    for block, value in answer.items():
        if block in blocks:
            yield from _check_value(questionnaire, question, value, (*path, block))
        else:
            yield AnswerProblem((*path, str(block)), f"onbekend tijdblok; kies uit {', '.join(blocks)}")


def _check_value(
    questionnaire: Questionnaire, question: Question, value: JsonValue, path: tuple[str, ...]
) -> Iterator[AnswerProblem]:
    if value is None:
        return
    if question.type is QuestionType.MINUTES_BY_SPECIALISM:
        yield from _check_specialisms(questionnaire, value, path)
        return
    reason = _reason(question, value)
    if reason and isinstance(value, Mapping) and not question.per_block and set(value) & set(questionnaire.block_ids):
        reason = "deze vraag wordt niet per tijdblok gesteld; " + reason
    if reason:
        yield AnswerProblem(path, reason)


def _reason(question: Question, value: JsonValue) -> str | None:
    match question.type:
        case QuestionType.ALTIJD:
            return _not_one_of(("altijd", "niet_altijd"), value)
        case QuestionType.CHOICE:
            return _not_one_of(question.options, value)
        case QuestionType.BOOLEAN:
            return _not_boolean(value)
        case QuestionType.INTEGER:
            return _not_integer(value)
        case QuestionType.MINUTES_BY_SPECIALISM:
            raise AssertionError("checked per specialism")


def _check_specialisms(
    questionnaire: Questionnaire, value: JsonValue, path: tuple[str, ...]
) -> Iterator[AnswerProblem]:
    if not isinstance(value, Mapping):
        yield AnswerProblem(path, "moet een object zijn met een antwoord per specialisme")
        return
    for specialism, answer in value.items():
        here = (*path, str(specialism))
        if specialism not in questionnaire.specialisms:
            yield AnswerProblem(here, f"onbekend specialisme; kies uit {', '.join(questionnaire.specialisms)}")
        elif answer is not None and not isinstance(answer, Mapping):
            yield AnswerProblem(here, "moet een object zijn met minuten en zo nodig onderbouwde_afwijking")
        elif answer is not None:
            yield from _check_arrival(answer, here)


def _check_arrival(answer: Mapping[str, JsonValue], path: tuple[str, ...]) -> Iterator[AnswerProblem]:
    checks = {"minuten": _not_integer, "onderbouwde_afwijking": _not_boolean}
    for key, value in answer.items():
        check = checks.get(key)
        if check is None:
            reason: str | None = "onbekend veld; kies uit minuten, onderbouwde_afwijking"
        else:
            reason = None if value is None else check(value)
        if reason:
            yield AnswerProblem((*path, str(key)), reason)


def _not_one_of(options: tuple[str, ...], value: JsonValue) -> str | None:
    known = isinstance(value, str) and value in options
    return None if known else f"kies uit {', '.join(options)}"


def _not_boolean(value: JsonValue) -> str | None:
    return None if isinstance(value, bool) else "moet true of false zijn"


def _not_integer(value: JsonValue) -> str | None:
    # In Python a boolean is an integer too; in a questionnaire it is not.
    if isinstance(value, bool) or not isinstance(value, int):
        return "moet een geheel getal zijn"
    if value < 0:
        return "mag niet negatief zijn"
    return f"mag niet groter zijn dan {MAX_INTEGER}" if value > MAX_INTEGER else None
