"""Answers to the questionnaire, as cells of the contract."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spoedkader.quality.v1 import submission_pb2 as pb
from tests.support.messages import day

_FOLDER = Path(__file__).parents[2] / "data" / "voorbeeld-2027" / "answers"


def example_answers(location_id: str = "L001") -> dict[str, Any]:
    """The answers of a location of the example."""
    document = json.loads((_FOLDER / f"{location_id}.json").read_text("utf-8"))
    return dict(document["answers"])


def answered(place: str, policy_year: int, answers: Mapping[str, Any]) -> pb.Submission:
    """Provisional answers of a location to the questionnaire of a policy year."""
    return pb.Submission(
        name=f"{place}/submissions/{policy_year - 1}",
        policy_year=policy_year,
        status=pb.Submission.STATUS_VOORLOPIG,
        delivered_date=day(f"{policy_year - 1}-06-10"),
        answers=cells(answers),
    )


def cells(answers: Mapping[str, Any]) -> list[pb.Answer]:
    """The cells of a document of answers."""
    found = []
    for question, answer in answers.items():
        if question == "specialismen.aankomst_minuten":
            found += [
                pb.Answer(question=question, item=item, arrival=_arrival(value)) for item, value in answer.items()
            ]
        elif isinstance(answer, Mapping):
            found += [_cell(question, value, block=block) for block, value in answer.items()]
        else:
            found.append(_cell(question, answer))
    return found


def _arrival(value: Mapping[str, Any]) -> pb.Answer.Arrival:
    return pb.Answer.Arrival(minutes=value.get("minuten"), substantiated_deviation=value.get("onderbouwde_afwijking"))


def _cell(question: str, value: Any, **where: str) -> pb.Answer:
    if value is None:
        return pb.Answer(question=question, **where)
    field = "yes" if isinstance(value, bool) else "number" if isinstance(value, int) else "choice"
    return pb.Answer(question=question, **where, **{field: value})
