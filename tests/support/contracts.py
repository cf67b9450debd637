"""Every service of the contracts, found by itself."""

from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor import ServiceDescriptor

PROTOS = Path(__file__).parents[2] / "protos"
_OWN = ("registry", "quality", "budget")
"""Packages that one server has; a service of another package is on every server."""


def _services() -> list[ServiceDescriptor]:
    found: list[ServiceDescriptor] = []
    for path in sorted(PROTOS.glob("spoedkader/**/*.proto")):
        module = import_module(".".join(path.relative_to(PROTOS).with_suffix("").parts) + "_pb2")
        found += module.DESCRIPTOR.services_by_name.values()
    return found


SERVICES = _services()


def server_of(service: ServiceDescriptor) -> str:
    """The server that has a service; of those that every server has the registry's."""
    package = service.full_name.split(".")[1]
    return package if package in _OWN else "registry"
