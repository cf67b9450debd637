"""What a hospital answered about one location in one survey year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.policy.engine import JsonValue


class Status(StrEnum):
    """How final the answers are."""

    VOORLOPIG = "voorlopig"
    DEFINITIEF = "definitief"


@dataclass(frozen=True, slots=True)
class Submission:
    """The answers of a location; `answers` are canonical: checked, sorted, and without what is not known.

    `policy_year` is the year whose questionnaire was answered.
    """

    location_id: str
    survey_year: int
    policy_year: int
    status: Status
    delivered_on: date
    answers: Mapping[str, JsonValue]
