"""`policy check`: the gate that rules have to pass before they can count."""

from typing import Annotated

import typer

from services.cli.options import Json
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.policy.problem_formats import ProblemFormat
from services.cli.reporting import reported
from services.runtime.wire import MAX_YEAR, MIN_YEAR


@policy.command("check")
def check(
    year: Annotated[
        int | None,
        typer.Option(
            "--year", metavar="JAAR", min=MIN_YEAR, max=MAX_YEAR - 1, help="Alleen de regels van dit beleidsjaar."
        ),
    ] = None,
    policies: Policies = POLICIES,
    format_: Annotated[
        ProblemFormat, typer.Option("--format", help="Leesbaar, of voor een ander programma.")
    ] = ProblemFormat.TEXT,
    json: Json = False,
) -> None:
    """Controleer of regels in gebruik kunnen: alles wat er mis is in één keer, met bestand en regel.

    De regels draaien in een eigen proces met een grens aan tijd en geheugen.
    """
    from services.cli.policy import checking  # noqa: PLC0415 - what one command needs, the others need not load

    shown = ProblemFormat.JSON if json else format_
    output = Output(as_json=shown is ProblemFormat.JSON)
    with reported(output):
        checked = checking.check(policies, year, output)
    checking.show(checked, shown, output)
    if not all(found.report.passed for found in checked):
        raise typer.Exit(1)
