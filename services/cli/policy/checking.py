"""The gate on the rules in a folder, year by year."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.failures import Failure
from services.cli.output import Output
from services.cli.policy.problem_formats import (
    Case,
    Placed,
    ProblemFormat,
    document,
    placed,
    table,
    write_github,
    write_junit,
)
from services.policy.engine import PolicyError
from services.policy.gate import CHECKS, GateReport, run_gate
from services.policy.policy_set import PolicySet, load_policy_set, years_in
from services.policy.year import KIND


@dataclass(frozen=True)
class Checked:
    """What the gate said about a year."""

    year: int
    report: GateReport
    problems: list[Placed]


def check(policies: Path, year: int | None, output: Output) -> list[Checked]:
    """What the gate says about the rules in a folder: those of one year, or those of every year.

    Codes are held against the years before. Raises Failure when there are no rules, or the gate cannot say.
    """
    every = years_in(policies)
    years = every if year is None else [found for found in every if found == year]
    if not years:
        which = f"voor {year}" if year is not None else ""
        raise Failure(f"In {policies} zijn er geen regels {which}".rstrip() + ".")
    sets = {found: load_policy_set(policies, found) for found in every if found <= max(years)}
    checked = []
    with output.progress() as steps:
        for found in years:
            with steps.phase(f"Regels van {found} controleren"):
                report = _gate(sets[found], [sets[other] for other in sets if other < found])
            checked.append(Checked(found, report, placed(report.problems, policies / KIND / str(found))))
    return checked


def show(checked: list[Checked], format_: ProblemFormat, output: Output) -> None:
    """Writes what the gate said."""
    match format_:
        case ProblemFormat.GITHUB:
            write_github(problem for found in checked for problem in found.problems)
        case ProblemFormat.JUNIT:
            write_junit((f"{KIND} {found.year}", _cases(found)) for found in checked)
        case _:
            output.result(_document(checked), *_readable(checked))


def _gate(policy_set: PolicySet, earlier: list[PolicySet]) -> GateReport:
    try:
        return run_gate(policy_set, earlier)
    except PolicyError as error:
        raise Failure("De controle zelf liep vast; over de regels is niets bekend.", (str(error),)) from error


def _document(checked: list[Checked]) -> dict[str, Any]:
    return {
        "passed": all(found.report.passed for found in checked),
        "years": [
            {
                "year": found.year,
                "passed": found.report.passed,
                "norm_count": found.report.norm_count,
                "test_count": found.report.test_count,
                "line_coverage_percent": found.report.line_coverage_percent,
                "engine": found.report.engine,
                "seconds": round(found.report.seconds, 3),
                "problems": document(found.problems),
            }
            for found in checked
        ],
    }


def _readable(checked: list[Checked]) -> Iterator[RenderableType]:
    for found in checked:
        report = found.report
        if found.problems:
            yield table(found.problems)
        count = len(found.problems)
        verdict = "in orde" if report.passed else "1 probleem" if count == 1 else f"{count} problemen"
        run = f"{report.test_count} tests, {report.line_coverage_percent} % bereikt"
        seen = f"{report.norm_count} normen, {run if report.test_count else 'tests niet gedraaid'}"
        seconds = f"{report.seconds:.1f}".replace(".", ",")
        style = "green" if report.passed else "bold red"
        yield Text(f"{found.year}: {verdict} ({seen}, {report.engine}, {seconds} s).", style=style)


def _cases(checked: Checked) -> Iterator[Case]:
    """A case for each check when nothing is wrong, and otherwise for each problem: what it kept from being checked is
    not told as right."""
    group = f"{KIND}.{checked.year}"
    if checked.report.passed:
        for name in CHECKS:
            yield Case(group, name, None, None)
    for problem in checked.problems:
        yield Case(f"{group}.{problem.title}", f"{problem.where}: {problem.message}", None, problem)
