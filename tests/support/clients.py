"""Clients of the services, with the resources that tests need most."""

import itertools
from typing import Any

import grpc

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
from spoedkader.client.calls import ACTOR_KEY
from spoedkader.feed.v1 import feed_pb2_grpc
from spoedkader.quality.v1 import (
    assessment_pb2_grpc,
    catalogue_pb2_grpc,
    enforcement_pb2_grpc,
    indicator_pb2_grpc,
    policy_set_pb2_grpc,
    submission_pb2_grpc,
)
from spoedkader.registry.v1 import (
    attestation_pb2_grpc,
    closure_pb2_grpc,
    location_pb2,
    location_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    round_pb2,
    round_pb2_grpc,
    snapshot_pb2_grpc,
    status_feed_pb2_grpc,
    stop_pb2_grpc,
)
from tests.support.messages import day, euros

_numbers = itertools.count(1)


def provider(**fields: Any) -> provider_pb2.Provider:
    """A provider that is not new; `fields` replace its own."""
    return provider_pb2.Provider(
        **{
            "kvk": "01234567",
            "display_name": "Stichting Ziekenhuis De Wulp",
            "provides_seh_since": day("1990-01-01"),
            "representatives": ["9101", "9102"],
            **fields,
        }
    )


def location(**fields: Any) -> location_pb2.Location:
    """A location of care type SEH; `fields` replace its own."""
    return location_pb2.Location(
        **{
            "agb_location": "06000001",
            "display_name": "Ziekenhuis De Wulp, Veenrode",
            "roaz_region": "Oost",
            "care_type": location_pb2.Location.CARE_TYPE_SEH,
            "opened_date": day("1990-01-01"),
            **fields,
        }
    )


def round_2027(**fields: Any) -> round_pb2.Round:
    """The round of 2027; `fields` replace its own."""
    return round_pb2.Round(
        **{
            "name": "rounds/2027",
            "survey_year": 2026,
            "reference_year": 2025,
            "policy_year": 2027,
            "rivm_preliminary_delivered_date": day("2026-06-15"),
            "norm_amount": euros(460_000_000),
            **fields,
        }
    )


class RegistryClient:
    """The stubs of the registry."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.providers = provider_pb2_grpc.ProviderServiceStub(channel)
        self.locations = location_pb2_grpc.LocationServiceStub(channel)
        self.closures = closure_pb2_grpc.ClosureServiceStub(channel)
        self.stops = stop_pb2_grpc.StopServiceStub(channel)
        self.status_feed = status_feed_pb2_grpc.StatusFeedServiceStub(channel)
        self.attestations = attestation_pb2_grpc.AttestationServiceStub(channel)
        self.rounds = round_pb2_grpc.RoundServiceStub(channel)
        self.snapshots = snapshot_pb2_grpc.SnapshotServiceStub(channel)
        self.feed = feed_pb2_grpc.FeedServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)

    def unused_agb(self) -> str:
        """An AGB code that no test has used."""
        return f"06{next(_numbers):06d}"

    def unused_id(self, prefix: str = "x") -> str:
        """An identifier that no test has used."""
        return f"{prefix}{next(_numbers)}"

    def new_provider(self, **fields: Any) -> provider_pb2.Provider:
        """Registers a provider of its own; `fields` replace those of `provider`."""
        request = provider_pb2.CreateProviderRequest(provider_id=self.unused_agb(), provider=provider(**fields))
        return self.providers.CreateProvider(request, timeout=10)

    def new_location(self, parent: str = "", **fields: Any) -> location_pb2.Location:
        """Registers a location, of a provider of its own unless `parent` names one."""
        request = location_pb2.CreateLocationRequest(
            parent=parent or self.new_provider().name, location_id=self.unused_id("L"), location=location(**fields)
        )
        return self.locations.CreateLocation(request, timeout=10)

    def set_round(self, **fields: Any) -> round_pb2.Round:
        """Sets a round, that of 2027 unless `fields` says otherwise."""
        return self.rounds.UpdateRound(round_pb2.UpdateRoundRequest(round=round_2027(**fields)), timeout=10)


class QualityClient:
    """The stubs of the quality service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.catalogue = catalogue_pb2_grpc.CatalogueServiceStub(channel)
        self.submissions = submission_pb2_grpc.SubmissionServiceStub(channel)
        self.indicators = indicator_pb2_grpc.IndicatorServiceStub(channel)
        self.assessments = assessment_pb2_grpc.AssessmentServiceStub(channel)
        self.policy_sets = policy_set_pb2_grpc.PolicySetServiceStub(channel)
        self.feed = feed_pb2_grpc.FeedServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.enforcement = enforcement_pb2_grpc.EnforcementServiceStub(channel)


class BudgetClient:
    """The stubs of the budget service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.availability = availability_pb2_grpc.AvailabilityServiceStub(channel)
        self.budgets = budget_pb2_grpc.BudgetServiceStub(channel)
        self.obligations = obligation_pb2_grpc.ObligationServiceStub(channel)
        self.outlooks = outlook_pb2_grpc.OutlookServiceStub(channel)
        self.conditions = condition_pb2_grpc.ConditionServiceStub(channel)
        self.applications = application_pb2_grpc.ApplicationServiceStub(channel)
        self.tariffs = tariff_pb2_grpc.TariffServiceStub(channel)
        self.schoning = schoning_pb2_grpc.SchoningServiceStub(channel)
        self.overloops = overloop_pb2_grpc.OverloopServiceStub(channel)
        self.scenarios = scenario_pb2_grpc.ScenarioServiceStub(channel)
        self.calendar = calendar_pb2_grpc.CalendarServiceStub(channel)
        self.feed = feed_pb2_grpc.FeedServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)


def acting_as(actor: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a call by a user."""
    return ((ACTOR_KEY, actor),)
