"""What follows from a round, as the services say it: assessments, calculations and obligations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.cli import facts
from services.cli.clients import Services
from services.cli.exchange import expected
from services.cli.exchange.rows import ExchangeFolder
from services.cli.failures import Failure
from services.cli.output import Steps
from services.runtime import names
from services.runtime.wire import from_date, from_money, from_wall_clock
from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc, obligation_pb2, obligation_pb2_grpc
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc, catalogue_pb2, catalogue_pb2_grpc

_PROVIDERS_ON_A_PAGE = 50


@dataclass(frozen=True)
class Results:
    """The results of a round: by location id, and the calculations by AGB code of the provider."""

    norms: tuple[catalogue_pb2.Norm, ...]
    assessments: Mapping[str, assessment_pb2.Assessment]
    calculations: Mapping[str, budget_pb2.Calculation]
    obligations: Mapping[str, obligation_pb2.Obligations]

    @property
    def budgets(self) -> Mapping[str, budget_pb2.LocationBudget]:
        """The budgets by location id."""
        return facts.by_last_part(
            (location.location, location)
            for calculation in self.calculations.values()
            for location in calculation.locations
        )


def norms_of(services: Services, policy_year: int) -> tuple[catalogue_pb2.Norm, ...]:
    """The norms of a policy year in the order of the catalogue. Raises Failure."""
    stub = catalogue_pb2_grpc.CatalogueServiceStub(services.quality.channel)
    request = catalogue_pb2.ListNormsRequest(parent=names.POLICY_YEAR.format(year=policy_year))
    return tuple(norm for page in services.quality.pages(stub.ListNorms, request) for norm in page.norms)


def assess_all(services: Services, budget_year: int, steps: Steps) -> tuple[assessment_pb2.Assessment, ...]:
    """Judges every SEH location of a round. Raises Failure."""
    stub = assessment_pb2_grpc.AssessmentServiceStub(services.quality.channel)
    request = assessment_pb2.AssessLocationsRequest(budget_year=budget_year)
    responses = list(steps.follow("Locaties toetsen", services.quality.receive(stub.AssessLocations, request)))
    refusals = [response.refusal for response in responses if response.HasField("refusal")]
    if refusals:
        lines = tuple(f"{refusal.location}: {refusal.status.message}" for refusal in refusals)
        raise Failure(f"{len(refusals)} van {len(responses)} locaties konden niet worden getoetst.", lines)
    return tuple(response.assessment for response in responses)


def assess_one(services: Services, budget_year: int, location_id: str) -> assessment_pb2.Assessment:
    """Judges one location. Raises Failure."""
    stub = assessment_pb2_grpc.AssessmentServiceStub(services.quality.channel)
    name = names.LOCATION.format(provider=names.ANY, location=location_id)
    request = assessment_pb2.AssessLocationRequest(name=name, budget_year=budget_year)
    return services.quality.call(stub.AssessLocation, request)


def calculate_all(services: Services, budget_year: int, steps: Steps) -> tuple[budget_pb2.Calculation, ...]:
    """Calculates the budget of every provider of a round. Raises Failure."""
    stub = budget_pb2_grpc.BudgetServiceStub(services.budget.channel)
    request = budget_pb2.CalculateBudgetsRequest(budget_year=budget_year)
    responses = steps.follow("Budgetten berekenen", services.budget.receive(stub.CalculateBudgets, request))
    return tuple(response.calculation for response in responses)


def calculate_one(services: Services, budget_year: int, agb: str) -> budget_pb2.Calculation:
    """Calculates the budget of one provider. Raises Failure."""
    stub = budget_pb2_grpc.BudgetServiceStub(services.budget.channel)
    name = names.BUDGET.format(provider=agb, year=budget_year)
    return services.budget.call(stub.CalculateBudget, budget_pb2.CalculateBudgetRequest(name=name))


def obligations_of_all(services: Services, budget_year: int, steps: Steps) -> tuple[obligation_pb2.Obligations, ...]:
    """The obligations of every SEH location of a round. Raises Failure."""
    stub = obligation_pb2_grpc.ObligationServiceStub(services.budget.channel)
    request = obligation_pb2.ListObligationsRequest(
        parent=names.PROVIDER.format(provider=names.ANY), budget_year=budget_year
    )
    pages = services.budget.pages(stub.ListObligations, request, page_size=_PROVIDERS_ON_A_PAGE)
    found = (obligations for page in pages for obligations in page.obligations)
    return tuple(steps.each("Verplichtingen bepalen", found))


def results_of(services: Services, budget_year: int, policy_year: int, steps: Steps) -> Results:
    """Everything that follows from a round that was imported. Raises Failure."""
    return Results(
        norms=norms_of(services, policy_year),
        assessments=_by_location(assess_all(services, budget_year, steps)),
        calculations={facts.agb_of(found.name): found for found in calculate_all(services, budget_year, steps)},
        obligations=_by_location(obligations_of_all(services, budget_year, steps)),
    )


def expected_rows(
    folder: ExchangeFolder, results: Results, indicators: Iterable[expected.IndicatorResultRow]
) -> expected.ExpectedRows:
    """The rows of `expected/`, in the order of the folder and of the catalogue."""
    budgets = results.budgets
    departments = [location.location_id for location in folder.locations if location.care_type == "SEH"]
    return expected.ExpectedRows(
        availability=tuple(_availability(row.location_id, budgets[row.location_id]) for row in folder.locations),
        provider_budgets=tuple(
            expected.ProviderBudgetRow(
                agb=row.agb,
                eligible_locations=results.calculations[row.agb].eligible_locations,
                budget_cents=from_money(results.calculations[row.agb].budget),
            )
            for row in folder.providers
        ),
        obligations=tuple(_obligations(id_, results.obligations[id_]) for id_ in departments),
        verdicts=tuple(
            expected.VerdictRow(id_, norm.code, verdict)
            for id_ in departments
            for verdicts in [verdicts_of(results.assessments[id_])]
            for norm in results.norms
            for verdict in [verdicts[norm.code]]
        ),
        routes=tuple(_routes(id_, results.assessments[id_]) for id_ in departments),
        indicators=tuple(indicators),
    )


def verdicts_of(assessment: assessment_pb2.Assessment) -> dict[str, str]:
    """The verdicts by code of the norm, as in `VOLDOET_NIET`."""
    return {
        finding.norm: assessment_pb2.Verdict.Name(finding.verdict).removeprefix("VERDICT_")
        for finding in assessment.findings
    }


def routes_of(assessment: assessment_pb2.Assessment) -> tuple[str, ...]:
    """The routes, as in `VERBETERPLAN`."""
    return tuple(assessment_pb2.Route.Name(route).removeprefix("ROUTE_") for route in assessment.routes)


def stop_status_of(obligations: obligation_pb2.Obligations) -> str:
    """What the stops add up to, as in `NADERT`."""
    return obligation_pb2.Obligations.StopStatus.Name(obligations.stop_status).removeprefix("STOP_STATUS_")


def _availability(location_id: str, budget: budget_pb2.LocationBudget) -> expected.AvailabilityRow:
    return expected.AvailabilityRow(
        location_id=location_id,
        closed_minutes=budget.availability.closed_minutes,
        year_minutes=budget.availability.year_minutes,
        adjusted=budget.adjusted,
        borderline=budget.borderline,
        budget_cents=from_money(budget.budget),
    )


def _obligations(location_id: str, found: obligation_pb2.Obligations) -> expected.ObligationRow:
    since = from_wall_clock(found.structural_since_time) if found.HasField("structural_since_time") else None
    return expected.ObligationRow(
        location_id=location_id,
        structural_closure=found.structural_closure,
        structural_since=since,
        stop_minutes=found.stop_minutes,
        stop_status=stop_status_of(found),
    )


def _routes(location_id: str, found: assessment_pb2.Assessment) -> expected.RouteRow:
    return expected.RouteRow(
        location_id=location_id,
        routes=routes_of(found),
        plan_due_on=from_date(found.plan_due_date) if found.HasField("plan_due_date") else None,
        comply_by=from_date(found.comply_by_date) if found.HasField("comply_by_date") else None,
    )


def _by_location(messages: Iterable[Any]) -> dict[str, Any]:
    return {facts.location_id_of(message.name): message for message in messages}
