"""Proof of what was judged: `policy replay` and `policy decisions`."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import BUDGET, QUALITY, REGISTRY, BudgetYear, Json, Quality
from services.cli.output import Output
from services.cli.policy.app import policy
from services.cli.reporting import reported


@policy.command("replay")
def replay(
    name: Annotated[
        str, typer.Argument(metavar="[TOETSING]", help="De naam van één toetsing.", show_default=False)
    ] = "",
    year: Annotated[
        int | None, typer.Option("--year", metavar="JAAR", help="Elke toetsing van dit budgetjaar.")
    ] = None,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Oordeel opnieuw met de regels van toen, en meld elke byte die anders is; status 1 als er een anders is."""
    from services.cli.clients import Addresses, Services  # noqa: PLC0415 - what one command needs
    from services.cli.policy import replaying  # noqa: PLC0415

    if bool(name) == bool(year):
        raise typer.BadParameter("geef één toetsing, of met --year een budgetjaar")
    output = Output(as_json=json)
    with reported(output), Services(Addresses(REGISTRY, quality, BUDGET)) as services, output.progress() as steps:
        found = replaying.replay(services, name, year or 0, steps)
    output.result(*replaying.shown(found))
    if found.different:
        raise typer.Exit(1)


@policy.command("decisions")
def decisions(
    year: BudgetYear,
    out: Annotated[Path, typer.Option("--out", metavar="BESTAND", help="Waar de JSON-regels komen.")],
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Schrijf waarop elke toetsing van een budgetjaar rust, als JSON met één besluit per regel."""
    from services.cli.clients import Addresses, Services  # noqa: PLC0415
    from services.cli.policy import replaying  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(REGISTRY, quality, BUDGET)) as services:
        count = replaying.export(services, year, out)
    output.result({"out": str(out), "decisions": count}, f"{count} besluiten geschreven naar {out}.")
