"""The checks `tests` and `dekking`: the tests pass, each norm or condition has some, and they reach every line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.policy.engine import PolicyLoadError
from services.policy.gate.engine_errors import engine_problem
from services.policy.gate.messages import Running, Tell
from services.policy.gate.source import Source
from services.policy.problems import Problem
from services.policy.rego_ast import reason_in
from services.policy.rego_tests import FileCoverage, RegoTest, TestReport, run_tests, tests_in
from services.policy.year import DATA, GATHERER, is_test

CHECK = "tests"
COVERAGE = "dekking"


@dataclass(frozen=True)
class Tested:
    """What came of the tests: how many there are, and how much of the lines they reach."""

    count: int = 0
    line_coverage_percent: int = 0


def check_presence(source: Source) -> Iterator[Problem]:
    """Yield the norms or conditions without a test."""
    tested = {test.file for test in tests_in(source.tests)}
    for stem in source.stems:
        if f"{stem}_test.rego" not in tested:
            yield Problem(f"{stem}.rego", 0, CHECK, f"er is geen enkele test in {stem}_test.rego")


def check_tests(source: Source, tell: Tell) -> Tested:
    """Run the tests, and tell of each that it runs, what is wrong with it, and which lines none of them reaches."""
    # What gathers all findings makes the engine evaluate everything beside them too, other tests among it. So its tests
    # go last: what does not come to an end is found where it stands.
    modules = sorted(source.modules, key=lambda module: (module.file == f"{GATHERER}_test.rego", module.file))
    texts = {module.file: module.content.decode() for module in modules}
    try:
        report = run_tests(
            texts,
            [source.texts[DATA]],
            coverage=True,
            before=lambda test: tell(Running(f"de test {test.rule}", test.file, test.line)),
            after=lambda test: tell(() if test.passed else (_failure(test),)),
        )
    except PolicyLoadError as error:
        tell((engine_problem(str(error), CHECK, DATA, 0),))
        return Tested()
    # What an error kept from being reached is no news.
    if not any(test.error_at for test in report.tests):
        tell(tuple(_unreached(report)))
    return Tested(len(report.tests), _percent(report.coverage))


def _failure(test: RegoTest) -> Problem:
    if test.error_at and not is_test(test.error_at[0]):
        # The rule is wrong, whichever test runs into it.
        return engine_problem(test.message, CHECK, test.file, test.line)
    message = reason_in(test.message) if test.error_at else test.message
    return Problem(test.file, test.line, CHECK, f"{test.rule}: {message}")


def _unreached(report: TestReport) -> Iterator[Problem]:
    for file in report.coverage:
        for first, last in ranges(file):
            lines = f"regel {first}" if first == last else f"regel {first} tot en met {last}"
            yield Problem(file.file, first, COVERAGE, f"geen test bereikt {lines}")


def ranges(file: FileCoverage) -> list[tuple[int, int]]:
    """Return the first and last line of each run of lines that is not reached; lines without code do not break one."""
    reached, found = set(file.covered), list[tuple[int, int]]()
    for line in file.not_covered:
        if found and not any(between in reached for between in range(found[-1][1], line)):
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def _percent(coverage: tuple[FileCoverage, ...]) -> int:
    covered = tuple(line for file in coverage for line in file.covered)
    missed = tuple(line for file in coverage for line in file.not_covered)
    return FileCoverage("", covered, missed).percent
