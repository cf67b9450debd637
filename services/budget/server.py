"""Wires the budget service."""

import grpc
from pydantic_settings import SettingsConfigDict

from services.budget.archive import PurchasingRulesRow
from services.budget.availability import api as availability
from services.budget.norm_budget import api as norm_budget
from services.budget.norm_budget.store import CalculationRow
from services.budget.obligations import api as obligations
from services.budget.peers import Facts
from services.budget.rules import Rules
from services.runtime import feed
from services.runtime.changes import CHANGE_ROWS
from services.runtime.database import Database
from services.runtime.peers import Peer
from services.runtime.server import Application
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Clock, RequestRow, Transactions, utc_now
from spoedkader.budget.v1 import availability_pb2_grpc, budget_pb2_grpc, obligation_pb2_grpc
from spoedkader.feed.v1 import feed_pb2_grpc

ROWS = (CalculationRow, PurchasingRulesRow, RequestRow, *CHANGE_ROWS)


class BudgetSettings(ServiceSettings):
    """Settings of the budget service, from `SPOEDKADER_BUDGET_*`."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_BUDGET_", extra="ignore")

    address: str = "127.0.0.1:50053"
    database_url: str = "sqlite:///var/budget.db"
    registry_address: str = "127.0.0.1:50051"
    quality_address: str = "127.0.0.1:50052"


def build(settings: BudgetSettings, clock: Clock = utc_now) -> Application:
    """The budget service over its database and its peers."""
    database = Database(settings.database_url, ROWS, connections=settings.workers)
    transactions = Transactions(database, clock)
    registry = Peer("registry", settings.registry_address, settings.peer_timeout_seconds)
    quality = Peer("quality", settings.quality_address, settings.peer_timeout_seconds)
    facts = Facts(registry, quality, Rules(settings.policies_dir))

    def register(server: grpc.Server) -> None:
        feed_pb2_grpc.add_FeedServiceServicer_to_server(feed.FeedServicer(transactions), server)
        availability_pb2_grpc.add_AvailabilityServiceServicer_to_server(
            availability.AvailabilityServicer(facts), server
        )
        budget_pb2_grpc.add_BudgetServiceServicer_to_server(norm_budget.BudgetServicer(facts, transactions), server)
        obligation_pb2_grpc.add_ObligationServiceServicer_to_server(obligations.ObligationServicer(facts), server)

    def close() -> None:
        registry.close()
        quality.close()
        database.close()

    services = (availability.SERVICE, norm_budget.SERVICE, obligations.SERVICE, feed.SERVICE)
    return Application("budget", register, services, close)
