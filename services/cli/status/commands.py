"""The group `spoedkader status`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.failures import Failure
from services.cli.options import REGISTRY, Json, Registry
from services.cli.output import Output
from services.cli.reporting import reported

status = typer.Typer(help="Sluitingen en stops uit een ander systeem.", no_args_is_help=True)

_DAY = ["%Y-%m-%d"]


@status.command()
def send(
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help="De export, een CSV.", show_default=False)],
    mapping: Annotated[Path, typer.Option("--mapping", metavar="YAML", help="Wat de export betekent.")],
    outbox: Annotated[
        Path, typer.Option("--outbox", metavar="FILE", help="Waar staat wat is gezegd; steeds hetzelfde bestand.")
    ],
    *,
    first: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATUM", formats=_DAY, help="De eerste dag waarvan de export volledig is."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", metavar="DATUM", formats=_DAY, help="De dag na de laatste.")
    ] = None,
    withdraw_missing: Annotated[
        bool, typer.Option("--withdraw-missing", help="Trek in wat eerder gezegd is en nu ontbreekt.")
    ] = False,
    go_on: Annotated[
        bool,
        typer.Option(
            "--continue", help="Nummer verder vanaf wat het register heeft, als de outbox verloren is gegaan."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Lees en vergelijk, en verstuur niets.")] = False,
    registry: Registry = REGISTRY,
    json: Json = False,
) -> None:
    """Stuur wat een export van het LPZ of een EPD aan sluitingen en stops nieuw of anders zegt.

    Een fout in de export houdt alles tegen; wat eenmaal in de outbox staat gaat niet meer verloren.
    """
    from services.cli.status import planning, sending, views  # noqa: PLC0415 - others need not load it
    from services.cli.status.export import read_export  # noqa: PLC0415
    from services.cli.status.mapping import read_mapping  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output):
        period = _period(first, until, needed=withdraw_missing)
        meaning = read_mapping(mapping)
        read = read_export(export, meaning)
        locations = sorted({location for location in meaning.locations.values() if location is not None})
        # A dry run leaves no outbox behind where there was none.
        file = outbox if outbox.exists() or not dry_run else Path(":memory:")
        with sending.opened(file, meaning.source) as box:
            if dry_run:
                plans = [planning.plan_for(location, read, box, period) for location in locations]
                document = {"sent": False, **views.plan_document(read, plans)}
                title = "Niet verstuurd (--dry-run)"
                output.result(document, *views.plan_tables(read, plans, title=title, withdrawn=withdraw_missing))
                return
            with sending.registry(registry) as client:
                sending.check_numbering(client, box, locations, go_on=go_on)
            plans = [planning.plan_for(location, read, box, period) for location in locations]
            sending.write_down(box, plans, withdraw_missing=withdraw_missing)
            kept = f" Wat nog niet is verstuurd staat in {outbox} en gaat de volgende keer mee."
            with sending.registry(registry, kept) as client:
                deliveries = sending.send_all(client, box, locations)
        document = {"sent": True, **views.plan_document(read, plans), "deliveries": views.delivery_document(deliveries)}
        output.result(
            document,
            *views.plan_tables(read, plans, title="Gelezen", withdrawn=withdraw_missing),
            *views.delivery_tables(deliveries),
        )
        lines = views.rejected_lines(deliveries)
        if lines:
            message = "Het register heeft niet alles ontvangen; de rest wel. Verbeter de bron en stuur opnieuw."
            output.fail(document, message, *lines)


@status.command()
def cursor(
    source: Annotated[str, typer.Argument(metavar="BRON", help="Het systeem dat meldt.", show_default=False)],
    locations: Annotated[list[str], typer.Argument(metavar="LOCATIE...", help="De locaties.", show_default=False)],
    registry: Registry = REGISTRY,
    json: Json = False,
) -> None:
    """Toon wat het register van een bron heeft ontvangen: het laatste nummer, en wat daaronder ontbreekt."""
    from services.cli.status import sending, views  # noqa: PLC0415
    from services.cli.status.planning import feed_of  # noqa: PLC0415
    from spoedkader.client import cursor_of  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), sending.registry(registry) as client:
        found = {location: cursor_of(client, feed_of(location), source) for location in locations}
        output.result(views.cursor_document(source, found), views.cursor_table(source, found))


def _period(first: datetime | None, until: datetime | None, *, needed: bool) -> tuple[datetime, datetime] | None:
    if first is not None and until is not None:
        if until <= first:
            raise Failure("--until ligt niet na --from.")
        return first, until
    if needed or first is not None or until is not None:
        raise Failure("Geef --from en --until samen; --withdraw-missing kan niet zonder.")
    return None
