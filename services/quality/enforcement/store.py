"""Cases, what happened in them, and notices in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Index, bindparam, or_, select, tuple_
from sqlmodel import Field, SQLModel, col

from services.quality.assessments.store import AssessmentRow
from services.quality.enforcement.model import Case
from services.runtime import names
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.pages import Page
from services.runtime.prepared import Prepared
from services.runtime.versions import History, Stamp, Stored, Versioned, one_current


class CaseRow(Versioned, table=True):
    """A version of a case. `content` is the whole of it as JSON; the other columns are for finding it."""

    __tablename__ = "enforcement_case"
    __table_args__ = (
        *one_current("enforcement_case", "location_id", "survey_year", "track"),
        Index("enforcement_case_of_year", "budget_year", "agb"),
    )

    location_id: str
    survey_year: int
    track: str
    agb: str
    budget_year: int
    content: str


class CaseStepRow(SQLModel, table=True):
    """One thing that happened in a case; written once. It made the version of the case with its number as revision."""

    __tablename__ = "enforcement_step"
    __table_args__ = (Index("enforcement_step_number", "location_id", "survey_year", "track", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    location_id: str
    survey_year: int
    track: str
    number: int
    step: str
    from_state: str
    """Empty for the first step."""
    to_state: str
    reason: str
    document: str
    insurer: str
    actor: str
    recorded_at: datetime


class NoticeRow(SQLModel, table=True):
    """One notice; written once."""

    __tablename__ = "enforcement_notice"
    __table_args__ = (
        Index("enforcement_notice_name", "location_id", "survey_year", "track", "notice_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    agb: str
    location_id: str
    survey_year: int
    track: str
    notice_id: str
    """The number of the decision and the recipient, as in `1-igj`."""
    subject: str
    body: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened in a case, as it is stored; `from_state` is empty for the first."""

    number: int
    step: str
    from_state: str
    to_state: str
    reason: str
    document: str
    insurer: str
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice as it is stored."""

    id: int
    agb: str
    location_id: str
    survey_year: int
    track: str
    notice_id: str
    subject: str
    body: str
    recorded_at: datetime


_CASE = TypeAdapter(Case)
_STEPS = SQLModel.metadata.tables["enforcement_step"]
_NOTICES = SQLModel.metadata.tables["enforcement_notice"]
_STEP_ROWS = AppendOnly(_STEPS)
_NOTICE_ROWS = AppendOnly(_NOTICES)
_ASSESSMENTS = SQLModel.metadata.tables[str(AssessmentRow.__tablename__)]


def _load(location_id: str, survey_year: int, track: str, agb: str, budget_year: int, content: str) -> Case:
    return _CASE.validate_json(content)


def _dump(case: Case) -> dict[str, Any]:
    return {
        "location_id": case.location_id,
        "survey_year": case.survey_year,
        "track": case.track.value,
        "agb": case.agb,
        "budget_year": case.budget_year,
        "content": _CASE.dump_json(case).decode(),
    }


def case_name(case: Case) -> str:
    """The resource name of a case."""
    return names.CASE.format(provider=case.agb, location=case.location_id, case=case.case_id)


def case_key(location_id: str, case_id: str) -> tuple[str, int, str]:
    """What a case is found by, from the parts of a well-formed name."""
    survey_year, _, track = case_id.partition("-")
    return location_id, int(survey_year), track


CASES = History(CaseRow, ("location_id", "survey_year", "track"), _load, _dump, case_name)


def _given(name: str, column: Any, every: str | int) -> Any:
    return or_(bindparam(name) == every, column == bindparam(name))


SELECTED_CASES = CASES.where(
    _given("agb", col(CaseRow.agb), names.ANY),
    _given("place", col(CaseRow.location_id), names.ANY),
    _given("year", col(CaseRow.budget_year), 0),
)
"""Parameters `agb` and `place`, `-` for all, and the budget year `year`, 0 for all."""

_ANY_CASE = Prepared(
    select(col(CaseRow.version)).where(
        col(CaseRow.location_id) == bindparam("place"),
        col(CaseRow.survey_year) == bindparam("survey_year"),
        col(CaseRow.superseded_at).is_(None),
    )
)
_HAPPENED = (
    select(*(_STEPS.c[field.name] for field in fields(Happened)))
    .where(
        _STEPS.c.location_id == bindparam("place"),
        _STEPS.c.survey_year == bindparam("survey_year"),
        _STEPS.c.track == bindparam("track"),
        _STEPS.c.number > bindparam("after"),
    )
    .order_by(_STEPS.c.number)
    .limit(bindparam("most"))
)
_NOTICE = select(*(_NOTICES.c[field.name] for field in fields(StoredNotice)))
_ONE_NOTICE = _NOTICE.where(
    _NOTICES.c.location_id == bindparam("place"),
    _NOTICES.c.survey_year == bindparam("survey_year"),
    _NOTICES.c.track == bindparam("track"),
    _NOTICES.c.notice_id == bindparam("notice"),
)
_NOTICES_BEHIND = (
    _NOTICE.where(
        _NOTICES.c.id > bindparam("after"),
        _given("agb", _NOTICES.c.agb, names.ANY),
        _given("place", _NOTICES.c.location_id, names.ANY),
        _given("survey_year", _NOTICES.c.survey_year, 0),
        _given("track", _NOTICES.c.track, ""),
    )
    .order_by(_NOTICES.c.id)
    .limit(bindparam("most"))
)
_PLACE = tuple_(_ASSESSMENTS.c.location_id, _ASSESSMENTS.c.budget_year)
_LATEST = select(
    _ASSESSMENTS.c.location_id, _ASSESSMENTS.c.budget_year, _ASSESSMENTS.c.agb, _ASSESSMENTS.c.number
).where(_ASSESSMENTS.c.superseded.is_(False), _PLACE.in_(bindparam("places", expanding=True)))
_STANDINGS = (
    select(_ASSESSMENTS.c.location_id, _ASSESSMENTS.c.agb, _ASSESSMENTS.c.summary)
    .where(
        _ASSESSMENTS.c.budget_year == bindparam("year"),
        _ASSESSMENTS.c.superseded.is_(False),
        _given("agb", _ASSESSMENTS.c.agb, names.ANY),
    )
    .order_by(_ASSESSMENTS.c.id)
)


def has_case(connection: Connection, location_id: str, survey_year: int) -> bool:
    """Whether a location has a case of a survey year."""
    return _ANY_CASE.first(connection, {"place": location_id, "survey_year": survey_year}) is not None


def add_step(connection: Connection, stored: Stored[Case], happened: dict[str, str], stamp: Stamp) -> None:
    """Records what made this version of a case; `happened` has the texts of `Happened` but for the actor."""
    case = stored.value
    row = {
        "location_id": case.location_id,
        "survey_year": case.survey_year,
        "track": case.track.value,
        "number": stored.revision,
        **happened,
        "actor": stamp.by,
        "recorded_at": stamp.at,
    }
    _STEP_ROWS.add(connection, [row], stamp.written)


def steps_page(connection: Connection, case: Case, page: Page) -> tuple[Sequence[Happened], str]:
    """A page of what happened in a case, the oldest first."""
    (after,) = page.behind(int) or (0,)
    parameters = {
        "place": case.location_id,
        "survey_year": case.survey_year,
        "track": case.track.value,
        "after": after,
        "most": page.size + 1,
    }
    found = [Happened(*row) for row in connection.execute(_HAPPENED, parameters)]
    return page.cut(found, lambda happened: (happened.number,))


def add_notice(connection: Connection, case: Case, notice_id: str, subject: str, body: str, stamp: Stamp) -> None:
    """Records a notice about a case."""
    row = {
        "agb": case.agb,
        "location_id": case.location_id,
        "survey_year": case.survey_year,
        "track": case.track.value,
        "notice_id": notice_id,
        "subject": subject,
        "body": body,
        "recorded_at": stamp.at,
    }
    _NOTICE_ROWS.add(connection, [row], stamp.written)
    stamp.note(f"{case_name(case)}/notices/{notice_id}")


def notice(connection: Connection, location_id: str, case_id: str, notice_id: str) -> StoredNotice | None:
    """One notice, or None when there is none."""
    place, survey_year, track = case_key(location_id, case_id)
    parameters = {"place": place, "survey_year": survey_year, "track": track, "notice": notice_id}
    row = connection.execute(_ONE_NOTICE, parameters).first()
    return StoredNotice(*row) if row else None


def notices_page(
    connection: Connection, page: Page, agb: str, location_id: str, case_id: str
) -> tuple[Sequence[StoredNotice], str]:
    """A page of notices in the order in which they were made; each part of the name may be `-` for all."""
    (after,) = page.behind(int) or (0,)
    _, survey_year, track = ("", 0, "") if case_id == names.ANY else case_key("", case_id)
    parameters = {
        "agb": agb,
        "place": location_id,
        "survey_year": survey_year,
        "track": track,
        "after": after,
        "most": page.size + 1,
    }
    found = [StoredNotice(*row) for row in connection.execute(_NOTICES_BEHIND, parameters)]
    return page.cut(found, lambda stored: (stored.id,))


def latest_assessments(connection: Connection, cases: Iterable[Case]) -> dict[tuple[str, int], str]:
    """The names of the latest assessments in the budget years of cases, by location and budget year."""
    places = list({(case.location_id, case.budget_year) for case in cases})
    if not places:
        return {}
    return {
        (location_id, year): names.ASSESSMENT.format(provider=agb, location=location_id, assessment=f"{year}-{number}")
        for location_id, year, agb, number in connection.execute(_LATEST, {"places": places})
    }


def standings(connection: Connection, agb: str, budget_year: int) -> list[tuple[str, str, bytes]]:
    """Location, provider and summary of every latest assessment of a budget year, in the order in which they were made.

    `agb` may be `-` for all.
    """
    return [(*row,) for row in connection.execute(_STANDINGS, {"year": budget_year, "agb": agb})]
