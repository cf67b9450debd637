"""The assessment service: judges locations, keeps what it judged on, and explains."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

import grpc
from google.protobuf.duration_pb2 import Duration
from sqlalchemy import Connection

from services.policy.assess import Fact, Finding, Outcome, Verdict, evaluate_norms
from services.policy.engine import JsonValue, PolicyError
from services.policy.routes import Route, routes
from services.quality.assessments import store
from services.quality.assessments.model import canonical, consequence, digest, explain, open_blocks, terms
from services.quality.catalogue.api import write_norm
from services.quality.locations import Locations, Snapshot
from services.quality.submissions.model import Submission
from services.quality.submissions.store import SUBMISSIONS
from services.quality.years import Rules, Years
from services.runtime import names
from services.runtime.call import call_of
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.status import to_message
from services.runtime.transactions import Clock, Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, from_date, to_date, to_timestamp
from spoedkader.quality.v1 import assessment_pb2 as pb
from spoedkader.quality.v1 import assessment_pb2_grpc as rpc
from spoedkader.registry.v1 import location_pb2

SERVICE = pb.DESCRIPTOR.services_by_name["AssessmentService"].full_name


@dataclass(frozen=True, slots=True)
class _Judgement:
    """One evaluation: what went in, what came out, and under which rules."""

    snapshot: Snapshot
    budget_year: int
    asked_at: datetime
    rules: Rules
    document: str
    submission: Stored[Submission] | None
    blocks: tuple[str, ...]
    findings: tuple[Finding, ...]
    routes: frozenset[Route]
    microseconds: int


class AssessmentServicer(rpc.AssessmentServiceServicer):
    """`spoedkader.quality.v1.AssessmentService`."""

    def __init__(self, transactions: Transactions, years: Years, locations: Locations, clock: Clock) -> None:
        self._transactions = transactions
        self._years = years
        self._locations = locations
        self._clock = clock

    def AssessLocation(self, request: pb.AssessLocationRequest, context: grpc.ServicerContext) -> pb.Assessment:
        fields = Fields(request)
        provider, location_id = fields.name("name", names.LOCATION, request.name)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        asked_at = self._clock()
        snapshot = self._locations.snapshot(provider, location_id, year, context)
        if snapshot.location.care_type != location_pb2.Location.CARE_TYPE_SEH:
            raise DomainError(
                Reason.NOT_ASSESSABLE,
                f"{snapshot.location.name} is geen SEH en wordt niet getoetst.",
                metadata={"location": snapshot.location.name},
            )
        judgement = self._judge(snapshot, year, asked_at)
        return self._transactions.write(
            request, context, pb.Assessment, partial(_record, judgement=judgement, context=context)
        )

    def AssessLocations(
        self, request: pb.AssessLocationsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.AssessLocationsResponse]:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        asked_at = self._clock()
        snapshots = [
            snapshot
            for snapshot in self._locations.snapshots(year, context)
            if snapshot.location.care_type == location_pb2.Location.CARE_TYPE_SEH
        ]
        for done, snapshot in enumerate(snapshots, start=1):
            if not context.is_active():
                return
            try:
                judgement = self._judge(snapshot, year, asked_at)
            except DomainError as error:
                # One location does not keep the others from being judged.
                refusal = pb.LocationRefusal(location=snapshot.location.name, status=to_message(error))
                yield pb.AssessLocationsResponse(refusal=refusal, done_count=done, total_count=len(snapshots))
                continue
            # A transaction for each location, so that an answer that was sent is an assessment that was kept.
            assessment = self._transactions.write(
                request, context, pb.Assessment, partial(_record, judgement=judgement, context=context)
            )
            yield pb.AssessLocationsResponse(assessment=assessment, done_count=done, total_count=len(snapshots))

    def GetAssessment(self, request: pb.GetAssessmentRequest, context: grpc.ServicerContext) -> pb.Assessment:
        return _whole(self._find(Fields(request), request.name, context))

    def ListAssessments(
        self, request: pb.ListAssessmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListAssessmentsResponse:
        fields = Fields(request)
        provider, location_id = fields.name("parent", names.LOCATION, request.parent)
        year = fields.count("budget_year", request.budget_year)
        fields.check()
        page = read_page(request)
        with self._transactions.read_one() as connection:
            shown, token = store.page(connection, page, provider, location_id, year, superseded=request.show_superseded)
        basic = request.view == pb.ASSESSMENT_VIEW_BASIC
        assessments = [pb.Assessment.FromString(found.summary) if basic else _whole(found) for found in shown]
        return pb.ListAssessmentsResponse(assessments=assessments, next_page_token=token)

    def ExplainFinding(self, request: pb.ExplainFindingRequest, context: grpc.ServicerContext) -> pb.Explanation:
        fields = Fields(request)
        fields.identifier("norm", request.norm)
        assessment = _whole(self._find(fields, request.name, context))
        policies = self._years.rules(assessment.policy.year).policies
        message = next((finding for finding in assessment.findings if finding.norm == request.norm), None)
        if message is None:
            raise not_found(names.NORM.format(year=assessment.policy.year, norm=request.norm))
        finding = _read_finding(message)
        norm = policies.norm(finding.norm)
        return pb.Explanation(
            norm=write_norm(policies.year, norm),
            finding=message,
            sentences=explain(policies.questionnaire, finding),
            consequence=consequence(norm, finding.verdict),
            policy=assessment.policy,
        )

    def _find(self, fields: Fields, name: str, context: grpc.ServicerContext) -> store.Stored:
        provider, location_id, assessment_id = fields.name("name", names.ASSESSMENT, name)
        fields.check()
        year, _, number = assessment_id.partition("-")
        if not (year.isdigit() and number.isdigit()) or len(assessment_id) > 15 or location_id == names.ANY:
            raise not_found(name)
        self._locations.owner(provider, location_id, context)
        with self._transactions.read_one() as connection:
            found = store.get(connection, location_id, int(year), int(number))
        if found is None:
            raise not_found(name)
        return found

    def _judge(self, snapshot: Snapshot, budget_year: int, asked_at: datetime) -> _Judgement:
        """Evaluates the norms on the latest answers; outside a transaction, for this takes longest."""
        _, location_id = names.parts(names.LOCATION, snapshot.location.name)
        with self._transactions.read_one() as connection:
            submission = SUBMISSIONS.get(connection, location_id, snapshot.round.survey_year)
        rules = self._years.rules(snapshot.round.policy_year)
        policies = rules.policies
        blocks = open_blocks(policies.questionnaire.blocks, snapshot.periods, budget_year)
        answers = _answers(submission, policies.year)
        started = time.perf_counter()
        try:
            findings = evaluate_norms(rules.engine, policies, blocks, answers)
        except PolicyError as error:
            raise DomainError(
                Reason.POLICY_FAILED,
                "De normen gaven geen bruikbaar oordeel; er is niets vastgelegd.",
                metadata={"policy_year": str(policies.year), "policy_revision": policies.revision},
            ) from error
        seconds = time.perf_counter() - started
        return _Judgement(
            snapshot=snapshot,
            budget_year=budget_year,
            asked_at=asked_at,
            rules=rules,
            document=canonical({"year": policies.year, "open_blocks": blocks, "answers": answers}),
            submission=submission,
            blocks=blocks,
            findings=findings,
            routes=routes(policies.catalogue, findings),
            microseconds=round(seconds * 1e6),
        )


def _record(
    connection: Connection, stamp: Stamp, *, judgement: _Judgement, context: grpc.ServicerContext
) -> pb.Assessment:
    """Keeps a judgement with its evidence, as the latest assessment of the location and budget year."""
    provider, location_id = names.parts(names.LOCATION, judgement.snapshot.location.name)
    number = store.supersede(connection, location_id, judgement.budget_year)
    name = names.ASSESSMENT.format(
        provider=provider, location=location_id, assessment=f"{judgement.budget_year}-{number}"
    )
    summary = _summary(name, judgement, stamp)
    findings = pb.Assessment(findings=[_write_finding(finding) for finding in judgement.findings])
    store.add(
        connection,
        {
            "agb": provider,
            "location_id": location_id,
            "budget_year": judgement.budget_year,
            "number": number,
            "summary": summary.SerializeToString(),
            "findings": findings.SerializeToString(),
            "input": judgement.document,
            "input_digest": summary.input_digest,
            "facts_as_of": judgement.asked_at,
            "policy_year": summary.policy.year,
            "policy_revision": summary.policy.revision,
            "engine": summary.policy.engine,
            "engine_version": summary.policy.engine_version,
            "call_id": call_of(context).id,
            "actor": stamp.by,
            "recorded_at": stamp.at,
            "evaluation_microseconds": judgement.microseconds,
        },
    )
    summary.MergeFrom(findings)
    return summary


def _answers(submission: Stored[Submission] | None, policy_year: int) -> dict[str, JsonValue]:
    """The answers to judge; none when nothing was handed in, for then nothing is known.

    Raises:
        DomainError: NOT_ASSESSABLE, the answers are to the questionnaire of another year.
    """
    if submission is None:
        return {}
    if submission.value.policy_year != policy_year:
        raise DomainError(
            Reason.NOT_ASSESSABLE,
            f"De antwoorden horen bij de vragenlijst van {submission.value.policy_year}, de ronde bij {policy_year}.",
            metadata={"policy_year": str(policy_year), "answered_year": str(submission.value.policy_year)},
        )
    return dict(submission.value.answers)


def _summary(name: str, judgement: _Judgement, stamp: Stamp) -> pb.Assessment:
    policies, round_ = judgement.rules.policies, judgement.snapshot.round
    found = terms(
        judgement.routes,
        judgement.rules.parameters,
        from_date(round_.rivm_preliminary_delivered_date),
        round_.survey_year,
    )
    duration = Duration()
    duration.FromMicroseconds(judgement.microseconds)
    return pb.Assessment(
        name=name,
        budget_year=judgement.budget_year,
        survey_year=round_.survey_year,
        submission_revision=judgement.submission.revision if judgement.submission else 0,
        open_blocks=judgement.blocks,
        routes=[_ROUTES[route] for route in sorted(judgement.routes)],
        plan_due_date=to_date(found.plan_due_on) if found else None,
        comply_by_date=to_date(found.comply_by) if found else None,
        policy=pb.PolicyPin(
            year=policies.year,
            revision=policies.revision,
            engine=judgement.rules.engine.name,
            engine_version=judgement.rules.engine.version,
        ),
        input_digest=digest(judgement.document),
        actor=stamp.by,
        create_time=to_timestamp(stamp.at),
        evaluation_duration=duration,
    )


def _whole(found: store.Stored) -> pb.Assessment:
    # Messages that are written one behind the other are read as one: the fields of both, merged.
    return pb.Assessment.FromString(found.summary + found.findings)


def _write_finding(finding: Finding) -> pb.Finding:
    return pb.Finding(
        norm=finding.norm,
        verdict=_VERDICTS[finding.verdict],
        facts=[
            pb.Fact(
                question=fact.question,
                block=fact.block,
                item=fact.item,
                value_json=_json(fact.value),
                condition=fact.condition,
                threshold_json="" if fact.threshold is None else _json(fact.threshold),
                outcome=_OUTCOMES[fact.outcome],
            )
            for fact in finding.facts
        ],
    )


def _json(value: JsonValue) -> str:
    return canonical(value) if isinstance(value, list | dict) else _scalar_json(value)


@lru_cache(maxsize=4096, typed=True)
def _scalar_json(value: JsonValue) -> str:
    return canonical(value)


def _read_finding(message: pb.Finding) -> Finding:
    return Finding(
        norm=message.norm,
        verdict=_VERDICTS_BY_NUMBER[message.verdict],
        facts=tuple(
            Fact(
                question=fact.question,
                block=fact.block,
                item=fact.item,
                value=json.loads(fact.value_json),
                condition=fact.condition,
                threshold=json.loads(fact.threshold_json) if fact.threshold_json else None,
                outcome=_OUTCOMES_BY_NUMBER[fact.outcome],
            )
            for fact in message.facts
        ),
    )


_VERDICTS = {
    Verdict.VOLDOET: pb.VERDICT_VOLDOET,
    Verdict.VOLDOET_NIET: pb.VERDICT_VOLDOET_NIET,
    Verdict.ONBEKEND: pb.VERDICT_ONBEKEND,
    Verdict.NIET_VAN_TOEPASSING: pb.VERDICT_NIET_VAN_TOEPASSING,
}
_VERDICTS_BY_NUMBER: dict[int, Verdict] = {number: verdict for verdict, number in _VERDICTS.items()}
_OUTCOMES = {
    Outcome.WAAR: pb.Fact.OUTCOME_WAAR,
    Outcome.ONWAAR: pb.Fact.OUTCOME_ONWAAR,
    Outcome.ONBEKEND: pb.Fact.OUTCOME_ONBEKEND,
}
_OUTCOMES_BY_NUMBER: dict[int, Outcome] = {number: outcome for outcome, number in _OUTCOMES.items()}
_ROUTES = {
    Route.HERSTELTERMIJN: pb.ROUTE_HERSTELTERMIJN,
    Route.VERBETERPLAN: pb.ROUTE_VERBETERPLAN,
    Route.ONVOLLEDIG: pb.ROUTE_ONVOLLEDIG,
    Route.VOLDOET: pb.ROUTE_VOLDOET,
}
