"""Wires the quality service."""

import grpc
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.quality.assessments import api as assessments
from services.quality.assessments.store import AssessmentRow
from services.quality.catalogue import api as catalogue
from services.quality.indicators import api as indicators
from services.quality.indicators.store import IndicatorsRow
from services.quality.locations import Locations
from services.quality.submissions import api as submissions
from services.quality.submissions.store import SubmissionRow
from services.quality.years import Years
from services.runtime.database import Database
from services.runtime.peers import Peer
from services.runtime.server import Application
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Clock, RequestRow, Transactions, utc_now
from spoedkader.quality.v1 import assessment_pb2_grpc, catalogue_pb2_grpc, indicator_pb2_grpc, submission_pb2_grpc

ROWS = (SubmissionRow, IndicatorsRow, AssessmentRow, RequestRow)


class QualitySettings(ServiceSettings):
    """Settings of the quality service, from `SPOEDKADER_QUALITY_*`."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_QUALITY_", extra="ignore")

    address: str = "127.0.0.1:50052"
    database_url: str = "sqlite:///var/quality.db"
    registry_address: str = "127.0.0.1:50051"
    engine_processes: int = Field(default=0, ge=0, le=64)
    """Processes that evaluate policies, for each policy year; 0 means as many as there are processors."""


def build(settings: QualitySettings, clock: Clock = utc_now) -> Application:
    """The quality service over its database, its policies and the registry."""
    database = Database(settings.database_url, ROWS, connections=settings.workers)
    transactions = Transactions(database, clock)
    registry = Peer("registry", settings.registry_address, settings.peer_timeout_seconds)
    locations = Locations(registry)
    years = Years(settings.policies_dir, settings.engine_processes)

    def register(server: grpc.Server) -> None:
        catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server(catalogue.CatalogueServicer(years), server)
        submission_pb2_grpc.add_SubmissionServiceServicer_to_server(
            submissions.SubmissionServicer(transactions, years, locations), server
        )
        indicator_pb2_grpc.add_IndicatorServiceServicer_to_server(
            indicators.IndicatorServicer(transactions, locations), server
        )
        assessment_pb2_grpc.add_AssessmentServiceServicer_to_server(
            assessments.AssessmentServicer(transactions, years, locations, clock), server
        )

    def close() -> None:
        years.close()
        registry.close()
        database.close()

    services = (catalogue.SERVICE, submissions.SERVICE, indicators.SERVICE, assessments.SERVICE)
    return Application("quality", register, services, close)
