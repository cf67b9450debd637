"""The scenario service: what other amounts or opening hours would do. Nothing is stored."""

from collections.abc import Sequence

import grpc

from services.budget.figure_reader import FigureReader
from services.budget.figures import RoundYears
from services.budget.messages import write_steps
from services.budget.peers import Facts, KnownProvider
from services.budget.scenarios.classes import FunctionTest, Reported, SizeTest
from services.budget.scenarios.model import LocationEffect, ProviderEffect, in_words, simulate
from services.budget.scenarios.reading import check_locations, check_questions, read_assumptions
from services.runtime import names
from services.runtime.wire import Fields, to_money
from spoedkader.budget.v1 import scenario_pb2 as pb
from spoedkader.budget.v1 import scenario_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["ScenarioService"].full_name
LABEL = (
    "Scenario: wat andere bedragen of openingstijden zouden doen met de gegevens van nu. Het is geen berekening, wordt "
    "niet bewaard en bindt niemand."
)


class ScenarioServicer(rpc.ScenarioServiceServicer):
    """`spoedkader.budget.v1.ScenarioService`."""

    def __init__(self, facts: Facts, figures: FigureReader) -> None:
        self._facts = facts
        self._figures = figures

    def SimulateScenario(self, request: pb.SimulateScenarioRequest, context: grpc.ServicerContext) -> pb.Scenario:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        agb = names.ANY
        if request.provider:
            (agb,) = fields.name("provider", names.PROVIDER, request.provider, allow_any=False)
        assumptions = read_assumptions(fields, request)
        fields.check()
        years = self._figures.round_years(year, context)
        known = self._facts.providers(year, context) if agb == names.ANY else [self._facts.provider(agb, year, context)]
        tests = {type(each.test) for each in assumptions.classes}
        self._check(request.assumptions, known, years, context, by_function=FunctionTest in tests)
        reported = Reported(
            budget_year=year,
            survey_year=years.survey_year,
            reference_year=years.reference_year,
            visits=self._figures.visits(agb, years.reference_year, context) if SizeTest in tests else {},
            answers=self._figures.answers(agb, years.survey_year, context) if FunctionTest in tests else {},
        )
        standings = self._facts.standings(agb, year, context)
        effects = [
            simulate(each.provider, each.round, standings, each.parameters, assumptions=assumptions, reported=reported)
            for each in known
        ]
        now = sum(effect.now_cents for effect in effects)
        scenario = sum(effect.scenario_cents for effect in effects)
        return pb.Scenario(
            label=LABEL,
            assumptions=in_words(assumptions, reported),
            providers=[_write(effect) for effect in effects],
            total_now=to_money(now),
            total_scenario=to_money(scenario),
            total_difference=to_money(scenario - now),
        )

    def _check(
        self,
        assumptions: pb.ScenarioAssumptions,
        known: Sequence[KnownProvider],
        years: RoundYears,
        context: grpc.ServicerContext,
        *,
        by_function: bool,
    ) -> None:
        """Refuses assumptions about locations, questions and answers that are not there."""
        fields = Fields()
        check_locations(
            fields, assumptions, {found.location_id: found.agb for each in known for found in each.provider.locations}
        )
        if by_function:
            check_questions(fields, assumptions, self._figures.questions(years.policy_year, context))
        fields.check()


def _write(effect: ProviderEffect) -> pb.ScenarioEffect:
    return pb.ScenarioEffect(
        provider=names.PROVIDER.format(provider=effect.agb),
        now=to_money(effect.now_cents),
        scenario=to_money(effect.scenario_cents),
        difference=to_money(effect.scenario_cents - effect.now_cents),
        locations=[_write_location(location) for location in effect.locations],
    )


def _write_location(effect: LocationEffect) -> pb.ScenarioLocation:
    location, norm_cents = effect.location, effect.norm_amount_cents
    return pb.ScenarioLocation(
        location=names.LOCATION.format(provider=location.agb, location=location.location_id),
        class_title=effect.class_title,
        unclassified_because=effect.unclassified_because,
        norm_amount=to_money(norm_cents) if norm_cents is not None else None,
        now=to_money(effect.now_cents),
        scenario=to_money(effect.scenario_cents),
        steps=write_steps(effect.steps),
    )
