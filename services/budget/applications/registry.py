"""What the registry knows about the parties to an application."""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc

from services.runtime import names
from services.runtime.peers import Peer
from spoedkader.registry.v1 import snapshot_pb2, snapshot_pb2_grpc


@dataclass(frozen=True, slots=True)
class Registered:
    """A provider's name and its representatives by UZOVI code, in the order of the registry; and the names of its
    locations by their resource names."""

    provider_name: str
    representatives: tuple[str, ...]
    location_names: Mapping[str, str]


class Registry:
    """Reads the registry on behalf of a call."""

    def __init__(self, registry: Peer) -> None:
        self._registry = registry
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)

    def provider(self, agb: str, year: int, context: grpc.ServicerContext) -> Registered:
        """One provider, by its AGB code, in a year that has a round. Raises DomainError as the registry refuses."""
        request = snapshot_pb2.GetProviderSnapshotRequest(
            name=names.PROVIDER.format(provider=agb), budget_year=year, view=snapshot_pb2.SNAPSHOT_VIEW_BASIC
        )
        found = self._registry.call(self._snapshots.GetProviderSnapshot, request, context)
        return Registered(
            provider_name=found.provider.display_name,
            representatives=tuple(found.provider.representatives),
            location_names={each.location.name: each.location.display_name for each in found.locations},
        )
