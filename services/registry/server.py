"""Wires the registry service."""

import grpc
from pydantic_settings import SettingsConfigDict

from services.policy.access import AccessRules
from services.policy.parameters import load_parameters
from services.registry.attestations import api as attestations
from services.registry.attestations.store import AttestationRow
from services.registry.events import api as events
from services.registry.events.api import owners_of_locations
from services.registry.events.store import EventRow
from services.registry.locations import api as locations
from services.registry.locations.store import LocationRow, OpeningHoursRow
from services.registry.metrics import StatusFeedMetrics
from services.registry.providers import api as providers
from services.registry.providers.store import ApprovalRow, ProviderRow
from services.registry.rounds import api as rounds
from services.registry.rounds.store import RoundRow
from services.registry.snapshots import api as snapshots
from services.registry.statusfeed import api as statusfeed
from services.registry.statusfeed.store import StatusEventRow
from services.runtime import audit, feed, names
from services.runtime.changes import CHANGE_ROWS
from services.runtime.database_metrics import DatabaseWatch
from services.runtime.health import HealthCheck
from services.runtime.metrics import Metrics
from services.runtime.migrations import opened
from services.runtime.server import Application
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Clock, RequestRow, Transactions, utc_now
from spoedkader.audit.v1 import audit_pb2_grpc
from spoedkader.feed.v1 import feed_pb2_grpc
from spoedkader.registry.v1 import (
    attestation_pb2_grpc,
    closure_pb2_grpc,
    location_pb2_grpc,
    provider_pb2_grpc,
    round_pb2_grpc,
    snapshot_pb2_grpc,
    status_feed_pb2_grpc,
    stop_pb2_grpc,
)

ROWS = (
    ProviderRow,
    ApprovalRow,
    LocationRow,
    OpeningHoursRow,
    EventRow,
    StatusEventRow,
    AttestationRow,
    RoundRow,
    RequestRow,
    *CHANGE_ROWS,
)


class RegistrySettings(ServiceSettings):
    """Settings of the registry, from `SPOEDKADER_REGISTRY_*`."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_REGISTRY_", extra="ignore")

    address: str = "127.0.0.1:50051"
    database_url: str = "sqlite:///var/registry.db"
    policy_year: int = 2027
    """The year whose parameters say which providers are new (AMB-22); it decides the state that the registry shows."""


def build(settings: RegistrySettings, clock: Clock = utc_now) -> Application:
    """The registry over its database."""
    new_after = load_parameters(settings.policies_dir, settings.policy_year).new_provider_after.value
    metrics = Metrics()
    database = opened("registry", settings)
    transactions = Transactions(database, clock)
    watch = DatabaseWatch(database)
    metrics.registry.register(watch)
    status_feed_metrics = StatusFeedMetrics(metrics.registry)

    def owners(_: grpc.ServicerContext) -> dict[str, str]:
        with transactions.read_one() as connection:
            return owners_of_locations(connection, names.ANY)

    def register(server: grpc.Server) -> None:
        audit_pb2_grpc.add_AuditServiceServicer_to_server(audit.AuditServicer(transactions, ROWS), server)
        feed_pb2_grpc.add_FeedServiceServicer_to_server(feed.FeedServicer(transactions, owners, metrics.feed), server)
        provider_pb2_grpc.add_ProviderServiceServicer_to_server(
            providers.ProviderServicer(transactions, new_after), server
        )
        location_pb2_grpc.add_LocationServiceServicer_to_server(locations.LocationServicer(transactions), server)
        closure_pb2_grpc.add_ClosureServiceServicer_to_server(events.ClosureServicer(transactions), server)
        stop_pb2_grpc.add_StopServiceServicer_to_server(events.StopServicer(transactions), server)
        status_feed_pb2_grpc.add_StatusFeedServiceServicer_to_server(
            statusfeed.StatusFeedServicer(transactions, status_feed_metrics), server
        )
        attestation_pb2_grpc.add_AttestationServiceServicer_to_server(
            attestations.AttestationServicer(transactions), server
        )
        round_pb2_grpc.add_RoundServiceServicer_to_server(rounds.RoundServicer(transactions), server)
        snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(
            snapshots.SnapshotServicer(transactions, new_after), server
        )

    services = (
        providers.SERVICE,
        locations.SERVICE,
        events.CLOSURE_SERVICE,
        events.STOP_SERVICE,
        statusfeed.SERVICE,
        attestations.SERVICE,
        rounds.SERVICE,
        snapshots.SERVICE,
        feed.SERVICE,
        audit.SERVICE,
    )
    return Application(
        "registry",
        register,
        services,
        AccessRules(settings.access_dir).decide,
        database.close,
        metrics=metrics,
        checks=(HealthCheck("database", watch.problem),),
    )
