"""Resources of FHIR JSON, one by one: a Bundle, an array, one resource, or a line of NDJSON."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from spoedkader.encounter_sources import MAX_UNIT, FileProblem, too_large

_BLOCK = 4_000_000
_SPACE = re.compile(r"[ \t\r\n]*")
_NO_JSON = "geen geldige JSON"


def _refuse_constant(_: str) -> Any:
    raise ValueError("no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_line(line: bytes, number: int) -> Any:
    """Return the value of one line of NDJSON. Raises `FileProblem`."""
    try:
        return _DECODER.decode(line.decode("utf-8"))
    except RecursionError:
        raise FileProblem(f"resource {number} is te diep genest") from None
    except ValueError:
        raise FileProblem(f"resource {number}: {_NO_JSON} in UTF-8") from None


def read_json(source: BinaryIO) -> Iterator[Any]:
    """Yield the resources of a JSON document, in order. Raises `FileProblem`, and what reading raises."""
    text = _Text(source)
    if text.skip("["):
        for _ in _items(text):
            yield text.value()
    else:
        yield from _object(text)
    if text.peek():
        raise FileProblem(
            f"na resource {text.number} volgt nog iets; regels met resources horen in een .ndjson-bestand"
        )


def _object(text: "_Text") -> Iterator[Any]:
    """Yield the resources of a Bundle, or the one resource that the object is."""
    text.need("{")
    rest: dict[str, Any] = {}
    size = 0
    bundled = False
    for _ in _items(text, "}"):
        before = text.place
        key = text.value(part=True)
        text.need(":")
        if not isinstance(key, str):
            raise FileProblem(f"{_NO_JSON} na resource {text.number}")
        if key == "entry" and text.peek() == "[" and rest.get("resourceType", "Bundle") == "Bundle":
            if bundled:
                raise FileProblem("de Bundle heeft twee keer entry")
            bundled = True
            text.need("[")
            for _ in _items(text):
                entry = text.value()
                yield entry.get("resource") if isinstance(entry, dict) else None
        else:
            rest[key] = text.value(part=True)
            size += text.place - before
            if size > MAX_UNIT:
                raise too_large(1)
    if bundled and rest.get("resourceType") != "Bundle":
        raise FileProblem("de resources staan niet in een Bundle")
    if rest.get("resourceType") != "Bundle":
        text.number = 1
        yield rest


def _items(text: "_Text", end: str = "]") -> Iterator[None]:
    """Stop at each item of a list or object up to its end; the caller reads the item."""
    if text.skip(end):
        return
    while True:
        yield
        if text.skip(end):
            return
        text.need(",")


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None  # nothing at all is space too
    return found.end()


class _Text:
    """A text of which a part is in memory, always with a whole resource ahead."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._dropped = 0
        self._ended = False
        self.number = 0

    @property
    def place(self) -> int:
        """How many characters are read."""
        return self._dropped + self._at

    def peek(self) -> str:
        """Return the next character that is no white space; nothing at the end."""
        while True:
            self._fill()
            self._at = _end_of_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""

    def skip(self, mark: str) -> bool:
        """Pass over a mark, if it is next."""
        found = self.peek() == mark
        self._at += found
        return found

    def need(self, mark: str) -> None:
        """Pass over a mark."""
        if not self.skip(mark):
            raise FileProblem(f"{_NO_JSON} na resource {self.number}")

    def value(self, *, part: bool = False) -> Any:
        """Return the next value; it is a resource or entry of its own unless it is a part."""
        self.peek()
        self.number += not part
        try:
            found, end = _DECODER.raw_decode(self._text, self._at)
        except RecursionError:
            raise FileProblem(f"resource {max(self.number, 1)} is te diep genest") from None
        except ValueError:
            if not self._ended and len(self._text) - self._at > MAX_UNIT:
                raise FileProblem(
                    f"resource {max(self.number, 1)}: {_NO_JSON}, of groter dan {MAX_UNIT} bytes"
                ) from None
            raise FileProblem(f"resource {max(self.number, 1)}: {_NO_JSON}") from None
        if end - self._at > MAX_UNIT:
            raise too_large(max(self.number, 1))
        self._at = end
        return found

    def _fill(self) -> None:
        if self._ended or len(self._text) - self._at > MAX_UNIT:
            return
        parts = [self._text[self._at :]]
        size = len(parts[0])
        while size <= MAX_UNIT and not self._ended:
            block = self._source.read(_BLOCK)
            self._ended = not block
            try:
                parts.append(self._decode(block, self._ended))
            except UnicodeDecodeError:
                raise FileProblem(f"geen geldige UTF-8 na resource {self.number}") from None
            size += len(parts[-1])
        self._dropped += self._at
        self._text, self._at = "".join(parts), 0
