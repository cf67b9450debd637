"""Declarations in the database."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, col

from services.registry.attestations.model import Attestation, Kind
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class AttestationRow(Versioned, table=True):
    """A version of a declaration."""

    __tablename__ = "attestation"
    __table_args__ = one_current("attestation", "agb", "budget_year", "kind")

    agb: str = Field(index=True)
    budget_year: int
    kind: str
    attested_on: date
    document: str


def _load(agb: str, budget_year: int, kind: str, attested_on: date, document: str) -> Attestation:
    return Attestation(agb, budget_year, Kind(kind), attested_on, document)


def _dump(attestation: Attestation) -> dict[str, Any]:
    return {
        "agb": attestation.agb,
        "budget_year": attestation.budget_year,
        "kind": attestation.kind.value,
        "attested_on": attestation.attested_on,
        "document": attestation.document,
    }


ATTESTATIONS = History(
    AttestationRow,
    ("agb", "budget_year", "kind"),
    _load,
    _dump,
    lambda found: names.ATTESTATION.format(provider=found.agb, attestation=found.attestation_id),
)

ATTESTATIONS_OF_PROVIDER = ATTESTATIONS.where(col(AttestationRow.agb) == bindparam("agb"))
