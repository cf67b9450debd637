"""The calculation under an application, step by step, so that a reader can redo it by hand."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from services.budget.trace import INKOOPKADER, cents_text, hours_text, minutes_text, share_text
from services.documents.model import Block, Facts, Heading, Paragraph, Table
from services.runtime.wire import from_money
from spoedkader.budget.v1 import budget_pb2, trace_pb2

_PREFIX = f"{INKOOPKADER}, "
_HEADER = ("Regel", "Wat er gebeurt", "Invoer", "Uitkomst")


def calculation_blocks(calculation: budget_pb2.Calculation, location_names: Mapping[str, str]) -> Iterator[Block]:
    """Each location, as it is called, with its availability and every step; and then the steps of the provider."""
    yield Heading("Bijlage A. De berekening")
    yield Facts(
        (
            ("Normbedrag per SEH", cents_text(from_money(calculation.norm_amount))),
            ("Locaties met een aanspraak", str(calculation.eligible_locations)),
            ("Berekend budget", cents_text(from_money(calculation.budget))),
        )
    )
    yield Paragraph(
        f"Bij elke stap staat waar zij op berust; een bijlage of paragraaf zonder naam is van het {INKOOPKADER}."
    )
    for location in calculation.locations:
        yield from _location_blocks(location, location_names[location.location])
    yield Heading("De zorgaanbieder als geheel", 2)
    yield _table(calculation.steps)


def parameter_blocks(calculation: budget_pb2.Calculation) -> Iterator[Block]:
    """The choices that the rules leave open, with their reasons."""
    yield Heading("Bijlage B. Keuzen van het jaar")
    yield Paragraph("Wat het inkoopkader openlaat, is een keuze met een naam en een reden. Deze keuzen golden.")
    rows = tuple((each.code, each.name, each.value, each.reason) for each in calculation.parameters)
    yield Table(("Code", "Keuze", "Waarde", "Reden"), rows)


def _location_blocks(location: budget_pb2.LocationBudget, called: str) -> Iterator[Block]:
    availability = location.availability
    closed = availability.closed_minutes
    share = Fraction(availability.closed_share.numerator, availability.closed_share.denominator)
    rows = [
        ("Gesloten", f"{minutes_text(closed)} ({hours_text(closed)})"),
        ("Deel van het jaar", share_text(share)),
        ("Budget van de locatie", cents_text(from_money(location.budget))),
    ]
    if location.borderline:
        rows.append(("Grensgeval", "ja: ter beoordeling aan een mens (AMB-01)"))
    if location.quality_routes:
        rows.append(("Kwaliteit", f"{', '.join(location.quality_routes)} ({location.assessment})"))
    yield Heading(called, 2)
    yield Facts(tuple(rows))
    yield _table([*availability.steps, *location.steps])


def _table(steps: Iterable[trace_pb2.Step]) -> Table:
    rows = tuple(
        (
            step.rule,
            f"{step.description}\n{step.source.removeprefix(_PREFIX)}",
            "\n".join(f"{value.label}: {value.value}" for value in step.inputs),
            step.result,
        )
        for step in steps
    )
    return Table(_HEADER, rows)
