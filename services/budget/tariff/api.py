"""The tariff service: what a budget comes to for one visit, and against declared revenue. Nothing is stored."""

import grpc

from services.budget.figure_reader import FigureReader
from services.budget.messages import write_steps
from services.budget.norm_budget import store as calculations
from services.budget.peers import Facts, KnownProvider
from services.budget.tariff.model import (
    Direction,
    ExpectedVisits,
    counted_visits,
    estimate_settlement,
    estimate_tariff,
    given_visits,
    reported_visits,
)
from services.runtime import names
from services.runtime.errors import DomainError, Reason, Violation, invalid
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields, from_money, to_money
from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import tariff_pb2 as pb
from spoedkader.budget.v1 import tariff_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["TariffService"].full_name
MAX_VISITS = 2**31 - 1


class TariffServicer(rpc.TariffServiceServicer):
    """`spoedkader.budget.v1.TariffService`."""

    def __init__(self, facts: Facts, figures: FigureReader, transactions: Transactions) -> None:
        self._facts = facts
        self._figures = figures
        self._transactions = transactions

    def EstimateTariff(self, request: pb.EstimateTariffRequest, context: grpc.ServicerContext) -> pb.TariffEstimate:
        fields = Fields(request)
        agb, year = _provider_and_year(fields, names.TARIFF, request.name)
        given = request.HasField("expected_visits")
        if given and not 1 <= request.expected_visits <= MAX_VISITS:
            fields.wrong("expected_visits", f"moet een getal van 1 tot en met {MAX_VISITS} zijn")
        fields.check()
        known = self._facts.provider(agb, year, context)
        calculation = self._latest(agb, year)
        visits = given_visits(request.expected_visits) if given else self._reported(known, context)
        found = estimate_tariff(from_money(calculation.budget), visits, known.parameters)
        return pb.TariffEstimate(
            name=request.name,
            calculation=calculation.name,
            budget=to_money(found.budget_cents),
            expected_visits=found.visits.count,
            visits_source=found.visits.source,
            tariff=to_money(found.tariff_cents),
            deductible=to_money(found.deductible_cents),
            own_payment=to_money(found.own_payment_cents),
            deductible_left=to_money(found.deductible_left_cents),
            label=found.label,
            steps=write_steps(found.steps),
        )

    def EstimateSettlement(
        self, request: pb.EstimateSettlementRequest, context: grpc.ServicerContext
    ) -> pb.SettlementEstimate:
        fields = Fields(request)
        agb, year = _provider_and_year(fields, names.SETTLEMENT, request.name)
        revenue_cents = fields.cents("declared_revenue", request)
        fields.check()
        known = self._facts.provider(agb, year, context)
        calculation = self._latest(agb, year)
        found = estimate_settlement(from_money(calculation.budget), revenue_cents, known.parameters)
        return pb.SettlementEstimate(
            name=request.name,
            calculation=calculation.name,
            budget=to_money(found.budget_cents),
            declared_revenue=to_money(found.revenue_cents),
            difference=to_money(found.difference_cents),
            direction=_DIRECTIONS[found.direction],
            label=found.label,
            steps=write_steps(found.steps),
        )

    def _latest(self, agb: str, year: int) -> budget_pb2.Calculation:
        """The latest calculation; without one there is nothing to divide, and an estimate does not calculate."""
        with self._transactions.read_one() as connection:
            found = calculations.latest(connection, agb, year)
        if found is None:
            budget = names.BUDGET.format(provider=agb, year=year)
            message = f"Voor {budget} is nog niets berekend; vraag eerst om CalculateBudget."
            raise DomainError(Reason.NOT_FOUND, message, metadata={"resource": budget})
        return budget_pb2.Calculation.FromString(found.content)

    def _reported(self, known: KnownProvider, context: grpc.ServicerContext) -> ExpectedVisits:
        """The visits of the reference year; refuses, naming the field to give, when they are not known or none."""
        reference_year = self._figures.round_years(known.round.budget_year, context).reference_year
        visits = self._figures.visits(known.provider.agb, reference_year, context)
        counts = counted_visits(known.provider.locations, visits, known.parameters)
        missing = [location_id for location_id, count in counts.items() if count is None]
        if missing:
            raise _visits_needed(f"de bezoeken over {reference_year} van {', '.join(missing)} zijn niet bekend")
        known_counts = {location_id: count for location_id, count in counts.items() if count is not None}
        found = reported_visits(known_counts, reference_year, known.parameters)
        if found.count == 0:
            raise _visits_needed(f"over {reference_year} zijn geen bezoeken gemeld")
        return found


def _visits_needed(because: str) -> DomainError:
    return invalid([Violation("expected_visits", f"is nodig: {because}")])


def _provider_and_year(fields: Fields, pattern: str, name: str) -> tuple[str, int]:
    agb, year = fields.name("name", pattern, name, allow_any=False)
    return agb, fields.year("name", int(year)) if year else 0


_DIRECTIONS = {
    Direction.GEEN: pb.SettlementEstimate.DIRECTION_GEEN,
    Direction.AANBIEDER_BETAALT: pb.SettlementEstimate.DIRECTION_AANBIEDER_BETAALT,
    Direction.AANBIEDER_ONTVANGT: pb.SettlementEstimate.DIRECTION_AANBIEDER_ONTVANGT,
}
