"""Messages that no well-meaning client sends, made from the descriptors of a contract."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

_MAX_DEPTH = 4
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_PLAUSIBLE = (0, 1, 2, 5, 7, 12, 24, 31, 59, 60, 2025, 2026, 2027, 9999, 10_000_000)


def _texts(known: tuple[str, ...]) -> st.SearchStrategy[str]:
    odd = (
        "",
        "-",
        "*",
        "..",
        "../../../etc/passwd",
        "'; DROP TABLE provider; --",
        "\x00",
        "\u202e\ufeff",
        "🏥" * 300,
        "x" * 5000,
        "%s{0}${x}",
        "providers/-",
        "providers/-/locations/-",
        "providers//locations/",
        "policyYears/0000",
        "rounds/9999",
        "00000000",
        "W10=",
        "12345678-1234-1234-1234-123456789012",
    )
    return st.one_of(
        st.sampled_from([*known, *odd]),
        st.sampled_from([*known, *odd]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    )


def _value(field: FieldDescriptor, texts: st.SearchStrategy[str], depth: int) -> st.SearchStrategy[Any]:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_MESSAGE:
        return _fields(field.message_type, texts, depth + 1)
    if kind in _INTEGERS:
        low, high = _INTEGERS[kind]
        return st.one_of(st.sampled_from([low, high, *_PLAUSIBLE]), st.integers(low, high))
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return st.sampled_from([*(value.number for value in field.enum_type.values), 99, -1, 2**31 - 1])
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return st.floats()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=40)
    return texts


def _fields(descriptor: Descriptor, texts: st.SearchStrategy[str], depth: int) -> st.SearchStrategy[Any]:
    if depth > _MAX_DEPTH:
        return st.just(GetMessageClass(descriptor)())
    choices = {}
    for field in descriptor.fields:
        value = _value(field, texts, depth)
        choices[field.name] = st.one_of(st.none(), st.lists(value, max_size=3) if field.is_repeated else value)
    return st.fixed_dictionaries(choices).map(lambda values: _build(descriptor, values))


def _build(descriptor: Descriptor, values: dict[str, Any]) -> Message:
    message = GetMessageClass(descriptor)()
    for name, value in values.items():
        field = descriptor.fields_by_name[name]
        if value is None:
            continue
        if field.is_repeated:
            getattr(message, name).extend(value)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
    return message


def random_messages(descriptor: Descriptor, known: tuple[str, ...] = ()) -> st.SearchStrategy[Message]:
    """Messages of a type with the oddest of values; `known` are texts that lead somewhere, as names do."""
    return _fields(descriptor, _texts(known), 0)


def mutated(messages: st.SearchStrategy[Message]) -> st.SearchStrategy[bytes]:
    """The bytes of messages, of which some were changed, lost or added."""

    def change(data: bytes, edits: list[tuple[int, int, Callable[[bytes, int, int], bytes]]]) -> bytes:
        for position, byte, edit in edits:
            data = edit(data, position % (len(data) + 1), byte)
        return data

    edits = st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from([_replace, _insert, _cut]))
    return st.builds(
        change, messages.map(lambda message: message.SerializeToString()), st.lists(edits, min_size=1, max_size=4)
    )


def _replace(data: bytes, position: int, byte: int) -> bytes:
    return data[:position] + bytes([byte]) + data[position + 1 :]


def _insert(data: bytes, position: int, byte: int) -> bytes:
    return data[:position] + bytes([byte]) + data[position:]


def _cut(data: bytes, position: int, _: int) -> bytes:
    return data[:position]
