"""The assessment service: judges locations, keeps what it judged on, explains, and judges again."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

import grpc
from google.protobuf.duration_pb2 import Duration
from sqlalchemy import Connection

from services.policy.engine import PolicyError
from services.quality.assessments import store
from services.quality.assessments.judging import Judgement, Question, judge
from services.quality.assessments.messages import VERDICTS_BY_NUMBER, read_finding, write_findings, write_routes
from services.quality.assessments.model import consequence, digest, explain, terms
from services.quality.assessments.replaying import Replayer
from services.quality.catalogue.api import write_norm
from services.quality.enforcement.following import follow_assessment
from services.quality.locations import Locations, Snapshot
from services.quality.metrics import FindingMetrics
from services.quality.rulebook import Rulebook, unusable
from services.quality.submissions.store import SUBMISSIONS
from services.runtime import names
from services.runtime.call import call_of
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.status import to_message
from services.runtime.transactions import Clock, Transactions
from services.runtime.versions import Stamp
from services.runtime.wire import Fields, from_date, to_date, to_timestamp
from spoedkader.amsterdam import day_of
from spoedkader.quality.v1 import assessment_pb2 as pb
from spoedkader.quality.v1 import assessment_pb2_grpc as rpc
from spoedkader.registry.v1 import location_pb2

SERVICE = pb.DESCRIPTOR.services_by_name["AssessmentService"].full_name
_REPLAYED_AT_ONCE = 100

_ASSESSMENT_ID = re.compile("([0-9]{4})-([1-9][0-9]{0,8})")


class AssessmentServicer(rpc.AssessmentServiceServicer):
    """`spoedkader.quality.v1.AssessmentService`."""

    def __init__(
        self,
        transactions: Transactions,
        rulebook: Rulebook,
        locations: Locations,
        clock: Clock,
        metrics: FindingMetrics,
    ) -> None:
        self._transactions = transactions
        self._rulebook = rulebook
        self._locations = locations
        self._clock = clock
        self._metrics = metrics

    def AssessLocation(self, request: pb.AssessLocationRequest, context: grpc.ServicerContext) -> pb.Assessment:
        fields = Fields(request)
        provider, location_id = fields.name("name", names.LOCATION, request.name)
        year = fields.year("budget_year", request.budget_year)
        as_of = fields.optional_date("as_of_date", request)
        fields.check()
        snapshot = self._locations.snapshot(provider, location_id, year, context)
        if snapshot.location.care_type != location_pb2.Location.CARE_TYPE_SEH:
            raise DomainError(
                Reason.NOT_ASSESSABLE,
                f"{snapshot.location.name} is geen SEH en wordt niet getoetst.",
                metadata={"location": snapshot.location.name},
            )
        return self._assess(request, context, snapshot, year, as_of)

    def AssessLocations(
        self, request: pb.AssessLocationsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.AssessLocationsResponse]:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        as_of = fields.optional_date("as_of_date", request)
        fields.check()
        call = call_of(context)
        snapshots = [
            snapshot
            for snapshot in self._locations.snapshots(year, context)
            if snapshot.location.care_type == location_pb2.Location.CARE_TYPE_SEH
            and call.may_see(names.parts(names.LOCATION, snapshot.location.name)[0])
        ]
        for done, snapshot in enumerate(snapshots, start=1):
            if not context.is_active():
                return
            response = pb.AssessLocationsResponse(done_count=done, total_count=len(snapshots))
            try:
                # A transaction for each location, so that an answer that was sent is an assessment that was kept.
                response.assessment.CopyFrom(self._assess(request, context, snapshot, year, as_of))
            except DomainError as error:
                # One location does not keep the others from being judged.
                response.refusal.CopyFrom(pb.LocationRefusal(location=snapshot.location.name, status=to_message(error)))
            yield response

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
        message = next((finding for finding in assessment.findings if finding.norm == request.norm), None)
        if message is None:
            raise not_found(names.NORM.format(year=assessment.policy.year, norm=request.norm))
        try:
            # The rules of then: the active ones can ask and say something else by now.
            policies = self._rulebook.of_digest(assessment.policy.digest).policies
        except PolicyError as error:
            raise unusable(assessment.policy.policy_set, error) from error
        norm = policies.norm(message.norm)
        return pb.Explanation(
            norm=write_norm(policies.year, norm),
            finding=message,
            sentences=explain(policies.questionnaire, read_finding(message)),
            consequence=consequence(norm, VERDICTS_BY_NUMBER[message.verdict], from_date(assessment.as_of_date)),
            policy=assessment.policy,
        )

    def ReplayAssessments(
        self, request: pb.ReplayAssessmentsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ReplayAssessmentsResponse]:
        fields = Fields(request)
        if request.name:
            evidence = self._evidence_of(fields, request, context)
            with Replayer(self._rulebook) as replayer:
                yield pb.ReplayAssessmentsResponse(replay=replayer.replay(evidence), done_count=1, total_count=1)
            return
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        with self._transactions.read_one() as connection:
            total = store.count_in_year(connection, year)
        done = last = 0
        with Replayer(self._rulebook) as replayer:
            while context.is_active():
                with self._transactions.read_one() as connection:
                    found = store.evidence_behind(connection, last, year, _REPLAYED_AT_ONCE)
                if not found:
                    return
                last = found[-1].id
                for replay in replayer.replay_all(found):
                    done += 1
                    yield pb.ReplayAssessmentsResponse(replay=replay, done_count=done, total_count=max(done, total))

    def ListDecisions(
        self, request: pb.ListDecisionsRequest, context: grpc.ServicerContext
    ) -> pb.ListDecisionsResponse:
        fields = Fields(request)
        year = fields.count("budget_year", request.budget_year)
        fields.check()
        page = read_page(request)
        (after,) = page.behind(int) or (0,)
        with self._transactions.read_one() as connection:
            found = store.evidence_behind(connection, after, year, page.size + 1)
        shown, token = page.cut(found, lambda evidence: (evidence.id,))
        return pb.ListDecisionsResponse(decisions=[_decision(evidence) for evidence in shown], next_page_token=token)

    def _find(self, fields: Fields, name: str, context: grpc.ServicerContext) -> store.Stored:
        place, year, number = self._place(fields, name, context)
        with self._transactions.read_one() as connection:
            found = store.get(connection, place, year, number)
        if found is None:
            raise not_found(name)
        return found

    def _evidence_of(
        self, fields: Fields, request: pb.ReplayAssessmentsRequest, context: grpc.ServicerContext
    ) -> store.Evidence:
        if request.budget_year:
            fields.wrong("budget_year", "hoort niet bij een naam")
        place, year, number = self._place(fields, request.name, context)
        with self._transactions.read_one() as connection:
            found = store.evidence(connection, place, year, number)
        if found is None:
            raise not_found(request.name)
        return found

    def _place(self, fields: Fields, name: str, context: grpc.ServicerContext) -> tuple[str, int, int]:
        """The location, budget year and number of an assessment by its name, whose location exists."""
        provider, location_id, assessment_id = fields.name("name", names.ASSESSMENT, name)
        fields.check()
        found = _ASSESSMENT_ID.fullmatch(assessment_id)
        if found is None or location_id == names.ANY:
            raise not_found(name)
        self._locations.owner(provider, location_id, context)
        return location_id, int(found[1]), int(found[2])

    def _assess(
        self,
        request: pb.AssessLocationRequest | pb.AssessLocationsRequest,
        context: grpc.ServicerContext,
        snapshot: Snapshot,
        budget_year: int,
        as_of: date | None,
    ) -> pb.Assessment:
        asked_at = self._clock()
        _, location_id = names.parts(names.LOCATION, snapshot.location.name)
        with self._transactions.read_one() as connection:
            submission = SUBMISSIONS.get(connection, location_id, snapshot.round.survey_year)
        question = Question(snapshot, submission, budget_year, asked_at, as_of or day_of(asked_at))
        judgement = judge(self._rulebook, question, context)
        # Written out before the writer's turn, for which others wait.
        assessment = _written(judgement, call_of(context).actor)
        findings = write_findings(judgement.rules.policies.catalogue, judgement.findings, question.as_of)
        if question.as_of != day_of(asked_at):
            # Whoever may choose the day could choose one on which a norm does not count yet, and be rid of a case.
            # So this is an answer without a name, of which nothing is kept.
            assessment.create_time.CopyFrom(to_timestamp(asked_at))
            assessment.MergeFrom(findings)
            return assessment
        record = partial(_record, judgement=judgement, summary=assessment, findings=findings, context=context)
        kept = self._transactions.write(request, context, pb.Assessment, record)
        self._metrics.kept(judgement.findings)
        return kept


def _record(
    connection: Connection,
    stamp: Stamp,
    *,
    judgement: Judgement,
    summary: pb.Assessment,
    findings: pb.Assessment,
    context: grpc.ServicerContext,
) -> pb.Assessment:
    """Keeps a judgement with its evidence, as the latest assessment of the location and budget year; `summary` becomes
    the whole."""
    question, evaluation = judgement.question, judgement.evaluation
    provider, location_id = names.parts(names.LOCATION, question.snapshot.location.name)
    number = store.supersede(connection, location_id, question.budget_year)
    name = names.ASSESSMENT.format(
        provider=provider, location=location_id, assessment=f"{question.budget_year}-{number}"
    )
    summary.name = name
    summary.create_time.CopyFrom(to_timestamp(stamp.at))
    store.add(
        connection,
        {
            "agb": provider,
            "location_id": location_id,
            "budget_year": question.budget_year,
            "number": number,
            "summary": summary.SerializeToString(),
            "findings": findings.SerializeToString(),
            "input": judgement.document,
            "input_digest": summary.input_digest,
            "facts_as_of": question.asked_at,
            "policy_year": summary.policy.year,
            "policy_revision": summary.policy.revision,
            "policy_digest": summary.policy.digest,
            "as_of": question.as_of,
            "engine": evaluation.engine,
            "engine_version": evaluation.engine_version,
            "engine_decision_id": evaluation.decision_id,
            "engine_provenance": evaluation.provenance,
            "call_id": call_of(context).id,
            "actor": stamp.by,
            "recorded_at": stamp.at,
            "evaluation_microseconds": judgement.microseconds,
        },
        stamp,
    )
    stamp.note(name)
    follow_assessment(connection, stamp, judgement, name)
    summary.MergeFrom(findings)
    return summary


def _written(judgement: Judgement, actor: str) -> pb.Assessment:
    """What an assessment says beside its findings, but for its name and when it was made."""
    question, round_ = judgement.question, judgement.question.snapshot.round
    found = terms(
        judgement.routes,
        judgement.rules.parameters,
        from_date(round_.rivm_preliminary_delivered_date),
        round_.survey_year,
    )
    duration = Duration()
    duration.FromMicroseconds(judgement.microseconds)
    return pb.Assessment(
        budget_year=question.budget_year,
        survey_year=round_.survey_year,
        submission_revision=question.submission.revision if question.submission else 0,
        open_blocks=judgement.blocks,
        routes=write_routes(judgement.routes),
        plan_due_date=to_date(found.plan_due_on) if found else None,
        comply_by_date=to_date(found.comply_by) if found else None,
        policy=judgement.rules.pin(judgement.evaluation.engine, judgement.evaluation.engine_version),
        input_digest=digest(judgement.document),
        actor=actor,
        evaluation_duration=duration,
        as_of_date=to_date(question.as_of),
    )


def _whole(found: store.Stored) -> pb.Assessment:
    # Messages that are written one behind the other are read as one: the fields of both, merged.
    return pb.Assessment.FromString(found.summary + found.findings)


def _decision(evidence: store.Evidence) -> pb.Decision:
    assessment = pb.Assessment.FromString(evidence.summary + evidence.findings)
    return pb.Decision(
        assessment=assessment.name,
        input_json=evidence.input,
        input_digest=evidence.input_digest,
        findings=assessment.findings,
        routes=assessment.routes,
        policy=assessment.policy,
        as_of_date=assessment.as_of_date,
        facts_time=to_timestamp(evidence.facts_as_of),
        actor=assessment.actor,
        call_id=evidence.call_id,
        engine_decision_id=evidence.engine_decision_id,
        engine_provenance_json=evidence.engine_provenance,
        create_time=assessment.create_time,
        evaluation_duration=assessment.evaluation_duration,
    )
