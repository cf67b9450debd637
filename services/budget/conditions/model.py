"""The facts that the conditions of the Inkoopkader are judged on, and the document that the rules read.

The document is `services.policy.conditions.INPUTS`: every number, day and decision that a condition needs is worked out
here, so that the rules only compare. Days are ISO texts, empty where there is none.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from services.budget.facts import CareType, Location, Provider
from services.budget.norm_budget.model import latest_decisions
from services.policy.parameters import Parameters
from services.runtime import names

NO_DAY = ""
INDICATORS = (
    "seh_visits",
    "ehh_visits",
    "seh_stops",
    "mean_length_of_stay_tenths",
    "median_length_of_stay_tenths",
)
"""The parts of the three indicators of bijlage C, by their names in the contract."""


class Kind(StrEnum):
    """What a provider declares."""

    RIVM_UITVRAAG = "RIVM_UITVRAAG"
    SCHONING = "SCHONING"
    OVERLOOP_DBC = "OVERLOOP_DBC"
    TIJDLIJN = "TIJDLIJN"


class Track(StrEnum):
    """The norms that a case is about."""

    HERSTEL = "HERSTEL"
    VERBETERPLAN = "VERBETERPLAN"


@dataclass(frozen=True, slots=True)
class RoundDays:
    """The years and the day of a round: of the questionnaire, of the indicators, and on which the RIVM delivered the
    preliminary answers."""

    budget_year: int
    survey_year: int
    reference_year: int
    delivered_on: date


@dataclass(frozen=True, slots=True)
class Attestation:
    """A declaration; `document` is empty when it refers to none."""

    attested_on: date
    document: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a location: the day on which they were first delivered, and the revision that holds now."""

    delivered_on: date
    revision: int


@dataclass(frozen=True, slots=True)
class Assessed:
    """The latest assessment of a location: the revision of the answers that it judged, and where it leads."""

    submission_revision: int
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Where an enforcement case stands: the last day of the term that runs, and the last day of its exception."""

    state: str
    due_on: date | None
    exception_until: date | None


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of bijlage B that is open."""

    kind: str
    due_on: date


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """What is known about one location. `excluded` tells that a decision leaves it out of the application (AMB-24)."""

    answers: Answers | None = None
    indicators: Mapping[str, int] | None = None
    assessed: Assessed | None = None
    excluded: bool = False
    cases: Mapping[Track, Case] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionFacts:
    """Everything that the conditions of one provider are judged on; `locations` goes by location id.

    `submitted_on` is the day on which an application was first handed in, None while none was.
    """

    provider: Provider
    round: RoundDays
    attestations: Mapping[Kind, Attestation]
    locations: Mapping[str, LocationFacts]
    submitted_on: date | None


NOTHING_KNOWN = LocationFacts()


def document(facts: ConditionFacts, parameters: Parameters, as_of: date) -> dict[str, Any]:
    """What the rules read.

    An insurer's decision of after `as_of` does not count yet; the rules hold days of declarations and terms against it
    themselves. Only SEH locations that operate in the budget year are in it (AMB-18, AMB-20).
    """
    provider, round_ = facts.provider, facts.round
    new = provider.provides_seh_since > parameters.new_provider_after.value
    return {
        "budget_year": round_.budget_year,
        "as_of": _day(as_of),
        "survey_year": round_.survey_year,
        "reference_year": round_.reference_year,
        "reference_end": _day(date(round_.reference_year, 12, 31)),
        "delivered_on": _day(round_.delivered_on),
        "filing_deadline": _day(parameters.filing_deadline.value),
        "submitted_on": _day(facts.submitted_on),
        "new_provider": new,
        "representatives": _representatives(provider, as_of),
        "attestations": {kind.value: _attestation(facts.attestations.get(kind)) for kind in Kind},
        "locations": [
            _location(location, facts.locations.get(location.location_id, NOTHING_KNOWN))
            for location in provider.locations
            if location.care_type is CareType.SEH and operates_in(location, round_.budget_year)
        ],
    }


def operates_in(location: Location, year: int) -> bool:
    """Whether a location operates on a day of a year; `closed_on` is the first day on which it no longer does."""
    opened = location.opened_on <= date(year, 12, 31)
    return opened and (location.closed_on is None or location.closed_on > date(year, 1, 1))


def canonical(content: Mapping[str, Any]) -> str:
    """A document as JSON that is the same text whenever it is the same document."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _representatives(provider: Provider, as_of: date) -> Sequence[Mapping[str, str]]:
    """Each representative with its latest decision, empty while there is none (AMB-44)."""
    latest = latest_decisions([approval for approval in provider.approvals if approval.decided_on <= as_of])
    return [
        {"insurer": insurer, "decision": latest[insurer].decision.value if insurer in latest else ""}
        for insurer in provider.representatives
    ]


def _attestation(found: Attestation | None) -> Mapping[str, str] | None:
    return None if found is None else {"attested_on": _day(found.attested_on), "document": found.document}


def _location(location: Location, known: LocationFacts) -> dict[str, Any]:
    answers, assessed, indicators = known.answers, known.assessed, known.indicators
    return {
        "name": names.LOCATION.format(provider=location.agb, location=location.location_id),
        "opened_on": _day(location.opened_on),
        "excluded": known.excluded,
        "answers": answers and {"delivered_on": _day(answers.delivered_on), "revision": answers.revision},
        "indicators": None if indicators is None else {part: indicators.get(part) for part in INDICATORS},
        "assessment": assessed
        and {"submission_revision": assessed.submission_revision, "routes": sorted(assessed.routes)},
        "cases": {track.value: _case(known.cases.get(track)) for track in Track},
        "duties": [
            {"kind": duty.kind, "due_on": _day(duty.due_on)}
            for duty in sorted(known.duties, key=lambda duty: (duty.due_on, duty.kind))
        ],
    }


def _case(case: Case | None) -> Mapping[str, str] | None:
    if case is None:
        return None
    return {"state": case.state, "due_on": _day(case.due_on), "exception_until": _day(case.exception_until)}


def _day(day: date | None) -> str:
    return NO_DAY if day is None else day.isoformat()
