"""The application service: drafts, signatures, and what became of them."""

from collections.abc import Callable
from dataclasses import replace

import grpc
from sqlalchemy import Connection

from services.budget.applications import messages, store
from services.budget.applications.attention import warnings
from services.budget.applications.content import Content, read_content, terms_of, write_content
from services.budget.applications.document import application_document
from services.budget.applications.drafting import rest_on
from services.budget.applications.model import (
    SIDES,
    Application,
    Step,
    decide,
    require_open,
    revise,
    sign,
    submit,
    withdraw,
)
from services.budget.applications.reading import (
    MAX_EXPLANATION,
    MAX_REFERENCE,
    read_consultation,
    read_decision,
    read_digest,
    read_draft,
    read_party,
)
from services.budget.applications.relations import require_amendable, require_followable, require_place
from services.budget.applications.replaying import differences, kept_calculation
from services.budget.applications.sources import Basis, Sources
from services.budget.norm_budget import store as calculations
from services.budget.trace import cents_text
from services.documents.model import Form
from services.documents.rendering import render
from services.runtime import names
from services.runtime.call import call_of, is_user
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Clock, Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import MAX_REASON, Fields
from spoedkader.amsterdam import day_of
from spoedkader.budget.v1 import application_pb2 as pb
from spoedkader.budget.v1 import application_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["ApplicationService"].full_name
_JSON = pb.ExportApplicationRequest.FORM_JSON
_FORMS = {
    _JSON: ("application/json", "json"),
    pb.ExportApplicationRequest.FORM_HTML: (Form.HTML, "html"),
    pb.ExportApplicationRequest.FORM_PDF: (Form.PDF, "pdf"),
}

Change = Callable[[Application, Stamp], tuple[Application, str]]
"""Takes a step: the application after it, and a note about it."""


class ApplicationServicer(rpc.ApplicationServiceServicer):
    """`spoedkader.budget.v1.ApplicationService`."""

    def __init__(self, sources: Sources, transactions: Transactions, clock: Clock) -> None:
        self._sources = sources
        self._transactions = transactions
        self._clock = clock

    def CreateApplication(self, request: pb.CreateApplicationRequest, context: grpc.ServicerContext) -> pb.Application:
        today = day_of(self._clock())
        wanted = read_draft(request, today)
        before = self._transactions.answered(request, context, pb.Application)
        if before is not None:
            return before
        with self._transactions.read() as connection:
            # What cannot be made is refused before anything is calculated and kept.
            _earlier(connection, wanted)
        basis = self._sources.ask(wanted.agb, wanted.budget_year, today, context, validate_only=request.validate_only)

        def act(connection: Connection, stamp: Stamp) -> pb.Application:
            earlier = _earlier(connection, wanted)
            identifier = store.next_id(wanted.budget_year, earlier)
            name = names.APPLICATION.format(provider=wanted.agb, application=identifier)
            content = rest_on(replace(wanted, name=name), basis)
            store.keep_content(connection, write_content(content), stamp)
            draft = Application(wanted.agb, identifier, wanted.kind, stamp.at, terms_of(content))
            note = f"{wanted.kind}, {cents_text(draft.terms.amount_cents)}"
            return self._answer(connection, store.put(connection, draft, stamp, Step.CREATE, None, note))

        return self._transactions.write(request, context, pb.Application, act)

    def GetApplication(self, request: pb.GetApplicationRequest, context: grpc.ServicerContext) -> pb.Application:
        agb, identifier = _read_name(Fields(request), "name", request.name)
        with self._transactions.read() as connection:
            return self._answer(connection, _stored(connection, agb, identifier))

    def ListApplications(
        self, request: pb.ListApplicationsRequest, context: grpc.ServicerContext
    ) -> pb.ListApplicationsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        if request.budget_year:
            fields.year("budget_year", request.budget_year)
        fields.check()
        page = read_page(request, default=20, most=50)
        with self._transactions.read() as connection:
            shown, token = store.page(connection, page, agb if agb != names.ANY else None, request.budget_year or None)
            applications = [messages.shorten(self._answer(connection, stored)) for stored in shown]
        return pb.ListApplicationsResponse(applications=applications, next_page_token=token)

    def ReviseApplication(self, request: pb.ReviseApplicationRequest, context: grpc.ServicerContext) -> pb.Application:
        today = day_of(self._clock())
        fields = Fields(request)
        agb, identifier = fields.name("name", names.APPLICATION, request.name, allow_any=False)
        consultation = None
        if request.HasField("consultation"):
            consultation = read_consultation(fields, "consultation", request.consultation, today)
        explanation = fields.text("explanation", request.explanation, MAX_EXPLANATION)
        fields.check()
        before = self._transactions.answered(request, context, pb.Application)
        if before is not None:
            return before
        basis = self._rest_again(request, agb, identifier, context) if request.recalculate else None

        def act(connection: Connection, stamp: Stamp) -> pb.Application:
            stored = _stored(connection, agb, identifier)
            stored.require(request.etag)
            content = _content(connection, stored.value)
            changed = replace(
                content if basis is None else rest_on(content, basis),
                consultation=consultation or content.consultation,
                explanation=explanation if request.HasField("explanation") else content.explanation,
            )
            revised = revise(stored.value, terms_of(changed))
            if revised == stored.value:
                return self._answer(connection, stored)
            store.keep_content(connection, write_content(changed), stamp)
            note = _revision_note(content, changed, recalculated=basis is not None)
            state = stored.value.state
            return self._answer(connection, store.put(connection, revised, stamp, Step.REVISE, state, note))

        return self._transactions.write(request, context, pb.Application, act)

    def SignApplication(self, request: pb.SignApplicationRequest, context: grpc.ServicerContext) -> pb.Application:
        fields = Fields(request)
        party = read_party(fields, "party", request.party)
        digest = read_digest(fields, "content_digest", request.content_digest)
        actor = call_of(context).actor
        own = actor if is_user(actor) else None

        def change(application: Application, stamp: Stamp) -> tuple[Application, str]:
            return sign(application, party, digest, own, stamp.at), f"namens {party.code}"

        return self._take(fields, request, context, change, step=Step.SIGN)

    def SubmitApplication(self, request: pb.SubmitApplicationRequest, context: grpc.ServicerContext) -> pb.Application:
        fields = Fields(request)
        submitted_on = fields.date("submitted_date", request)
        if submitted_on > day_of(self._clock()):
            fields.wrong("submitted_date", "mag niet na vandaag liggen")
        reference = fields.text("nza_reference", request.nza_reference, MAX_REFERENCE)

        def change(application: Application, _: Stamp) -> tuple[Application, str]:
            return submit(application, submitted_on, reference), reference

        return self._take(fields, request, context, change, step=Step.SUBMIT, etag=request.etag)

    def RecordNzaDecision(self, request: pb.RecordNzaDecisionRequest, context: grpc.ServicerContext) -> pb.Application:
        fields = Fields(request)
        decision = read_decision(fields, "decision", request.decision, day_of(self._clock()))

        def change(application: Application, _: Stamp) -> tuple[Application, str]:
            note = f"{decision.outcome}, {cents_text(decision.amount_cents)}, {decision.document}"
            return decide(application, decision), note

        return self._take(fields, request, context, change, step=Step.DECIDE, etag=request.etag)

    def WithdrawApplication(
        self, request: pb.WithdrawApplicationRequest, context: grpc.ServicerContext
    ) -> pb.Application:
        fields = Fields(request)
        reason = fields.text("reason", request.reason, MAX_REASON, required=True)

        def change(application: Application, _: Stamp) -> tuple[Application, str]:
            return withdraw(application), reason

        return self._take(fields, request, context, change, step=Step.WITHDRAW, etag=request.etag)

    def ListApplicationSteps(
        self, request: pb.ListApplicationStepsRequest, context: grpc.ServicerContext
    ) -> pb.ListApplicationStepsResponse:
        agb, identifier = _read_name(Fields(request), "parent", request.parent)
        page = read_page(request)
        (after,) = page.behind(int) or (0,)
        with self._transactions.read() as connection:
            application = _stored(connection, agb, identifier).value
            found = store.steps(connection, application, after, page.size + 1)
        shown, token = page.cut(found, lambda step: (step.number,))
        return pb.ListApplicationStepsResponse(
            steps=[messages.write_step(step) for step in shown], next_page_token=token
        )

    def ExportApplication(
        self, request: pb.ExportApplicationRequest, context: grpc.ServicerContext
    ) -> pb.ExportApplicationResponse:
        fields = Fields(request)
        fields.one_of("form", request.form, pb.ExportApplicationRequest.Form.values())
        agb, identifier = _read_name(fields, "name", request.name)
        with self._transactions.read() as connection:
            stored = _stored(connection, agb, identifier)
            said = store.content(connection, stored.value.terms.digest)
            content = read_content(said)
            application = self._answer(connection, stored)
            amended = _content(connection, _named(connection, content.amends).value) if content.amends else None
        media_type, ending = _FORMS[request.form]
        if request.form != _JSON:
            difference = None
            if amended is not None:
                difference = self._sources.compare(amended.calculation["name"], application.calculation.name)
            said = render(application_document(application, content, difference), Form(media_type))
        return pb.ExportApplicationResponse(
            content=said, media_type=media_type, file_name=f"aanvraag-{agb}-{identifier}.{ending}"
        )

    def ReplayApplication(
        self, request: pb.ReplayApplicationRequest, context: grpc.ServicerContext
    ) -> pb.ReplayApplicationResponse:
        agb, identifier = _read_name(Fields(request), "name", request.name)
        with self._transactions.read() as connection:
            stored = _stored(connection, agb, identifier)
            said = store.content(connection, stored.value.terms.digest)
            kept = kept_calculation(connection, said)
        found = list(differences(said, stored.value.terms, kept, self._sources))
        content = read_content(said)
        return pb.ReplayApplicationResponse(
            same=not found,
            differences=found,
            parameters_revision=content.calculation.get("rules_revision", ""),
            policy_revision=content.conditions.get("policy_revision", ""),
        )

    def _take(
        self,
        fields: Fields,
        request: pb.SignApplicationRequest
        | pb.SubmitApplicationRequest
        | pb.RecordNzaDecisionRequest
        | pb.WithdrawApplicationRequest,
        context: grpc.ServicerContext,
        change: Change,
        *,
        step: Step,
        etag: str = "",
    ) -> pb.Application:
        """Takes a step that leaves alone what the application says."""
        agb, identifier = _read_name(fields, "name", request.name)

        def act(connection: Connection, stamp: Stamp) -> pb.Application:
            stored = _stored(connection, agb, identifier)
            stored.require(etag)
            changed, note = change(stored.value, stamp)
            return self._answer(connection, store.put(connection, changed, stamp, step, stored.value.state, note))

        return self._transactions.write(request, context, pb.Application, act)

    def _rest_again(
        self, request: pb.ReviseApplicationRequest, agb: str, identifier: str, context: grpc.ServicerContext
    ) -> Basis:
        """What a draft can rest on today. What cannot be revised is refused before anything is calculated."""
        with self._transactions.read() as connection:
            stored = _stored(connection, agb, identifier)
        stored.require(request.etag)
        require_open(Step.REVISE, stored.value)
        today, year = day_of(self._clock()), stored.value.budget_year
        return self._sources.ask(agb, year, today, context, validate_only=request.validate_only)

    def _answer(self, connection: Connection, stored: Stored[Application]) -> pb.Application:
        application = stored.value
        content = _content(connection, application)
        latest = calculations.latest(connection, application.agb, application.budget_year)
        newer = ""
        if latest is not None:
            name = names.CALCULATION.format(
                provider=application.agb, year=application.budget_year, number=latest.number
            )
            newer = name if name != content.calculation["name"] else ""
        deadline = self._sources.deadline(content.conditions["policy_year"])
        found = warnings(application, content, newer, deadline, day_of(self._clock()))
        return messages.write_application(stored, content, newer, deadline, found)


def _revision_note(before: Content, after: Content, *, recalculated: bool) -> str:
    parts = ["berekening en voorwaarden"] if recalculated else []
    if before.consultation != after.consultation:
        parts.append("overleg")
    if before.explanation != after.explanation:
        parts.append("toelichting")
    return f"Herzien: {', '.join(parts)}."


def _content(connection: Connection, application: Application) -> Content:
    return read_content(store.content(connection, application.terms.digest))


def _read_name(fields: Fields, field: str, name: str) -> tuple[str, str]:
    agb, identifier = fields.name(field, names.APPLICATION, name, allow_any=False)
    fields.check()
    return agb, identifier


def _earlier(connection: Connection, wanted: Content) -> list[Stored[Application]]:
    """The earlier applications of the provider and year, which leave room for the one that is wanted.

    Raises:
        DomainError: they do not, or it goes on from one that it cannot go on from.
    """
    earlier = store.of_year(connection, wanted.agb, wanted.budget_year)
    if wanted.amends:
        require_amendable(_named(connection, wanted.amends).value)
    if wanted.follows:
        require_followable(_named(connection, wanted.follows).value)
    require_place(SIDES[wanted.kind], [stored.value for stored in earlier], wanted.amends)
    return earlier


def _named(connection: Connection, name: str) -> Stored[Application]:
    agb, identifier = names.parts(names.APPLICATION, name)
    return _stored(connection, agb, identifier)


def _stored(connection: Connection, agb: str, identifier: str) -> Stored[Application]:
    stored = store.APPLICATIONS.get(connection, agb, identifier)
    if stored is None:
        raise not_found(names.APPLICATION.format(provider=agb, application=identifier))
    return stored
