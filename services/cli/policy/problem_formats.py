"""What is wrong with rules, for people, for programs, and for what builds and checks them."""

import dataclasses
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

from junitparser import Failure as JunitFailure
from junitparser import JUnitXml, TestCase, TestSuite
from rich.table import Table
from rich.text import Text

from services.cli.tables import new_table
from services.policy.problems import Problem


class ProblemFormat(StrEnum):
    """How problems are written: for people, as one JSON document, as annotations of GitHub, or as a JUnit report."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """A problem with the path of its file, as the reader of a message can open it; `line` is 0 for a whole file."""

    path: str
    line: int
    title: str
    message: str

    @property
    def where(self) -> str:
        """As editors write it: `policies/kwaliteitskader/2027/b1.rego:12`."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One thing that was tried, with what was wrong with it if anything was."""

    group: str
    name: str
    seconds: float | None
    problem: Placed | None


def placed(problems: Iterable[Problem], folder: Path) -> list[Placed]:
    """The problems in the files of a folder, whose title is the check."""
    return [
        Placed(shown_path(folder / problem.file), problem.line, problem.check, problem.message) for problem in problems
    ]


def shown_path(path: Path) -> str:
    """A path as it was given, but from the current folder where it can be."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def table(problems: Iterable[Placed]) -> Table:
    """For people."""
    shown = new_table("", "plaats", "controle", "wat er mis is", whole_words=["controle"])
    for problem in problems:
        shown.add_row(Text(problem.where), Text(problem.title), Text(problem.message))
    return shown


def document(problems: Iterable[Placed]) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {"file": problem.path, "line": problem.line, "check": problem.title, "message": problem.message}
        for problem in problems
    ]


def write_github(problems: Iterable[Placed]) -> None:
    """Writes annotations to standard output: https://docs.github.com/actions/reference/workflow-commands."""
    for problem in problems:
        line = f",line={problem.line}" if problem.line else ""
        place = f"file={_property(problem.path)}{line},title={_property(problem.title)}"
        sys.stdout.write(f"::error {place}::{_escaped(problem.message)}\n")


def write_junit(suites: Iterable[tuple[str, Iterable[Case]]]) -> None:
    """Writes one JUnit report to standard output, of suites by their name."""
    report = JUnitXml("spoedkader policy")
    for name, cases in suites:
        suite = TestSuite(name)
        suite.add_testcases([_junit_case(case) for case in cases])
        report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    written: bytes = report.tostring()  # type: ignore[no-untyped-call]
    sys.stdout.write(written.decode() + "\n")


def _junit_case(case: Case) -> TestCase:
    written = TestCase(case.name, case.group, case.seconds)
    if case.problem is not None:
        failure = JunitFailure(case.problem.message, case.problem.title)
        failure.text = f"{case.problem.where}: {case.problem.message}"
        written.result = [failure]
    return written


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
