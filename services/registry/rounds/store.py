"""Rounds in the database."""

from dataclasses import asdict
from datetime import date

from sqlalchemy import BigInteger
from sqlmodel import Field

from services.registry.rounds.model import Round
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class RoundRow(Versioned, table=True):
    """A version of a round."""

    __tablename__ = "round"
    __table_args__ = one_current("round", "budget_year")

    budget_year: int
    survey_year: int
    reference_year: int
    policy_year: int
    rivm_preliminary_delivered_on: date
    norm_amount_cents: int = Field(sa_type=BigInteger)


ROUNDS = History(
    RoundRow,
    ("budget_year",),
    Round,
    asdict,
    lambda found: names.ROUND.format(year=found.budget_year),
    by_key=True,
)
