"""The facts that a calculation rests on, as one canonical text: kept with it, so that it can be done again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.budget.facts import (
    UNKNOWN,
    Approval,
    Assessment,
    CareType,
    Closure,
    Decision,
    Department,
    Exclusion,
    Location,
    Negative,
    Provider,
    Round,
    Standing,
    Stop,
)
from services.policy.parameters import Parameters
from spoedkader.wallclock.opening import OpeningPeriod

FORM = 2
"""Changes whenever the same facts and parameters give another calculation, so that no stored one passes for new."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A provider, the round, and where each location stands, by location id."""

    provider: Provider
    round: Round
    standings: Mapping[str, Standing]


def write_basis(basis: Basis, parameters: Parameters) -> str:
    """The text of the facts: JSON without spaces, every list in an order that does not depend on where it came from.

    Only what the rules read: stops when they count as closed (AMB-11), and a closure that is not known to be foreseen
    as one that was not.
    """
    provider, round_ = basis.provider, basis.round
    stops_count = parameters.stops_count_as_closed.value
    content = {
        "form": FORM,
        "round": [round_.budget_year, round_.policy_year, round_.norm_amount_cents],
        "provider": [provider.agb, provider.provides_seh_since, provider.representatives],
        "approvals": [(each.insurer, each.decision, each.decided_on) for each in provider.approvals],
        "locations": [
            _write_location(location, basis.standings.get(location.location_id, UNKNOWN), stops_count)
            for location in provider.locations
        ],
    }
    return json.dumps(content, default=str, separators=(",", ":"))


def read_basis(text: str) -> Basis:
    """The facts of a text that `write_basis` wrote."""
    content = json.loads(text)
    agb, since, representatives = content["provider"]
    approvals = tuple(
        Approval(insurer, Decision(decision), date.fromisoformat(day))
        for insurer, decision, day in content["approvals"]
    )
    locations = tuple(_read_location(agb, location) for location in content["locations"])
    provider = Provider(agb, date.fromisoformat(since), tuple(representatives), approvals, locations)
    standings = {location["id"]: _read_standing(location) for location in content["locations"]}
    return Basis(provider, Round(*content["round"]), standings)


def _write_location(location: Location, standing: Standing, stops_count: bool) -> dict[str, Any]:
    assessment = standing.assessment
    return {
        "id": location.location_id,
        "operation": [location.care_type, location.opened_on, location.closed_on],
        "periods": [(p.valid_from, p.valid_until, sorted(p.weekdays), p.opens, p.closes) for p in location.periods],
        "closures": sorted((c.closure_id, c.start, c.end, bool(c.foreseen)) for c in location.closures),
        "stops": sorted((s.stop_id, s.department, s.start, s.end) for s in location.stops) if stops_count else [],
        "assessment": (assessment.name, assessment.routes) if assessment else None,
        "exclusions": [(each.case, each.decision, each.decided_on) for each in standing.exclusions],
    }


def _read_location(agb: str, found: dict[str, Any]) -> Location:
    care_type, opened_on, closed_on = found["operation"]
    return Location(
        agb=agb,
        location_id=found["id"],
        care_type=CareType(care_type),
        opened_on=date.fromisoformat(opened_on),
        closed_on=_optional_day(closed_on),
        periods=tuple(
            OpeningPeriod(date.fromisoformat(first), _optional_day(until), frozenset(weekdays), opens, closes)
            for first, until, weekdays, opens, closes in found["periods"]
        ),
        closures=tuple(Closure(*closure) for closure in found["closures"]),
        stops=tuple(Stop(stop_id, Department(department), *span) for stop_id, department, *span in found["stops"]),
    )


def _read_standing(found: dict[str, Any]) -> Standing:
    assessment = found["assessment"]
    return Standing(
        Assessment(assessment[0], tuple(assessment[1])) if assessment else None,
        tuple(
            Exclusion(case, Negative(decision), date.fromisoformat(day)) for case, decision, day in found["exclusions"]
        ),
    )


def _optional_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
