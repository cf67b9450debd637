"""Budgets of a round, of every provider or of one."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cli import facts, results
from services.cli.clients import Services
from services.cli.exporting import Exporter
from services.cli.output import Steps
from spoedkader.budget.v1 import budget_pb2
from spoedkader.registry.v1 import location_pb2, provider_pb2


@dataclass(frozen=True)
class Calculated:
    """Calculations, with the providers by AGB code and the locations by id."""

    calculations: tuple[budget_pb2.Calculation, ...]
    providers: Mapping[str, provider_pb2.Provider]
    locations: Mapping[str, location_pb2.Location]


def calculate(services: Services, budget_year: int, agb: str | None, steps: Steps) -> Calculated:
    """Calculates one provider's budget, or every provider's of a round. Raises Failure."""
    if agb is None:
        found = results.calculate_all(services, budget_year, steps)
    else:
        found = (results.calculate_one(services, budget_year, agb),)
    exporter = Exporter(services, steps)
    return Calculated(
        found,
        facts.by_last_part((provider.name, provider) for provider in exporter.providers()),
        facts.by_last_part((location.name, location) for location in exporter.locations()),
    )
