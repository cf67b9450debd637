"""What the registry knows about the parties to an application."""

from dataclasses import dataclass

import grpc

from services.runtime import names
from services.runtime.peers import Peer
from spoedkader.registry.v1 import provider_pb2, provider_pb2_grpc


@dataclass(frozen=True, slots=True)
class Registered:
    """A provider's name and its representatives by UZOVI code, in the order of the registry."""

    provider_name: str
    representatives: tuple[str, ...]


class Registry:
    """Reads the registry on behalf of a call."""

    def __init__(self, registry: Peer) -> None:
        self._registry = registry
        self._providers = provider_pb2_grpc.ProviderServiceStub(registry.channel)

    def provider(self, agb: str, context: grpc.ServicerContext) -> Registered:
        """One provider, by its AGB code. Raises DomainError as the registry refuses."""
        request = provider_pb2.GetProviderRequest(name=names.PROVIDER.format(provider=agb))
        found = self._registry.call(self._providers.GetProvider, request, context)
        return Registered(found.display_name, tuple(found.representatives))
