"""Export of a round: everything is read back through the contracts and put in the shape of the exchange folder."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from services.cli import answers, facts
from services.cli.clients import Service, Services
from services.cli.exchange.rows import ExchangeFolder, OpeningHours
from services.cli.failures import Failure
from services.cli.importing import find_questionnaire
from services.cli.output import Steps
from services.runtime import names
from spoedkader.quality.v1 import indicator_pb2, indicator_pb2_grpc, submission_pb2, submission_pb2_grpc
from spoedkader.registry.v1 import (
    attestation_pb2,
    attestation_pb2_grpc,
    closure_pb2,
    closure_pb2_grpc,
    location_pb2,
    location_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    round_pb2,
    round_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    stop_pb2,
    stop_pb2_grpc,
)

EVERY_PROVIDER = names.PROVIDER.format(provider=names.ANY)
EVERY_LOCATION = names.LOCATION.format(provider=names.ANY, location=names.ANY)
_SUBMISSIONS_ON_A_PAGE = 200
_PROVIDERS_ON_A_PAGE = 50

Row = TypeVar("Row")


class Exporter:
    """Reads one round back."""

    def __init__(self, services: Services, steps: Steps) -> None:
        self._registry = services.registry
        self._quality = services.quality
        self._services = services
        self._steps = steps

    def read(self, budget_year: int) -> ExchangeFolder:
        """Everything that the services know about a round; events that were withdrawn are left out.

        Raises:
            Failure: there is no such round, or a service does not answer.
        """
        rounds = round_pb2_grpc.RoundServiceStub(self._registry.channel)
        request = round_pb2.GetRoundRequest(name=names.ROUND.format(year=budget_year))
        round_ = facts.round_row(self._registry.call(rounds.GetRound, request))
        approvals = provider_pb2_grpc.ProviderServiceStub(self._registry.channel)
        closures = closure_pb2_grpc.ClosureServiceStub(self._registry.channel)
        stops = stop_pb2_grpc.StopServiceStub(self._registry.channel)
        attestations = attestation_pb2_grpc.AttestationServiceStub(self._registry.channel)
        indicators = indicator_pb2_grpc.IndicatorServiceStub(self._quality.channel)
        locations = self.locations()
        return ExchangeFolder(
            round=round_,
            providers=tuple(map(facts.provider_row, self.providers())),
            approvals=self._all(
                "Besluiten",
                approvals.ListApprovals,
                provider_pb2.ListApprovalsRequest(parent=EVERY_PROVIDER),
                facts.approval_row,
            ),
            locations=tuple(map(facts.location_row, locations)),
            opening_hours=tuple(self._opening_hours(budget_year, locations)),
            closures=self._all(
                "Sluitingen",
                closures.ListClosures,
                closure_pb2.ListClosuresRequest(parent=EVERY_LOCATION),
                facts.closure_row,
            ),
            stops=self._all("Stops", stops.ListStops, stop_pb2.ListStopsRequest(parent=EVERY_LOCATION), facts.stop_row),
            answers=self._answers(round_.survey_year, round_.policy_year),
            indicators=self._all(
                "Indicatoren",
                indicators.ListIndicators,
                indicator_pb2.ListIndicatorsRequest(parent=EVERY_LOCATION),
                answers.indicators_row,
                service=self._quality,
            ),
            attestations=self._all(
                "Verklaringen",
                attestations.ListAttestations,
                attestation_pb2.ListAttestationsRequest(parent=EVERY_PROVIDER),
                lambda message: facts.attestation_row(message) if message.budget_year == budget_year else None,
            ),
        )

    def providers(self) -> tuple[provider_pb2.Provider, ...]:
        """Every provider, in the order in which they were registered. Raises Failure."""
        stub = provider_pb2_grpc.ProviderServiceStub(self._registry.channel)
        request = provider_pb2.ListProvidersRequest()
        return self._all("Zorgaanbieders", stub.ListProviders, request, lambda message: message)

    def locations(self) -> tuple[location_pb2.Location, ...]:
        """Every location, in the order in which they were registered. Raises Failure."""
        stub = location_pb2_grpc.LocationServiceStub(self._registry.channel)
        request = location_pb2.ListLocationsRequest(parent=EVERY_PROVIDER)
        return self._all("Locaties", stub.ListLocations, request, lambda message: message)

    def _answers(self, survey_year: int, policy_year: int) -> tuple[Any, ...]:
        questionnaire = find_questionnaire(self._services, policy_year)
        if questionnaire is None:
            raise Failure(f"Er zijn geen regels voor beleidsjaar {policy_year}, dus ook geen vragenlijst.")
        stub = submission_pb2_grpc.SubmissionServiceStub(self._quality.channel)
        documents = self._all(
            "Antwoorden",
            stub.ListSubmissions,
            submission_pb2.ListSubmissionsRequest(parent=EVERY_LOCATION, survey_year=survey_year),
            lambda message: answers.submission_row(message, questionnaire),
            service=self._quality,
            page_size=_SUBMISSIONS_ON_A_PAGE,
        )
        return tuple(sorted(documents, key=lambda row: f"{row.location_id}.json"))

    def _opening_hours(self, budget_year: int, locations: tuple[location_pb2.Location, ...]) -> Iterator[OpeningHours]:
        """The opening hours in the order of the locations; snapshots come by provider."""
        stub = snapshot_pb2_grpc.SnapshotServiceStub(self._registry.channel)
        request = snapshot_pb2.ListProviderSnapshotsRequest(
            budget_year=budget_year, view=snapshot_pb2.SNAPSHOT_VIEW_BASIC
        )
        hours = {
            location.location.name: location.opening_hours
            for page in self._registry.pages(stub.ListProviderSnapshots, request, page_size=_PROVIDERS_ON_A_PAGE)
            for snapshot in page.snapshots
            for location in snapshot.locations
        }
        for location in locations:
            yield from facts.opening_hours_rows(hours[location.name])

    def _all(
        self,
        what: str,
        method: Callable[..., Any],
        request: Any,
        row: Callable[[Any], Row | None],
        *,
        service: Service | None = None,
        page_size: int = 1000,
    ) -> tuple[Row, ...]:
        """The rows of every item of a list; an item without a row is left out."""
        pages = (service or self._registry).pages(method, request, page_size=page_size)
        items = (item for page in pages for item in _items(page))
        return tuple(found for item in self._steps.each(what, items) if (found := row(item)) is not None)


def _items(page: Any) -> Any:
    """The items of a page: the one list that a page has (AIP-132)."""
    (field,) = (field.name for field in page.DESCRIPTOR.fields if field.is_repeated)
    return getattr(page, field)
