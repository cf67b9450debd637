"""Locations as the registry knows them."""

from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.opening import from_period
from services.runtime.peers import Peer
from spoedkader.registry.v1 import (
    location_pb2,
    location_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    round_pb2,
    round_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
)
from spoedkader.wallclock.opening import OpeningPeriod


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A location with what an assessment needs to know of it."""

    round: round_pb2.Round
    location: location_pb2.Location
    periods: tuple[OpeningPeriod, ...]


class Locations:
    """Asks the registry."""

    def __init__(self, registry: Peer) -> None:
        self._registry = registry
        self._locations = location_pb2_grpc.LocationServiceStub(registry.channel)
        self._providers = provider_pb2_grpc.ProviderServiceStub(registry.channel)
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)
        self._rounds = round_pb2_grpc.RoundServiceStub(registry.channel)

    def round(self, budget_year: int, context: grpc.ServicerContext) -> round_pb2.Round:
        """The round of a budget year.

        Raises:
            DomainError: the registry has none, or does not answer.
        """
        request = round_pb2.GetRoundRequest(name=names.ROUND.format(year=budget_year))
        return self._registry.call(self._rounds.GetRound, request, context)

    def owner(self, provider: str, location_id: str, context: grpc.ServicerContext) -> str:
        """The provider of a location; `provider` may be `-`.

        Raises:
            DomainError: the registry does not know the location, or does not answer.
        """
        location = self.location(names.LOCATION.format(provider=provider, location=location_id), context)
        return names.parts(names.LOCATION, location.name)[0]

    def location(self, name: str, context: grpc.ServicerContext) -> location_pb2.Location:
        """A location by its resource name; its provider may be `-`.

        Raises:
            DomainError: the registry does not know it, or does not answer.
        """
        return self._registry.call(self._locations.GetLocation, location_pb2.GetLocationRequest(name=name), context)

    def provider(self, agb: str, context: grpc.ServicerContext) -> provider_pb2.Provider:
        """A provider, with the insurers that represent the others there now.

        Raises:
            DomainError: the registry does not know it, or does not answer.
        """
        request = provider_pb2.GetProviderRequest(name=names.PROVIDER.format(provider=agb))
        return self._registry.call(self._providers.GetProvider, request, context)

    def owners(self, context: grpc.ServicerContext) -> dict[str, str]:
        """The provider of every location."""
        request = location_pb2.ListLocationsRequest(parent=names.PROVIDER.format(provider=names.ANY), page_size=1000)
        found: dict[str, str] = {}
        for page in self._registry.pages(self._locations.ListLocations, request, context):
            for location in page.locations:
                provider, location_id = names.parts(names.LOCATION, location.name)
                found[location_id] = provider
        return found

    def selected(self, provider: str, location_id: str, context: grpc.ServicerContext) -> dict[str, str]:
        """The provider of each location that a parent selects; either part of the parent may be `-`.

        Raises:
            DomainError: the parent names a location that does not exist.
        """
        if location_id != names.ANY:
            return {location_id: self.owner(provider, location_id, context)}
        owners = self.owners(context)
        return {place: owner for place, owner in owners.items() if provider in (names.ANY, owner)}

    def snapshot(self, provider: str, location_id: str, budget_year: int, context: grpc.ServicerContext) -> Snapshot:
        """One location in a budget year; `provider` may be `-`."""
        request = snapshot_pb2.GetLocationSnapshotRequest(
            name=names.LOCATION.format(provider=provider, location=location_id),
            budget_year=budget_year,
            view=snapshot_pb2.SNAPSHOT_VIEW_BASIC,
        )
        found = self._registry.call(self._snapshots.GetLocationSnapshot, request, context)
        return _snapshot(found.round, found)

    def snapshots(self, budget_year: int, context: grpc.ServicerContext) -> Iterator[Snapshot]:
        """Every location in a budget year, in the order in which they were registered."""
        request = snapshot_pb2.ListProviderSnapshotsRequest(
            budget_year=budget_year, view=snapshot_pb2.SNAPSHOT_VIEW_BASIC, page_size=50
        )
        for page in self._registry.pages(self._snapshots.ListProviderSnapshots, request, context):
            for provider in page.snapshots:
                for location in provider.locations:
                    yield _snapshot(provider.round, location)


def require_known(owners: dict[str, str], provider: str, location_id: str) -> str:
    """The provider of a location among those that exist; `provider` may be `-`."""
    owner = owners.get(location_id)
    if owner is None or provider not in (names.ANY, owner):
        raise not_found(names.LOCATION.format(provider=provider, location=location_id))
    return owner


def _snapshot(round_: round_pb2.Round, message: snapshot_pb2.LocationSnapshot) -> Snapshot:
    return Snapshot(
        round=round_,
        location=message.location,
        periods=tuple(from_period(period) for period in message.opening_hours.periods),
    )
