"""The bytes of a hospital's own file of visits: unpacked within limits, and in parts that fit in memory."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
MAX_RATIO = 200
"""How many times its packed size a file may become; real exports become 10 to 60 times theirs."""
FREE_BYTES = 16_000_000
"""Up to this much, the ratio does not matter."""
MAX_UNIT = 1_000_000
"""The most that one line, resource or entry may take: bytes, or characters of JSON."""
_BLOCK = 500_000


class FileProblem(Exception):  # noqa: N818 - the file has one, the program none
    """A file cannot be read; the message is Dutch and says where (a resource's number from 1), never what it holds."""


def too_large(number: int) -> FileProblem:
    """Resource `number` takes more than `MAX_UNIT`."""
    return FileProblem(f"resource {number} is groter dan {MAX_UNIT} bytes")


class _Unpacked(io.RawIOBase):
    """What a gzipped file holds, as long as it stays within the ratio."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._unpacking = gzip.GzipFile(fileobj=packed)
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: "memoryview") -> int:  # type: ignore[override] # what a buffered reader gives
        try:
            size = self._unpacking.readinto(into)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise FileProblem("het gzip-bestand is beschadigd of niet compleet") from None
        self._given += size
        if self._given > FREE_BYTES and self._given > MAX_RATIO * self._packed.tell():
            raise FileProblem(f"het gzip-bestand wordt uitgepakt meer dan {MAX_RATIO} keer zo groot")
        return size


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacking it when it is gzipped, whatever its name.

    Reading raises `FileProblem` when it is damaged or unpacks beyond `MAX_RATIO`, and OSError.
    """
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        yield io.BufferedReader(_Unpacked(file), _BLOCK) if packed else file


def parts(source: BinaryIO, mark: bytes, start: bytes = b"", size: int = 2_000_000) -> Iterator[bytes]:
    """Yield `start` and the rest of a source in parts of about `size` bytes, each up to and including a last `mark`.

    What follows the last mark is the last part; it can be empty. It comes early, and ends the reading, when it is more
    than `MAX_UNIT` long: whoever measures what stands between two marks then finds that it is too much.
    """
    rest = start
    ended = False
    while not ended:
        blocks = [rest]
        length = len(rest)
        while True:
            block = source.read(_BLOCK)
            ended = not block
            blocks.append(block)
            length += len(block)
            if ended or length >= size:
                break
        text = b"".join(blocks)
        end = text.rfind(mark) + len(mark) if mark in text else 0
        if end:
            yield text[:end]
        rest = text[end:]
        if len(rest) > MAX_UNIT:
            break
    yield rest
