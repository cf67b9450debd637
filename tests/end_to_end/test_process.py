"""The process after the assessment, carried over the example round in simulated time."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documenten")


@pytest.fixture(scope="module")
def told(example: Path, out: Path) -> dict[str, Any]:
    """The story; in a process of its own, as a person runs it."""
    arguments = [sys.executable, "-m", "services.cli.main", "process", str(example), "--out", str(out), "--json"]
    ran = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=110)
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def outcomes(told: dict[str, Any], what: str) -> list[str]:
    return [event["outcome"] for event in told["events"] if event["what"].endswith(what)]


def test_every_part_of_the_process_is_told(told: dict[str, Any]) -> None:
    assert len(outcomes(told, "vaststelling vastgelegd")) == 3
    assert outcomes(told, "verbeterde antwoorden, opnieuw getoetst") == ["voldoet"]
    assert outcomes(told, "verbeterplan overeengekomen") == ["voldoen uiterlijk 01-06-2027"]
    assert outcomes(told, "uitzondering toegestaan") == ["tijdelijke uitzondering, tot en met 31-03-2027"]
    assert outcomes(told, "besluit genomen") == ["geen aanvraag"]
    assert len(outcomes(told, "nieuwe aanbieder afgewezen")) == 1
    assert len(outcomes(told, "ingediend bij de NZa")) == 3
    assert outcomes(told, "besluit NZa") == ["toegewezen: € 4.600.000,00"]
    assert outcomes(told, "aanvragen nagerekend") == ["3 van 3 gelijk tot op de byte"]


def test_terms_run_from_the_finding_to_the_day(told: dict[str, Any]) -> None:
    assert outcomes(told, "vaststelling vastgelegd") == ["herstel uiterlijk 29-09-2026"] * 3


def test_the_late_closure_of_three_weeks_lowers_the_budget_by_its_part_of_the_year(told: dict[str, Any]) -> None:
    # 21 of 365 days of 4,6 million: 264.657,534... euro, rounded on what is left.
    assert outcomes(told, "wijziging van de aanvraag opgesteld") == ["€ 4.335.342,47"]
    (explained,) = [text for text in outcomes(told, "opnieuw berekend") if "264.657,53" in text]
    assert "verloop-1" in explained


def test_what_was_signed_is_what_was_exported(told: dict[str, Any], out: Path) -> None:
    digests = set(outcomes(told, "ondertekend"))
    exported = {f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in out.glob("aanvraag-*.json")}
    assert len(exported) == 3
    assert {digest[:19] + "…" for digest in exported} == digests


def test_the_documents_are_there(out: Path, told: dict[str, Any]) -> None:
    assert sorted(path.suffix for path in out.iterdir()) == [".html"] * 3 + [".ics"] + [".json"] * 3 + [".pdf"] * 5
    assert all(path.read_bytes().startswith(b"%PDF-") for path in out.glob("*.pdf"))
    (calendar,) = out.glob("*.ics")
    assert Calendar.from_ical(calendar.read_bytes()).walk("VEVENT")
    assert {Path(file).name for file in told["files"]} == {path.name for path in out.iterdir()}


def test_the_same_story_gives_the_same_documents(
    example: Path, out: Path, told: dict[str, Any], tmp_path: Path
) -> None:
    arguments = [sys.executable, "-m", "services.cli.main", "process", str(example), "--out", str(tmp_path), "--json"]
    again = json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=110).stdout)
    assert again["events"] == told["events"]
    for path in out.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
