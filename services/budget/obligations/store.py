"""What was done about duties, in the database."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col

from services.budget.obligations.model import Acknowledgement, DutyKind, StopStatus
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class AcknowledgementRow(Versioned, table=True):
    """A version of what was done about a duty of a location in a year."""

    __tablename__ = "acknowledgement"
    __table_args__ = one_current("acknowledgement", "location_id", "budget_year", "kind")

    agb: str
    location_id: str
    budget_year: int
    kind: str
    raised_on: date
    weight: str
    acknowledged_on: date
    causes: str
    roaz_discussed_on: date | None
    regional_effects: str
    document: str
    actor: str


def _load(agb: str, location_id: str, budget_year: int, kind: str, raised_on: date, weight: str, *rest: Any) -> Any:
    return Acknowledgement(agb, location_id, budget_year, DutyKind(kind), raised_on, StopStatus(weight), *rest)


def _dump(found: Acknowledgement) -> dict[str, Any]:
    return {
        "agb": found.agb,
        "location_id": found.location_id,
        "budget_year": found.year,
        "kind": found.kind.value,
        "raised_on": found.raised_on,
        "weight": found.weight.value,
        "acknowledged_on": found.acknowledged_on,
        "causes": found.causes,
        "roaz_discussed_on": found.roaz_discussed_on,
        "regional_effects": found.regional_effects,
        "document": found.document,
        "actor": found.actor,
    }


ACKNOWLEDGEMENTS = History[AcknowledgementRow, Acknowledgement](
    AcknowledgementRow,
    ("location_id", "budget_year", "kind"),
    _load,
    _dump,
    lambda found: names.OBLIGATIONS.format(provider=found.agb, location=found.location_id, year=found.year),
)
ACKNOWLEDGEMENTS_OF_PROVIDERS = ACKNOWLEDGEMENTS.where(
    col(AcknowledgementRow.agb).in_(bindparam("agbs", expanding=True)),
    col(AcknowledgementRow.budget_year) == bindparam("budget_year"),
)
