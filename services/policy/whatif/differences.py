"""The findings of two policy sets on one location, held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.policy.assess import Fact, Finding, Verdict
from services.policy.catalogue import Level, Norm
from services.policy.routes import Route, counting, routes, warns


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy set says of a norm; `warning` when a miss has no consequence yet."""

    verdict: Verdict
    level: Level
    warning: bool
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class NormChange:
    """What differs for one norm, by its code; a side is None when that set has no such norm."""

    norm: str
    base: Side | None
    draft: Side | None

    def without_facts(self) -> NormChange:
        """The same, without what was read for it."""
        base, draft = (side and replace(side, facts=()) for side in (self.base, self.draft))
        return NormChange(self.norm, base, draft)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs for one location: the routes of both sets, and the norms that differ in the order of `order_of`."""

    base_routes: frozenset[Route]
    draft_routes: frozenset[Route]
    changes: tuple[NormChange, ...]


def order_of(base: Sequence[Norm], draft: Sequence[Norm]) -> list[str]:
    """The codes of the norms of two catalogues: those of the draft, and then those that only the base has."""
    codes = [norm.code for norm in draft]
    return codes + [norm.code for norm in base if norm.code not in codes]


class Differ:
    """Compares findings by two catalogues on a day."""

    def __init__(self, base: Sequence[Norm], draft: Sequence[Norm], as_of: date) -> None:
        self._base, self._draft, self._as_of = base, draft, as_of
        in_base = {norm.code: index for index, norm in enumerate(base)}
        in_draft = {norm.code: index for index, norm in enumerate(draft)}
        self._pairs = [(code, in_base.get(code), in_draft.get(code)) for code in order_of(base, draft)]

    def difference(self, base: Sequence[Finding], draft: Sequence[Finding]) -> Difference:
        """What differs between the findings of both sets, each in the order of its catalogue."""
        changes = []
        for code, in_base, in_draft in self._pairs:
            before = None if in_base is None else self._side(self._base[in_base], base[in_base])
            after = None if in_draft is None else self._side(self._draft[in_draft], draft[in_draft])
            if before is None or after is None or _weight(before) != _weight(after):
                changes.append(NormChange(code, before, after))
        return Difference(self._routes(self._base, base), self._routes(self._draft, draft), tuple(changes))

    def _side(self, norm: Norm, finding: Finding) -> Side:
        return Side(finding.verdict, norm.level, warns(norm, finding.verdict, self._as_of), finding.facts)

    def _routes(self, catalogue: Sequence[Norm], findings: Sequence[Finding]) -> frozenset[Route]:
        return routes(catalogue, counting(catalogue, findings, self._as_of))


def _weight(side: Side) -> tuple[Verdict, Level, bool]:
    return side.verdict, side.level, side.warning
