"""Providers and decisions in the database."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, col

from services.registry.providers.model import Approval, Decision, Provider, Review, Stage
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class ProviderRow(Versioned, table=True):
    """A version of a provider; `representatives` are joined by `;`."""

    __tablename__ = "provider"
    __table_args__ = one_current("provider", "agb")

    agb: str
    kvk: str
    name: str
    provides_seh_since: date
    representatives: str
    stage: str
    requested_information: str


class ApprovalRow(Versioned, table=True):
    """A version of a decision; a second version only ever comes from a corrected import."""

    __tablename__ = "approval"
    __table_args__ = one_current("approval", "agb", "approval_id")

    agb: str = Field(index=True)
    approval_id: str
    insurer: str
    decision: str
    decided_on: date
    reason: str


def _load_provider(
    agb: str,
    kvk: str,
    name: str,
    provides_seh_since: date,
    representatives: str,
    stage: str,
    requested_information: str,
) -> Provider:
    review = Review(Stage(stage), requested_information)
    return Provider(agb, kvk, name, provides_seh_since, tuple(representatives.split(";")), review)


def _dump_provider(provider: Provider) -> dict[str, Any]:
    return {
        "agb": provider.agb,
        "kvk": provider.kvk,
        "name": provider.name,
        "provides_seh_since": provider.provides_seh_since,
        "representatives": ";".join(provider.representatives),
        "stage": provider.review.stage.value,
        "requested_information": provider.review.requested_information,
    }


def _load_approval(agb: str, approval_id: str, insurer: str, decision: str, decided_on: date, reason: str) -> Approval:
    return Approval(agb, approval_id, insurer, Decision(decision), decided_on, reason)


def _dump_approval(approval: Approval) -> dict[str, Any]:
    return {
        "agb": approval.agb,
        "approval_id": approval.approval_id,
        "insurer": approval.insurer,
        "decision": approval.decision.value,
        "decided_on": approval.decided_on,
        "reason": approval.reason,
    }


PROVIDERS = History(
    ProviderRow, ("agb",), _load_provider, _dump_provider, lambda found: names.PROVIDER.format(provider=found.agb)
)
APPROVALS = History(
    ApprovalRow,
    ("agb", "approval_id"),
    _load_approval,
    _dump_approval,
    lambda found: names.APPROVAL.format(provider=found.agb, approval=found.approval_id),
)

APPROVALS_OF_PROVIDERS = APPROVALS.where(col(ApprovalRow.agb).in_(bindparam("agbs", expanding=True)))
