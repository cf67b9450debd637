"""`policy explain`: why a location got the verdict that it got."""

from typing import Annotated

import typer

from services.cli.options import BUDGET, QUALITY, REGISTRY, BudgetYear, Json, Quality
from services.cli.output import Output
from services.cli.policy.app import policy
from services.cli.reporting import reported


@policy.command("explain")
def explain(
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="De locatie, zoals L001.", show_default=False)],
    norm: Annotated[str, typer.Argument(metavar="NORM", help="De code van de norm, zoals C10.", show_default=False)],
    year: BudgetYear,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Leg uit waarom een norm bij de laatste toetsing van een locatie dit oordeel kreeg."""
    from services.cli.clients import Addresses, Services  # noqa: PLC0415
    from services.cli.policy import explaining  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(REGISTRY, quality, BUDGET)) as services:
        found = explaining.explain(services, location, norm, year)
    output.result(explaining.document(found), *explaining.readable(found))
