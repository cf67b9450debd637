"""What a form is of: round, location and questionnaire, as JSON inside the form; and whether that is what is meant."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.cli.failures import Failure
from services.cli.questionnaire.contents import Form, places
from services.policy.questionnaire import Block, Question, Questionnaire, QuestionType, check_answers, normalise
from services.runtime.names import is_identifier

KIND = "spoedkader-vragenlijst-1"
"""Of a form; a next layout has another."""
MAX_PLACES = 2000
"""More answers than any questionnaire asks, and than a service takes."""


def identity(questionnaire: Questionnaire) -> str:
    """`sha256:` and 64 hexadecimal digits: the same exactly when the same is asked in the same words and order.

    The hours of the blocks are no part of it: what they are is said in their text.
    """
    text = json.dumps(_dump(questionnaire), sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def require(form: Form, questionnaire: Questionnaire, source: str) -> None:
    """Refuses a form to another questionnaire than that of `source`. Raises Failure."""
    if identity(form.questionnaire) != identity(questionnaire):
        raise Failure(
            f"Het formulier hoort bij een andere vragenlijst dan die van {questionnaire.year} in {source}; haal een "
            "nieuw formulier op.",
            form=identity(form.questionnaire),
            current=identity(questionnaire),
        )


def require_for(form: Form, year: int | None, location: str | None) -> None:
    """Refuses a form of another round or location than is meant; None is any. Raises Failure."""
    if year is not None and year != form.budget_year:
        raise Failure(f"Het formulier is van ronde {form.budget_year} en niet van {year}.")
    if location is not None and location != form.location_id:
        raise Failure(f"Het formulier is van locatie {form.location_id} en niet van {location}.")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Id = Annotated[str, Field(min_length=1, max_length=200)]
_Year = Annotated[int, Field(ge=2000, le=9999)]


class _Block(_Strict):
    id: _Id
    text: str


class _Question(_Strict):
    id: _Id
    type: Annotated[QuestionType, Field(strict=False)]
    per_block: bool
    text: str
    options: list[str]
    help: str


class _Questionnaire(_Strict):
    year: _Year
    survey_year: _Year
    blocks: Annotated[list[_Block], Field(max_length=100)]
    specialisms: Annotated[list[_Id], Field(max_length=100)]
    questions: Annotated[list[_Question], Field(max_length=1000)]


class _Head(_Strict):
    kind: Literal["spoedkader-vragenlijst-1"]
    budget_year: _Year
    location_id: str
    identity: str
    etag: str
    questionnaire: _Questionnaire
    base: dict[str, Any]


def dump_head(form: Form) -> dict[str, Any]:
    """Everything in a form but the answers, as JSON."""
    return {
        "kind": KIND,
        "budget_year": form.budget_year,
        "location_id": form.location_id,
        "identity": identity(form.questionnaire),
        "etag": form.etag,
        "questionnaire": _dump(form.questionnaire),
        "base": form.base,
    }


def load_head(document: Mapping[str, Any]) -> Form:
    """The form without answers in what `dump_head` gave.

    Raises:
        Failure: it is of something else, or it was changed.
    """
    if document.get("kind") != KIND:
        raise Failure("Dit is geen formulier van spoedkader questionnaire download.")
    try:
        head = _Head.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Failure(
            f"De gegevens van het formulier zijn beschadigd: {where}. Haal een nieuw formulier op."
        ) from error
    form = Form(head.budget_year, head.location_id, _load(head.questionnaire), head.etag, head.base, {})
    sound = (
        is_identifier(form.location_id)
        and identity(form.questionnaire) == head.identity
        and len(places(form.questionnaire)) <= MAX_PLACES
        and not check_answers(form.questionnaire, head.base)
    )
    if not sound:
        raise Failure("De gegevens van het formulier zijn gewijzigd. Haal een nieuw formulier op.")
    return replace(form, base=normalise(head.base))


def _dump(questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "year": questionnaire.year,
        "survey_year": questionnaire.survey_year,
        "blocks": [{"id": block.id, "text": block.text} for block in questionnaire.blocks],
        "specialisms": list(questionnaire.specialisms),
        "questions": [
            {
                "id": question.id,
                "type": question.type.value,
                "per_block": question.per_block,
                "text": question.text,
                "options": list(question.options),
                "help": question.help,
            }
            for question in questionnaire.questions
        ],
    }


def _load(read: _Questionnaire) -> Questionnaire:
    return Questionnaire(
        year=read.year,
        survey_year=read.survey_year,
        blocks=tuple(Block(block.id, block.text, ()) for block in read.blocks),
        specialisms=tuple(read.specialisms),
        questions=tuple(
            Question(
                id=question.id,
                type=question.type,
                per_block=question.per_block,
                text=question.text,
                options=tuple(question.options),
                help=question.help,
            )
            for question in read.questions
        ),
    )
