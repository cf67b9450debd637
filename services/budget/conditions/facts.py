"""Reads what the conditions of a provider are judged on from the registry and the quality service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import grpc

from services.budget.conditions.model import (
    INDICATORS,
    Answers,
    Assessed,
    Attestation,
    Case,
    ConditionFacts,
    Duty,
    Kind,
    LocationFacts,
    RoundDays,
    Track,
)
from services.budget.obligations.duties import duties_of
from services.budget.peers import KnownProvider, exception_until, read_provider, read_round, read_standing
from services.budget.rules import Rules
from services.policy.purchasing import PurchasingYear
from services.runtime import names
from services.runtime.peers import Peer
from services.runtime.transactions import Transactions
from services.runtime.wire import from_date
from spoedkader.quality.v1 import (
    assessment_pb2,
    enforcement_pb2,
    enforcement_pb2_grpc,
    indicator_pb2,
    indicator_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)
from spoedkader.registry.v1 import attestation_pb2, attestation_pb2_grpc, round_pb2, snapshot_pb2, snapshot_pb2_grpc

PER_PAGE = 1000
SUBMISSIONS_PER_PAGE = 200
"""Answers to a whole questionnaire are some ten kilobytes."""

Submitted = Callable[[str, int], date | None]
"""The day on which an application of a provider (AGB code) for a budget year was first handed in; None: not yet."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts about a provider, and the rules that hold for them."""

    facts: ConditionFacts
    rules: PurchasingYear


class ConditionReader:
    """Reads facts on behalf of a call. Each peer is asked in turn, so they need not be of one moment."""

    def __init__(
        self, registry: Peer, quality: Peer, rules: Rules, transactions: Transactions, submitted: Submitted
    ) -> None:
        self._registry = registry
        self._quality = quality
        self._rules = rules
        self._transactions = transactions
        self._submitted = submitted
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)
        self._attestations = attestation_pb2_grpc.AttestationServiceStub(registry.channel)
        self._enforcement = enforcement_pb2_grpc.EnforcementServiceStub(quality.channel)
        self._submissions = submission_pb2_grpc.SubmissionServiceStub(quality.channel)
        self._indicators = indicator_pb2_grpc.IndicatorServiceStub(quality.channel)

    def read(self, agb: str, year: int, as_of: date, context: grpc.ServicerContext) -> Known:
        """What is known now about a provider and a budget year; `as_of` is the day that duties are held against.

        Raises:
            DomainError: what a peer refused, or POLICY_YEAR_UNKNOWN or POLICY_FAILED for the rules of the year.
        """
        request = snapshot_pb2.GetProviderSnapshotRequest(
            name=names.PROVIDER.format(provider=agb), budget_year=year, view=snapshot_pb2.SNAPSHOT_VIEW_FULL
        )
        snapshot = self._registry.call(self._snapshots.GetProviderSnapshot, request, context)
        rules = self._rules.year(snapshot.round.policy_year)
        known = KnownProvider(read_provider(snapshot), read_round(snapshot.round), rules)
        days = _read_days(snapshot.round)
        facts = ConditionFacts(
            provider=known.provider,
            round=days,
            attestations=self._declared(agb, year, context),
            locations=self._locations(known, days, as_of, context),
            submitted_on=self._submitted(agb, year),
        )
        return Known(facts, rules)

    def _declared(self, agb: str, year: int, context: grpc.ServicerContext) -> dict[Kind, Attestation]:
        request = attestation_pb2.ListAttestationsRequest(
            parent=names.PROVIDER.format(provider=agb), page_size=PER_PAGE
        )
        pages = self._registry.pages(self._attestations.ListAttestations, request, context)
        return {
            _KINDS[found.kind]: Attestation(from_date(found.attested_date), found.document)
            for page in pages
            for found in page.attestations
            if found.budget_year == year
        }

    def _locations(
        self, known: KnownProvider, days: RoundDays, as_of: date, context: grpc.ServicerContext
    ) -> dict[str, LocationFacts]:
        agb = known.provider.agb
        standings = self._standings(agb, days.budget_year, context)
        answers = dict(self._answers(agb, days.survey_year, context))
        indicators = dict(self._reported(agb, days.reference_year, context))
        duties = self._open_duties(known, as_of)
        return {
            location.location_id: _of_location(
                standings.get(location.location_id, enforcement_pb2.Standing()),
                answers.get(location.location_id),
                indicators.get(location.location_id),
                duties.get(location.location_id, []),
            )
            for location in known.provider.locations
        }

    def _open_duties(self, known: KnownProvider, as_of: date) -> dict[str, list[Duty]]:
        with self._transactions.read_one() as connection:
            found = duties_of(known, as_of, connection)
        duties: dict[str, list[Duty]] = {}
        for each in found:
            if each.acknowledgement is None:
                duty = Duty(each.duty.kind.value, each.duty.due_on)
                duties.setdefault(each.location.location_id, []).append(duty)
        return duties

    def _standings(self, agb: str, year: int, context: grpc.ServicerContext) -> dict[str, enforcement_pb2.Standing]:
        request = enforcement_pb2.ListStandingsRequest(parent=names.PROVIDER.format(provider=agb), budget_year=year)
        found = self._quality.call(self._enforcement.ListStandings, request, context)
        return {names.parts(names.LOCATION, standing.location)[1]: standing for standing in found.standings}

    def _answers(self, agb: str, survey_year: int, context: grpc.ServicerContext) -> Iterator[tuple[str, Answers]]:
        """The answers of each location that handed them in. A correction does not make them late (AMB-38)."""
        request = submission_pb2.ListSubmissionsRequest(
            parent=names.LOCATION.format(provider=agb, location=names.ANY),
            survey_year=survey_year,
            page_size=SUBMISSIONS_PER_PAGE,
        )
        for page in self._quality.pages(self._submissions.ListSubmissions, request, context):
            for found in page.submissions:
                delivered_on = from_date(found.delivered_date)
                if found.revision > 1:
                    earlier = submission_pb2.GetSubmissionRequest(name=found.name, revision=1)
                    first = self._quality.call(self._submissions.GetSubmission, earlier, context)
                    delivered_on = min(delivered_on, from_date(first.delivered_date))
                yield names.parts(names.SUBMISSION, found.name)[1], Answers(delivered_on, found.revision)

    def _reported(self, agb: str, year: int, context: grpc.ServicerContext) -> Iterator[tuple[str, dict[str, int]]]:
        """The parts of the indicators that each location reported."""
        request = indicator_pb2.ListIndicatorsRequest(
            parent=names.LOCATION.format(provider=agb, location=names.ANY), year=year, page_size=PER_PAGE
        )
        for page in self._quality.pages(self._indicators.ListIndicators, request, context):
            for found in page.indicators:
                parts = {field.name: int(value) for field, value in found.ListFields() if field.name in INDICATORS}
                yield names.parts(names.INDICATORS, found.name)[1], parts


def _of_location(
    standing: enforcement_pb2.Standing,
    answers: Answers | None,
    indicators: dict[str, int] | None,
    duties: list[Duty],
) -> LocationFacts:
    return LocationFacts(
        answers=answers,
        indicators=indicators,
        assessed=_read_assessed(standing.assessment) if standing.HasField("assessment") else None,
        excluded=bool(read_standing(standing).exclusions),
        # Of one track the case that was opened last.
        cases={_TRACKS[case.track]: _read_case(case) for case in standing.cases},
        duties=tuple(duties),
    )


def _read_days(message: round_pb2.Round) -> RoundDays:
    return RoundDays(
        budget_year=int(names.parts(names.ROUND, message.name)[0]),
        survey_year=message.survey_year,
        reference_year=message.reference_year,
        delivered_on=from_date(message.rivm_preliminary_delivered_date),
    )


def _read_assessed(message: assessment_pb2.Assessment) -> Assessed:
    routes = (assessment_pb2.Route.Name(route).removeprefix("ROUTE_") for route in message.routes)
    return Assessed(message.submission_revision, tuple(routes))


def _read_case(message: enforcement_pb2.Case) -> Case:
    return Case(
        state=enforcement_pb2.Case.State.Name(message.state).removeprefix("STATE_"),
        due_on=from_date(message.due_date) if message.HasField("due_date") else None,
        exception_until=exception_until(message),
    )


_KINDS = {
    attestation_pb2.Attestation.KIND_RIVM_UITVRAAG: Kind.RIVM_UITVRAAG,
    attestation_pb2.Attestation.KIND_SCHONING: Kind.SCHONING,
    attestation_pb2.Attestation.KIND_OVERLOOP_DBC: Kind.OVERLOOP_DBC,
    attestation_pb2.Attestation.KIND_TIJDLIJN: Kind.TIJDLIJN,
}
_TRACKS = {
    enforcement_pb2.TRACK_HERSTEL: Track.HERSTEL,
    enforcement_pb2.TRACK_VERBETERPLAN: Track.VERBETERPLAN,
}
