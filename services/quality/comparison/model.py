"""A comparison in numbers, added up location by location."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.policy.assess import Verdict
from services.policy.routes import Route
from services.policy.whatif.differences import Difference

Flip = tuple[str, Verdict | None, Verdict | None]
"""A norm by its code, with the verdicts of base and draft; None where that set has no such norm."""


@dataclass
class Tally:
    """The totals so far."""

    judged: int = 0
    changed: int = 0
    refused: int = 0
    checked: int = 0
    base: Counter[Route] = field(default_factory=Counter)
    draft: Counter[Route] = field(default_factory=Counter)
    entered: Counter[Route] = field(default_factory=Counter)
    left: Counter[Route] = field(default_factory=Counter)
    _flips: Counter[Flip] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """How many locations were tried."""
        return self.judged + self.refused

    def add(self, found: Difference, *, changed: bool, checked: bool) -> None:
        """Counts a location that was judged by both."""
        self.judged += 1
        self.changed += changed
        self.checked += checked
        self.base.update(found.base_routes)
        self.draft.update(found.draft_routes)
        self.entered.update(found.draft_routes - found.base_routes)
        self.left.update(found.base_routes - found.draft_routes)
        for change in found.changes:
            before = change.base.verdict if change.base else None
            after = change.draft.verdict if change.draft else None
            if before is not after:
                self._flips[change.norm, before, after] += 1

    def flips(self, order: Sequence[str]) -> list[tuple[Flip, int]]:
        """How often each flip happened, norms in the given order, the most frequent flip of a norm first."""
        places = {code: place for place, code in enumerate(order)}
        return sorted(self._flips.items(), key=lambda item: (places[item[0][0]], -item[1], str(item[0][1:])))
