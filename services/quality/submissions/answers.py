"""Answers between the contract's flat list of cells and the policies' document."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.policy.engine import JsonValue
from services.policy.questionnaire import Questionnaire, QuestionType, check_answers, normalise
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
        reason = _misplaced(questionnaire, answer) or ("staat dubbel" if keys in places else None)
        if reason:
            fields.wrong(f"{path}[{index}]", f"{'.'.join(keys)}: {reason}")
            continue
        places[keys] = index
        *outer, last = keys
        place = document.setdefault(outer[0], {}) if outer else document
        place[last] = _value(answer)
    for problem in check_answers(questionnaire, document):
        # The keys of a problem lead to the cell, or to a part of it.
        keys = problem.path[1:]
        index = next(places[keys[:length]] for length in range(len(keys), 0, -1) if keys[:length] in places)
        fields.wrong(f"{path}[{index}]", f"{'.'.join(keys)}: {problem.reason}")
    return normalise(document)


def _misplaced(questionnaire: Questionnaire, answer: pb.Answer) -> str | None:
    """Why a cell has no place in the questionnaire, or None when it has one."""
    question = questionnaire.by_id.get(answer.question)
    if question is None:
        return "deze vraag staat niet in de vragenlijst"
    if question.per_block != bool(answer.block):
        return "wordt per tijdblok gevraagd" if question.per_block else "wordt niet per tijdblok gevraagd"
    per_item = question.type is QuestionType.MINUTES_BY_SPECIALISM
    if per_item != bool(answer.item):
        return "wordt per specialisme gevraagd" if per_item else "wordt niet per specialisme gevraagd"
    return None


def write_answers(answers: Mapping[str, JsonValue]) -> list[pb.Answer]:
    """The cells of a canonical document, in the order of the document.

    The form of a value says what it answers, also when the questionnaire has changed since.
    """
    cells: list[pb.Answer] = []
    for question, value in answers.items():
        if isinstance(value, Mapping):
            cells += [
                _cell(pb.Answer(question=question, item=key), inner)
                if isinstance(inner, Mapping)
                else _cell(pb.Answer(question=question, block=key), inner)
                for key, inner in value.items()
            ]
        else:
            cells.append(_cell(pb.Answer(question=question), value))
    return cells


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


def _cell(cell: pb.Answer, value: Any) -> pb.Answer:
    if isinstance(value, bool):
        cell.yes = value
    elif isinstance(value, int):
        cell.number = value
    elif isinstance(value, str):
        cell.choice = value
    else:
        cell.arrival.SetInParent()
        if "minuten" in value:
            cell.arrival.minutes = value["minuten"]
        if "onderbouwde_afwijking" in value:
            cell.arrival.substantiated_deviation = value["onderbouwde_afwijking"]
    return cell
