"""What of an answer a caller may see: a list that asks for every provider gives those that are its own."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.runtime.identity.resources import is_public, providers_in


def only_visible(answer: Message, providers: frozenset[str]) -> Message:
    """A list without what is of other providers; the answer itself stays as it is, for it may be kept for others.

    What does not tell whose it is goes too. A page can have fewer items than were asked for, or none (AIP-158).
    """
    shown = type(answer)()
    shown.CopyFrom(answer)
    for field in answer.DESCRIPTOR.fields:
        if field.is_repeated and field.message_type is not None:
            shown.ClearField(field.name)
            getattr(shown, field.name).extend(
                item for item in getattr(answer, field.name) if _is_visible(item, providers)
            )
    return shown


def visible_parts(parts: Iterator[Any], providers: frozenset[str]) -> Iterator[Any]:
    """The parts of a stream that are of these providers: each part has one resource."""
    for part in parts:
        if _is_visible(part, providers):
            yield part


def _is_visible(item: Message, providers: frozenset[str]) -> bool:
    whose = list(providers_in(item))
    if not whose:
        # The item wraps a resource, as a snapshot of a provider does.
        whose = [agb for inner in _resources(item) for agb in providers_in(inner)]
    return (bool(whose) and providers.issuperset(whose)) or is_public(item)


def _resources(item: Message) -> Iterator[Message]:
    for field, value in item.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE and not field.is_repeated:
            yield value
