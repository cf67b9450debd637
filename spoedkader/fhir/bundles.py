"""The entries of a JSON Bundle, or the resources of an array, as lines: cut out of the text without reading it.

An export writes each entry the same way. What stands between the first two is taken for what stands between any two;
were that wrong somewhere, then one of the pieces would not be JSON by itself, and the file has to be read the exact
way. What is left of the text without the pieces has to be a Bundle without entries.
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from spoedkader.departments import Departments
from spoedkader.encounter_sources import BOM, MAX_UNIT, FileProblem, parts
from spoedkader.fhir.lines import Lines, raw_lines
from spoedkader.fhir.ways import NotPlain, Way

if TYPE_CHECKING:
    import polars as pl

_BEGIN = 1_000_000
_HEAD = re.compile(rb'(\[|\{.{0,100000}?"entry"[ \t\r\n]*:[ \t\r\n]*\[)[ \t\r\n]*(\{[ \t\r\n]*"[A-Za-z]+")', re.DOTALL)
_SPACE = b" \t\r\n"


def of_bundle(source: BinaryIO, departments: Departments) -> Way[Lines]:
    """Return the fast way to read a JSON Bundle or array. Raises `NotPlain`, and what reading raises."""
    begin = source.read(_BEGIN).removeprefix(BOM).lstrip(_SPACE)
    head = _HEAD.match(begin)
    between = head and re.search(rb",[ \t\r\n]*" + re.escape(head[2]), begin[head.end() :])
    if not head or not between:
        raise NotPlain
    entries = head[1] != b"["

    def raw(lines: Lines) -> "pl.DataFrame":
        try:
            return raw_lines(lines, departments, entries=entries)
        except FileProblem:
            raise NotPlain from None

    return Way(_pieces(source, begin[head.end() :], head[1], head[2], between[0]), raw)


def _pieces(source: BinaryIO, start: bytes, head: bytes, opening: bytes, between: bytes) -> Iterator[Lines]:
    """Yield the pieces; `start` follows the first `opening`, which `between` ends with."""
    number = 1
    for part in parts(source, between, start):
        *cut, last = part.split(between)
        pieces = [opening + piece for piece in cut]
        if not cut:  # The last part, which no other entry follows.
            entry, rest = _end(opening + last)
            _check(head + rest)
            pieces.append(entry)
        if any(len(piece) > MAX_UNIT for piece in pieces):
            raise NotPlain
        yield number, pieces
        number += len(pieces)


def _end(text: bytes) -> tuple[bytes, bytes]:
    """Return the last piece and what follows it."""
    try:
        shown = text.decode("utf-8")
        end = json.JSONDecoder().raw_decode(shown)[1]
    except (ValueError, RecursionError):
        raise NotPlain from None
    return shown[:end].encode(), shown[end:].encode()


def _check(rest: bytes) -> None:
    """Check that a text is an empty array, or a Bundle with one empty `entry`."""
    try:
        found = json.loads(rest, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise NotPlain from None
    if rest.startswith(b"["):
        if found:
            raise NotPlain
    elif [value for name, value in found if name == "entry"] != [[]] or ("resourceType", "Bundle") not in found:
        raise NotPlain
