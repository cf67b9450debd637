"""`migrate`: brings the tables of services to what their code expects, as a job does before the services start."""

import os
from pathlib import Path

import typer
from rich.text import Text

from services.cli import service
from services.cli.failures import Failure
from services.cli.output import Output


def migrate(which: str, data_dir: Path, output: Output, *, only_check: bool) -> None:
    """Does the steps that are not done, or with `only_check` only says which those are.

    Raises:
        Failure: with `only_check`: there are some; or a database cannot be reached.
    """
    from services.runtime import migrations  # noqa: PLC0415 - other commands do without

    names = service.SERVICES if which == "all" else (which,)
    if not set(names) <= set(service.SERVICES):
        raise typer.BadParameter(f"kies uit {', '.join(service.SERVICES)}, all", param_hint="dienst")
    steps: dict[str, list[str]] = {}
    for name in names:
        os.environ.update(service.complete(name, os.environ, data_dir))
        try:
            database = migrations.database_of(name)
            try:
                found = migrations.behind(database, name) if only_check else migrations.migrate(database, name)
            finally:
                database.close()
        except (OSError, ValueError) as error:
            raise Failure(f"De tabellen van {name} zijn niet bijgewerkt: {service.describe(error)}.") from error
        steps[name] = list(found)
    lines = [f"{name}: {', '.join(done) if done else 'is bij'}" for name, done in steps.items()]
    if only_check and any(steps.values()):
        raise Failure("Niet alle tabellen zijn bij; voer `spoedkader migrate` uit.", tuple(lines), steps=steps)
    output.result({"steps": steps}, *map(Text, lines))
