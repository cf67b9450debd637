"""Assessments in the database, each with the evidence that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Index, Table, and_, bindparam, func, or_, select, tuple_, update
from sqlmodel import Field, SQLModel

from services.runtime import names
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly, later
from services.runtime.pages import Page
from services.runtime.prepared import Prepared
from services.runtime.versions import Stamp


def _is_judged_again(table: Table) -> ColumnElement[Any]:
    """Whether the location has a later assessment in the budget year."""
    of_location = (table.c.location_id, table.c.budget_year)
    return func.lead(table.c.number).over(partition_by=of_location, order_by=table.c.number).is_not(None)


class AssessmentRow(SQLModel, table=True):
    """An assessment. It is written once; only `superseded` changes, when the location is judged again."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index("assessment_number", "location_id", "budget_year", "number", unique=True),
        Index("assessment_latest", "location_id", "budget_year", "superseded"),
        Index("assessment_of_provider", "agb", "budget_year", "superseded"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    agb: str
    location_id: str
    budget_year: int
    number: int
    """Counted from 1 for each location and budget year."""
    superseded: bool = Field(sa_column_kwargs=later(False, _is_judged_again))
    summary: bytes
    """The message without findings; followed by `findings` it is the whole message."""
    findings: bytes
    input: str
    """Exactly what the policies were given, canonical JSON."""
    input_digest: str
    facts_as_of: datetime
    """The registry was asked at this moment."""
    policy_year: int
    policy_revision: str
    policy_digest: str
    as_of: date
    engine: str
    engine_version: str
    engine_decision_id: str
    engine_provenance: str
    call_id: str
    actor: str
    recorded_at: datetime
    evaluation_microseconds: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An assessment as it is stored."""

    id: int
    summary: bytes
    findings: bytes


_TABLE = SQLModel.metadata.tables["assessment"]
_STORED = select(_TABLE.c.id, _TABLE.c.summary, _TABLE.c.findings)
_SAME = and_(_TABLE.c.location_id == bindparam("place"), _TABLE.c.budget_year == bindparam("year"))
_SUPERSEDE = Prepared(
    update(_TABLE)
    .where(_SAME, _TABLE.c.superseded.is_(False))
    .values(superseded=bindparam("made_again"))
    .returning(_TABLE.c.number)
)
_ROWS = AppendOnly(_TABLE)
_IN_YEAR = or_(bindparam("year") == 0, _TABLE.c.budget_year == bindparam("year"))
_ONE = _STORED.where(_SAME, _TABLE.c.number == bindparam("number"))
_PAGE = _STORED.where(
    _IN_YEAR,
    or_(bindparam("all"), _TABLE.c.superseded.is_(False)),
).order_by(_TABLE.c.id)
_OF_PROVIDER = _TABLE.c.agb == bindparam("agb")
_OF_LOCATION = _TABLE.c.location_id == bindparam("place")
_PAGES = {
    (False, False): _PAGE,
    (True, False): _PAGE.where(_OF_PROVIDER),
    (False, True): _PAGE.where(_OF_LOCATION),
    (True, True): _PAGE.where(_OF_PROVIDER, _OF_LOCATION),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one assessment was judged on and what came out, as it is stored."""

    id: int
    summary: bytes
    findings: bytes
    input: str
    input_digest: str
    facts_as_of: datetime
    policy_digest: str
    as_of: date
    engine_decision_id: str
    engine_provenance: str
    call_id: str


_EVIDENCE = select(*(_TABLE.c[field.name] for field in fields(Evidence))).order_by(_TABLE.c.id)
_EVIDENCE_PAGE = _EVIDENCE.where(_IN_YEAR, _TABLE.c.id > bindparam("after")).limit(bindparam("most"))


def supersede(connection: Connection, location_id: str, budget_year: int) -> int:
    """Makes room for the next assessment of a location in a budget year, and returns its number."""
    found = _SUPERSEDE.first(connection, {"place": location_id, "year": budget_year, "made_again": True})
    latest = found[0] if found else None
    return (latest or 0) + 1


def add(connection: Connection, row: dict[str, Any], stamp: Stamp) -> None:
    """Records an assessment for which `supersede` made room; `row` has the columns of `AssessmentRow`."""
    _ROWS.add(connection, [{**row, "superseded": False}], stamp.written)


def get(connection: Connection, location_id: str, budget_year: int, number: int) -> Stored | None:
    """One assessment, or None when there is none of that number."""
    found = connection.execute(_ONE, {"place": location_id, "year": budget_year, "number": number}).first()
    return Stored(*found) if found else None


def page(
    connection: Connection, page: Page, provider: str, location_id: str, budget_year: int, *, superseded: bool
) -> tuple[Sequence[Stored], str]:
    """A page of assessments in the order in which they were made.

    `provider` and `location_id` may be `-` for all, and `budget_year` 0; `superseded` also shows those that were made
    again since.
    """
    statement = _PAGES[provider != names.ANY, location_id != names.ANY].limit(page.size + 1)
    behind = page.behind(int)
    if behind is not None:
        statement = statement.where(tuple_(_TABLE.c.id) > behind)
    parameters: dict[str, Any] = {"year": budget_year, "all": superseded}
    if provider != names.ANY:
        parameters["agb"] = provider
    if location_id != names.ANY:
        parameters["place"] = location_id
    found = [Stored(*row) for row in connection.execute(statement, parameters)]
    return page.cut(found, lambda stored: (stored.id,))


def evidence(connection: Connection, location_id: str, budget_year: int, number: int) -> Evidence | None:
    """The evidence of one assessment, or None when there is none of that number."""
    statement = _EVIDENCE.where(_SAME, _TABLE.c.number == bindparam("number"))
    found = connection.execute(statement, {"place": location_id, "year": budget_year, "number": number}).first()
    return Evidence(*found) if found else None


def evidence_behind(connection: Connection, after: int, budget_year: int, most: int) -> list[Evidence]:
    """The evidence of so many assessments behind an id, in the order in which they were made; year 0 is every year."""
    rows = connection.execute(_EVIDENCE_PAGE, {"after": after, "year": budget_year, "most": most})
    return [Evidence(*row) for row in rows]


def count_in_year(connection: Connection, budget_year: int) -> int:
    """How many assessments a budget year has, those that were made again since included."""
    statement = select(func.count()).select_from(_TABLE).where(_TABLE.c.budget_year == budget_year)
    return int(connection.execute(statement).scalar_one())
