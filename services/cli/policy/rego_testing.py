"""`policy test`: the Rego tests that lie beside the rules."""

import dataclasses
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import watchfiles
from rich.console import RenderableType
from rich.text import Text

from services.cli.failures import Failure
from services.cli.output import Output
from services.cli.policy.problem_formats import Case, Placed, ProblemFormat, shown_path, write_github, write_junit
from services.cli.tables import new_table
from services.policy.engine import PolicyError
from services.policy.limited_tests import run_limited_tests
from services.policy.rego_tests import FileCoverage, RegoTest, TestReport

_LOOK_MS = 200
"""How often it looks whether it has to stop."""


def run(
    policies: Path,
    year: int | None,
    output: Output,
    *,
    coverage: bool,
    format_: ProblemFormat = ProblemFormat.TEXT,
) -> bool:
    """Runs the tests under a folder with policies, and reports; returns whether all of them passed.

    With a year, only the rules of that year and those that belong to no year take part.

    Raises:
        Failure: a policy cannot be read, or there is no test.
    """
    if not policies.is_dir():
        raise Failure(f"De map {policies} bestaat niet.")
    if year is not None and not any(policies.glob(f"*/{year}")):
        raise Failure(f"Er zijn geen regels voor beleidsjaar {year}.")
    try:
        with _only(policies, year) as folder:
            report = run_limited_tests(folder, coverage)
    except PolicyError as error:
        raise Failure("De regels zijn niet te lezen.", tuple(str(error).splitlines())) from error
    match format_:
        case ProblemFormat.GITHUB:
            write_github(filter(None, (_problem(policies, test) for test in report.tests)))
        case ProblemFormat.JUNIT:
            write_junit([("rego", _cases(policies, report))])
        case _:
            output.result(_document(report), *_readable(policies, report, coverage=coverage))
    return report.passed


def watch(
    policies: Path,
    year: int | None,
    output: Output,
    *,
    coverage: bool,
    format_: ProblemFormat = ProblemFormat.TEXT,
    stopping: threading.Event | None = None,
) -> None:
    """Runs the tests, and again whenever a rule, the data or a questionnaire changes, until Ctrl-C or `stopping`.

    Raises:
        Failure: there is nothing to watch, or nobody to read along.
    """
    if format_ is not ProblemFormat.TEXT:
        raise Failure("--watch is om mee te lezen, en gaat alleen met --format text.")
    if not policies.is_dir():
        raise Failure(f"De map {policies} bestaat niet.")
    # It looks before the first run, so that what is saved during a run is seen; without a change it comes back empty.
    looking = watchfiles.watch(
        policies,
        watch_filter=_matters,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stopping,
    )
    first = True
    with suppress(KeyboardInterrupt):
        for changes in looking:
            if changes or first:
                _run_again(policies, year, output, coverage=coverage)
                output.note(f"Wacht op wijzigingen in {policies}; Ctrl-C stopt.")
            first = False
    output.note("Gestopt.")


def _matters(change: watchfiles.Change, path: str) -> bool:
    return path.endswith((".rego", ".json", ".yaml"))


def _run_again(policies: Path, year: int | None, output: Output, *, coverage: bool) -> None:
    """Runs the tests; rules that cannot be read, as while somebody writes, end nothing."""
    try:
        run(policies, year, output, coverage=coverage)
    except Failure as failure:
        for line in (failure.message, *failure.details):
            output.note(line)


def _problem(policies: Path, test: RegoTest) -> Placed | None:
    if test.passed:
        return None
    return Placed(shown_path(policies / test.file), test.line, test.rule, test.message)


def _cases(policies: Path, report: TestReport) -> Iterator[Case]:
    for test in report.tests:
        yield Case(test.package, test.rule, round(test.seconds, 6), _problem(policies, test))


@contextmanager
def _only(policies: Path, year: int | None) -> Iterator[Path]:
    """A folder with the rules of one year as links, so that what they read lies where it always does."""
    if year is None:
        yield policies
        return
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as name:
        folder = Path(name)
        for file in policies.rglob("*"):
            inside = file.relative_to(policies)
            years = [part for part in inside.parts if part.isdigit() and len(part) == 4]
            if file.is_file() and years in ([], [str(year)]):
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                (folder / inside).symlink_to(file.absolute())
        yield folder


def _document(report: TestReport) -> object:
    return {
        "passed": report.passed,
        "tests": [dataclasses.asdict(test) for test in report.tests],
        "coverage": [
            {"file": file.file, "percent": file.percent, "not_covered": list(file.not_covered)}
            for file in report.coverage
        ],
    }


def _readable(policies: Path, report: TestReport, *, coverage: bool) -> Iterator[RenderableType]:
    for test in report.failures:
        where = f"{policies / test.file}:{test.line}"
        yield Text.assemble(("GEZAKT ", "bold red"), f"{where}: {test.package}.{test.rule}: {test.message}")
    if coverage:
        table = new_table("Dekking", "bestand", "bereikt", "niet bereikte regels", right=["bereikt"])
        for file in report.coverage:
            table.add_row(file.file, f"{file.percent} %", _ranges(file))
        yield table
    seconds = sum(test.seconds for test in report.tests)
    passed = len(report.tests) - len(report.failures)
    style = "green" if report.passed else "bold red"
    duration = f"{seconds:.1f}".replace(".", ",")
    yield Text(f"{passed} van {len(report.tests)} tests geslaagd in {duration} s.", style=style)


def _ranges(file: FileCoverage) -> str:
    """Lines as in `3, 7-9`."""
    ranges: list[tuple[int, int]] = []
    for line in file.not_covered:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
