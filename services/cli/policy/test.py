"""`policy test`."""

from typing import Annotated

import typer

from services.cli.options import Json
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.policy.problem_formats import ProblemFormat
from services.cli.reporting import reported


@policy.command("test")
def policy_test(
    year: Annotated[
        int | None, typer.Option("--year", metavar="JAAR", help="Alleen de regels van dit beleidsjaar.")
    ] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Toon welke regels de tests niet bereiken.")] = False,
    policies: Policies = POLICIES,
    format_: Annotated[
        ProblemFormat, typer.Option("--format", help="Leesbaar, of voor een ander programma.")
    ] = ProblemFormat.TEXT,
    watch: Annotated[bool, typer.Option("--watch", help="Draai ze opnieuw zodra er iets verandert.")] = False,
    *,
    json: Json = False,
) -> None:
    """Draai de tests die naast de Rego-regels liggen."""
    from services.cli.policy import rego_testing  # noqa: PLC0415 - what one command needs, the others need not load

    shown = ProblemFormat.JSON if json else format_
    output = Output(as_json=shown is ProblemFormat.JSON)
    with reported(output):
        if watch:
            rego_testing.watch(policies, year, output, coverage=coverage, format_=shown)
            return
        passed = rego_testing.run(policies, year, output, coverage=coverage, format_=shown)
    if not passed:
        raise typer.Exit(1)
