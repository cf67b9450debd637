"""Answers between the contract's flat list of cells and the policies' document."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.policy.engine import JsonValue
from services.policy.questionnaire import AnswerProblem, Question, Questionnaire, QuestionType, check_answers, normalise
from services.runtime.wire import Fields
from spoedkader.quality.v1 import submission_pb2 as pb

MAX_ANSWERS = 2000
"""More cells than any questionnaire has; a request with more is not read."""


def read_answers(
    fields: Fields, path: str, questionnaire: Questionnaire, answers: Sequence[pb.Answer]
) -> dict[str, JsonValue]:
    """The canonical document of the cells, checked against the questionnaire; `path` is where the cells stand.

    Every wrong cell is noted in `fields`, under its own place in the list.
    """
    if len(answers) > MAX_ANSWERS:
        fields.wrong(path, f"mogen hoogstens {MAX_ANSWERS} antwoorden zijn")
        return {}
    document: dict[str, Any] = {}
    places: dict[tuple[str, ...], int] = {}
    for index, answer in enumerate(answers):
        keys = tuple(key for key in (answer.question, answer.block, answer.item) if key)
        if keys in places or not answer.question:
            fields.wrong(f"{path}[{index}]", "staat dubbel" if answer.question else "noemt geen vraag")
            continue
        places[keys] = index
        _put(document, keys, _value(answer), questionnaire.by_id.get(answer.question))
    for problem in check_answers(questionnaire, document):
        fields.wrong(f"{path}{_place(places, problem)}", f"{problem.field}: {problem.reason}")
    return normalise(document)


def write_answers(questionnaire: Questionnaire, answers: Mapping[str, JsonValue]) -> list[pb.Answer]:
    """The cells of a canonical document, in the order of the document."""
    cells: list[pb.Answer] = []
    for question_id, value in answers.items():
        question = questionnaire.by_id[question_id]
        if question.per_block and isinstance(value, Mapping):
            cells += [_cell(question, block, "", inner) for block, inner in value.items()]
        elif question.type is QuestionType.MINUTES_BY_SPECIALISM and isinstance(value, Mapping):
            cells += [_cell(question, "", item, inner) for item, inner in value.items()]
        else:
            cells.append(_cell(question, "", "", value))
    return cells


def _put(document: dict[str, Any], keys: tuple[str, ...], value: JsonValue, question: Question | None) -> None:
    *outer, last = keys
    place = document
    for key in outer:
        inner = place.setdefault(key, {})
        if not isinstance(inner, dict):
            # The question was answered both as a whole and in parts; the whole stays, and is then of the wrong type.
            return
        place = inner
    if question is not None and not outer and isinstance(place.get(last), dict):
        place[last] = value
    else:
        place.setdefault(last, value)


def _value(answer: pb.Answer) -> JsonValue:
    match answer.WhichOneof("value"):
        case "yes":
            return answer.yes
        case "number":
            return answer.number
        case "choice":
            return answer.choice
        case "arrival":
            arrival: dict[str, JsonValue] = {}
            if answer.arrival.HasField("minutes"):
                arrival["minuten"] = answer.arrival.minutes
            if answer.arrival.HasField("substantiated_deviation"):
                arrival["onderbouwde_afwijking"] = answer.arrival.substantiated_deviation
            return arrival
        case _:
            return None


def _cell(question: Question, block: str, item: str, value: Any) -> pb.Answer:
    cell = pb.Answer(question=question.id, block=block, item=item)
    match question.type:
        case QuestionType.ALTIJD | QuestionType.CHOICE:
            cell.choice = value
        case QuestionType.BOOLEAN:
            cell.yes = value
        case QuestionType.INTEGER:
            cell.number = value
        case QuestionType.MINUTES_BY_SPECIALISM:
            cell.arrival.SetInParent()
            if "minuten" in value:
                cell.arrival.minutes = value["minuten"]
            if "onderbouwde_afwijking" in value:
                cell.arrival.substantiated_deviation = value["onderbouwde_afwijking"]
    return cell


def _place(places: Mapping[tuple[str, ...], int], problem: AnswerProblem) -> str:
    """The place in the list of the cell that a problem is about: the longest run of its keys that is a cell's."""
    keys = problem.path[1:]
    for length in range(len(keys), 0, -1):
        index = places.get(keys[:length])
        if index is not None:
            return f"[{index}]"
    # A problem of a question as a whole: the first cell that names it.
    return next((f"[{index}]" for cell, index in places.items() if cell[:1] == keys[:1]), "")
