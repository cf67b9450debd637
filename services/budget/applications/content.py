"""What an application says, and the bytes of it that parties sign: canonical JSON, UTF-8, known by its SHA-256.

The bytes are kept as they were signed. Calculation and conditions are in them whole, in the JSON form of their message.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from services.budget.applications.model import LEGAL_GROUNDS, Kind, Party, Role, Terms

FORM = 1
"""Tells how the JSON is laid out."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a location, by its resource name, adds in cents; 0 when it is left out, and then why.

    `decided_against` is what the representatives decided, when an application leaves that aside.
    """

    location: str
    display_name: str
    amount_cents: int
    excluded_because: str
    decided_against: str = ""


@dataclass(frozen=True, slots=True)
class Consultation:
    """Whether parties consulted each other; `last_on` is there only when they did."""

    took_place: bool
    last_on: date | None
    summary: str
    document: str


@dataclass(frozen=True, slots=True)
class Content:
    """What an application says; `name`, `amends` and `follows` are resource names, or empty when there is none.

    `calculation` and `conditions` are the JSON forms of their messages.
    """

    name: str
    agb: str
    provider_name: str
    budget_year: int
    kind: Kind
    lines: tuple[Line, ...]
    parties: tuple[Party, ...]
    consultation: Consultation | None
    amends: str
    follows: str
    explanation: str
    calculation: dict[str, Any]
    conditions: dict[str, Any]

    @property
    def amount_cents(self) -> int:
        """What is applied for: the sum of the lines."""
        return sum(line.amount_cents for line in self.lines)

    @property
    def unmet(self) -> tuple[str, ...]:
        """The conditions that are not met or not known, by their identifiers."""
        judged = self.conditions.get("conditions", ())
        return tuple(each["id"] for each in judged if each.get("status") not in _SATISFIED)


_SATISFIED = {"STATUS_VOLDAAN", "STATUS_NIET_VAN_TOEPASSING"}


def terms_of(content: Content) -> Terms:
    """What the steps of an application need of what it says."""
    return Terms(digest_of(write_content(content)), content.amount_cents, content.parties, content.unmet)


def digest_of(content: bytes) -> str:
    """As in `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def write_content(content: Content) -> bytes:
    """The bytes that are signed; the same content always gives the same."""
    consultation = content.consultation
    written = {
        "form": FORM,
        "name": content.name,
        "provider": {"agb": content.agb, "display_name": content.provider_name},
        "budget_year": content.budget_year,
        "kind": content.kind,
        "legal_ground": LEGAL_GROUNDS[content.kind],
        "amount_cents": content.amount_cents,
        "lines": [asdict(line) for line in content.lines],
        "parties": [{party.role: party.code} for party in content.parties],
        "consultation": consultation and {**asdict(consultation), "last_on": _text(consultation.last_on)},
        "amends": content.amends,
        "follows": content.follows,
        "explanation": content.explanation,
        "calculation": content.calculation,
        "conditions": content.conditions,
    }
    return json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_content(content: bytes) -> Content:
    """The content of bytes that `write_content` wrote."""
    found = json.loads(content)
    consultation = found["consultation"]
    return Content(
        name=found["name"],
        agb=found["provider"]["agb"],
        provider_name=found["provider"]["display_name"],
        budget_year=found["budget_year"],
        kind=Kind(found["kind"]),
        lines=tuple(Line(**line) for line in found["lines"]),
        parties=tuple(Party(Role(role), code) for party in found["parties"] for role, code in party.items()),
        consultation=Consultation(**{**consultation, "last_on": _day(consultation["last_on"])})
        if consultation
        else None,
        amends=found["amends"],
        follows=found["follows"],
        explanation=found["explanation"],
        calculation=found["calculation"],
        conditions=found["conditions"],
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
