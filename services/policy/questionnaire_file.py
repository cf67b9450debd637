"""Reading `questionnaire.yaml` of a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.policy.marked_yaml import InvalidYamlError, MarkedYaml, read_yaml
from services.policy.model_problems import READING, problems_of
from services.policy.problems import Problem
from services.policy.questionnaire import Block, Period, Question, Questionnaire, QuestionType

FILE = "questionnaire.yaml"
_Path = tuple[str | int, ...]


def minute_of_day(text: str) -> int:
    """Return `HH:MM` as the minute of the day, 0 to 1440. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d\d):(\d\d)", text)
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else 1441
    if minute > 1440:
        raise ValueError(f"{text} is geen tijd van 00:00 tot en met 24:00")
    return minute


def _time(text: str) -> str:
    minute_of_day(text)
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Period(_Strict):
    weekdays: Annotated[str, Field(pattern="^[1-7]+$")]
    opens: Annotated[str, AfterValidator(_time)]
    closes: Annotated[str, AfterValidator(_time)]


class _Block(_Strict):
    id: Annotated[str, Field(min_length=1)]
    text: str
    periods: list[_Period]


class _Question(_Strict):
    id: Annotated[str, Field(min_length=1)]
    type: Annotated[QuestionType, Field(strict=False)]
    per_block: bool
    text: Annotated[str, Field(min_length=1)]
    options: list[str] = []
    help: str = ""
    information_only: bool = False


class _File(_Strict):
    year: int
    survey_year: int
    blocks: Annotated[list[_Block], Field(min_length=1)]
    specialisms: list[str]
    questions: Annotated[list[_Question], Field(min_length=1)]


def read_questionnaire(text: str) -> tuple[Questionnaire | None, list[Problem]]:
    """Return the questionnaire in the YAML `text`, and everything that is wrong with it.

    There is a questionnaire exactly when nothing is wrong.
    """
    try:
        source = read_yaml(text)
    except InvalidYamlError as error:
        return None, [Problem(FILE, error.line, READING, f"is geen YAML: {error}")]
    try:
        file = _File.model_validate(source.value)
    except ValidationError as error:
        return None, problems_of(error, FILE, source)
    problems = list(_problems(file, source))
    if problems:
        return None, problems
    questionnaire = Questionnaire(
        year=file.year,
        survey_year=file.survey_year,
        blocks=tuple(Block(b.id, b.text, tuple(_period(p) for p in b.periods)) for b in file.blocks),
        specialisms=tuple(file.specialisms),
        questions=tuple(
            Question(q.id, q.type, q.per_block, q.text, tuple(q.options), q.help, q.information_only)
            for q in file.questions
        ),
    )
    return questionnaire, []


def question_line(text: str, question: str) -> int:
    """Return the line of a question in the YAML of a questionnaire; that of its questions when it has no such one."""
    source = read_yaml(text)
    ids = [found["id"] for found in source.value["questions"]]
    return source.line("questions", *((ids.index(question), "id") if question in ids else ()))


def _period(period: _Period) -> Period:
    weekdays = tuple(sorted({int(day) for day in period.weekdays}))
    return Period(weekdays, minute_of_day(period.opens), minute_of_day(period.closes))


def _problems(file: _File, source: MarkedYaml) -> Iterator[Problem]:
    for path, message in (*_twice(file), *_blocks(file), *_questions(file)):
        yield Problem(FILE, source.line(*path), READING, message)


def _twice(file: _File) -> Iterator[tuple[_Path, str]]:
    for what, key, ids in (
        ("tijdblok", "blocks", [block.id for block in file.blocks]),
        ("specialisme", "specialisms", file.specialisms),
        ("vraag", "questions", [question.id for question in file.questions]),
    ):
        for index, name in enumerate(ids):
            if name in ids[:index]:
                yield (key, index), f"{what} {name} staat er twee keer"


def _blocks(file: _File) -> Iterator[tuple[_Path, str]]:
    rest = [index for index, block in enumerate(file.blocks) if not block.periods]
    for index in rest[1:]:
        yield ("blocks", index, "periods"), "meer dan één tijdblok heeft geen perioden"
    for index, block in enumerate(file.blocks):
        for place, period in enumerate(block.periods):
            if minute_of_day(period.closes) <= minute_of_day(period.opens):
                message = f"tijdblok {block.id} heeft een periode die sluit voordat zij opent"
                yield ("blocks", index, "periods", place), message


def _questions(file: _File) -> Iterator[tuple[_Path, str]]:
    for index, question in enumerate(file.questions):
        if bool(question.options) != (question.type is QuestionType.CHOICE):
            yield ("questions", index), f"vraag {question.id}: options hoort bij choice, en alleen daarbij"
        if question.per_block and question.type is QuestionType.MINUTES_BY_SPECIALISM:
            message = f"vraag {question.id}: minuten per specialisme kunnen niet per tijdblok worden gevraagd"
            yield ("questions", index), message
