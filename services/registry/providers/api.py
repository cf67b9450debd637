"""The provider service: registration, review, and the decisions of insurers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import grpc
from google.protobuf.message import Message
from sqlalchemy import Connection

from services.registry.providers.model import (
    Approval,
    Decision,
    Provider,
    Review,
    Stage,
    State,
    Step,
    approval_id,
    require_open,
    state,
)
from services.registry.providers.store import APPROVALS, APPROVALS_OF_PROVIDERS, PROVIDERS
from services.runtime import names
from services.runtime.errors import Violation, already_exists, invalid, not_found
from services.runtime.masks import merge
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import MAX_NAME, MAX_REASON, Fields, to_date, to_timestamp
from spoedkader.amsterdam import day_of
from spoedkader.registry.v1 import provider_pb2 as pb
from spoedkader.registry.v1 import provider_pb2_grpc as rpc

WRITABLE = ("kvk", "display_name", "provides_seh_since", "representatives")
MAX_REPRESENTATIVES = 20
SERVICE = pb.DESCRIPTOR.services_by_name["ProviderService"].full_name


class ProviderServicer(rpc.ProviderServiceServicer):
    """`spoedkader.registry.v1.ProviderService`."""

    def __init__(self, transactions: Transactions, new_after: date) -> None:
        self._transactions = transactions
        self._new_after = new_after

    def CreateProvider(self, request: pb.CreateProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        fields = Fields(request)
        agb = fields.digits("provider_id", request.provider_id, 8)
        provider = read_provider(fields, "provider", agb, request.provider, Review())
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Provider:
            if PROVIDERS.get(connection, agb):
                raise already_exists(names.PROVIDER.format(provider=agb))
            return self._answer(connection, PROVIDERS.put(connection, provider, stamp))

        return self._transactions.write(request, context, pb.Provider, act)

    def GetProvider(self, request: pb.GetProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        fields = Fields(request)
        (agb,) = fields.name("name", names.PROVIDER, request.name, allow_any=False)
        fields.check()
        with self._transactions.read() as connection:
            return self._answer(connection, _stored(connection, agb))

    def ListProviders(
        self, request: pb.ListProvidersRequest, context: grpc.ServicerContext
    ) -> pb.ListProvidersResponse:
        page = read_page(request)
        with self._transactions.read() as connection:
            shown, token = PROVIDERS.every.page(connection, page)
            approvals = approvals_of(connection, [stored.value.agb for stored in shown])
            providers = [write_provider(s, approvals.get(s.value.agb, []), self._new_after) for s in shown]
        return pb.ListProvidersResponse(providers=providers, next_page_token=token)

    def UpdateProvider(self, request: pb.UpdateProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        fields = Fields(request)
        (agb,) = fields.name("provider.name", names.PROVIDER, request.provider.name, allow_any=False)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Provider:
            stored = PROVIDERS.get(connection, agb)
            if stored is None and not request.allow_missing:
                raise not_found(request.provider.name)
            wanted = request.provider
            if stored is not None:
                stored.require(request.provider.etag)
                wanted = merge(self._answer(connection, stored), request.provider, request.update_mask, WRITABLE)
            changed = Fields()
            review = stored.value.review if stored else Review()
            provider = read_provider(changed, "provider", agb, wanted, review)
            changed.check()
            return self._answer(connection, PROVIDERS.put(connection, provider, stamp))

        return self._transactions.write(request, context, pb.Provider, act)

    def SubmitProvider(self, request: pb.SubmitProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        return self._move(Fields(request), request, context, Step.SUBMIT, Review(Stage.UNDER_REVIEW))

    def RequestProviderInformation(
        self, request: pb.RequestProviderInformationRequest, context: grpc.ServicerContext
    ) -> pb.Provider:
        fields = Fields(request)
        fields.text("reason", request.reason, MAX_REASON, required=True)
        review = Review(Stage.MORE_INFORMATION_NEEDED, request.reason)
        return self._move(fields, request, context, Step.REQUEST_INFORMATION, review)

    def ApproveProvider(self, request: pb.ApproveProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        return self._decide(request, context, Decision.AKKOORD)

    def DeclineProvider(self, request: pb.DeclineProviderRequest, context: grpc.ServicerContext) -> pb.Provider:
        return self._decide(request, context, Decision.AFGEWEZEN)

    def ListApprovals(
        self, request: pb.ListApprovalsRequest, context: grpc.ServicerContext
    ) -> pb.ListApprovalsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            if agb == names.ANY:
                shown, token = APPROVALS.every.page(connection, page)
            else:
                _stored(connection, agb)
                shown, token = APPROVALS_OF_PROVIDERS.page(connection, page, agbs=[agb])
        return pb.ListApprovalsResponse(approvals=[write_approval(s) for s in shown], next_page_token=token)

    def _move(
        self,
        fields: Fields,
        request: pb.SubmitProviderRequest | pb.RequestProviderInformationRequest,
        context: grpc.ServicerContext,
        step: Step,
        review: Review,
    ) -> pb.Provider:
        (agb,) = fields.name("name", names.PROVIDER, request.name, allow_any=False)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Provider:
            stored = _stored(connection, agb)
            stored.require(request.etag)
            require_open(step, self._state(connection, stored.value))
            return self._answer(connection, PROVIDERS.put(connection, replace(stored.value, review=review), stamp))

        return self._transactions.write(request, context, pb.Provider, act)

    def _decide(
        self,
        request: pb.ApproveProviderRequest | pb.DeclineProviderRequest,
        context: grpc.ServicerContext,
        decision: Decision,
    ) -> pb.Provider:
        fields = Fields(request)
        (agb,) = fields.name("name", names.PROVIDER, request.name, allow_any=False)
        insurer, decided_on, reason = read_decision(fields, "", request)
        if decision is Decision.AFGEWEZEN and not reason.strip():
            fields.wrong("reason", "is verplicht bij een afwijzing")
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Provider:
            stored = _stored(connection, agb)
            if decided_on > day_of(stamp.at):
                # The latest day counts: one that is still to come would outlive every decision until then.
                raise invalid([Violation("decided_date", "mag niet na vandaag liggen")])
            require_open(Step.DECIDE, self._state(connection, stored.value))
            earlier = approvals_of(connection, [agb]).get(agb, [])
            identifier = approval_id(insurer, decided_on, earlier)
            APPROVALS.put(connection, Approval(agb, identifier, insurer, decision, decided_on, reason), stamp)
            return self._answer(connection, stored)

        return self._transactions.write(request, context, pb.Provider, act)

    def _state(self, connection: Connection, provider: Provider) -> State:
        return state(provider, approvals_of(connection, [provider.agb]).get(provider.agb, []), self._new_after)

    def _answer(self, connection: Connection, stored: Stored[Provider]) -> pb.Provider:
        approvals = approvals_of(connection, [stored.value.agb])
        return write_provider(stored, approvals.get(stored.value.agb, []), self._new_after)


def approvals_of(connection: Connection, agbs: Sequence[str]) -> dict[str, list[Approval]]:
    """The decisions about providers, by AGB code, each in the order in which they were recorded."""
    found: dict[str, list[Approval]] = {}
    for stored in APPROVALS_OF_PROVIDERS.all(connection, agbs=agbs):
        found.setdefault(stored.value.agb, []).append(stored.value)
    return found


def _stored(connection: Connection, agb: str) -> Stored[Provider]:
    stored = PROVIDERS.get(connection, agb)
    if stored is None:
        raise not_found(names.PROVIDER.format(provider=agb))
    return stored


def read_provider(fields: Fields, path: str, agb: str, message: pb.Provider, review: Review) -> Provider:
    """A provider from its message; `path` is where the message stands in the request."""
    representatives = tuple(message.representatives)
    if not 1 <= len(representatives) <= MAX_REPRESENTATIVES:
        fields.wrong(f"{path}.representatives", f"moeten 1 tot {MAX_REPRESENTATIVES} verzekeraars zijn")
    if len(set(representatives)) != len(representatives):
        fields.wrong(f"{path}.representatives", "noemt een verzekeraar dubbel")
    for index, insurer in enumerate(representatives):
        fields.digits(f"{path}.representatives[{index}]", insurer, 4)
    return Provider(
        agb=agb,
        kvk=fields.digits(f"{path}.kvk", message.kvk, 8),
        name=fields.text(f"{path}.display_name", message.display_name, MAX_NAME, required=True),
        provides_seh_since=fields.date(f"{path}.provides_seh_since", message),
        representatives=representatives,
        review=review,
    )


def read_decision(fields: Fields, path: str, message: Message) -> tuple[str, date, str]:
    """Insurer, day and reason of a decision, from any message that holds the three."""
    insurer = fields.digits(_join(path, "insurer"), message.insurer, 4)  # type: ignore[attr-defined]
    decided_on = fields.date(_join(path, "decided_date"), message)
    reason = fields.text(_join(path, "reason"), message.reason, MAX_REASON)  # type: ignore[attr-defined]
    return insurer, decided_on, reason


def write_provider(stored: Stored[Provider], approvals: Sequence[Approval], new_after: date) -> pb.Provider:
    """The message of a provider."""
    provider = stored.value
    found = state(provider, approvals, new_after)
    asked = provider.review.requested_information
    return pb.Provider(
        name=names.PROVIDER.format(provider=provider.agb),
        kvk=provider.kvk,
        display_name=provider.name,
        provides_seh_since=to_date(provider.provides_seh_since),
        representatives=provider.representatives,
        state=_STATES[found],
        requested_information=asked if found is State.MORE_INFORMATION_NEEDED else "",
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def write_approval(stored: Stored[Approval]) -> pb.Approval:
    """The message of a decision."""
    approval = stored.value
    return pb.Approval(
        name=names.APPROVAL.format(provider=approval.agb, approval=approval.approval_id),
        insurer=approval.insurer,
        decision=DECISIONS[approval.decision],
        decided_date=to_date(approval.decided_on),
        reason=approval.reason,
        create_time=to_timestamp(stored.recorded_at),
    )


DECISIONS = {
    Decision.AKKOORD: pb.Approval.DECISION_AKKOORD,
    Decision.AFGEWEZEN: pb.Approval.DECISION_AFGEWEZEN,
}
_STATES = {
    State.ESTABLISHED: pb.Provider.STATE_ESTABLISHED,
    State.PROPOSED: pb.Provider.STATE_PROPOSED,
    State.UNDER_REVIEW: pb.Provider.STATE_UNDER_REVIEW,
    State.MORE_INFORMATION_NEEDED: pb.Provider.STATE_MORE_INFORMATION_NEEDED,
    State.APPROVED: pb.Provider.STATE_APPROVED,
    State.DECLINED: pb.Provider.STATE_DECLINED,
}


def _join(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
