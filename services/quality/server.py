"""Wires the quality service."""

from os import cpu_count
from pathlib import Path
from typing import Literal

import grpc
from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.policy.access import AccessRules
from services.policy.signing import KeyFolder, watched_signer
from services.quality import engines
from services.quality.assessments import api as assessments
from services.quality.assessments.store import AssessmentRow
from services.quality.bundles.server import BundleServer
from services.quality.bundles.source import ActiveSets
from services.quality.catalogue import api as catalogue
from services.quality.comparison import api as comparison
from services.quality.enforcement import api as enforcement
from services.quality.enforcement.store import CaseRow, CaseStepRow, NoticeRow
from services.quality.follower import Follower
from services.quality.indicators import api as indicators
from services.quality.indicators.store import IndicatorsRow
from services.quality.locations import Locations
from services.quality.metrics import FindingMetrics, RulesCollector
from services.quality.policysets import api as policysets
from services.quality.policysets.store import PolicySetRow, PolicySetTransitionRow
from services.quality.rulebook import Rulebook
from services.quality.submissions import api as submissions
from services.quality.submissions.store import SubmissionRow
from services.runtime import audit, feed
from services.runtime.breaker import Breaker
from services.runtime.changes import CHANGE_ROWS
from services.runtime.database_metrics import DatabaseWatch
from services.runtime.health import HealthCheck
from services.runtime.metrics import Metrics
from services.runtime.migrations import opened
from services.runtime.peer_health import peer_check
from services.runtime.peers import Peer
from services.runtime.server import Application
from services.runtime.server_metrics import BreakerCollector
from services.runtime.settings import ServiceSettings, require_loopback
from services.runtime.transactions import Clock, RequestRow, Transactions, utc_now
from spoedkader.audit.v1 import audit_pb2_grpc
from spoedkader.feed.v1 import feed_pb2_grpc
from spoedkader.quality.v1 import (
    assessment_pb2_grpc,
    catalogue_pb2_grpc,
    comparison_pb2_grpc,
    enforcement_pb2_grpc,
    indicator_pb2_grpc,
    policy_set_pb2_grpc,
    submission_pb2_grpc,
)

ROWS = (
    SubmissionRow,
    IndicatorsRow,
    AssessmentRow,
    CaseRow,
    CaseStepRow,
    NoticeRow,
    PolicySetRow,
    PolicySetTransitionRow,
    RequestRow,
    *CHANGE_ROWS,
)


class QualitySettings(ServiceSettings):
    """Settings of the quality service, from `SPOEDKADER_QUALITY_*`."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_QUALITY_", extra="ignore")

    address: str = "127.0.0.1:50052"
    database_url: str = "sqlite:///var/quality.db"
    registry_address: str = "127.0.0.1:50051"
    engine: Literal["regorus", "opa"] = "regorus"
    """What judges: processes of this service, or an OPA server."""
    engine_processes: int = Field(default=0, ge=0, le=64)
    """Processes that evaluate policies, for each policy set; 0 means as many as there are processors."""
    opa_url: str = "http://127.0.0.1:8181"
    """The OPA server, which takes its bundle from `bundle_address`."""
    bundle_address: str = ""
    """`host:port` where OPA servers find the bundle of the active policy sets; empty serves none."""
    policy_keys_dir: Path | None = None
    """Folder with the public keys (`<key id>.pem`) of which one must have signed each policy set. Without it sets need
    no signature, and the rules that came with the software are active from the start."""
    bundle_key: Path | None = None
    """File (`<key id>.pem`) with the private key that signs the bundle for OPA servers; without it it is not signed."""

    @field_validator("bundle_address")
    @classmethod
    def _bundle_on_loopback(cls, address: str) -> str:
        return require_loopback(address) if address else address


def build(settings: QualitySettings, clock: Clock = utc_now) -> Application:
    """The quality service over its database, its policies and the registry.

    Raises:
        KeyFileError: a key can't be used.
        OSError: the bundle address is taken, or a key can't be read.
    """
    keys = KeyFolder(settings.policy_keys_dir) if settings.policy_keys_dir else None
    signer = watched_signer(settings.bundle_key) if settings.bundle_key else None
    metrics = Metrics()
    database = opened("quality", settings)
    transactions = Transactions(database, clock)
    registry = Peer("registry", settings.registry_address, settings, metrics.peers)
    locations = Locations(registry)
    processes = settings.engine_processes or cpu_count() or 1
    breaker = Breaker("opa", settings.breaker_failures, settings.breaker_seconds)
    judging = (
        engines.opa(settings.opa_url, processes, metrics.evaluations, breaker)
        if settings.engine == "opa"
        else engines.embedded(processes, metrics.evaluations)
    )
    rulebook = Rulebook(transactions, settings.policies_dir, judging, keys)
    rulebook.ship()
    source = ActiveSets(rulebook, signer)
    bundles = BundleServer(settings.bundle_address, source, source.signed_by) if settings.bundle_address else None
    follower = Follower(rulebook, bundles, judging.held)
    watch = DatabaseWatch(database)
    findings = FindingMetrics(metrics.registry)
    breakers = BreakerCollector([registry.breaker, *([breaker] if settings.engine == "opa" else [])])
    for collector in (watch, RulesCollector(lambda: follower.followed), breakers):
        metrics.registry.register(collector)

    def register(server: grpc.Server) -> None:
        audit_pb2_grpc.add_AuditServiceServicer_to_server(audit.AuditServicer(transactions, ROWS), server)
        feed_pb2_grpc.add_FeedServiceServicer_to_server(
            feed.FeedServicer(transactions, locations.owners, metrics.feed), server
        )
        catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server(catalogue.CatalogueServicer(rulebook), server)
        submission_pb2_grpc.add_SubmissionServiceServicer_to_server(
            submissions.SubmissionServicer(transactions, rulebook, locations), server
        )
        indicator_pb2_grpc.add_IndicatorServiceServicer_to_server(
            indicators.IndicatorServicer(transactions, locations), server
        )
        assessment_pb2_grpc.add_AssessmentServiceServicer_to_server(
            assessments.AssessmentServicer(transactions, rulebook, locations, clock, findings), server
        )
        enforcement_pb2_grpc.add_EnforcementServiceServicer_to_server(
            enforcement.EnforcementServicer(transactions, rulebook, locations, clock), server
        )
        policy_set_pb2_grpc.add_PolicySetServiceServicer_to_server(
            policysets.PolicySetServicer(transactions, rulebook, keys, judging.name), server
        )
        comparison_pb2_grpc.add_ComparisonServiceServicer_to_server(
            comparison.ComparisonServicer(transactions, rulebook, locations, clock, processes=processes), server
        )
        if bundles is not None:
            bundles.start()

    def close() -> None:
        follower.close()
        if bundles is not None:
            bundles.close()
        rulebook.close()
        registry.close()
        database.close()

    services = (
        catalogue.SERVICE,
        submissions.SERVICE,
        indicators.SERVICE,
        assessments.SERVICE,
        enforcement.SERVICE,
        policysets.SERVICE,
        comparison.SERVICE,
        feed.SERVICE,
        audit.SERVICE,
    )
    return Application(
        "quality",
        register,
        services,
        AccessRules(settings.access_dir).decide,
        close,
        follower.start,
        metrics,
        (HealthCheck("database", watch.problem), *follower.checks, peer_check(registry)),
    )
