"""The budget service: calculations, made, kept and made again."""

from collections.abc import Iterator

import grpc

from services.budget.norm_budget import store
from services.budget.norm_budget.calculations import Calculations
from services.budget.peers import Facts
from services.runtime import names
from services.runtime.call import call_of
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields
from spoedkader.budget.v1 import budget_pb2 as pb
from spoedkader.budget.v1 import budget_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["BudgetService"].full_name


class BudgetServicer(rpc.BudgetServiceServicer):
    """`spoedkader.budget.v1.BudgetService`."""

    def __init__(self, facts: Facts, transactions: Transactions, calculations: Calculations) -> None:
        self._facts = facts
        self._transactions = transactions
        self._calculations = calculations

    def CalculateBudget(self, request: pb.CalculateBudgetRequest, context: grpc.ServicerContext) -> pb.Calculation:
        agb, year = _budget(Fields(request), "name", request.name)
        return self._calculations.calculate(agb, year, context, validate_only=request.validate_only)

    def CalculateBudgets(
        self, request: pb.CalculateBudgetsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.CalculateBudgetsResponse]:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        call = call_of(context)
        known = [each for each in self._facts.providers(year, context) if call.may_see(each.provider.agb)]
        standings = self._facts.standings(names.ANY, year, context)
        for done, each in enumerate(known, start=1):
            if not context.is_active():
                return
            calculation = self._calculations.calculate_known(
                each, standings, context, validate_only=request.validate_only
            )
            yield pb.CalculateBudgetsResponse(calculation=calculation, done_count=done, total_count=len(known))

    def GetCalculation(self, request: pb.GetCalculationRequest, context: grpc.ServicerContext) -> pb.Calculation:
        fields = Fields(request)
        agb, year, number = fields.name("name", names.CALCULATION, request.name, allow_any=False)
        fields.check()
        with self._transactions.read() as connection:
            found = store.get(connection, agb, int(year), int(number))
        if found is None:
            raise not_found(request.name)
        return pb.Calculation.FromString(found.content)

    def ListCalculations(
        self, request: pb.ListCalculationsRequest, context: grpc.ServicerContext
    ) -> pb.ListCalculationsResponse:
        agb, year = _budget(Fields(request), "parent", request.parent)
        page = read_page(request)
        (after,) = page.behind(int) or (0,)
        with self._transactions.read() as connection:
            found, more = store.page(connection, agb, year, after, page.size)
        return pb.ListCalculationsResponse(
            calculations=[pb.Calculation.FromString(each.content) for each in found],
            next_page_token=page.token(found[-1].number) if more else "",
        )

    def ReplayCalculation(
        self, request: pb.ReplayCalculationRequest, context: grpc.ServicerContext
    ) -> pb.ReplayCalculationResponse:
        differences = self._calculations.replay_calculation(request.name)
        return pb.ReplayCalculationResponse(same=not differences, differences=differences)


def _budget(fields: Fields, field: str, name: str) -> tuple[str, int]:
    """The provider and year of `providers/{agb}/budgets/{year}`."""
    agb, year = fields.name(field, names.BUDGET, name, allow_any=False)
    budget_year = fields.year(field, int(year)) if year else 0
    fields.check()
    return agb, budget_year
