"""Policy sets in the database: the bundles, how far each is, and every step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, bindparam, insert, or_, select, text, update
from sqlmodel import Field, SQLModel, col

from services.policy.policy_set import PolicySet
from services.quality.policysets.model import State, StoredSet, Transition
from services.runtime import names
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly, Pinned
from services.runtime.pages import Page
from services.runtime.prepared import Prepared
from services.runtime.versions import Stamp

_ACTIVE = text("state = 'active'")


class PolicySetRow(SQLModel, table=True):
    """A policy set. Its content never changes; `state`, `steps`, `replaced` and `report` follow its transitions."""

    __tablename__ = "policy_set"
    __table_args__ = (
        # However many replicas activate at the same time, one set of a year is active at most.
        Index("policy_set_active", "policy_year", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        Index("policy_set_name", "policy_year", "set_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    digest: str = Field(unique=True)
    policy_year: int
    set_id: str
    label: str
    key_id: str
    bundle: bytes
    state: str
    steps: int
    replaced: str | None
    passed: bool | None
    report: bytes
    """The message of what the gate found; empty when it was not put through the gate."""


class PolicySetTransitionRow(SQLModel, table=True):
    """One step in the life of a policy set; written once."""

    __tablename__ = "policy_set_transition"

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    digest: str = Field(index=True)
    state: str
    actor: str
    recorded_at: datetime
    reason: str


_SETS = SQLModel.metadata.tables["policy_set"]
_TRANSITIONS = SQLModel.metadata.tables["policy_set_transition"]
_SET_ROWS = Pinned(_SETS)
_TRANSITION_ROWS = AppendOnly(_TRANSITIONS)
_COLUMNS = [
    _SETS.c[name]
    for name in ("digest", "policy_year", "set_id", "label", "key_id", "state", "steps", "replaced", "passed")
]
_BY_NAME = select(*_COLUMNS).where(
    _SETS.c.policy_year == bindparam("policy_year"), _SETS.c.set_id == bindparam("set_id")
)
_BY_DIGEST = select(*_COLUMNS).where(_SETS.c.digest == bindparam("digest"))
_ACTIVE_DIGEST = Prepared(
    select(col(PolicySetRow.digest)).where(
        col(PolicySetRow.policy_year) == bindparam("policy_year"), col(PolicySetRow.state) == bindparam("state")
    )
)
_ACTIVE_SETS = select(*_COLUMNS).where(_SETS.c.state == State.ACTIVE.value).order_by(_SETS.c.policy_year)
_PAGE = (
    select(_SETS.c.id, *_COLUMNS)
    .where(or_(bindparam("policy_year") == 0, _SETS.c.policy_year == bindparam("policy_year")))
    .order_by(_SETS.c.id)
)
_STEPS = (
    select(_TRANSITIONS.c.state, _TRANSITIONS.c.actor, _TRANSITIONS.c.recorded_at, _TRANSITIONS.c.reason)
    .where(_TRANSITIONS.c.digest == bindparam("digest"))
    .order_by(_TRANSITIONS.c.id)
)


def active_digest(connection: Connection, policy_year: int) -> str | None:
    """The digest of the active set of a year; None when there is none."""
    found = _ACTIVE_DIGEST.first(connection, {"policy_year": policy_year, "state": State.ACTIVE.value})
    return str(found[0]) if found else None


def active_sets(connection: Connection) -> list[StoredSet]:
    """The active set of every year that has one, the first year first."""
    return [_stored(row) for row in connection.execute(_ACTIVE_SETS)]


def by_name(connection: Connection, policy_year: int, set_id: str) -> StoredSet | None:
    """One set."""
    row = connection.execute(_BY_NAME, {"policy_year": policy_year, "set_id": set_id}).first()
    return _stored(row) if row else None


def by_digest(connection: Connection, digest: str) -> StoredSet | None:
    """One set."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).first()
    return _stored(row) if row else None


def has_any(connection: Connection, policy_year: int) -> bool:
    """Whether a year has a set, in whatever state."""
    statement = select(_SETS.c.id).where(_SETS.c.policy_year == policy_year).limit(1)
    return connection.execute(statement).first() is not None


def bundle_of(connection: Connection, digest: str) -> bytes:
    """The bundle of a set that exists."""
    return bytes(connection.execute(select(_SETS.c.bundle).where(_SETS.c.digest == digest)).scalar_one())


def report_of(connection: Connection, digest: str) -> bytes:
    """What the gate found of a set that exists; empty when it was not put through the gate."""
    return bytes(connection.execute(select(_SETS.c.report).where(_SETS.c.digest == digest)).scalar_one())


def transitions_of(connection: Connection, digest: str) -> list[Transition]:
    """Every step of a set, the oldest first."""
    return [
        Transition(State(state), actor, at, reason)
        for state, actor, at, reason in connection.execute(_STEPS, {"digest": digest})
    ]


def activated_at(connection: Connection, digest: str) -> datetime:
    """When a set that was once active was activated last."""
    return max(step.at for step in transitions_of(connection, digest) if step.state is State.ACTIVE)


def page(connection: Connection, page: Page, policy_year: int) -> tuple[Sequence[StoredSet], str]:
    """A page of sets in the order in which they were published; `policy_year` 0 means every year."""
    statement = _PAGE.limit(page.size + 1)
    behind = page.behind(int)
    if behind is not None:
        statement = statement.where(_SETS.c.id > behind[0])
    found = connection.execute(statement, {"policy_year": policy_year}).all()
    shown, token = page.cut(found, lambda row: (row.id,))
    return [_stored(row[1:]) for row in shown], token


def add(connection: Connection, policy_set: PolicySet, key_id: str, bundle: bytes, stamp: Stamp, reason: str) -> None:
    """Records a set as a draft."""
    row = {
        "digest": policy_set.digest,
        "policy_year": policy_set.year,
        "set_id": policy_set.id,
        "label": policy_set.label,
        "key_id": key_id,
        "bundle": bundle,
        "state": State.DRAFT.value,
        "steps": 0,
        "replaced": None,
        "passed": None,
        "report": b"",
    }
    connection.execute(insert(_SETS), row)
    move(connection, policy_set.digest, State.DRAFT, stamp, reason)


def move(connection: Connection, digest: str, state: State, stamp: Stamp, reason: str, **columns: Any) -> None:
    """Records a step of a set, and what else changes with it: `replaced`, or `passed` and `report`."""
    row = {
        "digest": digest,
        "state": state.value,
        "actor": stamp.by,
        "recorded_at": stamp.at,
        "reason": reason,
    }
    _TRANSITION_ROWS.add(connection, [row], stamp.written)
    changed = update(_SETS).where(_SETS.c.digest == digest)
    changed = changed.values(state=state.value, steps=_SETS.c.steps + 1, **columns)
    returned = connection.execute(changed.returning(_SETS.c.policy_year, _SETS.c.set_id, _SETS.c.steps)).one()
    _SET_ROWS.pin(connection, _SETS.c.digest == digest, stamp.written)
    stamp.note(names.POLICY_SET.format(year=returned.policy_year, policy_set=returned.set_id), returned.steps)


def _stored(row: Any) -> StoredSet:
    digest, policy_year, set_id, label, key_id, state, steps, replaced, passed = row
    return StoredSet(digest, policy_year, set_id, label, key_id, State(state), steps, replaced, passed)
