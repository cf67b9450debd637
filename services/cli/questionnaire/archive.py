"""Opens a workbook that came from outside, when it is safe to: bounded in size, without links, macros or entities."""

import io
import itertools
import re
import warnings
import zipfile
from pathlib import Path

import openpyxl
from openpyxl import Workbook

from services.cli.failures import Failure

MAX_FILE_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 20_000_000
MAX_RATIO = 200
"""Unpacked to packed. The text of a form shrinks some twenty times, that of a bomb a thousand."""
MAX_PARTS = 200
_SPANNING = re.compile(rb"<(?:\w+:)?(mergeCell|hyperlink)\b(?:[^<]*?\bref\s*=\s*[\"']([^\"']{1,40}))?")
"""What makes openpyxl touch every cell of a range, however large it says that it is."""
_SPANNING_WORDS = {b"mergeCell": "samengevoegde cellen", b"hyperlink": "een verwijzing"}
_SHOWN = 20
_ENCODING = re.compile(rb"<\?xml[^<]*?\bencoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = (b"utf-8", b"utf-16", b"us-ascii")
"""In others the characters that are looked for here could be written with other bytes."""


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises Failure when it is larger than any form, and OSError."""
    with path.open("rb") as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Failure(f"{path} is groter dan {MAX_FILE_BYTES // 1_000_000} MB en is geen formulier.")
    return content


def open_workbook(content: bytes, name: str) -> Workbook:
    """The workbook in a file's content.

    Raises:
        Failure: it is no workbook, or one that is not opened; with the reason.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _guard(archive, name)
        with warnings.catch_warnings():
            # About looks that openpyxl does not know; only answers are read.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), keep_links=False)
    except Failure:
        raise
    except zipfile.BadZipFile as error:
        raise Failure(f"{name} is geen Excel-bestand (.xlsx), of het is beschadigd.") from error
    except Exception as error:  # there is no end to how a broken workbook fails
        raise Failure(f"{name} is niet als Excel-bestand te lezen; haal een nieuw formulier op.") from error


def _guard(archive: zipfile.ZipFile, name: str) -> None:
    """Refuses what is not safe to read. A part never unpacks to more than its stated size: zipfile stops there."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed, 1):
        raise Failure(f"{name} is uitgepakt te groot voor een formulier en wordt niet geopend.")
    for part in parts:
        if part.flag_bits & 0x1:
            raise Failure(f"{name} is met een wachtwoord versleuteld; sla het zonder wachtwoord op.")
        if part.filename.lower().endswith("vbaproject.bin"):
            raise Failure(f"{name} bevat macro's ({part.filename}) en wordt niet geopend.")
        if part.filename.lower().startswith("xl/externallinks/"):
            raise Failure(f"{name} verwijst naar een ander bestand ({part.filename}) en wordt niet geopend.")
        _guard_text(archive.read(part), part.filename, name)


def _guard_text(content: bytes, part: str, name: str) -> None:
    # Without zero bytes also what is written as UTF-16 is found.
    text = content.replace(b"\0", b"")
    encoding = _ENCODING.search(text)
    if encoding and encoding[1].lower() not in _ENCODINGS:
        raise Failure(f"{name} heeft een onbekende tekencodering ({part}) en wordt niet geopend.")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Failure(f"{name} bevat een documenttype ({part}) en wordt niet geopend.")
    if b'"External"' in text or b"'External'" in text:
        raise Failure(f"{name} verwijst naar iets buiten het bestand ({part}) en wordt niet geopend.")
    # The first ones: there can be millions.
    spanning = tuple(_spanning(found) for found in itertools.islice(_SPANNING.finditer(text), _SHOWN))
    if spanning:
        raise Failure(f"{name} bevat samengevoegde cellen of verwijzingen en wordt niet geopend.", spanning)


def _spanning(found: re.Match[bytes]) -> str:
    return f"{_SPANNING_WORDS[found[1]]}: {(found[2] or b'?').decode('ascii', 'replace')}"
