"""What hospitals reported about a location, as estimates and scenarios read it; `figure_reader` fetches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RoundYears:
    """The years that a round points to: of the questionnaire, of the indicators, and of the rules."""

    survey_year: int
    reference_year: int
    policy_year: int


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits to the SEH and the Eerste Hart Hulp in a year (AMB-30); None is not known."""

    seh: int | None
    ehh: int | None

    @property
    def total(self) -> int | None:
        """Both together; not known unless both are."""
        return None if self.seh is None or self.ehh is None else self.seh + self.ehh


NO_VISITS_KNOWN = Visits(None, None)

Answers: TypeAlias = Mapping[str, tuple[str, ...]]
"""The answers of a location by the identifier of the question, as text: one, or one for each block or specialism."""
