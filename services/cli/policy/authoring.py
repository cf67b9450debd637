"""`policy new-year`, `policy diff` and `policy eval`: what a policy team writes and looks at."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from services.cli.failures import Failure
from services.cli.options import Json
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.reporting import reported
from services.runtime.wire import MAX_YEAR, MIN_YEAR
from spoedkader.amsterdam import day_of

_YEARS = {"min": MIN_YEAR, "max": MAX_YEAR - 1}


class DiffFormat(StrEnum):
    """How a difference is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@policy.command("new-year")
def new_year(
    year: Annotated[int, typer.Argument(metavar="JAAR", help="Het nieuwe jaar.", **_YEARS)],
    source: Annotated[int, typer.Option("--from", metavar="JAAR", help="Het jaar om te kopiëren.", **_YEARS)],
    policies: Policies = POLICIES,
    json: Json = False,
) -> None:
    """Maak de regels van een nieuw jaar als kopie die al voor haar tests slaagt."""
    from services.cli.policy import year_making  # noqa: PLC0415 - what one command needs, the others need not load

    output = Output(as_json=json)
    with reported(output):
        made = year_making.make_year(policies, year, source)
    output.result(
        {"year": year, "from": source, "made": made},
        *(f"{policies / kind / str(year)}: {made[kind]} bestanden" for kind in year_making.KINDS),
        f"Alle {made['tests']} tests van de kopie slagen.",
    )


@policy.command("diff")
def diff(
    before: Annotated[int, typer.Argument(metavar="JAAR", help="Het jaar om mee te vergelijken.", **_YEARS)],
    after: Annotated[int, typer.Argument(metavar="JAAR", help="Het jaar waar het om gaat.", **_YEARS)],
    policies: Policies = POLICIES,
    format_: Annotated[DiffFormat, typer.Option("--format", help="Naast elkaar, of als document.")] = DiffFormat.TEXT,
    json: Json = False,
) -> None:
    """Toon wat er tussen de regels van twee jaren verschilt: teksten, drempels, logica en vragen."""
    from services.cli.policy import difference_views  # noqa: PLC0415
    from services.cli.policy.reading import read_rules  # noqa: PLC0415
    from services.policy.difference import difference  # noqa: PLC0415

    output = Output(as_json=json or format_ is DiffFormat.JSON)
    with reported(output):
        found = difference(read_rules(policies, before), read_rules(policies, after))
    if format_ is DiffFormat.MARKDOWN and not json:
        sys.stdout.write(difference_views.markdown(found))
    else:
        output.result(difference_views.document(found), *difference_views.readable(found))


@policy.command("eval")
def evaluate(
    year: Annotated[int, typer.Option("--year", metavar="JAAR", help="Het jaar van de regels.", **_YEARS)],
    policies: Policies = POLICIES,
    norm: Annotated[str | None, typer.Option("--norm", metavar="CODE", help="Alleen deze norm, met elk feit.")] = None,
    source: Annotated[
        str, typer.Option("--input", metavar="BESTAND", help="De invoer als JSON; - is de standaardinvoer.")
    ] = "-",
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", metavar="DATUM", formats=["%Y-%m-%d"], help="De dag van het oordeel; anders vandaag."),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Beoordeel een eigen invoer met de regels in de map.

    De invoer is een object met answers en open_blocks, of een antwoordenbestand uit een uitwisselmap. Zonder
    open_blocks geldt elk tijdblok als geopend.
    """
    from services.cli.policy import evaluating  # noqa: PLC0415
    from services.cli.policy.reading import read_rules  # noqa: PLC0415

    output = Output(as_json=json)
    day = as_of.date() if as_of else day_of(datetime.now(UTC))
    with reported(output):
        policies_of_year = read_rules(policies, year)
        known = [found.code for found in policies_of_year.catalogue]
        if norm is not None and norm not in known:
            raise Failure(f"Norm {norm} bestaat niet in {year}; kies uit {', '.join(known)}.")
        given = evaluating.read_input(source, policies_of_year.questionnaire)
        found = evaluating.evaluate(policies_of_year, given, norm, day)
    output.result(evaluating.document(found), *evaluating.readable(found, one_norm=norm is not None))
