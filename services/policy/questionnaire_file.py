"""Reading `questionnaire.yaml` of a year."""

from __future__ import annotations

import re
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.policy.questionnaire import Block, Period, Question, Questionnaire, QuestionType


def minute_of_day(text: str) -> int:
    """Return `HH:MM` as the minute of the day, 0 to 1440. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d\d):(\d\d)", text)
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else 1441
    if minute > 1440:
        raise ValueError(f"{text} is not a time from 00:00 to 24:00")
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


class _File(_Strict):
    year: int
    survey_year: int
    blocks: Annotated[list[_Block], Field(min_length=1)]
    specialisms: list[str]
    questions: Annotated[list[_Question], Field(min_length=1)]


def read_questionnaire(text: str) -> tuple[Questionnaire | None, list[str]]:
    """Return the questionnaire in the YAML `text`, and everything that is wrong with it.

    There is a questionnaire exactly when nothing is wrong.
    """
    try:
        file = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as reason:
        return None, [f"not YAML: {' '.join(str(reason).split())}"]
    except ValidationError as reason:
        return None, [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in reason.errors()]
    problems = _problems(file)
    if problems:
        return None, problems
    questionnaire = Questionnaire(
        year=file.year,
        survey_year=file.survey_year,
        blocks=tuple(Block(b.id, b.text, tuple(_period(p) for p in b.periods)) for b in file.blocks),
        specialisms=tuple(file.specialisms),
        questions=tuple(Question(q.id, q.type, q.per_block, q.text, tuple(q.options), q.help) for q in file.questions),
    )
    return questionnaire, []


def _period(period: _Period) -> Period:
    weekdays = tuple(sorted({int(day) for day in period.weekdays}))
    return Period(weekdays, minute_of_day(period.opens), minute_of_day(period.closes))


def _problems(file: _File) -> list[str]:
    problems = []
    for what, ids in (
        ("block", [block.id for block in file.blocks]),
        ("specialism", file.specialisms),
        ("question", [question.id for question in file.questions]),
    ):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        problems += [f"{what} {name} stands there twice" for name in twice]
    if sum(not block.periods for block in file.blocks) > 1:
        problems.append("more than one block has no periods")
    problems += [
        f"block {block.id} has a period that closes before it opens"
        for block in file.blocks
        for period in block.periods
        if minute_of_day(period.closes) <= minute_of_day(period.opens)
    ]
    for question in file.questions:
        if bool(question.options) != (question.type is QuestionType.CHOICE):
            problems.append(f"question {question.id}: options go with a choice, and only with a choice")
        if question.per_block and question.type is QuestionType.MINUTES_BY_SPECIALISM:
            problems.append(f"question {question.id}: minutes by specialism cannot be asked per block")
    return problems
