"""Requests changed by a random generator: their fields, their encoding, and what goes with them."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.runtime.pages import Page, read_page
from tests.security import oddities
from tests.security.pool import Pool

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_REPEATS = (2, 2, 2, 3, 10, 100, 1000, 10_000)
_MOST_BYTES = 900_000
_DEPTH = 4


class Mutator:
    """Changes requests; what it does follows from the random generator alone."""

    def __init__(self, rng: random.Random, pool: Pool) -> None:
        self._rng = rng
        self._pool = pool

    def freshen(self, message: Message) -> None:
        """Gives a request that was made before a chance to be taken again: another id, and no version expected."""
        for field in message.DESCRIPTOR.fields:
            if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE and not field.is_repeated:
                if message.HasField(field.name):
                    self.freshen(getattr(message, field.name))
            elif field.name == "request_id":
                message.request_id = self._uuid() if self._rng.random() < 0.5 else ""  # type: ignore[attr-defined]
            elif field.name == "etag":
                message.etag = ""  # type: ignore[attr-defined]
            elif field.name.endswith("_id") and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
                setattr(message, field.name, self._another(getattr(message, field.name)))

    def change(self, message: Message) -> None:
        """Changes something in a request, somewhere."""
        holder = self._somewhere(message)
        field = self._rng.choice(holder.DESCRIPTOR.fields) if holder.DESCRIPTOR.fields else None
        if field is None:
            return
        if field.is_repeated:
            self._change_list(holder, field)
        elif self._rng.random() < 0.1:
            holder.ClearField(field.name)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            getattr(holder, field.name).CopyFrom(self._message(field.message_type, 0))
        else:
            setattr(holder, field.name, self._scalar(field, getattr(holder, field.name)))
        if field.name == "page_token" and self._rng.random() < 0.7:
            self._forge(holder)

    def made_up(self, descriptor: Descriptor) -> Message:
        """A message of which every field may hold anything."""
        return self._message(descriptor, 0)

    def garble(self, data: bytes) -> bytes:
        """Breaks an encoding."""
        for _ in range(self._rng.choice((1, 1, 1, 2, 5))):
            data = self._rng.choice(_GARBLES)(self._rng, data)
        return data

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Odd things to send beside a message."""
        return self._rng.choice(oddities.METADATA)

    def _somewhere(self, message: Message) -> Message:
        """The message or one that it holds, however deep."""
        inner: list[Message] = []
        for field, value in message.ListFields():
            if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                inner += list(value)[:50] if field.is_repeated else [value]
        if inner and self._rng.random() < 0.6:
            return self._somewhere(self._rng.choice(inner))
        return message

    def _change_list(self, holder: Message, field: FieldDescriptor) -> None:
        items: Any = getattr(holder, field.name)
        action = self._rng.random()
        if action < 0.1:
            holder.ClearField(field.name)
        elif action < 0.4 and len(items):
            each = items[self._rng.randrange(len(items))]
            size = max(1, each.ByteSize() if isinstance(each, Message) else len(str(each)))
            items.extend([each] * min(self._rng.choice(_REPEATS), _MOST_BYTES // size + 1))
        elif action < 0.5 and len(items) > 1:
            kept = list(items)
            self._rng.shuffle(kept)
            del items[:]
            items.extend(kept)
        elif action < 0.6 and len(items):
            del items[self._rng.randrange(len(items))]
        else:
            value = self._value(field, 0)
            items.extend([value] * self._rng.choice((1, 1, 1, 2, 3)))

    def _message(self, descriptor: Descriptor, depth: int) -> Message:
        message: Any = GetMessageClass(descriptor)()
        known = self._pool.messages(descriptor)
        if known and self._rng.random() < 0.3:
            message.CopyFrom(self._rng.choice(known))
            return message  # type: ignore[no-any-return]
        if descriptor.full_name in ("google.type.Date", "google.type.DateTime") and self._rng.random() < 0.7:
            message.year, message.month, message.day = (
                _within(part, -(2**31), 2**31 - 1) for part in self._rng.choice(oddities.DATES)
            )
            return message  # type: ignore[no-any-return]
        if descriptor.full_name == "google.protobuf.FieldMask":
            message.paths.extend(self._rng.choices(oddities.MASKS, k=self._rng.choice((0, 1, 1, 2, 5))))
            return message  # type: ignore[no-any-return]
        for field in descriptor.fields:
            if depth >= _DEPTH or self._rng.random() < 0.35:
                continue
            if field.is_repeated:
                getattr(message, field.name).extend(self._value(field, depth) for _ in range(self._rng.randrange(3)))
            elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                getattr(message, field.name).CopyFrom(self._message(field.message_type, depth + 1))
            else:
                setattr(message, field.name, self._scalar(field))
        return message  # type: ignore[no-any-return]

    def _value(self, field: FieldDescriptor, depth: int) -> Any:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            return self._message(field.message_type, depth + 1)
        return self._scalar(field)

    def _scalar(self, field: FieldDescriptor, current: Any = None) -> Any:
        kind = field.cpp_type
        if kind in _INTEGERS:
            low, high = _INTEGERS[kind]
            known = self._pool.values(field)
            if known and self._rng.random() < 0.4:
                return self._rng.choice(known)
            return _within(self._rng.choice(oddities.NUMBERS), low, high)
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return self._rng.choice(oddities.ENUMS)
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self._rng.random() < 0.5
        if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
            return self._rng.choice((0.0, -0.0, 1e308, -1e308, 5e-324, float("nan"), float("inf")))
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self._content(field)
        return self._text(field, str(current or ""))

    def _text(self, field: FieldDescriptor, current: str) -> str:
        known = self._pool.values(field)
        way = self._rng.random()
        if known and way < 0.25:
            return str(self._rng.choice(known))
        if way < 0.5:
            return self._rng.choice(self._pool.names(current))
        if known and way < 0.65:
            # What is nearly right comes further than what is not.
            text = str(self._rng.choice(known))
            place = self._rng.randrange(len(text) + 1)
            return text[:place] + self._rng.choice(oddities.TEXTS)[:200] + text[place + self._rng.randrange(2) :]
        return self._rng.choice(oddities.TEXTS)

    def _content(self, field: FieldDescriptor) -> bytes:
        known = self._pool.values(field)
        if known and self._rng.random() < 0.6:
            return self.garble(self._rng.choice(known))
        return self._rng.choice(oddities.contents())

    def _forge(self, message: Any) -> None:
        """Puts a token in a request for a page that is bound to it as ours are, and leads to an odd place."""
        message.page_token = ""
        message.page_size = 1
        page: Page = read_page(message)
        message.page_token = page.token(*self._rng.choice(oddities.PLACES))  # type: ignore[arg-type]

    def _another(self, identifier: str) -> str:
        if identifier.isascii() and identifier.isdigit():
            return "".join(self._rng.choice("0123456789") for _ in identifier)
        return f"{identifier[:40]}{self._rng.randrange(10**6)}"

    def _uuid(self) -> str:
        found = f"{self._rng.getrandbits(128):032x}"
        return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))


def _within(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)


def _flip(rng: random.Random, data: bytes) -> bytes:
    if not data:
        return b"\xff"
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _insert(rng: random.Random, data: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.randbytes(rng.choice((1, 1, 2, 8))) + data[place:]


def _double(_: random.Random, data: bytes) -> bytes:
    return (data + data)[:_MOST_BYTES]


def _swap_type(rng: random.Random, data: bytes) -> bytes:
    """Another wire type in the first tag."""
    return bytes([(data[0] & 0xF8) | rng.randrange(8)]) + data[1:] if data else b"\x07"


def _invalid_text(rng: random.Random, data: bytes) -> bytes:
    """A field with a length whose bytes are no UTF-8: a lone surrogate, an overlong slash, a byte that never occurs."""
    odd = rng.choice((b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"\xf4\x90\x80\x80", b"\x80" * 50))
    return data + bytes([(rng.randrange(1, 9) << 3) | 2, len(odd)]) + odd


def _huge_length(rng: random.Random, data: bytes) -> bytes:
    length = rng.choice((b"\xff\xff\xff\xff\x07", b"\xff" * 9 + b"\x01", b"\x80" * 9 + b"\x01", b"\xff" * 11))
    return data + bytes([(rng.randrange(1, 9) << 3) | 2]) + length


def _deep_groups(rng: random.Random, data: bytes) -> bytes:
    return data + b"\x7b" * rng.choice((50, 99, 101, 1000, 100_000))


def _deep_messages(rng: random.Random, data: bytes) -> bytes:
    """Messages in messages in a field of a low number, which may be one of text or of messages."""
    tag = bytes([(rng.randrange(1, 5) << 3) | 2])
    inner = b""
    for _ in range(rng.choice((10, 100, 1000))):
        inner = tag + _varint(len(inner)) + inner
    return data + inner


def _unknown_fields(rng: random.Random, data: bytes) -> bytes:
    return data + b"\xf8\xff\xff\xff\x0f\x01" * rng.choice((1, 1000, 50_000))


def _noise(rng: random.Random, _: bytes) -> bytes:
    return rng.randbytes(rng.choice((1, 10, 100, 10_000)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


_GARBLES: Sequence[Callable[[random.Random, bytes], bytes]] = (
    *(_flip, _flip, _flip, _cut, _cut, _insert, _insert, _double, _swap_type, _invalid_text, _huge_length),
    *(_deep_groups, _deep_messages, _unknown_fields, _noise),
)
