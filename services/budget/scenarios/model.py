"""What other amounts or other opening hours would do, by the same rules as a calculation (AMB-25).

A scenario changes facts, never rules: pro rata, the threshold, new providers and decisions hold in it as they do now.
Amounts are integers of cents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.budget.availability.model import period_in_words
from services.budget.facts import CareType, Location, Provider, Round, Standing
from services.budget.norm_budget.model import ProviderBudget, provider_budget
from services.budget.scenarios.classes import Classification, Reported, ScenarioClass, class_in_words, classify
from services.budget.trace import Step, cents_text
from services.policy.parameters import Parameters
from spoedkader.wallclock.opening import OpeningPeriod

SOURCE = "aanname van dit scenario"
NO_CLASS = Classification(None, ())


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed: the norm amount in cents (None: that of the round), the regular opening hours of locations by
    location id, and the classes that amounts differ by."""

    norm_amount_cents: int | None = None
    opening_hours: Mapping[str, tuple[OpeningPeriod, ...]] = field(default_factory=dict)
    classes: tuple[ScenarioClass, ...] = ()


@dataclass(frozen=True, slots=True)
class LocationEffect:
    """What a scenario does to what a location adds to the budget of its provider.

    `norm_amount_cents` is None for a location of another care type than SEH, which has none.
    """

    location: Location
    class_title: str
    unclassified_because: str
    norm_amount_cents: int | None
    now_cents: int
    scenario_cents: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ProviderEffect:
    """What a scenario does to a provider: exactly what it does to its locations together."""

    agb: str
    locations: tuple[LocationEffect, ...]

    @property
    def now_cents(self) -> int:
        """The budget as it is."""
        return sum(location.now_cents for location in self.locations)

    @property
    def scenario_cents(self) -> int:
        """The budget in the scenario."""
        return sum(location.scenario_cents for location in self.locations)


def simulate(
    provider: Provider,
    round_: Round,
    standings: Mapping[str, Standing],
    parameters: Parameters,
    *,
    assumptions: Assumptions,
    reported: Reported,
) -> ProviderEffect:
    """What a scenario does to a provider. `standings` are by location id, as for `provider_budget`."""

    def add(location: Location, norm_amount_cents: int) -> ProviderBudget:
        # A budget is the sum over locations; a provider with this one alone tells what it adds, by every rule.
        alone = replace(provider, locations=(location,))
        return provider_budget(alone, replace(round_, norm_amount_cents=norm_amount_cents), standings, parameters)

    base_cents = round_.norm_amount_cents if assumptions.norm_amount_cents is None else assumptions.norm_amount_cents
    effects = []
    for location in provider.locations:
        other_hours = location.location_id in assumptions.opening_hours
        assumed = replace(location, periods=assumptions.opening_hours.get(location.location_id, location.periods))
        is_seh = location.care_type is CareType.SEH
        classified = classify(assumed, assumptions.classes, reported) if is_seh else NO_CLASS
        norm_cents = classified.found.norm_amount_cents if classified.found else base_cents
        then = add(assumed, norm_cents)
        (budget,) = then.locations
        effects.append(
            LocationEffect(
                location=location,
                class_title=classified.found.title if classified.found else "",
                unclassified_because=_unclassified_because(location, classified, assumptions),
                norm_amount_cents=norm_cents if is_seh else None,
                now_cents=add(location, round_.norm_amount_cents).budget_cents,
                scenario_cents=then.budget_cents,
                steps=(
                    *([_norm_step(classified, norm_cents, round_, assumptions)] if is_seh else []),
                    *(budget.availability.steps if other_hours else ()),
                    *budget.steps,
                    *then.steps,
                ),
            )
        )
    return ProviderEffect(provider.agb, tuple(effects))


def in_words(assumptions: Assumptions, reported: Reported) -> list[str]:
    """What is assumed, in Dutch, one line for each assumption."""
    lines = []
    if assumptions.norm_amount_cents is not None:
        amount = cents_text(assumptions.norm_amount_cents)
        lines.append(f"Normbedrag van een SEH die het hele jaar open is: {amount}.")
    for location_id, periods in assumptions.opening_hours.items():
        hours = "; ".join(period_in_words(period) for period in periods) or "24/7"
        lines.append(f"Openingstijden van locatie {location_id}: {hours}.")
    return lines + [class_in_words(each, reported) for each in assumptions.classes]


def _unclassified_because(location: Location, classified: Classification, assumptions: Assumptions) -> str:
    if assumptions.classes and location.care_type is not CareType.SEH:
        return f"alleen een SEH heeft een normbedrag; de zorgsoort is {location.care_type.value}"
    return classified.unclassified_because


def _norm_step(classified: Classification, norm_cents: int, round_: Round, assumptions: Assumptions) -> Step:
    """Where the norm amount of a location comes from."""
    inputs: Sequence[tuple[str, str]] = [("normbedrag van de ronde", cents_text(round_.norm_amount_cents))]
    if assumptions.norm_amount_cents is not None:
        inputs = [*inputs, ("aangenomen normbedrag", cents_text(assumptions.norm_amount_cents))]
    inputs = [*inputs, *((f"klasse {title}", because) for title, because in classified.tried)]
    if classified.found:
        description = f"Normbedrag van de eerste klasse die past: {classified.found.title}."
    elif assumptions.classes:
        description = "Geen klasse past: het normbedrag zonder klassen."
    else:
        description = "Normbedrag in dit scenario."
    return Step("AMB-25", SOURCE, description, tuple(inputs), cents_text(norm_cents))
