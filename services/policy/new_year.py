"""A next year as a copy of another one: the same rules under another year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date


def copy_year(files: Mapping[str, bytes], year: int, to: int) -> dict[str, bytes]:
    """Return the files of the folder of `year` as those of the year `to`: rules and questionnaire, or parameters.

    Packages, paths in the data and the year of a test's input follow; the year of the questionnaire moves along, and so
    does that of its survey. A norm that counts from the start of the new year no longer says from when on. Other dates
    stay, for nobody but the authors knows whether they move. `files` can be used.
    """
    return {name: _copy(name, content, year, to) for name, content in files.items()}


def with_year(text: str, year: int, to: int | str) -> str:
    """Return Rego or JSON of `year` with another year in its packages, paths and inputs: `y2027`, `"year": 2027`."""
    text = re.sub(rf"\by{year}(?![0-9A-Za-z])", f"y{to}", text)
    return re.sub(rf'("year":\s*){year}\b', rf"\g<1>{to}", text)


def _copy(name: str, content: bytes, year: int, to: int) -> bytes:
    if name.endswith(".rego"):
        return _without_past_dates(with_year(content.decode(), year, to), to).encode()
    if name.endswith(".json"):
        return with_year(content.decode(), year, to).encode()
    if name.endswith(".yaml"):
        return _top_level(content.decode(), year, to).encode()
    return content


def _without_past_dates(text: str, to: int) -> str:
    def kept(found: re.Match[str]) -> str:
        return "" if date.fromisoformat(found[1]) <= date(to, 1, 1) else found[0]

    return re.sub(r"^#   effective_on: (\d{4}-\d\d-\d\d)\n", kept, text, flags=re.MULTILINE)


def _top_level(text: str, year: int, to: int) -> str:
    """YAML of a year, as text, so that its comments and its layout stay."""
    text = re.sub(rf"^year: {year}\b", f"year: {to}", text, flags=re.MULTILINE)
    return re.sub(
        r"^survey_year: (\d+)\b", lambda found: f"survey_year: {int(found[1]) + to - year}", text, flags=re.MULTILINE
    )
