"""The calendar service: every deadline in one list, and as an iCalendar."""

from collections import defaultdict
from dataclasses import dataclass

import grpc

from services.budget.applications.api import ApplicationServicer
from services.budget.calendar.cases import of_case
from services.budget.calendar.export import to_icalendar
from services.budget.calendar.model import Deadline, Kind
from services.budget.calendar.purchasing import of_obligations, of_provider
from services.budget.obligations.api import ObligationServicer
from services.budget.rules import Rules
from services.runtime import names
from services.runtime.pages import read_page
from services.runtime.peers import Peer
from services.runtime.transactions import Clock
from services.runtime.wire import Fields, to_date
from spoedkader.amsterdam import day_of
from spoedkader.budget.v1 import application_pb2, obligation_pb2
from spoedkader.budget.v1 import calendar_pb2 as pb
from spoedkader.budget.v1 import calendar_pb2_grpc as rpc
from spoedkader.quality.v1 import enforcement_pb2, enforcement_pb2_grpc
from spoedkader.registry.v1 import (
    attestation_pb2,
    attestation_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
)

SERVICE = pb.DESCRIPTOR.services_by_name["CalendarService"].full_name


@dataclass(frozen=True, slots=True)
class _Question:
    """Whose deadlines are asked for: those of a provider, of the providers of an insurer, or of all."""

    provider: str
    insurer: str
    budget_year: int


class CalendarServicer(rpc.CalendarServiceServicer):
    """`spoedkader.budget.v1.CalendarService`."""

    def __init__(
        self,
        registry: Peer,
        quality: Peer,
        rules: Rules,
        *,
        obligations: ObligationServicer,
        applications: ApplicationServicer,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._quality = quality
        self._rules = rules
        self._obligations = obligations
        self._applications = applications
        self._clock = clock
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)
        self._attestations = attestation_pb2_grpc.AttestationServiceStub(registry.channel)
        self._cases = enforcement_pb2_grpc.EnforcementServiceStub(quality.channel)

    def ListDeadlines(
        self, request: pb.ListDeadlinesRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadlinesResponse:
        question = _read(Fields(request), request)
        page = read_page(request)
        today = day_of(self._clock())
        found = self._deadlines(question, context)
        overdue = [deadline for deadline in found if deadline.overdue(today)]
        listed = overdue if request.overdue_only else found
        behind = page.behind(str, str)
        if behind is not None:
            listed = [deadline for deadline in listed if deadline.place > behind]
        shown, token = page.cut(listed[: page.size + 1], lambda deadline: deadline.place)
        return pb.ListDeadlinesResponse(
            deadlines=[
                pb.Deadline(
                    id=deadline.id,
                    due_date=to_date(deadline.due_on) if deadline.due_on else None,
                    overdue=deadline.overdue(today),
                    kind=_KINDS[deadline.kind],
                    provider=names.PROVIDER.format(provider=deadline.agb),
                    resource=deadline.resource,
                    title=deadline.title,
                    description=deadline.description,
                    insurers=deadline.insurers,
                )
                for deadline in shown
            ],
            next_page_token=token,
            overdue_count=len(overdue),
        )

    def ExportCalendar(
        self, request: pb.ExportCalendarRequest, context: grpc.ServicerContext
    ) -> pb.ExportCalendarResponse:
        question = _read(Fields(request), request)
        now = self._clock()
        whose = question.insurer or question.provider.replace(names.ANY, "alle")
        title = f"Spoedkader {question.budget_year}: termijnen van {whose}"
        content = to_icalendar(title, self._deadlines(question, context), day_of(now), now)
        return pb.ExportCalendarResponse(content=content, file_name=f"spoedkader-{whose}-{question.budget_year}.ics")

    def _deadlines(self, question: _Question, context: grpc.ServicerContext) -> list[Deadline]:
        """Every deadline that is asked for, in the order of their places."""
        year = question.budget_year
        snapshots = {
            snapshot.provider.name: snapshot
            for snapshot in self._providers(question, context)
            if not question.insurer or question.insurer in snapshot.provider.representatives
        }
        attested = self._attested(question, context)
        applications = self._made(question, context)
        found: list[Deadline] = []
        for name, snapshot in snapshots.items():
            filing_deadline = self._rules.of(snapshot.round.policy_year).filing_deadline.value
            found += of_provider(snapshot, attested[name], applications[name], year, filing_deadline)
        for case in self._open_cases(question, context):
            owner = snapshots.get(_provider_of(case.name))
            if owner is not None:
                found += of_case(case, tuple(owner.provider.representatives))
        for obligations in self._obliged(question, context):
            if _provider_of(obligations.name) in snapshots:
                found += of_obligations(obligations)
        return sorted(found, key=lambda deadline: deadline.place)

    def _providers(self, question: _Question, context: grpc.ServicerContext) -> list[snapshot_pb2.ProviderSnapshot]:
        view = snapshot_pb2.SNAPSHOT_VIEW_BASIC
        if question.provider != names.ANY:
            name = names.PROVIDER.format(provider=question.provider)
            one = snapshot_pb2.GetProviderSnapshotRequest(name=name, budget_year=question.budget_year, view=view)
            return [self._registry.call(self._snapshots.GetProviderSnapshot, one, context)]
        every = snapshot_pb2.ListProviderSnapshotsRequest(budget_year=question.budget_year, view=view, page_size=50)
        pages = self._registry.pages(self._snapshots.ListProviderSnapshots, every, context)
        return [snapshot for page in pages for snapshot in page.snapshots]

    def _attested(self, question: _Question, context: grpc.ServicerContext) -> defaultdict[str, set[int]]:
        """The kinds of declarations about the budget year, by provider."""
        parent = names.PROVIDER.format(provider=question.provider)
        request = attestation_pb2.ListAttestationsRequest(parent=parent, page_size=1000)
        found: defaultdict[str, set[int]] = defaultdict(set)
        for page in self._registry.pages(self._attestations.ListAttestations, request, context):
            for attestation in page.attestations:
                if attestation.budget_year == question.budget_year:
                    found[_provider_of(attestation.name)].add(attestation.kind)
        return found

    def _open_cases(self, question: _Question, context: grpc.ServicerContext) -> list[enforcement_pb2.Case]:
        parent = names.LOCATION.format(provider=question.provider, location=names.ANY)
        request = enforcement_pb2.ListCasesRequest(parent=parent, budget_year=question.budget_year, page_size=1000)
        pages = self._quality.pages(self._cases.ListCases, request, context)
        return [case for page in pages for case in page.cases]

    def _made(
        self, question: _Question, context: grpc.ServicerContext
    ) -> defaultdict[str, list[application_pb2.Application]]:
        """The applications of the budget year, by provider."""
        request = application_pb2.ListApplicationsRequest(
            parent=names.PROVIDER.format(provider=question.provider), budget_year=question.budget_year, page_size=50
        )
        found: defaultdict[str, list[application_pb2.Application]] = defaultdict(list)
        while True:
            page = self._applications.ListApplications(request, context)
            for application in page.applications:
                found[_provider_of(application.name)].append(application)
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def _obliged(self, question: _Question, context: grpc.ServicerContext) -> list[obligation_pb2.Obligations]:
        request = obligation_pb2.ListObligationsRequest(
            parent=names.PROVIDER.format(provider=question.provider), budget_year=question.budget_year, page_size=50
        )
        found: list[obligation_pb2.Obligations] = []
        while True:
            page = self._obligations.ListObligations(request, context)
            found += page.obligations
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def _read(fields: Fields, request: pb.ListDeadlinesRequest | pb.ExportCalendarRequest) -> _Question:
    year = fields.year("budget_year", request.budget_year)
    insurer = names.parse(names.INSURER, request.parent)
    provider = names.parse(names.PROVIDER, request.parent)
    if insurer is None and provider is None:
        fields.wrong("parent", f"moet de vorm {names.PROVIDER} of {names.INSURER} hebben")
    fields.check()
    if insurer is not None:
        return _Question(names.ANY, insurer["insurer"], year)
    return _Question(provider["provider"] if provider else names.ANY, "", year)


def _provider_of(name: str) -> str:
    """The provider in the name of something that belongs to it."""
    return "/".join(name.split("/")[:2])


_KINDS = {kind: pb.Deadline.Kind.Value(f"KIND_{kind.name}") for kind in Kind}
