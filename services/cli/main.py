"""The command `spoedkader`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from services.cli import tables
from services.cli.audit.commands import audit
from services.cli.clients import Addresses, Services
from services.cli.indicators import indicators
from services.cli.options import (
    BUDGET,
    QUALITY,
    REGISTRY,
    Budget,
    BudgetYear,
    DataDir,
    Folder,
    Json,
    Quality,
    Registry,
)
from services.cli.output import Output, plain
from services.cli.policy.commands import policy
from services.cli.purchasing.commands import purchasing
from services.cli.questionnaire.commands import questionnaire
from services.cli.reporting import reported
from services.cli.service import DATA_DIR
from services.cli.status.commands import status
from services.runtime.settings import REPOSITORY

EXAMPLE = REPOSITORY / "data" / "voorbeeld-2027"

app = typer.Typer(
    name="spoedkader",
    help="De inkoopronde voor SEH's onder budgetbekostiging: diensten, uitwisselmap, toetsing en budget.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(indicators)
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(purchasing, name="purchasing")
app.add_typer(questionnaire, name="questionnaire")
app.add_typer(status, name="status")


@app.command()
def serve(
    which: Annotated[
        str, typer.Argument(metavar="[registry|quality|budget|all]", help="Welke dienst.", show_default=True)
    ] = "all",
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Start een dienst, of alle drie, tot Ctrl-C.

    Adressen komen uit SPOEDKADER_REGISTRY_ADDRESS, SPOEDKADER_QUALITY_ADDRESS en SPOEDKADER_BUDGET_ADDRESS.
    """
    from services.cli import serving  # noqa: PLC0415 - what one command needs, the others need not load

    output = Output(as_json=json)
    with reported(output):
        serving.serve(which, data_dir, output)


@app.command()
def migrate(
    which: Annotated[
        str, typer.Argument(metavar="[registry|quality|budget|all]", help="Van welke dienst.", show_default=True)
    ] = "all",
    check: Annotated[
        bool, typer.Option("--check", help="Zeg alleen wat er te doen is; status 1 als er iets is.")
    ] = False,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Breng de tabellen van een dienst, of van alle drie, naar wat de software verwacht."""
    from services.cli import migrating  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        migrating.migrate(which, data_dir, output, only_check=check)


@app.command("import")
def import_(
    folder: Folder,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Controleer een uitwisselmap en stuur haar naar de diensten: alles, of niets als er iets mis is."""
    from services.cli.importing import Importer  # noqa: PLC0415

    output = Output(as_json=json)
    with (
        reported(output),
        Services(Addresses(registry, quality, BUDGET)) as services,
        output.progress() as steps,
    ):
        importer = Importer(services)
        with steps.phase("Map lezen en controleren"):
            read = importer.read(folder)
        counts = importer.send(read, steps)
    output.result({"imported": [dataclasses.asdict(count) for count in counts]}, tables.import_counts(counts))


@app.command()
def export(
    folder: Folder,
    year: BudgetYear,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Lees een ronde terug uit de diensten en schrijf haar als uitwisselmap."""
    from services.cli.exchange.writer import write_folder  # noqa: PLC0415
    from services.cli.exporting import Exporter  # noqa: PLC0415

    output = Output(as_json=json)
    with (
        reported(output),
        Services(Addresses(registry, quality, BUDGET)) as services,
        output.progress() as steps,
    ):
        read = Exporter(services, steps).read(year)
        write_folder(read, folder)
    counts = {
        field.name: len(getattr(read, field.name))
        for field in dataclasses.fields(read)
        if field.name not in ("round", "encounter_files")
    }
    output.result({"folder": str(folder), "exported": counts}, tables.export_counts(folder, counts))


@app.command()
def assess(
    year: BudgetYear,
    location: Annotated[
        str | None, typer.Argument(metavar="[LOCATION]", help="Eén locatie; anders alle SEH's van de ronde.")
    ] = None,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Toets locaties aan de normen van de ronde."""
    from services.cli import assessing, quality_tables  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(registry, quality, BUDGET)) as services:
        with output.progress() as steps:
            found = assessing.assess(services, year, location, steps)
        document = {"budget_year": year, "assessments": [plain(assessment) for assessment in found.assessments]}
        if location is None:
            output.result(document, quality_tables.assessments(found))
        else:
            output.result(document, *quality_tables.assessment(found, assessing.explanations(services, found)))


@app.command()
def budget(
    year: BudgetYear,
    provider: Annotated[
        str | None, typer.Argument(metavar="[PROVIDER]", help="AGB-code van één zorgaanbieder, met elke stap.")
    ] = None,
    registry: Registry = REGISTRY,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Bereken wat zorgaanbieders kunnen aanvragen."""
    from services.cli import budget_tables, budgeting  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), Services(Addresses(registry, QUALITY, budget)) as services:
        with output.progress() as steps:
            found = budgeting.calculate(services, year, provider, steps)
        document = {"budget_year": year, "calculations": [plain(calculation) for calculation in found.calculations]}
        readable = [budget_tables.budgets(found)] if provider is None else budget_tables.trace(found)
        output.result(document, *readable)


@app.command()
def expected(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Waar de bestanden komen.")],
    json: Json = False,
) -> None:
    """Werk uit wat uit een uitwisselmap volgt en schrijf de bestanden van expected/.

    De diensten draaien zo lang op wegwerpopslag; wat er al draait merkt er niets van.
    """
    from services.cli.exchange.expected import EXPECTED_FILES, write_expected  # noqa: PLC0415
    from services.cli.expectation import expectation_of  # noqa: PLC0415
    from services.cli.suite import throw_away_suite  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), output.progress() as steps:
        with steps.suite(throw_away_suite()) as addresses, Services(addresses) as services:
            found = expectation_of(folder, services, steps)
        write_expected(found.rows, out)
    counts = {name: len(getattr(found.rows, name.removesuffix(".csv"))) for name in EXPECTED_FILES}
    output.result({"out": str(out), "rows": counts}, tables.expected_counts(out, counts))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="De uitwisselmap.", show_default=False)] = EXAMPLE,
    json: Json = False,
) -> None:
    """Doorloop een ronde van begin tot eind op wegwerpopslag, en vergelijk de uitkomst met expected/."""
    from services.cli import demonstration  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        agrees = demonstration.run(folder, output)
    if not agrees:
        raise typer.Exit(1)


@app.command()
def process(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="De uitwisselmap.", show_default=False)] = EXAMPLE,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Waar de documenten komen.")] = None,
    json: Json = False,
) -> None:
    """Doorloop het proces van bevinding tot aanvraag in nagebootste tijd, met de documenten die eruit komen."""
    from services.cli.process import story  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        story.run(folder, out, output)


if __name__ == "__main__":
    app()
