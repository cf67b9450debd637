"""Values that lead somewhere: those of calls that were made, by the field that they stood in."""

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.security.methods import Method

_MOST = 40
"""Of one field so many values are kept, and of one type so many messages."""
_LONGEST = 20_000


class Pool:
    """What stood in the fields of requests and answers."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Any, None]] = {}
        self._messages: dict[str, dict[bytes, Message]] = {}
        self._names: dict[str, dict[str, None]] = {}

    def add(self, message: Message) -> None:
        """Keeps what a message holds."""
        kept = self._messages.setdefault(message.DESCRIPTOR.full_name, {})
        if len(kept) < _MOST and message.ByteSize() < _LONGEST:
            kept.setdefault(message.SerializeToString(deterministic=True), message)
        for field, value in message.ListFields():
            for each in value if field.is_repeated else (value,):
                if isinstance(each, Message):
                    self.add(each)
                else:
                    self._add_value(field, each)

    def values(self, field: FieldDescriptor) -> list[Any]:
        """Values that a field of this name and kind had, in whatever message."""
        return list(self._values.get(_key(field), ()))

    def messages(self, descriptor: Descriptor) -> list[Message]:
        """Messages of a type."""
        return list(self._messages.get(descriptor.full_name, {}).values())

    def names(self, like: str = "") -> list[str]:
        """Names of resources: of the kind of another one, or of every kind."""
        alike = self._names.get(_kind(like))
        return list(alike) if alike else [name for kept in self._names.values() for name in kept]

    def _add_value(self, field: FieldDescriptor, value: Any) -> None:
        kept = self._values.setdefault(_key(field), {})
        if len(kept) < _MOST:
            kept[value] = None
        if isinstance(value, str) and "/" in value and " " not in value and len(value) < 200:
            alike = self._names.setdefault(_kind(value), {})
            if len(alike) < _MOST:
                alike[value] = None


def _kind(name: str) -> str:
    """The collections in a name, as in `providers/locations`."""
    return "/".join(name.split("/")[::2])


def _key(field: FieldDescriptor) -> str:
    return f"{field.name}:{field.cpp_type}"


def parse(method: Method, requests: Iterable[Any]) -> list[Message]:
    """Requests that an example holds as JSON."""
    kind = GetMessageClass(method.descriptor.input_type)
    return [json_format.ParseDict(request, kind()) for request in requests]


def harvest(methods: Iterable[Method], examples: Mapping[str, list[Any]]) -> Pool:
    """What the examples of every method hold."""
    pool = Pool()
    for method in methods:
        answer = GetMessageClass(method.descriptor.output_type)
        for example in examples.get(method.key, ()):
            for message in parse(method, example["requests"]):
                pool.add(message)
            for found in example["answers"]:
                pool.add(json_format.ParseDict(found, answer()))
    return pool
