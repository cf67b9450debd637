"""The overloop service: what provider and insurer declare about overrunning trajectories."""

from dataclasses import replace

import grpc
from sqlalchemy import Connection

from services.budget.messages import write_steps
from services.budget.overloop.model import Declaration, Overloop, Side, State, require_own, steps
from services.budget.overloop.store import OVERLOOPS, OVERLOOPS_OF_PROVIDER
from services.budget.peers import Facts
from services.budget.rules import Rules
from services.runtime import names
from services.runtime.call import call_of, is_user
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, to_date, to_money, to_timestamp
from spoedkader.budget.v1 import overloop_pb2 as pb
from spoedkader.budget.v1 import overloop_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["OverloopService"].full_name
MAX_DOCUMENT = 500


class OverloopServicer(rpc.OverloopServiceServicer):
    """`spoedkader.budget.v1.OverloopService`."""

    def __init__(self, facts: Facts, rules: Rules, transactions: Transactions) -> None:
        self._facts = facts
        self._rules = rules
        self._transactions = transactions

    def DeclareOverloop(self, request: pb.DeclareOverloopRequest, context: grpc.ServicerContext) -> pb.Overloop:
        fields = Fields(request)
        agb, year, insurer = _read_name(fields, request.name)
        side = fields.one_of("side", request.side, list(_SIDES))
        declared = request.declaration
        amount_cents = fields.cents("declaration.amount", declared)
        trajectory_count = fields.count("declaration.trajectory_count", declared.trajectory_count)
        declared_on = fields.date("declaration.declared_date", declared)
        document = fields.text("declaration.document", declared.document, MAX_DOCUMENT)
        fields.check()
        actor = call_of(context).actor
        if not is_user(actor):
            message = "Een opgave heeft een gebruiker nodig; dit verzoek noemt er geen."
            raise DomainError(Reason.ACTOR_NOT_OWN, message, metadata={"actor": actor})
        # The provider has to exist, and the round says which rules hold.
        known = self._facts.provider(agb, year, context)

        def act(connection: Connection, stamp: Stamp) -> pb.Overloop:
            versions = OVERLOOPS.revisions(connection, agb, year, insurer)
            require_own(stamp.by, _SIDES[side], [version.value for version in versions])
            before = Overloop(agb, year, insurer, known.round.policy_year)
            if versions:
                versions[-1].require(request.etag)
                before = replace(versions[-1].value, policy_year=known.round.policy_year)
            declaration = Declaration(amount_cents, trajectory_count, declared_on, document, stamp.by)
            return self._write(OVERLOOPS.put(connection, before.declared(_SIDES[side], declaration), stamp))

        return self._transactions.write(request, context, pb.Overloop, act)

    def GetOverloop(self, request: pb.GetOverloopRequest, context: grpc.ServicerContext) -> pb.Overloop:
        fields = Fields(request)
        agb, year, insurer = _read_name(fields, request.name)
        fields.check()
        with self._transactions.read_one() as connection:
            stored = OVERLOOPS.get(connection, agb, year, insurer)
        if stored is None:
            raise not_found(request.name)
        return self._write(stored)

    def ListOverloops(
        self, request: pb.ListOverloopsRequest, context: grpc.ServicerContext
    ) -> pb.ListOverloopsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read_one() as connection:
            if agb == names.ANY:
                shown, token = OVERLOOPS.every.page(connection, page)
            else:
                shown, token = OVERLOOPS_OF_PROVIDER.page(connection, page, agb=agb)
        return pb.ListOverloopsResponse(overloops=[self._write(stored) for stored in shown], next_page_token=token)

    def _write(self, stored: Stored[Overloop]) -> pb.Overloop:
        overloop = stored.value
        difference_cents = overloop.difference_cents
        return pb.Overloop(
            name=names.OVERLOOP.format(provider=overloop.agb, overloop=overloop.overloop_id),
            provider=_write_declaration(overloop.by_provider),
            insurer=_write_declaration(overloop.by_insurer),
            state=_STATES[overloop.state],
            neutralised=to_money(overloop.neutralised_cents),
            difference=to_money(difference_cents) if difference_cents is not None else None,
            steps=write_steps(steps(overloop, self._rules.of(overloop.policy_year))),
            etag=stored.etag,
            update_time=to_timestamp(stored.recorded_at),
        )


def _read_name(fields: Fields, name: str) -> tuple[str, int, str]:
    """The provider, budget year and insurer of `providers/{agb}/overloops/{year}-{insurer}`."""
    agb, overloop_id = fields.name("name", names.OVERLOOP, name, allow_any=False)
    year, _, insurer = overloop_id.partition("-")
    return agb, fields.year("name", int(year)) if year else 0, insurer


def _write_declaration(declaration: Declaration | None) -> pb.OverloopDeclaration | None:
    if declaration is None:
        return None
    return pb.OverloopDeclaration(
        amount=to_money(declaration.amount_cents),
        trajectory_count=declaration.trajectory_count,
        declared_date=to_date(declaration.declared_on),
        document=declaration.document,
        actor=declaration.actor,
    )


_SIDES: dict[int, Side] = {
    pb.OVERLOOP_SIDE_ZORGAANBIEDER: Side.PROVIDER,
    pb.OVERLOOP_SIDE_VERZEKERAAR: Side.INSURER,
}
_STATES = {
    State.ONVOLLEDIG: pb.Overloop.STATE_ONVOLLEDIG,
    State.GELIJK: pb.Overloop.STATE_GELIJK,
    State.VERSCHIL: pb.Overloop.STATE_VERSCHIL,
}
