"""Submissions in the database."""

import json
from datetime import date
from typing import Any

from pydantic_core import from_json
from sqlalchemy import bindparam, or_
from sqlmodel import col

from services.quality.submissions.model import Status, Submission
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class SubmissionRow(Versioned, table=True):
    """A revision of a submission; `answers` is canonical JSON."""

    __tablename__ = "submission"
    __table_args__ = one_current("submission", "location_id", "survey_year")

    location_id: str
    survey_year: int
    policy_year: int
    status: str
    delivered_on: date
    answers: str


def _load(
    location_id: str, survey_year: int, policy_year: int, status: str, delivered_on: date, answers: str
) -> Submission:
    return Submission(location_id, survey_year, policy_year, Status(status), delivered_on, from_json(answers))


def _dump(submission: Submission) -> dict[str, Any]:
    return {
        "location_id": submission.location_id,
        "survey_year": submission.survey_year,
        "policy_year": submission.policy_year,
        "status": submission.status.value,
        "delivered_on": submission.delivered_on,
        "answers": json.dumps(submission.answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


SUBMISSIONS = History(
    SubmissionRow,
    ("location_id", "survey_year"),
    _load,
    _dump,
    lambda found: names.SUBMISSION.format(provider=names.ANY, location=found.location_id, year=found.survey_year),
)

_IN_YEAR = or_(bindparam("survey_year") == 0, col(SubmissionRow.survey_year) == bindparam("survey_year"))
SUBMISSIONS_IN_YEAR = SUBMISSIONS.where(_IN_YEAR)
SUBMISSIONS_OF_LOCATIONS = SUBMISSIONS.where(
    _IN_YEAR, col(SubmissionRow.location_id).in_(bindparam("location_ids", expanding=True))
)
