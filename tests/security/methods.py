"""Every method of every service, found by reflection: what a server says it offers, and what the contracts define."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import grpc
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

PROTOS = Path(__file__).parents[2] / "protos"


@dataclass(frozen=True)
class Method:
    """A method as one server offers it."""

    server: str
    descriptor: MethodDescriptor

    @property
    def path(self) -> str:
        """As it is called over gRPC."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def key(self) -> str:
        """As in `ClosureService.GetClosure`, by which the examples go."""
        return f"{self.descriptor.containing_service.name}.{self.descriptor.name}"

    @property
    def name(self) -> str:
        """As in `registry/ClosureService.GetClosure`."""
        return f"{self.server}/{self.key}"

    @property
    def reads(self) -> bool:
        """Whether it can change nothing, going by its path in JSON over HTTP."""
        rule = self.descriptor.GetOptions().Extensions[annotations_pb2.http]
        return rule.WhichOneof("pattern") == "get"


def contracts() -> dict[str, ServiceDescriptor]:
    """The services of the contracts by full name."""
    found = {}
    for path in sorted(PROTOS.glob("spoedkader/**/*.proto")):
        module = import_module(".".join(path.relative_to(PROTOS).with_suffix("").parts) + "_pb2")
        found |= {service.full_name: service for service in module.DESCRIPTOR.services_by_name.values()}
    return found


def offered(server: str, channel: grpc.Channel) -> Iterator[Method]:
    """The methods that a server says it offers, those of health and reflection too."""
    contracts()
    pool = descriptor_pool.Default()  # type: ignore[no-untyped-call]
    for name in sorted(ProtoReflectionDescriptorDatabase(channel).get_services()):
        for method in pool.FindServiceByName(name).methods:
            yield Method(server, method)
