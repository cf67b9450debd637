"""The gate on the rules in a folder, year by year: the norms, and the conditions and parameters beside them."""

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
from services.policy.gate import CHECKS, CONDITION_CHECKS, GateReport, run_condition_gate, run_gate
from services.policy.parameters import KIND as CONDITIONS
from services.policy.policy_set import PolicySet, load_policy_set, years_in
from services.policy.year import KIND

_SUBJECTS = {KIND: "normen", CONDITIONS: "voorwaarden"}
_CHECKS = {KIND: CHECKS, CONDITIONS: CONDITION_CHECKS}


@dataclass(frozen=True)
class Checked:
    """What the gate said about the norms or the conditions of a year; `kind` is their folder."""

    kind: str
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
    checked: list[Checked] = []
    with output.progress() as steps:
        for found in years:
            with steps.phase(f"Regels van {found} controleren"):
                checked += _of_year(policies, sets[found], [sets[other] for other in sets if other < found])
    return checked


def show(checked: list[Checked], format_: ProblemFormat, output: Output) -> None:
    """Writes what the gate said."""
    match format_:
        case ProblemFormat.GITHUB:
            write_github(problem for found in checked for problem in found.problems)
        case ProblemFormat.JUNIT:
            write_junit((f"{found.kind} {found.year}", _cases(found)) for found in checked)
        case _:
            output.result(_document(checked), *_readable(checked))


def _of_year(policies: Path, policy_set: PolicySet, earlier: list[PolicySet]) -> Iterator[Checked]:
    """What the gate says about the norms of a year, and about its conditions when it has a folder with them."""
    folder = policies / CONDITIONS / str(policy_set.year)
    try:
        yield _checked(policies, KIND, policy_set.year, run_gate(policy_set, earlier))
        if folder.is_dir():
            files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
            yield _checked(policies, CONDITIONS, policy_set.year, run_condition_gate(policy_set.year, files))
    except PolicyError as error:
        raise Failure("De controle zelf liep vast; over de regels is niets bekend.", (str(error),)) from error


def _checked(policies: Path, kind: str, year: int, report: GateReport) -> Checked:
    return Checked(kind, year, report, placed(report.problems, policies / kind / str(year)))


def _document(checked: list[Checked]) -> dict[str, Any]:
    return {
        "passed": all(found.report.passed for found in checked),
        "years": [
            {
                "kind": found.kind,
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
        seen = f"{report.norm_count} {_SUBJECTS[found.kind]}, {run if report.test_count else 'tests niet gedraaid'}"
        seconds = f"{report.seconds:.1f}".replace(".", ",")
        style = "green" if report.passed else "bold red"
        yield Text(f"{found.year}: {verdict} ({seen}, {report.engine}, {seconds} s).", style=style)


def _cases(checked: Checked) -> Iterator[Case]:
    """A case for each check when nothing is wrong, and otherwise for each problem: what it kept from being checked is
    not told as right."""
    group = f"{checked.kind}.{checked.year}"
    if checked.report.passed:
        for name in _CHECKS[checked.kind]:
            yield Case(group, name, None, None)
    for problem in checked.problems:
        yield Case(f"{group}.{problem.title}", f"{problem.where}: {problem.message}", None, problem)
