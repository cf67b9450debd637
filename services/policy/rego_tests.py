"""Running the Rego tests that lie beside policies.

A test is a rule whose name starts with `test_`, in a file whose name ends in `_test.rego`. It passes when its value is
true. Files named `data.json` are loaded too; each spells out its whole path from the root of `data`.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.policy.catalogue import package_of
from services.policy.embedded import guarded, new_engine, value_of
from services.policy.engine import EvaluationError, PolicyLoadError, UndefinedResultError

_TEST = re.compile(r"^(test_\w*)", re.MULTILINE)


class NoTestsError(PolicyLoadError):
    """There is not a single test: nothing has been shown to work."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"no Rego tests under {folder}")


@dataclass(frozen=True, slots=True)
class RegoTest:
    """The result of one test. `file` is relative to the folder, `message` is empty when it passed."""

    package: str
    rule: str
    file: str
    line: int
    passed: bool
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Which lines of one policy the tests reached. Lines without anything to evaluate are in neither.

    Reached is not proven: the engine evaluates every plain rule of a package that a test touches, so what this shows
    well is a function that no test calls, and the rest of a body, or an `else`, that no test gets to.
    """

    file: str
    covered: tuple[int, ...]
    not_covered: tuple[int, ...]

    @property
    def percent(self) -> int:
        """Whole per cent of the lines reached, rounded down, so that 100 means every line."""
        lines = len(self.covered) + len(self.not_covered)
        return 100 * len(self.covered) // lines if lines else 100


@dataclass(frozen=True, slots=True)
class TestReport:
    """The results in the order of files and lines; `coverage` is empty when it was not asked for."""

    __test__ = False

    tests: tuple[RegoTest, ...]
    coverage: tuple[FileCoverage, ...]

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return all(test.passed for test in self.tests)

    @property
    def failures(self) -> tuple[RegoTest, ...]:
        """The tests that did not pass."""
        return tuple(test for test in self.tests if not test.passed)


def run_rego_tests(folder: Path, coverage: bool = False) -> TestReport:
    """Run every test under `folder` and return what came of it, with line coverage of the policies if asked.

    A test that is false, undefined or fails to evaluate has not passed. Raises PolicyLoadError when a policy or its
    data cannot be read, NoTestsError when there is no test. There is no time limit on a test.
    """
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.rego"))}
    engine = new_engine(texts, "{}")
    for path in sorted(folder.rglob("data.json")):
        data = path.read_text("utf-8")
        guarded(PolicyLoadError, lambda data=data: engine.add_data_json(data))  # type: ignore[misc]
    engine.set_enable_coverage(coverage)
    tests = tuple(_run(engine, texts))
    if not tests:
        raise NoTestsError(folder)
    return TestReport(tests, _coverage(engine) if coverage else ())


def _run(engine: Any, texts: Mapping[str, str]) -> Iterator[RegoTest]:
    for file, text in texts.items():
        if not file.endswith("_test.rego"):
            continue
        package = package_of(text)
        found = [(match[1], text.count("\n", 0, match.start(1)) + 1) for match in _TEST.finditer(text)]
        times = Counter(rule for rule, _ in found)
        for rule, line in found:
            started = time.perf_counter()
            message = _message(engine, f"data.{package}.{rule}")
            if times[rule] > 1:
                # One body that holds would hide another that does not.
                message = "there is more than one rule with this name"
            yield RegoTest(package, rule, file, line, not message, message, time.perf_counter() - started)


def _message(engine: Any, path: str) -> str:
    try:
        value = value_of(guarded(EvaluationError, lambda: engine.eval_query_as_json(path)), path)
    except UndefinedResultError:
        return "the test does not hold"
    except EvaluationError as reason:
        return str(reason)
    return "" if value is True else f"the value is {json.dumps(value)} and not true"


def _coverage(engine: Any) -> tuple[FileCoverage, ...]:
    files = json.loads(engine.get_coverage_report_as_json())["files"]
    return tuple(
        FileCoverage(file["path"], tuple(file["covered"]), tuple(file["not_covered"]))
        for file in sorted(files, key=lambda file: str(file["path"]))
        if not file["path"].endswith("_test.rego")
    )
