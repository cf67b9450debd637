"""Readable tables of budgets, with their traces."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.cli import facts, formats
from services.cli.budgeting import Calculated
from services.cli.tables import new_table, plain_text, shorten
from services.runtime.wire import from_money
from spoedkader.budget.v1 import availability_pb2, budget_pb2, trace_pb2

ELIGIBILITIES = {
    budget_pb2.Calculation.ELIGIBILITY_ESTABLISHED: "bestaand",
    budget_pb2.Calculation.ELIGIBILITY_APPROVED: "nieuw, akkoord",
    budget_pb2.Calculation.ELIGIBILITY_NOT_APPROVED: "nieuw, geen akkoord",
}
_CAUSES = {
    availability_pb2.Availability.CAUSE_OPENING_HOURS: "buiten openingstijden",
    availability_pb2.Availability.CAUSE_NOT_YET_OPENED: "nog niet geopend",
    availability_pb2.Availability.CAUSE_CLOSED_FOR_GOOD: "definitief gesloten",
    availability_pb2.Availability.CAUSE_FORESEEN_CLOSURE: "voorziene sluiting",
    availability_pb2.Availability.CAUSE_UNFORESEEN_CLOSURE: "onvoorziene sluiting",
    availability_pb2.Availability.CAUSE_SEH_STOP: "SEH-stop",
}


def budgets(calculated: Calculated) -> Table:
    """One row for each provider, and the total."""
    numbers = ("SEH's", "aangepast", "budget")
    table = new_table(
        "Budget", "agb", "zorgaanbieder", "aanspraak", *numbers, right=numbers, whole_words=["agb", "aanspraak"]
    )
    shorten(table, 1, 29)
    for found in calculated.calculations:
        agb = facts.agb_of(found.name)
        adjusted = sum(location.adjusted for location in found.locations)
        table.add_row(
            agb,
            plain_text(_name(calculated.providers, agb)),
            ELIGIBILITIES.get(found.eligibility, ""),
            str(found.eligible_locations),
            str(adjusted or ""),
            formats.euros(from_money(found.budget)),
        )
    total = sum(from_money(found.budget) for found in calculated.calculations)
    locations = sum(found.eligible_locations for found in calculated.calculations)
    table.add_section()
    table.add_row("", "totaal", "", str(locations), "", formats.euros(total), style="bold")
    return table


def causes_text(availability: availability_pb2.Availability) -> str:
    """Why a location is closed and for how long, as in `buiten openingstijden 2.920 u`."""
    return ", ".join(
        f"{_CAUSES.get(cause.cause, 'overig')} {formats.hours(cause.minutes)}" for cause in availability.causes
    )


def trace(calculated: Calculated) -> list[RenderableType]:
    """One provider's calculation, step by step, with the choices that it rests on."""
    (found,) = calculated.calculations
    agb = facts.agb_of(found.name)
    head = Text.assemble(
        (_name(calculated.providers, agb), "bold"),
        f" ({agb}): ",
        (formats.euros(from_money(found.budget)), "bold"),
        f" voor {found.eligible_locations} SEH-locatie(s); {ELIGIBILITIES.get(found.eligibility, '')}",
    )
    parts: list[RenderableType] = [
        head,
        Text(f"Normbedrag {formats.euros(from_money(found.norm_amount))} (voorbeeldbedrag, niet van de NZa)"),
    ]
    for location in found.locations:
        parts += _location(calculated, location)
    parts += [Text("\nZorgaanbieder", style="bold"), *_steps(found.steps), "", _parameters(found.parameters)]
    return parts


def _location(calculated: Calculated, found: budget_pb2.LocationBudget) -> Iterable[RenderableType]:
    location_id = facts.id_of(found.location)
    yield Text.assemble(
        "\n",
        (f"{location_id} {_name(calculated.locations, location_id)}", "bold"),
        f": {formats.euros(from_money(found.budget))}",
        (" aangepast" if found.adjusted else "", "yellow"),
        (" grensgeval: laat een mens kijken" if found.borderline else "", "yellow"),
    )
    causes = causes_text(found.availability)
    if causes:
        yield Text(f"  gesloten: {causes}")
    if found.quality_routes:
        yield Text(f"  kwaliteit: {', '.join(found.quality_routes)} (verlaagt het budget niet vanzelf)")
    yield from _steps(found.availability.steps)
    yield from _steps(found.steps)


def _steps(steps: Iterable[trace_pb2.Step]) -> Iterable[RenderableType]:
    for step in steps:
        inputs = "; ".join(f"{value.label}: {value.value}" for value in step.inputs)
        yield Padding(
            Text.assemble(
                (f"{step.rule} ", "cyan"),
                step.description,
                (f" [{inputs}]" if inputs else "", "dim"),
                " → ",
                (step.result, "bold"),
            ),
            (0, 0, 0, 2),
        )


def _parameters(parameters: Iterable[trace_pb2.Parameter]) -> Table:
    table = new_table("Gemaakte keuzes", "code", "keuze", "waarde", "reden")
    for parameter in parameters:
        table.add_row(
            parameter.code,
            plain_text(parameter.name),
            plain_text(parameter.value),
            plain_text(parameter.reason),
        )
    return table


def _name(found: Mapping[str, Any], key: str) -> str:
    return str(found[key].display_name) if key in found else ""
