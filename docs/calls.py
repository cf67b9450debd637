"""The methods of the contracts, and a call to one of them as the JSON that a page shows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from spoedkader.client.calls import ACTOR_KEY

ROOT = Path(__file__).parents[1]
PACKAGES = ("registry", "quality", "budget", "feed", "audit")
SECONDS = 60.0

Json = Any


@dataclass(frozen=True)
class Example:
    """A call that was made: who called, what was sent (one request, or the parts of a stream), and what came of it:
    the answers (one, or those of a stream), or the refusal. `note` is a sentence above it."""

    actor: str
    requests: list[Json]
    answers: list[Json]
    refusal: Json = None
    note: str = ""


def every_method() -> Iterator[tuple[str, ServiceDescriptor, MethodDescriptor]]:
    """The methods of the contracts with their package and service."""
    for package in PACKAGES:
        for path in sorted((ROOT / "protos" / "spoedkader" / package / "v1").glob("*.proto")):
            module = import_module(f"spoedkader.{package}.v1.{path.stem}_pb2")
            for service in module.DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    yield package, service, method


def make(address: str, method: MethodDescriptor, requests: Sequence[Json], actor: str, note: str = "") -> Example:
    """Makes a call of which the request, or the parts of its stream, are given as JSON.

    Raises:
        json_format.ParseError: the JSON is not that of the message.
    """
    messages = [json_format.ParseDict(request, GetMessageClass(method.input_type)()) for request in requests]
    shown = [as_json(message) for message in messages]
    with grpc.insecure_channel(address) as channel:
        call = _stub(channel, method)
        try:
            sent = iter(messages) if method.client_streaming else messages[0]
            answered = call(sent, timeout=SECONDS, metadata=((ACTOR_KEY, actor),))
            answers = list(answered) if method.server_streaming else [answered]
        except grpc.RpcError as error:
            return Example(actor, shown, [], _refusal(error), note)
    return Example(actor, shown, [as_json(answer) for answer in answers], note=note)


def as_json(message: Message) -> Json:
    """A message as the JSON of proto3."""
    return json_format.MessageToDict(message)


def _stub(channel: grpc.Channel, method: MethodDescriptor) -> Callable[..., Any]:
    kind: Any = channel.unary_stream if method.server_streaming else channel.unary_unary
    if method.client_streaming:
        kind = channel.stream_unary
    stub: Callable[..., Any] = kind(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda sent: sent.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    return stub


def _refusal(error: grpc.RpcError) -> Json:
    assert isinstance(error, grpc.Call)
    info, wrong = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(wrong)
    found = {
        "code": error.code().name,
        "message": error.details(),
        "reason": info.reason,
        "metadata": dict(sorted(info.metadata.items())),
    }
    if wrong.field_violations:
        found["fieldViolations"] = [as_json(violation) for violation in wrong.field_violations]
    return found
