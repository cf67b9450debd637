"""The life of a policy set: `policy build`, `publish`, `validate`, `activate`, `rollback`, `reject`, and more.

The work is in `publishing`.
"""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import BUDGET, QUALITY, REGISTRY, Json, Quality
from services.cli.output import Output
from services.cli.policy.app import POLICIES, Policies, policy
from services.cli.reporting import reported

PolicyYearOption = Annotated[int, typer.Option("--year", metavar="JAAR", help="Het beleidsjaar.")]
SetName = Annotated[
    str, typer.Argument(metavar="NAAM", help="policyYears/{jaar}/policySets/{regelset}.", show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEKST", help="Waarom; het wordt bewaard.")]
Etag = Annotated[str, typer.Option("--etag", metavar="ETAG", help="Weiger als de regelset intussen is veranderd.")]
ValidateOnly = Annotated[bool, typer.Option("--validate-only", help="Controleer alles en verander niets.")]
Key = Annotated[
    Path | None,
    typer.Option("--key", metavar="BESTAND", help="Privésleutel (PEM) om mee te tekenen; haar naam is de sleutelnaam."),
]


@policy.command("build")
def build(
    year: PolicyYearOption,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="BUNDEL", help="Waar de bundel (.tar.gz) komt.")],
    key: Key = None,
    label: Annotated[str, typer.Option("--label", metavar="TEKST", help="Een eigen naam, zoals 2028.1.")] = "",
    policies: Policies = POLICIES,
    json: Json = False,
) -> None:
    """Maak van de regels en tests van een jaar één ondertekende bundel."""
    from services.cli.policy import publishing  # noqa: PLC0415 - what one command needs, the others need not load

    output = Output(as_json=json)
    with reported(output):
        made = publishing.build(policies, year, label, key)
        out.write_bytes(made.content)
    output.result(*publishing.built(made, out))


@policy.command("publish")
def publish(
    what: Annotated[
        str, typer.Argument(metavar="BUNDEL|JAAR", help="Een bundel, of een jaar uit de map.", show_default=False)
    ],
    *,
    reason: Reason,
    key: Key = None,
    label: Annotated[str, typer.Option("--label", metavar="TEKST", help="Een eigen naam, zoals 2028.1.")] = "",
    validate_only: ValidateOnly = False,
    policies: Policies = POLICIES,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Publiceer een bundel als ontwerp; dezelfde inhoud nog eens geeft dezelfde regelset."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        made = publishing.bundle_of(what, policies, label, key)
        found = sets.publish(made, reason, validate_only=validate_only)
    output.result(*publishing.shown(found))


@policy.command("validate")
def validate(
    name: SetName,
    *,
    reason: Reason,
    etag: Etag = "",
    validate_only: ValidateOnly = False,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Haal een ontwerp door de poort: gevalideerd als er niets mis is, en anders afgekeurd met elk probleem."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with (
        reported(output),
        publishing.service(REGISTRY, quality, BUDGET) as sets,
        output.progress() as steps,
        steps.phase("Door de poort"),
    ):
        found = sets.validate(name, reason, etag, validate_only=validate_only)
    output.result(*publishing.shown(found))
    if not found.report.passed:
        raise typer.Exit(1)


@policy.command("activate")
def activate(
    name: SetName,
    *,
    reason: Reason,
    etag: Etag = "",
    validate_only: ValidateOnly = False,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Laat een regelset haar jaar beoordelen; de vorige is op hetzelfde moment vervangen."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        found = sets.activate(name, reason, etag, validate_only=validate_only)
    output.result(*publishing.shown(found))


@policy.command("rollback")
def rollback(
    year: Annotated[int, typer.Argument(metavar="JAAR", help="Het beleidsjaar.", show_default=False)],
    *,
    reason: Reason,
    etag: Etag = "",
    validate_only: ValidateOnly = False,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Maak de regelset weer geldig waarvan de geldende de plaats innam."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        found = sets.rollback(year, reason, etag, validate_only=validate_only)
    output.result(*publishing.shown(found))


@policy.command("reject")
def reject(
    name: SetName,
    *,
    reason: Reason,
    etag: Etag = "",
    validate_only: ValidateOnly = False,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Keur een regelset af die niet geldt; zij kan daarna niet meer gelden."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        found = sets.reject(name, reason, etag, validate_only=validate_only)
    output.result(*publishing.shown(found))


@policy.command("list")
def list_(
    year: Annotated[int | None, typer.Option("--year", metavar="JAAR", help="Alleen van dit beleidsjaar.")] = None,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Toon elke regelset, met haar staat."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        found = sets.every(year)
    output.result(*publishing.listed(found))


@policy.command("status")
def status(quality: Quality = QUALITY, json: Json = False) -> None:
    """Toon welke regels elk jaar beoordelen, en wat daarmee mis is; status 1 als er iets mis is."""
    from services.cli.policy import publishing  # noqa: PLC0415

    output = Output(as_json=json)
    with reported(output), publishing.service(REGISTRY, quality, BUDGET) as sets:
        found = sets.status()
    output.result(*publishing.status_of(found))
    if any(year.problem for year in found.years):
        raise typer.Exit(1)
