"""The budget service: calculations, made and kept."""

from collections.abc import Iterator, Mapping

import grpc
from sqlalchemy import Connection

from services.budget.availability.api import write_availability
from services.budget.facts import Assessment
from services.budget.messages import write_parameters, write_steps
from services.budget.norm_budget import store
from services.budget.norm_budget.model import (
    Eligibility,
    LocationBudget,
    ProviderBudget,
    input_digest,
    provider_budget,
)
from services.budget.peers import Facts, KnownProvider
from services.policy.parameters import Parameters
from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp
from services.runtime.wire import Fields, to_money, to_timestamp
from spoedkader.budget.v1 import budget_pb2 as pb
from spoedkader.budget.v1 import budget_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["BudgetService"].full_name


class BudgetServicer(rpc.BudgetServiceServicer):
    """`spoedkader.budget.v1.BudgetService`."""

    def __init__(self, facts: Facts, transactions: Transactions) -> None:
        self._facts = facts
        self._transactions = transactions

    def CalculateBudget(self, request: pb.CalculateBudgetRequest, context: grpc.ServicerContext) -> pb.Calculation:
        agb, year = _budget(Fields(request), "name", request.name)
        known = self._facts.provider(agb, year, context)
        return self._calculate(known, self._facts.assessments(agb, year, context), request, context)

    def CalculateBudgets(
        self, request: pb.CalculateBudgetsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.CalculateBudgetsResponse]:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        known = self._facts.providers(year, context)
        assessments = self._facts.assessments(names.ANY, year, context)
        for done, each in enumerate(known, start=1):
            if not context.is_active():
                return
            yield pb.CalculateBudgetsResponse(
                calculation=self._calculate(each, assessments, request, context),
                done_count=done,
                total_count=len(known),
            )

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

    def _calculate(
        self,
        known: KnownProvider,
        assessments: Mapping[str, Assessment],
        request: pb.CalculateBudgetRequest | pb.CalculateBudgetsRequest,
        context: grpc.ServicerContext,
    ) -> pb.Calculation:
        """The latest calculation when it rests on the same facts; otherwise the next one."""
        agb, year = known.provider.agb, known.round.budget_year
        digest = input_digest(known.provider, known.round, assessments, known.parameters)
        with self._transactions.read() as connection:
            latest = store.latest(connection, agb, year)
        if latest is not None and latest.input_digest == digest:
            return pb.Calculation.FromString(latest.content)
        found = provider_budget(known.provider, known.round, assessments, known.parameters)
        answer = write_calculation(found, known.parameters, digest)

        def act(connection: Connection, stamp: Stamp) -> pb.Calculation:
            # Someone else may have calculated since, even from the same facts.
            latest = store.latest(connection, agb, year)
            if latest is not None and latest.input_digest == digest:
                return pb.Calculation.FromString(latest.content)
            number = latest.number + 1 if latest else 1
            answer.name = names.CALCULATION.format(provider=agb, year=year, number=number)
            answer.actor = stamp.by
            answer.create_time.CopyFrom(to_timestamp(stamp.at))
            content = answer.SerializeToString(deterministic=True)
            store.add(connection, agb, year, store.StoredCalculation(number, digest, content), stamp)
            return answer

        try:
            return self._transactions.write(request, context, pb.Calculation, act)
        except store.NumberTakenError:
            # On a database that lets writers run side by side, the number was taken after we looked.
            return self._transactions.write(request, context, pb.Calculation, act)


def write_calculation(found: ProviderBudget, parameters: Parameters, digest: str) -> pb.Calculation:
    """The message of a calculation that has no name yet."""
    return pb.Calculation(
        budget=to_money(found.budget_cents),
        eligible_locations=found.eligible_locations,
        eligibility=_ELIGIBILITIES[found.eligibility],
        locations=[_write_location(location) for location in found.locations],
        norm_amount=to_money(found.round.norm_amount_cents),
        steps=write_steps(found.steps),
        parameters=write_parameters(parameters),
        input_digest=digest,
    )


def _write_location(found: LocationBudget) -> pb.LocationBudget:
    location, assessment = found.location, found.assessment
    return pb.LocationBudget(
        location=names.LOCATION.format(provider=location.agb, location=location.location_id),
        availability=write_availability(found.availability),
        adjusted=found.adjusted,
        borderline=found.borderline,
        budget=to_money(found.budget_cents),
        quality_routes=assessment.routes if assessment else (),
        assessment=assessment.name if assessment else "",
        steps=write_steps(found.steps),
    )


def _budget(fields: Fields, field: str, name: str) -> tuple[str, int]:
    """The provider and year of `providers/{agb}/budgets/{year}`."""
    agb, year = fields.name(field, names.BUDGET, name, allow_any=False)
    budget_year = fields.year(field, int(year)) if year else 0
    fields.check()
    return agb, budget_year


_ELIGIBILITIES = {
    Eligibility.ESTABLISHED: pb.Calculation.ELIGIBILITY_ESTABLISHED,
    Eligibility.APPROVED: pb.Calculation.ELIGIBILITY_APPROVED,
    Eligibility.NOT_APPROVED: pb.Calculation.ELIGIBILITY_NOT_APPROVED,
}
