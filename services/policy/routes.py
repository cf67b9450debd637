"""What the findings of one location and year lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum

from services.policy.assess import Finding, Verdict
from services.policy.year import Level, Norm


class Route(StrEnum):
    """Where a location goes from here."""

    HERSTELTERMIJN = "HERSTELTERMIJN"
    VERBETERPLAN = "VERBETERPLAN"
    ONVOLLEDIG = "ONVOLLEDIG"
    VOLDOET = "VOLDOET"


def counts(norm: Norm, as_of: date) -> bool:
    """Return whether a norm has consequences on a day; one that counts from a later day only warns."""
    return norm.effective_on is None or norm.effective_on <= as_of


def counting(catalogue: Collection[Norm], findings: Iterable[Finding], as_of: date) -> tuple[Finding, ...]:
    """Return the findings that have consequences on a day. Raises KeyError for a norm that is not in the catalogue."""
    counted: Mapping[str, bool] = {norm.code: counts(norm, as_of) for norm in catalogue}
    return tuple(finding for finding in findings if counted[finding.norm])


def warns(norm: Norm, verdict: Verdict, as_of: date) -> bool:
    """Return whether a verdict is a miss that has no consequence yet on a day."""
    return verdict in (Verdict.VOLDOET_NIET, Verdict.ONBEKEND) and not counts(norm, as_of)


def routes(catalogue: Iterable[Norm], findings: Iterable[Finding]) -> frozenset[Route]:
    """Return the routes that `findings` give; `catalogue` says of which level each norm is.

    HERSTELTERMIJN when a voorwaardelijke eis is not met, VERBETERPLAN when a norm is not met, ONVOLLEDIG when one of
    either is unknown, and VOLDOET exactly when none of these holds. An aanbeveling has no consequence (AMB-32).
    Raises KeyError for a finding of a norm that is not in the catalogue.
    """
    levels: Mapping[str, Level] = {norm.code: norm.level for norm in catalogue}
    seen = {(levels[finding.norm], finding.verdict) for finding in findings}
    found = {route for route, causes in _CAUSES.items() if not causes.isdisjoint(seen)}
    return frozenset(found or {Route.VOLDOET})


_CAUSES = {
    Route.HERSTELTERMIJN: {(Level.VOORWAARDELIJK, Verdict.VOLDOET_NIET)},
    Route.VERBETERPLAN: {(Level.NORM, Verdict.VOLDOET_NIET)},
    Route.ONVOLLEDIG: {(Level.VOORWAARDELIJK, Verdict.ONBEKEND), (Level.NORM, Verdict.ONBEKEND)},
}
