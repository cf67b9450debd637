"""`policy book`: the norms of a year as people read them."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Json
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.reporting import reported
from services.runtime.wire import MAX_YEAR, MIN_YEAR

_YEARS = {"min": MIN_YEAR, "max": MAX_YEAR - 1}


@policy.command("book")
def book(
    year: Annotated[int, typer.Option("--year", metavar="JAAR", help="Het jaar van de regels.", **_YEARS)],
    previous: Annotated[
        int | None,
        typer.Option(
            "--previous", metavar="JAAR", help="Het jaar om mee te vergelijken; anders het vorige in de map.", **_YEARS
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="MAP", help="Waar de bestanden komen.")] = Path("normenboek"),
    policies: Policies = POLICIES,
    json: Json = False,
) -> None:
    """Schrijf het normenboek van een jaar, als HTML en als Markdown."""
    from services.cli.policy import book_writing  # noqa: PLC0415 - what one command needs, the others need not load

    output = Output(as_json=json)
    with reported(output):
        compared = previous or book_writing.year_before(policies, year)
        pages = book_writing.pages(policies, year, compared)
        out.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (out / name).write_text(text, "utf-8")
    files = [str(out / name) for name in pages]
    output.result({"year": year, "previous": compared, "files": files}, *files)
