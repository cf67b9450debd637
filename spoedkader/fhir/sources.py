"""The bytes of a file, unpacked within limits, and which form they have."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, Protocol

from spoedkader.fhir.problems import FhirProblem

Form = Literal["csv", "ndjson", "json", "xml"]

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
MAX_RATIO = 200
"""How many times its packed size a file may become; real exports become 10 to 60 times theirs."""
FREE_BYTES = 16_000_000
"""Up to this much, the ratio does not matter."""
_HEAD = 4096
_LINES = {".ndjson", ".jsonl"}


class Source(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


class _Unpacked:
    """What a gzipped file holds, as long as it stays within the ratio."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._unpacking = gzip.GzipFile(fileobj=packed)
        self._given = 0

    def read(self, size: int, /) -> bytes:
        try:
            block = self._unpacking.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise FhirProblem("het gzip-bestand is beschadigd of niet compleet") from None
        self._given += len(block)
        if self._given > FREE_BYTES and self._given > MAX_RATIO * self._packed.tell():
            raise FhirProblem(f"het gzip-bestand wordt uitgepakt meer dan {MAX_RATIO} keer zo groot")
        return block


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file, unpacking it when it is gzipped, whatever its name.

    Reading raises `FhirProblem` when it is damaged or unpacks beyond `MAX_RATIO`, and OSError.
    """
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        yield _Unpacked(file) if packed else file


def form_of(path: Path) -> Form:
    """Return the form of a file, by its first character; an object is NDJSON when the name says so.

    Raises `FhirProblem` for a gzipped file that is not FHIR, and OSError.
    """
    with opened(path) as source:
        start = source.read(_HEAD).removeprefix(BOM).lstrip()[:1]
        packed = isinstance(source, _Unpacked)
    names = {suffix.lower() for suffix in path.suffixes[-2:]}
    if start == b"<":
        return "xml"
    if start in (b"{", b"[") and ".csv" not in names:
        return "ndjson" if start == b"{" and names & _LINES else "json"
    if not start and names & _LINES:
        return "ndjson"  # Without a line there are no visits.
    if packed or names & {*_LINES, ".json", ".xml"}:
        raise FhirProblem("geen FHIR in JSON, NDJSON of XML")
    return "csv"
