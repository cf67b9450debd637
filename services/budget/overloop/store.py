"""Declarations in the database."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, bindparam
from sqlmodel import Field, col

from services.budget.overloop.model import Declaration, Overloop
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class OverloopRow(Versioned, table=True):
    """A version of what was declared between a provider and an insurer; a side without amount did not declare."""

    __tablename__ = "overloop"
    __table_args__ = one_current("overloop", "agb", "budget_year", "insurer")

    agb: str = Field(index=True)
    budget_year: int
    insurer: str
    policy_year: int
    provider_cents: int | None = Field(sa_type=BigInteger)
    provider_trajectories: int | None
    provider_declared_on: date | None
    provider_document: str | None
    provider_actor: str | None
    insurer_cents: int | None = Field(sa_type=BigInteger)
    insurer_trajectories: int | None
    insurer_declared_on: date | None
    insurer_document: str | None
    insurer_actor: str | None


_FIELDS = ("cents", "trajectories", "declared_on", "document", "actor")
"""The columns of a side, after its name, in the order of the fields of a declaration."""


def _load(agb: str, budget_year: int, insurer: str, policy_year: int, *sides: Any) -> Overloop:
    by_provider, by_insurer = (
        Declaration(*side) if side[0] is not None else None for side in (sides[: len(_FIELDS)], sides[len(_FIELDS) :])
    )
    return Overloop(agb, budget_year, insurer, policy_year, by_provider, by_insurer)


def _dump(overloop: Overloop) -> dict[str, Any]:
    return {
        "agb": overloop.agb,
        "budget_year": overloop.budget_year,
        "insurer": overloop.insurer,
        "policy_year": overloop.policy_year,
        **_columns("provider", overloop.by_provider),
        **_columns("insurer", overloop.by_insurer),
    }


def _columns(side: str, declaration: Declaration | None) -> dict[str, Any]:
    values: tuple[Any, ...] = (None,) * len(_FIELDS)
    if declaration is not None:
        values = (
            declaration.amount_cents,
            declaration.trajectory_count,
            declaration.declared_on,
            declaration.document,
            declaration.actor,
        )
    return {f"{side}_{field}": value for field, value in zip(_FIELDS, values, strict=True)}


OVERLOOPS = History(
    OverloopRow,
    ("agb", "budget_year", "insurer"),
    _load,
    _dump,
    lambda found: names.OVERLOOP.format(provider=found.agb, overloop=found.overloop_id),
)

OVERLOOPS_OF_PROVIDER = OVERLOOPS.where(col(OverloopRow.agb) == bindparam("agb"))
