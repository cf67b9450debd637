"""The group `spoedkader audit`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DataDir, Json
from services.cli.output import Output
from services.cli.reporting import reported
from services.cli.service import DATA_DIR

audit = typer.Typer(
    help="Het logboek van een dienst: wie wat namens wie en wanneer heeft gewijzigd. Werkt op de database zelf.",
    no_args_is_help=True,
)

_DAY = ["%Y-%m-%d"]
Which = Annotated[str, typer.Argument(metavar="registry|quality|budget", help="Van welke dienst.", show_default=False)]
OneOrAll = Annotated[str, typer.Argument(metavar="[registry|quality|budget|all]", help="Van welke dienst.")]
From = Annotated[
    datetime | None, typer.Option("--from", metavar="DATUM", formats=_DAY, help="Vanaf deze dag (in Amsterdam).")
]
To = Annotated[datetime | None, typer.Option("--to", metavar="DATUM", formats=_DAY, help="Tot en met deze dag.")]
Resource = Annotated[str, typer.Option("--resource", metavar="NAAM", help="Alleen wat deze of iets eronder wijzigde.")]
Actor = Annotated[str, typer.Option("--actor", metavar="WIE", help="Alleen wat deze gebruiker deed.")]


@audit.command()
def head(which: OneOrAll = "all", data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Toon de kop: nummer en hash van de laatste regel. Bewaar haar buiten de database, voor `verify --head`."""
    from services.cli.audit import working  # noqa: PLC0415 - what one command needs, the others need not load

    output = Output(as_json=json)
    with reported(output):
        working.head(which, data_dir, output)


@audit.command()
def verify(
    which: OneOrAll = "all",
    head: Annotated[
        str, typer.Option("--head", metavar="KOP", help="Een eerder bewaarde kop; alleen bij één dienst.")
    ] = "",
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Controleer of er niets is gewijzigd, verwijderd of tussengevoegd; status 1 als dat wel zo is."""
    from services.cli.audit import working  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        working.verify(which, head, data_dir, output)


@audit.command("list")
def list_(
    which: Which,
    *,
    since: From = None,
    until: To = None,
    resource: Resource = "",
    actor: Actor = "",
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Hoogstens zoveel, de eerste.")] = 100,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Toon regels van het logboek."""
    from services.cli.audit import working  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        wanted = working.wanted(since, until, resource, actor)
        working.show(which, wanted, most, data_dir, output)


@audit.command()
def export(
    which: Which,
    out: Annotated[
        Path, typer.Option("--out", metavar="BESTAND", help="Waarheen: .jsonl of .csv.", show_default=False)
    ],
    *,
    since: From = None,
    until: To = None,
    resource: Resource = "",
    actor: Actor = "",
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Schrijf regels met elke rij van voor en na de wijziging naar een bestand."""
    from services.cli.audit import working  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        wanted = working.wanted(since, until, resource, actor)
        working.export(which, wanted, out, data_dir, output)


@audit.command()
def prune(
    which: Which,
    out: Annotated[
        Path, typer.Option("--out", metavar="BESTAND", help="Waarheen ze eerst gaan: .jsonl.", show_default=False)
    ],
    *,
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before", metavar="DATUM", formats=_DAY, help="Van voor deze dag; anders alles wat oud genoeg is."
        ),
    ] = None,
    keep_years: Annotated[
        int,
        typer.Option(
            "--keep-years",
            envvar="SPOEDKADER_AUDIT_KEEP_YEARS",
            metavar="JAREN",
            min=1,
            help="Zo lang blijft een regel minstens staan.",
        ),
    ] = 5,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Ruim regels op die oud genoeg zijn: eerst geëxporteerd, met een zegel in hun plaats."""
    from services.cli.audit import working  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        working.prune(which, before, keep_years, out, data_dir=data_dir, output=output)
