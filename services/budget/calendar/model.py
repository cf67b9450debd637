"""The deadlines of a budget year: what has to be done, by whom, and until when.

A deadline holds until 23:59:59 in Amsterdam on its last day (AMB-39); a weekend does not move it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a deadline is about; the value is what a reader calls it."""

    HERSTELTERMIJN = "hersteltermijn"
    VERBETERPLAN = "verbeterplan"
    VOLDOEN = "voldoen"
    MAATREGEL = "maatregel"
    UITZONDERING = "uitzondering"
    VERPLICHTING = "verplichting"
    AANVRAAG = "aanvraag"
    VERKLARING = "verklaring"
    STEM = "stem"
    HANDTEKENING = "handtekening"
    NIEUWE_AANBIEDER = "nieuwe aanbieder"
    TRANSPARANTIE = "transparantie"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing to do. `due_on` is the last day, None without a term; `insurers` are the UZOVI codes of those that have
    to act, none when the provider has to. `matter` tells it from the others of its resource and kind."""

    kind: Kind
    agb: str
    resource: str
    title: str
    due_on: date | None = None
    description: str = ""
    insurers: tuple[str, ...] = ()
    matter: str = ""

    @property
    def id(self) -> str:
        """What it is known by for as long as the matter lasts, also when its day moves."""
        parts = (self.resource, self.kind.replace(" ", "-"), self.matter)
        return "#".join(part for part in parts if part)

    @property
    def place(self) -> tuple[str, str]:
        """Its place in a list: by day, those without one last."""
        return (self.due_on.isoformat() if self.due_on else "9999-12-31", self.id)

    def overdue(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.due_on is not None and self.due_on < today
