"""`policy check` and the formats of `policy test`: what people, programs and builds see."""

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.policy.problem_formats import Placed, write_github

from .conftest import Copy, Files

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, small_files: Callable[[], Files], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Policies of two years, the second of which has a failing test, from the folder above."""
    for year, broken in ((2027, False), (2028, True)):
        copy = Copy(small_files())
        if broken:
            copy.change("x1_test.rego", "test_met if", "test_met if 1 == 2\n\ntest_other if")
        where = tmp_path / "regels" / "kwaliteitskader" / str(year)
        where.mkdir(parents=True)
        for name, content in copy.files.items():
            (where / name).write_bytes(content.replace(b"2027", str(year).encode()))
    monkeypatch.chdir(tmp_path)
    return Path("regels")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)], env={"COLUMNS": "200"})


BROKEN = "regels/kwaliteitskader/2028/x1_test.rego"


def test_check_in_words(folder: Path) -> None:
    result = run("check", "--policies", folder)
    assert result.exit_code == 1
    assert "2027: in orde (1 normen, 4 tests, 100 % bereikt, regorus " in result.stdout
    assert "2028: 1 probleem (1 normen, 5 tests, " in result.stdout
    (row,) = [line for line in result.stdout.splitlines() if f"{BROKEN}:7" in line]
    assert row.split(maxsplit=2)[1:] == ["tests", row.split(maxsplit=2)[2]]
    assert "test_met: de test gaat niet op" in row
    assert run("check", "--policies", folder, "--year", 2027).exit_code == 0


def test_check_as_json(folder: Path) -> None:
    result = run("check", "--policies", folder, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert [(year["year"], year["passed"], year["test_count"]) for year in document["years"]] == [
        (2027, True, 4),
        (2028, False, 5),
    ]
    assert document["passed"] is False
    assert document["years"][1]["problems"] == [
        {"file": BROKEN, "line": 7, "check": "tests", "message": "test_met: de test gaat niet op"}
    ]
    assert json.loads(run("check", "--policies", folder, "--format", "json").stdout)["years"][1]["problems"]


def test_check_for_github(folder: Path) -> None:
    result = run("check", "--policies", folder.absolute(), "--format", "github")
    assert result.exit_code == 1
    assert result.stdout == f"::error file={BROKEN},line=7,title=tests::test_met: de test gaat niet op\n"


def test_check_for_junit(folder: Path) -> None:
    result = run("check", "--policies", folder, "--format", "junit")
    assert result.exit_code == 1
    first, second = ET.fromstring(result.stdout)
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("kwaliteitskader 2027", "8", "0")
    assert "dekking" in {case.get("name") for case in first}
    assert (second.get("name"), second.get("tests"), second.get("failures")) == ("kwaliteitskader 2028", "1", "1")
    (failure,) = second.iter("failure")
    assert failure.text == f"{BROKEN}:7: test_met: de test gaat niet op"


def test_codes_are_held_against_the_year_before(folder: Path) -> None:
    norm = folder / "kwaliteitskader" / "2028" / "x1.rego"
    norm.write_text(norm.read_text().replace("title: Tijd", "title: Afstand"))
    result = run("check", "--policies", folder, "--year", 2028, "--format", "github")
    assert (
        "::error file=regels/kwaliteitskader/2028/x1.rego,line=6,title=metadata::code X1 was in 2027" in result.stdout
    )


def test_nothing_to_check(folder: Path, tmp_path: Path) -> None:
    for arguments in (("--policies", folder, "--year", 2031), ("--policies", tmp_path / "weg")):
        result = run("check", *arguments)
        assert result.exit_code == 1
        assert "zijn er geen regels" in result.stderr


def test_what_github_would_read_as_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    write_github([Placed("a,b:c.rego", 0, "100 %", "eerst\ndan 5 %")])
    assert capsys.readouterr().out == "::error file=a%2Cb%3Ac.rego,title=100 %25::eerst%0Adan 5 %25\n"


def test_tests_for_github(folder: Path) -> None:
    result = run("test", "--policies", folder, "--format", "github")
    assert result.exit_code == 1
    assert result.stdout == f"::error file={BROKEN},line=7,title=test_met::de test gaat niet op\n"


def test_tests_for_junit(folder: Path) -> None:
    result = run("test", "--policies", folder, "--format", "junit")
    assert result.exit_code == 1
    (suite,) = ET.fromstring(result.stdout)
    assert (suite.get("tests"), suite.get("failures")) == ("9", "1")
    (failed,) = [case for case in suite if case.find("failure") is not None]
    assert (failed.get("classname"), failed.get("name")) == ("kwaliteitskader.y2028.x1_test", "test_met")


def test_watching_is_for_people(folder: Path) -> None:
    result = run("test", "--policies", folder, "--watch", "--json")
    assert result.exit_code == 1
    assert "--watch" in json.loads(result.stdout)["error"]["message"]
    assert run("test", "--policies", folder / "weg", "--watch").exit_code == 1


def test_watching(folder: Path) -> None:
    command = [sys.executable, "-m", "services.cli.main", "policy", "test", "--watch", "--policies", folder.absolute()]
    with subprocess.Popen(
        command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"COLUMNS": "200"}
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        assert "8 van 9 tests geslaagd" in _until(lines, "Wacht op wijzigingen")
        # Somebody saves a file halfway, and then as a whole.
        test = folder.absolute().parent / BROKEN
        right = test.read_text().replace("1 == 2", "1 == 1")
        _save(test, "package x\n\ntest_x if")
        assert "De regels zijn niet te lezen." in _until(lines, "Wacht op wijzigingen")
        _save(test, right)
        assert "9 van 9 tests geslaagd" in _until(lines, "Wacht op wijzigingen")
        process.send_signal(signal.SIGINT)
        # A line that was being written may come again, but there is no traceback.
        *again, last = lines
        assert last == "Gestopt.\n"
        assert all("Wacht op wijzigingen" in line for line in again)
        assert process.wait() == 0


def _save(path: Path, text: str) -> None:
    """At once, so that nobody sees an empty file."""
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def _until(lines: Iterator[str], text: str) -> str:
    """What is said up to a text."""
    said = ""
    for line in lines:
        said += line
        if text in line:
            return said
    raise AssertionError(said)
