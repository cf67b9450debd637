"""The group `spoedkader questionnaire`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from services.cli.clients import Addresses, Services
from services.cli.failures import Failure
from services.cli.options import BUDGET, QUALITY, REGISTRY, BudgetYear, Json, Quality, Registry
from services.cli.output import Output, plain
from services.cli.policy.app import POLICIES, Policies
from services.cli.reporting import reported
from services.runtime.wire import MAX_YEAR, MIN_YEAR
from spoedkader.amsterdam import day_of

questionnaire = typer.Typer(help="De vragenlijst van een locatie als formulier.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Het formulier, op .xlsx of .json.", show_default=False)]
ForYear = Annotated[
    int | None,
    typer.Option(
        "--year", metavar="JAAR", min=MIN_YEAR, max=MAX_YEAR - 1, help="Weiger een formulier van een andere ronde."
    ),
]
ForLocation = Annotated[
    str | None, typer.Option("--location", metavar="ID", help="Weiger een formulier van een andere locatie.")
]


@questionnaire.command()
def download(
    year: BudgetYear,
    location: Annotated[str, typer.Option("--location", metavar="ID", help="De locatie, zoals L001.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Een bestand op .xlsx of .json.")],
    *,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Haal de vragenlijst van een locatie op als formulier, met de antwoorden die er al zijn."""
    from services.cli.questionnaire import checking, exchanging, form  # noqa: PLC0415 - others need not load it

    output = Output(as_json=json)
    with reported(output), Services(Addresses(registry, quality, BUDGET)) as services:
        write = {".xlsx": form.write_excel, ".json": form.write_json}.get(out.suffix.lower())
        if write is None:
            raise Failure("Het bestand moet eindigen op .xlsx of .json.")
        found = exchanging.download(services, year, location)
        out.write_bytes(write(found))
        about = checking.about(found)
        output.result(
            {"file": str(out), **about},
            Text(f"{out}: vragenlijst van {location}, {about['answered']} van {about['asked']} antwoorden ingevuld."),
        )


@questionnaire.command()
def check(
    file: File,
    *,
    policies: Annotated[
        Path | None, typer.Option("--policies", metavar="MAP", help="Houd het ook tegen de regels in deze map.")
    ] = None,
    year: ForYear = None,
    location: ForLocation = None,
    json: Json = False,
) -> None:
    """Controleer een formulier zonder dat er diensten nodig zijn: elke fout met haar cel, en hoe volledig het is."""
    from services.cli.questionnaire import checking, head  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        read = checking.check(file, policies)
        head.require_for(read.form, year, location)
        if read.faults:
            listed = (*map(str, read.faults), *checking.readable(read))
            output.fail(checking.document(read), checking.count_of_faults(read), *listed)
        output.result(checking.document(read), *checking.readable(read))


@questionnaire.command()
def submit(
    file: File,
    delivered: Annotated[
        datetime, typer.Option("--delivered", metavar="DATUM", formats=["%Y-%m-%d"], help="De dag van inleveren.")
    ],
    *,
    final: Annotated[bool, typer.Option("--definitief", help="De antwoorden zijn definitief.")] = False,
    part: Annotated[bool, typer.Option("--part", help="Stuur alleen wat in het formulier is gewijzigd.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Vervang ook wat na het ophalen van het formulier is gewijzigd.")
    ] = False,
    assess: Annotated[bool, typer.Option("--assess", help="Toets de locatie daarna.")] = False,
    year: ForYear = None,
    location: ForLocation = None,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Lever een formulier in: alle antwoorden, of met --part alleen de wijzigingen."""
    from services.cli.questionnaire import checking, exchanging, head, submitting  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(registry, quality, BUDGET)) as services:
        if part and replace:
            raise Failure("Kies --part of --replace, niet allebei.")
        read = checking.check(file, None)
        head.require_for(read.form, year, location)
        delivery = exchanging.Delivery(delivered.date(), final, part, replace)
        done = exchanging.submit(services, read, delivery)
        assessment = submitting.assess(services, done) if assess else None
        document = submitting.document(done)
        if assessment is not None:
            document["assessment"] = plain(assessment)
        output.result(document, *submitting.readable(done, assessment))


@questionnaire.command()
def effect(
    file: File,
    *,
    policies: Policies = POLICIES,
    year: ForYear = None,
    location: ForLocation = None,
    registry: Registry = REGISTRY,
    json: Json = False,
) -> None:
    """Bereken hier wat de normen van deze antwoorden vinden; er wordt niets verstuurd of bewaard."""
    from services.cli.questionnaire import checking, head  # noqa: PLC0415
    from services.cli.questionnaire import effect as effects  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(registry, QUALITY, BUDGET)) as services:
        read = checking.check(file, None)
        head.require_for(read.form, year, location)
        found = effects.effect_of(read.whole(), policies, services, day_of(datetime.now(UTC)))
        output.result(effects.document(found), *effects.readable(found))
