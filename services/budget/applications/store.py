"""Applications in the database: their versions, what each version said, and what happened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, bindparam, func, select
from sqlmodel import Field, SQLModel, col

from services.budget.applications.content import digest_of
from services.budget.applications.model import (
    Application,
    Kind,
    NzaDecision,
    Outcome,
    Party,
    Role,
    Signature,
    State,
    Terms,
)
from services.runtime import names
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.pages import Page
from services.runtime.versions import History, Stamp, Stored, Versioned, one_current


class ApplicationRow(Versioned, table=True):
    """A version of an application. Parties, conditions, signatures and decision are JSON; nobody queries by them."""

    __tablename__ = "application"
    __table_args__ = one_current("application", "agb", "application_id")

    agb: str = Field(index=True)
    application_id: str
    budget_year: int = Field(index=True)
    kind: str
    created_at: datetime
    digest: str
    amount_cents: int = Field(sa_type=BigInteger)
    parties: str
    unmet: str
    stage: str
    signatures: str
    lapsed: str
    submitted_on: date | None
    nza_reference: str
    decision: str


class ApplicationContentRow(SQLModel, table=True):
    """What an application said, once for each digest."""

    __tablename__ = "application_content"

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    digest: str = Field(unique=True)
    content: bytes


class ApplicationStepRow(SQLModel, table=True):
    """One thing that happened to an application; never changed."""

    __tablename__ = "application_step"
    __table_args__ = (Index("application_step_number", "agb", "application_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    agb: str
    application_id: str
    number: int
    step: str
    from_state: str
    to_state: str
    digest: str
    note: str
    actor: str
    recorded_at: datetime


APPLICATION_ROWS = (ApplicationRow, ApplicationContentRow, ApplicationStepRow)


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step as it is stored; `from_state` is None for the first."""

    number: int
    step: str
    from_state: State | None
    to_state: State
    digest: str
    note: str
    actor: str
    recorded_at: datetime


def _load(
    agb: str,
    application_id: str,
    budget_year: int,
    kind: str,
    created_at: datetime,
    digest: str,
    amount_cents: int,
    parties: str,
    unmet: str,
    stage: str,
    signatures: str,
    lapsed: str,
    submitted_on: date | None,
    nza_reference: str,
    decision: str,
) -> Application:
    return Application(
        agb=agb,
        application_id=application_id,
        kind=Kind(kind),
        created_at=created_at,
        terms=Terms(digest, amount_cents, _read_parties(parties), tuple(json.loads(unmet))),
        stage=State(stage),
        signatures=_read_signatures(signatures),
        lapsed=_read_signatures(lapsed),
        submitted_on=submitted_on,
        nza_reference=nza_reference,
        decision=_read_decision(decision),
    )


def _dump(application: Application) -> dict[str, Any]:
    decision = application.decision
    return {
        "agb": application.agb,
        "application_id": application.application_id,
        "budget_year": application.budget_year,
        "kind": application.kind.value,
        "created_at": application.created_at,
        "digest": application.terms.digest,
        "amount_cents": application.terms.amount_cents,
        "parties": json.dumps([(party.role, party.code) for party in application.terms.parties]),
        "unmet": json.dumps(application.terms.unmet),
        "stage": application.stage.value,
        "signatures": _write_signatures(application.signatures),
        "lapsed": _write_signatures(application.lapsed),
        "submitted_on": application.submitted_on,
        "nza_reference": application.nza_reference,
        "decision": json.dumps(
            decision
            and [
                decision.outcome,
                decision.amount_cents,
                decision.decided_on.isoformat(),
                decision.document,
                decision.reason,
            ]
        ),
    }


def _read_parties(text: str) -> tuple[Party, ...]:
    return tuple(Party(Role(role), code) for role, code in json.loads(text))


def _write_signatures(signatures: tuple[Signature, ...]) -> str:
    return json.dumps([(s.party.role, s.party.code, s.digest, s.actor, s.signed_at.isoformat()) for s in signatures])


def _read_signatures(text: str) -> tuple[Signature, ...]:
    return tuple(
        Signature(Party(Role(role), code), digest, actor, datetime.fromisoformat(signed_at))
        for role, code, digest, actor, signed_at in json.loads(text)
    )


def _read_decision(text: str) -> NzaDecision | None:
    found = json.loads(text)
    if found is None:
        return None
    outcome, amount_cents, decided_on, document, reason = found
    return NzaDecision(Outcome(outcome), amount_cents, date.fromisoformat(decided_on), document, reason)


APPLICATIONS = History(
    ApplicationRow,
    ("agb", "application_id"),
    _load,
    _dump,
    lambda found: names.APPLICATION.format(provider=found.agb, application=found.application_id),
)

_OF_PROVIDER = col(ApplicationRow.agb) == bindparam("agb")
_OF_YEAR = col(ApplicationRow.budget_year) == bindparam("budget_year")
_OF_PROVIDER_AND_YEAR = APPLICATIONS.where(_OF_PROVIDER, _OF_YEAR)
_SELECTIONS = {
    (False, False): APPLICATIONS.every,
    (True, False): APPLICATIONS.where(_OF_PROVIDER),
    (False, True): APPLICATIONS.where(_OF_YEAR),
    (True, True): _OF_PROVIDER_AND_YEAR,
}
"""By whether a provider and a year are asked for."""

_CONTENT = SQLModel.metadata.tables["application_content"]
_STEP = SQLModel.metadata.tables["application_step"]
_CONTENTS = AppendOnly(_CONTENT)
_STEP_ROWS = AppendOnly(_STEP)
_OF_APPLICATION = (_STEP.c.agb == bindparam("agb"), _STEP.c.application_id == bindparam("application_id"))
_LAST_STEP = select(func.coalesce(func.max(_STEP.c.number), 0)).where(*_OF_APPLICATION)
_STEPS = (
    select(*(_STEP.c[name] for name in StoredStep.__slots__))
    .where(*_OF_APPLICATION, _STEP.c.number > bindparam("after"))
    .order_by(_STEP.c.number)
    .limit(bindparam("limit"))
)


def next_id(year: int, earlier: list[Stored[Application]]) -> str:
    """The identifier of the next application of a provider and year, as in `2027-2`; numbers are never used again."""
    numbers = [int(stored.value.application_id.partition("-")[2]) for stored in earlier]
    return f"{year}-{max(numbers, default=0) + 1}"


def of_year(connection: Connection, agb: str, year: int) -> list[Stored[Application]]:
    """The applications of a provider and year, in the order in which they were made."""
    return _OF_PROVIDER_AND_YEAR.all(connection, agb=agb, budget_year=year)


def page(
    connection: Connection, page: Page, agb: str | None, year: int | None
) -> tuple[Sequence[Stored[Application]], str]:
    """A page of the applications of a provider and year, None for all of either, and the token of the next."""
    wanted: dict[str, Any] = {"agb": agb, "budget_year": year}
    selection = _SELECTIONS[agb is not None, year is not None]
    return selection.page(connection, page, **{key: value for key, value in wanted.items() if value is not None})


def first_submitted_on(connection: Connection, agb: str, year: int) -> date | None:
    """The day on which an application of a provider and year was first handed in; one that was withdrawn is not."""
    handed_in = (each.value for each in of_year(connection, agb, year) if each.value.state is not State.INGETROKKEN)
    return min((found.submitted_on for found in handed_in if found.submitted_on), default=None)


def content(connection: Connection, digest: str) -> bytes:
    """What an application says, by its digest, which is known to be there."""
    found: bytes = connection.execute(select(_CONTENT.c.content).where(_CONTENT.c.digest == digest)).scalar_one()
    return found


def keep_content(connection: Connection, content: bytes, stamp: Stamp) -> None:
    """Keeps what an application says; does nothing when it is there already."""
    digest = digest_of(content)
    known = select(_CONTENT.c.digest).where(_CONTENT.c.digest == digest)
    if connection.execute(known).first() is None:
        _CONTENTS.add(connection, [{"digest": digest, "content": content}], stamp.written)


def put(
    connection: Connection, application: Application, stamp: Stamp, step: str, before: State | None, note: str
) -> Stored[Application]:
    """Records a version of an application with the step that led to it."""
    key = {"agb": application.agb, "application_id": application.application_id}
    number = connection.execute(_LAST_STEP, key).scalar_one() + 1
    row = {
        **key,
        "number": number,
        "step": step,
        "from_state": before.value if before else "",
        "to_state": application.state.value,
        "digest": application.terms.digest,
        "note": note,
        "actor": stamp.by,
        "recorded_at": stamp.at,
    }
    _STEP_ROWS.add(connection, [row], stamp.written)
    return APPLICATIONS.put(connection, application, stamp)


def steps(connection: Connection, application: Application, after: int, limit: int) -> list[StoredStep]:
    """Up to so many steps behind a number, the oldest first."""
    key = {"agb": application.agb, "application_id": application.application_id}
    return [
        StoredStep(number, step, State(from_state) if from_state else None, State(to_state), *rest)
        for number, step, from_state, to_state, *rest in connection.execute(
            _STEPS, {**key, "after": after, "limit": limit}
        )
    ]
