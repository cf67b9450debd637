"""Working out an application again from what was kept, to the byte."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from services.budget.applications import drafting
from services.budget.applications.content import digest_of, read_content, write_content
from services.budget.applications.model import Terms
from services.budget.applications.sources import Sources
from services.budget.norm_budget import store as calculations
from services.budget.trace import cents_text
from services.runtime import names
from spoedkader.budget.v1 import budget_pb2


def kept_calculation(connection: Connection, content: bytes) -> budget_pb2.Calculation | None:
    """The calculation that an application rests on as it was kept, None when it was not."""
    agb, year, number = names.parts(names.CALCULATION, read_content(content).calculation["name"])
    found = calculations.get(connection, agb, int(year), int(number))
    return budget_pb2.Calculation.FromString(found.content) if found else None


def differences(content: bytes, terms: Terms, kept: budget_pb2.Calculation | None, sources: Sources) -> Iterator[str]:
    """What differs, in Dutch: in the content itself, in what it says it rests on, and in what follows from that.

    `content` is as it was kept, `terms` what the application went by, and `kept` the calculation that it rests on.
    """
    if digest_of(content) != terms.digest:
        yield "de inhoud is niet die van haar digest"
    said = read_content(content)
    calculation, conditions = drafting.calculation_of(said), drafting.conditions_of(said)
    if kept is None:
        yield f"de berekening {calculation.name} is niet bewaard"
    elif kept != calculation:
        yield f"de berekening is anders dan zoals {calculation.name} bewaard is"
    else:
        yield from (f"berekening: {difference}" for difference in sources.replay_calculation(calculation.name))
    yield from (f"voorwaarden: {difference}" for difference in sources.replay_conditions(conditions))
    lines = drafting.lines_of(said.kind, calculation, {line.location: line.display_name for line in said.lines})
    again = replace(said, lines=lines)
    if lines != said.lines:
        yield "de regels volgen niet uit de berekening"
    if again.amount_cents != terms.amount_cents:
        yield f"het bedrag was {cents_text(terms.amount_cents)} en wordt {cents_text(again.amount_cents)}"
    if again.unmet != terms.unmet:
        yield "de voorwaarden die niet zijn voldaan of niet bekend zijn, zijn andere"
    if again.parties != terms.parties:
        yield "de partijen die moeten ondertekenen zijn andere"
    if digest_of(write_content(again)) != terms.digest:
        yield "de inhoud die eruit volgt heeft een andere digest"
