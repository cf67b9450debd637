"""What the findings of one location and year lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from services.policy.assess import Finding, Verdict
from services.policy.year import Level, Norm


class Route(StrEnum):
    """Where a location goes from here."""

    HERSTELTERMIJN = "HERSTELTERMIJN"
    VERBETERPLAN = "VERBETERPLAN"
    ONVOLLEDIG = "ONVOLLEDIG"
    VOLDOET = "VOLDOET"


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
