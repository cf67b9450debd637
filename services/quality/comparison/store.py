"""The population of a comparison: the latest assessments of a budget year, read as they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlmodel import SQLModel

from services.quality.assessments.store import AssessmentRow

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """What is compared of one assessment: which one it is, the year of its rules, and what it was judged on."""

    id: int
    agb: str
    location_id: str
    number: int
    policy_year: int
    input: str


_TABLE = SQLModel.metadata.tables[str(AssessmentRow.__tablename__)]
_COLUMNS = (_TABLE.c.id, _TABLE.c.agb, _TABLE.c.location_id, _TABLE.c.number, _TABLE.c.policy_year, _TABLE.c.input)
_LATEST = (_TABLE.c.budget_year == bindparam("year"), _TABLE.c.superseded.is_(False))
_COUNTS = (
    select(_TABLE.c.policy_year, func.count().label("locations"))
    .where(*_LATEST)
    .group_by(_TABLE.c.policy_year)
    .order_by("policy_year")
)
_BEHIND = select(*_COLUMNS).where(*_LATEST, _TABLE.c.id > bindparam("after")).order_by(_TABLE.c.id).limit(_CHUNK)


def counts(connection: Connection, budget_year: int) -> dict[int, int]:
    """How many locations have an assessment, by the year of the rules that judged."""
    return {row.policy_year: row.locations for row in connection.execute(_COUNTS, {"year": budget_year})}


def latest(connection: Connection, budget_year: int) -> Iterator[Judged]:
    """The latest assessment of every location, in the order in which they were made.

    Each is read when it is asked for, so that a population of any size takes the same memory.
    """
    after = 0
    while True:
        found = [Judged(*row) for row in connection.execute(_BEHIND, {"year": budget_year, "after": after})]
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].id
