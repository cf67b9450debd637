"""The options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.service import DEFAULT_ADDRESSES, variable
from services.runtime.wire import MAX_YEAR, MIN_YEAR


def _address(service: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{service}",
        envvar=variable(service, "address"),
        metavar="ADRES",
        help=f"Waar de dienst {service} luistert: host:poort of unix:/pad.",
        rich_help_panel="Diensten",
    )
    return option


Registry = Annotated[str, _address("registry")]
Quality = Annotated[str, _address("quality")]
Budget = Annotated[str, _address("budget")]
Json = Annotated[bool, typer.Option("--json", help="Geef één JSON-document op de standaarduitvoer.")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="De uitwisselmap.", show_default=False)]
BudgetYear = Annotated[
    int, typer.Option("--year", metavar="JAAR", min=MIN_YEAR, max=MAX_YEAR - 1, help="Het budgetjaar van de ronde.")
]
DataDir = Annotated[Path, typer.Option("--data-dir", metavar="MAP", help="Waar de diensten hun gegevens bewaren.")]

REGISTRY = DEFAULT_ADDRESSES["registry"]
QUALITY = DEFAULT_ADDRESSES["quality"]
BUDGET = DEFAULT_ADDRESSES["budget"]
