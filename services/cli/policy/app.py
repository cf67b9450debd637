"""The group `spoedkader policy`, and the options that its commands share."""

from pathlib import Path
from typing import Annotated

import typer

from services.runtime.settings import REPOSITORY

policy = typer.Typer(help="De regels van een jaar.", no_args_is_help=True)

POLICIES = REPOSITORY / "policies"
Policies = Annotated[Path, typer.Option("--policies", metavar="MAP", help="De map met regels.")]
