"""The methods of the contracts, and the paths that they have over HTTP."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

PROTOS = Path(__file__).parents[2] / "protos"


class Binding(NamedTuple):
    method: MethodDescriptor
    verb: str
    path: str
    body: str


def methods() -> Iterator[MethodDescriptor]:
    for path in sorted(PROTOS.rglob("*.proto")):
        module = ".".join(path.relative_to(PROTOS).with_suffix("").parts) + "_pb2"
        for service in import_module(module).DESCRIPTOR.services_by_name.values():
            yield from service.methods


def bindings(method: MethodDescriptor) -> Iterator[Binding]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    for one in (rule, *rule.additional_bindings):
        verb = one.WhichOneof("pattern")
        if verb:
            yield Binding(method, verb, getattr(one, verb), one.body)
