"""Running the Rego tests that lie beside policies.

A test is a rule whose name starts with `test_`, in a file whose name ends in `_test.rego`. It passes when its value is
true. Files named `data.json` are loaded too; each spells out its whole path from the root of `data`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.policy.embedded import guarded, new_engine, value_of
from services.policy.engine import EvaluationError, PolicyLoadError, UndefinedResultError
from services.policy.rego_ast import Module, modules_in, place_in


class NoTestsError(PolicyLoadError):
    """There is not a single test: nothing has been shown to work."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"er staan geen Rego-tests in {folder}")


@dataclass(frozen=True, slots=True)
class TestRule:
    """Where a test stands."""

    __test__ = False

    package: str
    rule: str
    file: str
    line: int


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
    error_at: tuple[str, int] | None = None
    """The file and line at which the engine gave up, when that is what happened."""


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


def run_rego_tests(
    folder: Path,
    coverage: bool = False,
    *,
    before: Callable[[TestRule], None] = lambda test: None,
    after: Callable[[RegoTest], None] = lambda result: None,
) -> TestReport:
    """Run every test under `folder` and return what came of it, with line coverage of the policies if asked.

    A test that is false, undefined or fails to evaluate has not passed; `before` and `after` are told of each. Raises
    PolicyLoadError when a policy or its data cannot be read, NoTestsError when there is no test. There is no time limit
    on a test; `limited_tests` has one.
    """
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.rego"))}
    data = [path.read_text("utf-8") for path in sorted(folder.rglob("data.json"))]
    report = run_tests(texts, data, coverage=coverage, before=before, after=after)
    if not report.tests:
        raise NoTestsError(folder)
    return report


def run_tests(
    texts: Mapping[str, str],
    data: Iterable[str],
    *,
    coverage: bool = False,
    before: Callable[[TestRule], None] = lambda test: None,
    after: Callable[[RegoTest], None] = lambda result: None,
) -> TestReport:
    """Run every test in `texts` (Rego by file name) with the JSON texts `data`; each is told of `before` and `after`.

    Raises PolicyLoadError when one of them cannot be read.
    """
    engine = new_engine(texts, "{}")
    for text in data:
        guarded(PolicyLoadError, lambda text=text: engine.add_data_json(text))  # type: ignore[misc]
    rules = tests_in(modules_in(engine))
    times = Counter((test.file, test.rule) for test in rules)
    engine.set_enable_coverage(coverage)
    results = []
    for test in rules:
        before(test)
        started = time.perf_counter()
        error = _error(engine, f"data.{test.package}.{test.rule}")
        message = str(error or "")
        if times[test.file, test.rule] > 1:
            # One body that holds would hide another that does not.
            message = "er is meer dan één regel met deze naam"
        seconds = time.perf_counter() - started
        place = place_in(message) if isinstance(error, EvaluationError) else None
        results.append(RegoTest(test.package, test.rule, test.file, test.line, not message, message, seconds, place))
        after(results[-1])
    return TestReport(tuple(results), _coverage(engine) if coverage else ())


def tests_in(modules: Iterable[Module]) -> list[TestRule]:
    """Return every test in modules, in the order of files and lines."""
    return [
        TestRule(".".join(module.package), rule.name, module.file, rule.line)
        for module in modules
        if module.file.endswith("_test.rego")
        for rule in module.rules
        if rule.name.startswith("test_")
    ]


def _error(engine: Any, path: str) -> Exception | None:
    """Why a test did not pass; None when it did."""
    try:
        value = value_of(guarded(EvaluationError, lambda: engine.eval_query_as_json(path)), path)
    except UndefinedResultError:
        return _FailedTest("de test gaat niet op")
    except EvaluationError as reason:
        return reason
    return None if value is True else _FailedTest(f"de waarde is {json.dumps(value, ensure_ascii=False)} en niet true")


class _FailedTest(Exception):  # noqa: N818 - a test that fails is no mistake of the program
    """A test has another value than true."""


def _coverage(engine: Any) -> tuple[FileCoverage, ...]:
    files = json.loads(engine.get_coverage_report_as_json())["files"]
    return tuple(
        FileCoverage(file["path"], tuple(file["covered"]), tuple(file["not_covered"]))
        for file in sorted(files, key=lambda file: str(file["path"]))
        if not file["path"].endswith("_test.rego")
    )
