"""The enforcement service: cases of locations that do not meet the norms, and what people do in them."""

from datetime import date
from typing import Any

import grpc

from services.documents.model import Form
from services.documents.rendering import render
from services.quality.enforcement import requests, steps, store
from services.quality.enforcement.messages import (
    KINDS_BY_NUMBER,
    notice_name,
    recipient_of,
    write_case,
    write_notice,
    write_step,
)
from services.quality.enforcement.model import NEGATIVE, Case, Decision, DecisionKind
from services.quality.enforcement.notices import document
from services.quality.enforcement.parties import with_names
from services.quality.enforcement.steps import Step
from services.quality.enforcement.taking import Place, Said, Taker, Taking, stored_case, write_answer
from services.quality.locations import Locations
from services.quality.rulebook import Rulebook
from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Clock, Transactions
from services.runtime.versions import Stored
from services.runtime.wire import MAX_REASON, Fields
from spoedkader.amsterdam import day_of
from spoedkader.quality.v1 import assessment_pb2
from spoedkader.quality.v1 import enforcement_pb2 as pb
from spoedkader.quality.v1 import enforcement_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["EnforcementService"].full_name
_FORMS = {pb.GetNoticeRequest.FORM_HTML: Form.HTML, pb.GetNoticeRequest.FORM_PDF: Form.PDF}


class EnforcementServicer(rpc.EnforcementServiceServicer):
    """`spoedkader.quality.v1.EnforcementService`."""

    def __init__(self, transactions: Transactions, rulebook: Rulebook, locations: Locations, clock: Clock) -> None:
        self._transactions = transactions
        self._locations = locations
        self._taker = Taker(transactions, rulebook, locations)
        self._clock = clock

    # Reading

    def GetCase(self, request: pb.GetCaseRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        fields.check()
        with self._transactions.read() as connection:
            return write_answer(connection, stored_case(connection, place), self._today())

    def ListCases(self, request: pb.ListCasesRequest, context: grpc.ServicerContext) -> pb.ListCasesResponse:
        fields = Fields(request)
        provider, location_id = fields.name("parent", names.LOCATION, request.parent)
        year = fields.count("budget_year", request.budget_year)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            shown, token = store.SELECTED_CASES.page(connection, page, agb=provider, place=location_id, year=year)
            latest = store.latest_assessments(connection, [stored.value for stored in shown])
        today = self._today()
        cases = [
            write_case(stored, latest[stored.value.location_id, stored.value.budget_year], today) for stored in shown
        ]
        return pb.ListCasesResponse(cases=cases, next_page_token=token)

    def ListCaseSteps(
        self, request: pb.ListCaseStepsRequest, context: grpc.ServicerContext
    ) -> pb.ListCaseStepsResponse:
        fields = Fields(request)
        place = requests.read_place(fields, "parent", request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            shown, token = store.steps_page(connection, stored_case(connection, place).value, page)
        return pb.ListCaseStepsResponse(steps=[write_step(happened) for happened in shown], next_page_token=token)

    def ListStandings(
        self, request: pb.ListStandingsRequest, context: grpc.ServicerContext
    ) -> pb.ListStandingsResponse:
        fields = Fields(request)
        (provider,) = fields.name("parent", names.PROVIDER, request.parent)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        with self._transactions.read() as connection:
            assessed = store.standings(connection, provider, year)
            stored = store.SELECTED_CASES.all(connection, agb=provider, place=names.ANY, year=year)
        cases: dict[str, list[Stored[Case]]] = {}
        for found in stored:
            cases.setdefault(found.value.location_id, []).append(found)
        today = self._today()
        standings = []
        for location_id, agb, summary in assessed:
            assessment = assessment_pb2.Assessment.FromString(summary)
            own = [write_case(found, assessment.name, today) for found in cases.get(location_id, ())]
            name = names.LOCATION.format(provider=agb, location=location_id)
            standings.append(pb.Standing(location=name, assessment=assessment, cases=own))
        return pb.ListStandingsResponse(standings=standings)

    def GetNotice(self, request: pb.GetNoticeRequest, context: grpc.ServicerContext) -> pb.Notice:
        fields = Fields(request)
        provider, location_id, case_id, notice_id = fields.name("name", names.NOTICE, request.name)
        if names.ANY in (location_id, case_id):
            fields.wrong("name", "moet de locatie en de zaak noemen")
        if request.form not in (pb.GetNoticeRequest.FORM_UNSPECIFIED, *_FORMS):
            fields.wrong("form", f"heeft geen betekenis: {request.form}")
        fields.check()
        with self._transactions.read_one() as connection:
            stored = store.notice(connection, location_id, case_id, notice_id)
        if stored is None or provider not in (names.ANY, stored.agb):
            raise not_found(request.name)
        found = write_notice(stored)
        if request.form:
            form = _FORMS[request.form]
            made = document(stored.subject, stored.body, notice_name(stored), recipient_of(stored), stored.recorded_at)
            found.content, found.media_type = render(made, form), form.value
        return found

    def ListNotices(self, request: pb.ListNoticesRequest, context: grpc.ServicerContext) -> pb.ListNoticesResponse:
        fields = Fields(request)
        provider, location_id, case_id = fields.name("parent", names.CASE, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read_one() as connection:
            shown, token = store.notices_page(connection, page, provider, location_id, case_id)
        return pb.ListNoticesResponse(notices=[write_notice(stored) for stored in shown], next_page_token=token)

    # The finding and the plan

    def EstablishFinding(self, request: pb.EstablishFindingRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.ESTABLISH)
        established_on = fields.date("established_date", request)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            established = steps.establish(case, taking.day, established_on)
            wrong = Fields()
            requests.check_past(wrong, "established_date", established_on, taking.day)
            if established_on < case.terms.delivered_on:
                wrong.wrong("established_date", f"mag niet voor de oplevering liggen, {case.terms.delivered_on}")
            wrong.check()
            return established

        return self._taker.take(request, context, place, said, act)

    def SubmitImprovementPlan(self, request: pb.SubmitImprovementPlanRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        plan = requests.read_plan(fields, request.plan, self._today())
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            submitted = steps.submit_plan(case, taking.day, plan)
            wrong = Fields()
            requests.check_plan(wrong, plan, case, taking.day)
            wrong.check()
            return submitted

        return self._taker.take(request, context, place, Said(Step.SUBMIT_PLAN, document=plan.document), act)

    def ReturnImprovementPlan(self, request: pb.ReturnImprovementPlanRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.RETURN_PLAN)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            return steps.return_plan(case, taking.day)

        return self._taker.take(request, context, place, said, act)

    def AgreeImprovementPlan(self, request: pb.AgreeImprovementPlanRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.AGREE_PLAN)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            return steps.agree_plan(case, taking.day, said.insurer)

        return self._taker.take(request, context, place, said, act)

    def RecordProgress(self, request: pb.RecordProgressRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        note = requests.read_note(fields, request.note, self._today())
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            recorded = steps.record_progress(case, taking.day, note)
            wrong = Fields()
            requests.check_note(wrong, note, case, taking.day)
            wrong.check()
            return recorded

        return self._taker.take(request, context, place, Said(Step.RECORD_PROGRESS, reason=note.text), act)

    # Agreements with the IGJ

    def RequestTransparency(self, request: pb.RequestTransparencyRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        insurer = fields.digits("insurer", request.insurer, 4)
        question = fields.text("question", request.question, MAX_REASON, required=True)
        fields.check()
        said = Said(Step.REQUEST_TRANSPARENCY, insurer, question)

        def act(case: Case, taking: Taking) -> Case:
            return steps.request_transparency(case, taking.day, insurer, question)

        return self._taker.take(request, context, place, said, act)

    def AnswerTransparency(self, request: pb.AnswerTransparencyRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        number = fields.count("number", request.number)
        answer = fields.text("answer", request.answer, MAX_REASON, required=True)
        reference = requests.read_document(fields, "document", request.document)
        fields.check()
        said = Said(Step.ANSWER_TRANSPARENCY, reason=answer, document=reference)

        def act(case: Case, taking: Taking) -> Case:
            return steps.answer_transparency(case, taking.day, number, answer, reference)

        return self._taker.take(request, context, place, said, act)

    # Weighing and deciding

    def StartWeighing(self, request: pb.StartWeighingRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place = requests.read_place(fields, "name", request.name)
        insurer = fields.digits("insurer", request.insurer, 4)
        weighing = requests.read_weighing(fields, request.weighing, insurer, self._today())
        fields.check()
        said = Said(Step.START_WEIGHING, insurer, document=weighing.document)

        def act(case: Case, taking: Taking) -> Case:
            return steps.start_weighing(case, taking.day, weighing)

        return self._taker.take(request, context, place, said, act)

    def ProposeDecision(self, request: pb.ProposeDecisionRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.PROPOSE)
        kind = KINDS_BY_NUMBER.get(fields.one_of("kind", request.kind, [*KINDS_BY_NUMBER]))
        _check_parts(fields, request, kind)
        exception = requests.read_exception(fields, request.exception) if request.HasField("exception") else None
        care_duty = requests.read_care_duty(fields, request.care_duty) if request.HasField("care_duty") else None
        fields.check()
        assert kind is not None
        if care_duty is not None:
            care_duty = with_names(self._locations, care_duty, place[1], context)

        def act(case: Case, taking: Taking) -> Case:
            decision = Decision(
                kind=kind,
                reason=said.reason,
                document=said.document,
                proposed_on=taking.day,
                care_duty=care_duty,
                exception=exception,
                representatives=taking.representatives,
            )
            vote = taking.vote(said.insurer, said.reason, agrees=True)
            proposed = steps.propose(case, taking.day, decision, vote)
            if exception is not None:
                wrong = Fields()
                requests.check_exception(wrong, exception, taking.day)
                wrong.check()
            return proposed

        return self._taker.take(request, context, place, said, act)

    def VoteOnDecision(self, request: pb.VoteOnDecisionRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.VOTE)
        number = fields.count("number", request.number)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            vote = taking.vote(said.insurer, said.reason, agrees=request.agrees)
            return steps.vote_on(case, taking.day, number, vote, taking.representatives)

        return self._taker.take(request, context, place, said, act)

    def WithdrawProposal(self, request: pb.WithdrawProposalRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.WITHDRAW)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            return steps.withdraw(case, taking.day)

        return self._taker.take(request, context, place, said, act)

    def EndException(self, request: pb.EndExceptionRequest, context: grpc.ServicerContext) -> pb.Case:
        fields = Fields(request)
        place, said = _read_insurer(fields, request, Step.END_EXCEPTION)
        fields.check()

        def act(case: Case, taking: Taking) -> Case:
            return steps.end_exception(case, taking.day)

        return self._taker.take(request, context, place, said, act)

    def _today(self) -> date:
        return day_of(self._clock())


def _read_insurer(fields: Fields, request: Any, step: Step) -> tuple[Place, Said]:
    """The case of a step on behalf of an insurer, and what it says: a reason, and a document where there can be one."""
    place = requests.read_place(fields, "name", request.name)
    can_have_document = "document" in request.DESCRIPTOR.fields_by_name
    said = Said(
        step,
        insurer=fields.digits("insurer", request.insurer, 4),
        reason=fields.text("reason", request.reason, MAX_REASON, required=True),
        document=requests.read_document(fields, "document", request.document) if can_have_document else "",
    )
    return place, said


def _check_parts(fields: Fields, request: pb.ProposeDecisionRequest, kind: DecisionKind | None) -> None:
    """What comes with each kind of decision, and with no other."""
    if kind is None:
        return
    wanted = {"care_duty": kind in NEGATIVE, "exception": kind is DecisionKind.TIJDELIJKE_UITZONDERING}
    for field, needed in wanted.items():
        if needed != request.HasField(field):  # type: ignore[arg-type]
            fields.wrong(field, f"is verplicht bij {kind}" if needed else f"hoort niet bij {kind}")
