"""What a follower of the rules saw last, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.quality.rulebook import YearStatus


@dataclass(frozen=True, slots=True)
class OpaStatus:
    """Whether an OPA server answers, and whether its bundle is the one that holds."""

    answers: bool
    current: bool

    @property
    def problem(self) -> str:
        """Empty when nothing is wrong."""
        if not self.answers:
            return "does not answer"
        return "" if self.current else "holds another bundle than the one that judges"


@dataclass(frozen=True, slots=True)
class Followed:
    """The years with an active set, since when each set is active by its digest, and how OPA is, None without OPA.

    `looked` is whether there was a look at all, and `failed` what kept the last one from seeing anything.
    """

    years: Sequence[YearStatus] = ()
    activated_at: Mapping[str, datetime] = field(default_factory=dict)
    opa: OpaStatus | None = None
    looked: bool = False
    failed: str = ""

    @property
    def unseen(self) -> str:
        """What is wrong when it is not known which rules hold; empty when that is known."""
        return self.failed or ("" if self.looked else "were not looked at yet")

    @property
    def stale(self) -> str:
        """What is wrong when a year is not judged by its active set; empty when each is."""
        return "; ".join(f"{year.active.policy_year}: {year.problem}" for year in self.years if year.problem)
