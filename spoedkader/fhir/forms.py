"""Which form a file of visits has, by its content."""

from pathlib import Path
from typing import Literal

from spoedkader.encounter_sources import BOM, FileProblem, opened

Form = Literal["csv", "ndjson", "json", "xml"]

_HEAD = 4096
_LINES = {".ndjson", ".jsonl"}


def form_of(path: Path) -> Form:
    """Return the form of a file, by its first character; an object is NDJSON when the name says so.

    Raises `FileProblem` for a name that promises FHIR and a content that is none, and OSError.
    """
    with opened(path) as source:
        start = source.read(_HEAD).removeprefix(BOM).lstrip()[:1]
    names = {suffix.lower() for suffix in path.suffixes[-2:]}
    if start == b"<":
        return "xml"
    if start in (b"{", b"[") and ".csv" not in names:
        return "ndjson" if start == b"{" and names & _LINES else "json"
    if not start and names & _LINES:
        return "ndjson"  # Without a line there are no visits.
    if names & {*_LINES, ".json", ".xml"}:
        raise FileProblem("geen FHIR in JSON, NDJSON of XML")
    return "csv"
