"""The round service."""

from datetime import datetime

import grpc
from sqlalchemy import Connection

from services.registry.rounds.model import Round
from services.registry.rounds.store import ROUNDS
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, to_date, to_money, to_timestamp
from spoedkader.registry.v1 import round_pb2 as pb
from spoedkader.registry.v1 import round_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["RoundService"].full_name


class RoundServicer(rpc.RoundServiceServicer):
    """`spoedkader.registry.v1.RoundService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def UpdateRound(self, request: pb.UpdateRoundRequest, context: grpc.ServicerContext) -> pb.Round:
        fields = Fields(request)
        (year,) = fields.name("round.name", names.ROUND, request.round.name)
        round_ = read_round(fields, "round", year, request.round)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Round:
            stored = ROUNDS.get(connection, round_.budget_year)
            if stored is not None:
                stored.require(request.round.etag)
            return write_round(ROUNDS.put(connection, round_, stamp))

        return self._transactions.write(request, context, pb.Round, act)

    def GetRound(self, request: pb.GetRoundRequest, context: grpc.ServicerContext) -> pb.Round:
        fields = Fields(request)
        (year,) = fields.name("name", names.ROUND, request.name)
        fields.check()
        with self._transactions.read_one() as connection:
            stored = ROUNDS.get(connection, int(year))
        if stored is None:
            raise not_found(request.name)
        return write_round(stored)

    def ListRounds(self, request: pb.ListRoundsRequest, context: grpc.ServicerContext) -> pb.ListRoundsResponse:
        page = read_page(request)
        with self._transactions.read() as connection:
            shown, token = ROUNDS.every.page(connection, page)
        return pb.ListRoundsResponse(rounds=[write_round(stored) for stored in shown], next_page_token=token)


def require_round(connection: Connection, budget_year: int, as_of: datetime | None = None) -> Stored[Round]:
    """The round of a budget year.

    Raises:
        DomainError: ROUND_UNKNOWN, there is none.
    """
    stored = ROUNDS.get(connection, budget_year, as_of=as_of)
    if stored is None:
        raise DomainError(
            Reason.ROUND_UNKNOWN,
            f"Er is geen inkoopronde voor budgetjaar {budget_year}.",
            metadata={"budget_year": str(budget_year)},
        )
    return stored


def read_round(fields: Fields, path: str, year: str, message: pb.Round) -> Round:
    """A round from its message; `path` is where the message stands in the request."""
    return Round(
        budget_year=fields.year(f"{path}.name", int(year or 0)),
        survey_year=fields.year(f"{path}.survey_year", message.survey_year),
        reference_year=fields.year(f"{path}.reference_year", message.reference_year),
        policy_year=fields.year(f"{path}.policy_year", message.policy_year),
        rivm_preliminary_delivered_on=fields.date(f"{path}.rivm_preliminary_delivered_date", message),
        norm_amount_cents=fields.cents(f"{path}.norm_amount", message),
    )


def write_round(stored: Stored[Round]) -> pb.Round:
    """The message of a round."""
    round_ = stored.value
    return pb.Round(
        name=names.ROUND.format(year=round_.budget_year),
        survey_year=round_.survey_year,
        reference_year=round_.reference_year,
        policy_year=round_.policy_year,
        rivm_preliminary_delivered_date=to_date(round_.rivm_preliminary_delivered_on),
        norm_amount=to_money(round_.norm_amount_cents),
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )
