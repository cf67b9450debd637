"""`policy whatif`."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import BUDGET, QUALITY, REGISTRY, Budget, Json, Quality, Registry
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.policy.failing import FailOn
from services.cli.reporting import reported
from services.runtime.wire import MAX_YEAR, MIN_YEAR
from spoedkader.amsterdam import day_of

_SET = "een jaar uit de map met regels, of policyYears/{jaar}/policySets/{regelset}"


@policy.command("whatif")
def whatif(
    draft: Annotated[str, typer.Argument(metavar="ONTWERP", help=f"De regels om wie het gaat: {_SET}.")],
    *,
    year: Annotated[
        int | None,
        typer.Option("--year", metavar="JAAR", min=MIN_YEAR, max=MAX_YEAR - 1, help="Het budgetjaar van de ronde."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REGELS", help=f"Waarmee wordt vergeleken: {_SET}; anders de geldende."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", metavar="DATUM", formats=["%Y-%m-%d"], help="De dag waarop beide oordelen; anders vandaag."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="MAP", help="Een uitwisselmap, zonder dat er diensten hoeven te draaien."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="BESTAND", help="Schrijf elke verandering als rij.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="BESTAND", help="Schrijf een pagina met beelden.")
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(
            "--fail-on",
            help="Eindig met status 1 als er iets verandert, een norm niet meer wordt gehaald, een route verandert, of "
            "er geld op het spel komt; ook als een locatie niet te vergelijken was. Mag vaker.",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="AANTAL", min=0, max=1000, help="Hoeveel veranderingen in woorden.")
    ] = 10,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="BESTAND", help="Privésleutel om een ontwerp uit een map te tekenen."),
    ] = None,
    policies: Policies = POLICIES,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Vergelijk een ontwerp van de regels met de geldende regels, op elke vragenlijst van een ronde.

    Er wordt niets getoetst of vastgelegd. Een ontwerp uit een map wordt als ontwerp gepubliceerd.
    """
    from services.cli.clients import Addresses  # noqa: PLC0415 - what one command needs, the others need not load
    from services.cli.policy import whatif_asking, whatif_files, whatif_report, whatif_tables  # noqa: PLC0415

    output = Output(as_json=json)
    day = as_of.date() if as_of else day_of(datetime.now(UTC))
    question = whatif_asking.Question(draft, base or "", policies, key, year or 0, day, sample)
    with reported(output):
        with output.progress() as steps, contextlib.ExitStack() as stack:
            if folder:
                answering = whatif_asking.offline(folder, question, steps)
            else:
                answering = whatif_asking.online(Addresses(registry, quality, budget), question)
            found = whatif_asking.ask(*stack.enter_context(answering), steps)
        failed = found.fails(fail_on or ())
        if csv:
            whatif_files.write_csv(found, csv)
        if html:
            whatif_files.write_page(found, html)
        output.result(whatif_report.document(found, failed), *whatif_tables.readable(found, failed))
    if failed:
        raise typer.Exit(1)
