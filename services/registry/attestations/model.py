"""What providers declare for a round (Inkoopkader, conditions 1, 3, 4 and 6; AMB-45, AMB-46)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What is declared."""

    RIVM_UITVRAAG = "RIVM_UITVRAAG"
    SCHONING = "SCHONING"
    OVERLOOP_DBC = "OVERLOOP_DBC"
    TIJDLIJN = "TIJDLIJN"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A provider's declaration about one condition in one budget year; `document` refers to what was signed."""

    agb: str
    budget_year: int
    kind: Kind
    attested_on: date
    document: str

    @property
    def attestation_id(self) -> str:
        """The last part of its name, as in `2027-overloop-dbc`."""
        return f"{self.budget_year}-{self.kind.lower().replace('_', '-')}"
