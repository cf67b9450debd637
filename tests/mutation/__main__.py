"""Mutation of the Rego rules: whether the Rego tests notice a fault in a rule or a threshold.

`make mutants`, or `python -m tests.mutation`. It changes one thing at a time in the rules of a year (it flips a
comparison, drops a condition, moves a threshold and so on), and runs the Rego tests on each such mutant. What the tests
do not notice is shown. It ends with status 1 when too few mutants are killed.
"""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.failures import Failure
from services.cli.options import Json
from services.cli.output import Output, Steps
from services.cli.policy.app import POLICIES, Policies
from services.cli.reporting import reported
from services.policy.engine import PolicyError
from services.policy.policy_set import PolicySet, load_policy_set, years_in
from tests.mutation import report
from tests.mutation.judging import Fate, Judges
from tests.mutation.mutants import Mutant
from tests.mutation.operators import rego_mutants
from tests.mutation.score import Judged, score
from tests.mutation.thresholds import DATA, threshold_mutants

app = typer.Typer(add_completion=False)


@app.command()
def main(
    year: Annotated[
        int | None, typer.Option("--year", metavar="JAAR", help="Alleen de regels van dit beleidsjaar.")
    ] = None,
    policies: Policies = POLICIES,
    json: Json = False,
) -> None:
    """Toets of de Rego-tests een fout in een regel of een drempel opmerken."""
    output = Output(as_json=json)
    with reported(output):
        with output.progress() as steps:
            judged = [one for each in _years(policies, year) for one in _judged(policies, each, steps)]
        output.result(report.document(judged), *report.readable(judged))
    if not score(judged).enough:
        raise typer.Exit(1)


def mutants(policy_set: PolicySet) -> list[Mutant]:
    """Every mutant of the rules of a year, by file. Raises PolicyError when the rules cannot be used."""
    year = policy_set.read()
    texts = _texts(policy_set)
    rules = [name for name in sorted(texts) if name.endswith(".rego") and not name.endswith("_test.rego")]
    of_rules = [mutant for name in rules for mutant in rego_mutants(name, texts[name], year)]
    return of_rules + threshold_mutants(texts[DATA], year.questionnaire)


def _years(policies: Path, year: int | None) -> list[int]:
    years = [each for each in years_in(policies) if year in {None, each}]
    if not years:
        raise Failure(f"Er zijn geen regels in {policies}." if year is None else f"Er zijn geen regels voor {year}.")
    return years


def _judged(policies: Path, year: int, steps: Steps) -> list[Judged]:
    policy_set = load_policy_set(policies, year)
    try:
        made = mutants(policy_set)
        judges = Judges(_texts(policy_set))
    except PolicyError as error:
        raise Failure(f"De regels van {year} zijn niet te lezen.", tuple(str(error).splitlines())) from error
    with judges:
        unmutated = judges.baseline()
        if unmutated.fate is not Fate.SURVIVED:
            raise Failure(f"De tests van {year} slagen niet op de regels zoals ze zijn.", (unmutated.by,))
        judgements = steps.each(f"Mutanten van {year}", judges.judge(made), len(made))
        return [Judged(year, mutant, judgement) for mutant, judgement in zip(made, judgements, strict=True)]


def _texts(policy_set: PolicySet) -> dict[str, str]:
    return {name: content.decode() for name, content in policy_set.files.items()}


if __name__ == "__main__":
    app()
