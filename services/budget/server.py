"""Wires the budget service."""

from datetime import date

import grpc
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.budget.applications import api as applications
from services.budget.applications.registry import Registry
from services.budget.applications.sources import Sources
from services.budget.applications.store import APPLICATION_ROWS, first_submitted_on
from services.budget.archive import PurchasingRulesRow
from services.budget.availability import api as availability
from services.budget.calendar import api as calendar
from services.budget.conditions import api as conditions
from services.budget.conditions.engines import ConditionEngines
from services.budget.conditions.facts import ConditionReader
from services.budget.conditions.judging import ConditionJudge
from services.budget.figure_reader import FigureReader
from services.budget.metrics import PurchasingCollector
from services.budget.norm_budget import api as norm_budget
from services.budget.norm_budget.calculations import Calculations
from services.budget.norm_budget.store import CalculationRow
from services.budget.obligations import api as obligations
from services.budget.obligations.store import AcknowledgementRow
from services.budget.outlook import api as outlook
from services.budget.outlook.comparisons import Comparisons
from services.budget.overloop import api as overloop
from services.budget.overloop.store import OverloopRow
from services.budget.peers import Facts
from services.budget.rules import Rules
from services.budget.scenarios import api as scenarios
from services.budget.schoning import api as schoning
from services.budget.tariff import api as tariff
from services.policy.access import AccessRules
from services.runtime import audit, feed
from services.runtime.changes import CHANGE_ROWS
from services.runtime.database_metrics import DatabaseWatch
from services.runtime.health import HealthCheck
from services.runtime.metrics import Metrics
from services.runtime.migrations import opened
from services.runtime.peer_health import peer_check
from services.runtime.peers import Peer
from services.runtime.server import Application
from services.runtime.server_metrics import BreakerCollector
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Clock, RequestRow, Transactions, utc_now
from spoedkader.audit.v1 import audit_pb2_grpc
from spoedkader.budget.v1 import (
    application_pb2_grpc,
    availability_pb2_grpc,
    budget_pb2_grpc,
    calendar_pb2_grpc,
    condition_pb2_grpc,
    obligation_pb2_grpc,
    outlook_pb2_grpc,
    overloop_pb2_grpc,
    scenario_pb2_grpc,
    schoning_pb2_grpc,
    tariff_pb2_grpc,
)
from spoedkader.feed.v1 import feed_pb2_grpc

ROWS = (
    AcknowledgementRow,
    *APPLICATION_ROWS,
    CalculationRow,
    OverloopRow,
    PurchasingRulesRow,
    RequestRow,
    *CHANGE_ROWS,
)


class BudgetSettings(ServiceSettings):
    """Settings of the budget service, from `SPOEDKADER_BUDGET_*`."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_BUDGET_", extra="ignore")

    address: str = "127.0.0.1:50053"
    database_url: str = "sqlite:///var/budget.db"
    registry_address: str = "127.0.0.1:50051"
    quality_address: str = "127.0.0.1:50052"
    engine_processes: int = Field(default=1, ge=1, le=64)
    """Processes that judge conditions, for each policy year."""


def build(settings: BudgetSettings, clock: Clock = utc_now) -> Application:
    """The budget service over its database and its peers."""
    metrics = Metrics()
    database = opened("budget", settings)
    transactions = Transactions(database, clock)
    registry = Peer("registry", settings.registry_address, settings, metrics.peers)
    quality = Peer("quality", settings.quality_address, settings, metrics.peers)
    rules = Rules(settings.policies_dir)
    facts = Facts(registry, quality, rules)
    figures = FigureReader(registry, quality)
    calculations = Calculations(facts, transactions)
    comparisons = Comparisons(transactions)
    engines = ConditionEngines(settings.engine_processes, metrics.evaluations)

    watch = DatabaseWatch(database)
    breakers = BreakerCollector([registry.breaker, quality.breaker])
    for collector in (watch, PurchasingCollector(lambda: rules.loaded), breakers):
        metrics.registry.register(collector)

    def submitted_on(agb: str, year: int) -> date | None:
        with transactions.read_one() as connection:
            return first_submitted_on(connection, agb, year)

    reader = ConditionReader(registry, quality, rules, transactions, submitted=submitted_on)
    judge = ConditionJudge(reader, rules, engines, transactions, clock)
    sources = Sources(
        provider=Registry(registry).provider,
        calculate=calculations.calculate,
        judge=judge.judge,
        evaluate=judge.evaluate,
        deadline=lambda policy_year: rules.of(policy_year).filing_deadline.value,
        compare=comparisons.compare,
        replay_calculation=calculations.replay_calculation,
        replay_conditions=judge.replay,
    )
    application_servicer = applications.ApplicationServicer(sources, transactions, clock)
    obligation_servicer = obligations.ObligationServicer(facts, transactions, clock)
    calendar_servicer = calendar.CalendarServicer(
        registry, quality, rules, obligations=obligation_servicer, applications=application_servicer, clock=clock
    )

    def register(server: grpc.Server) -> None:
        audit_pb2_grpc.add_AuditServiceServicer_to_server(audit.AuditServicer(transactions, ROWS), server)
        feed_pb2_grpc.add_FeedServiceServicer_to_server(
            feed.FeedServicer(transactions, lambda _: {}, metrics.feed), server
        )
        application_pb2_grpc.add_ApplicationServiceServicer_to_server(application_servicer, server)
        availability_pb2_grpc.add_AvailabilityServiceServicer_to_server(
            availability.AvailabilityServicer(facts), server
        )
        budget_pb2_grpc.add_BudgetServiceServicer_to_server(
            norm_budget.BudgetServicer(facts, transactions, calculations), server
        )
        condition_pb2_grpc.add_ConditionServiceServicer_to_server(conditions.ConditionServicer(judge, clock), server)
        calendar_pb2_grpc.add_CalendarServiceServicer_to_server(calendar_servicer, server)
        obligation_pb2_grpc.add_ObligationServiceServicer_to_server(obligation_servicer, server)
        outlook_pb2_grpc.add_OutlookServiceServicer_to_server(
            outlook.OutlookServicer(facts, comparisons, clock), server
        )
        overloop_pb2_grpc.add_OverloopServiceServicer_to_server(
            overloop.OverloopServicer(facts, rules, transactions), server
        )
        scenario_pb2_grpc.add_ScenarioServiceServicer_to_server(scenarios.ScenarioServicer(facts, figures), server)
        schoning_pb2_grpc.add_SchoningServiceServicer_to_server(schoning.SchoningServicer(transactions), server)
        tariff_pb2_grpc.add_TariffServiceServicer_to_server(tariff.TariffServicer(facts, figures, transactions), server)

    def close() -> None:
        engines.close()
        registry.close()
        quality.close()
        database.close()

    services = (
        applications.SERVICE,
        availability.SERVICE,
        norm_budget.SERVICE,
        calendar.SERVICE,
        conditions.SERVICE,
        obligations.SERVICE,
        outlook.SERVICE,
        overloop.SERVICE,
        scenarios.SERVICE,
        schoning.SERVICE,
        tariff.SERVICE,
        feed.SERVICE,
        audit.SERVICE,
    )
    return Application(
        "budget",
        register,
        services,
        AccessRules(settings.access_dir).decide,
        close,
        metrics=metrics,
        checks=(
            HealthCheck("database", watch.problem),
            HealthCheck("rules", rules.problem),
            peer_check(registry),
            peer_check(quality),
        ),
    )
