"""Indicative figures about tariff and settlement (AMB-27, AMB-28). The NZa sets the tariff by rules of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.budget.facts import CareType, Location
from services.budget.figures import NO_VISITS_KNOWN, Visits
from services.budget.norm_budget.model import round_half_up
from services.budget.trace import Step, cents_text, exact_cents_text, step
from services.policy.parameters import Parameters

INDICATIVE = (
    "Indicatief, en bindt niemand: de NZa stelt het tarief vast en rekent af volgens eigen regels, die hier niet "
    "bekend zijn."
)


@dataclass(frozen=True, slots=True)
class ExpectedVisits:
    """How many visits a budget is divided by, where they come from, and what they are the sum of, by label."""

    count: int
    source: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TariffEstimate:
    """The tariff of one visit beside the deductible, in cents; `deductible_left` is what one visit leaves of it."""

    budget_cents: int
    visits: ExpectedVisits
    tariff_cents: int
    deductible_cents: int
    own_payment_cents: int
    deductible_left_cents: int
    label: str
    steps: tuple[Step, ...]


class Direction(StrEnum):
    """Who pays; the value says it in Dutch."""

    GEEN = "er valt niets te verrekenen"
    AANBIEDER_BETAALT = "de zorgaanbieder betaalt"
    AANBIEDER_ONTVANGT = "de zorgaanbieder ontvangt"


@dataclass(frozen=True, slots=True)
class SettlementEstimate:
    """Declared revenue against the budget, in cents; `difference_cents` has its sign."""

    budget_cents: int
    revenue_cents: int
    difference_cents: int
    direction: Direction
    label: str
    steps: tuple[Step, ...]


def counted_visits(
    locations: Iterable[Location], visits: Mapping[str, Visits], parameters: Parameters
) -> dict[str, int | None]:
    """The visits that count for the tariff, with or without the Eerste Hart Hulp, of each SEH by location id (AMB-27).

    `visits` are those that were reported, by location id; None is not known.
    """
    seh_only = parameters.visits_in_tariff.value == "seh"
    found = {
        location.location_id: visits.get(location.location_id, NO_VISITS_KNOWN)
        for location in locations
        if location.care_type is CareType.SEH
    }
    return {location_id: each.seh if seh_only else each.total for location_id, each in found.items()}


def reported_visits(counts: Mapping[str, int], reference_year: int, parameters: Parameters) -> ExpectedVisits:
    """The visits that the locations reported over the reference year, together."""
    kind = "de SEH" if parameters.visits_in_tariff.value == "seh" else "de SEH en de Eerste Hart Hulp"
    source = f"indicatoren over {reference_year}: bezoeken aan {kind}, van alle SEH-locaties samen"
    parts = tuple((f"locatie {location_id}", f"{count} bezoeken") for location_id, count in counts.items())
    return ExpectedVisits(sum(counts.values()), source, parts)


def given_visits(count: int) -> ExpectedVisits:
    """The visits that the caller expects."""
    return ExpectedVisits(count, "opgegeven bij de vraag")


def estimate_tariff(budget_cents: int, visits: ExpectedVisits, parameters: Parameters) -> TariffEstimate:
    """The budget of a provider divided by its expected visits, at least 1, rounded half up to cents (AMB-27).

    Someone who used nothing of the deductible pays the tariff up to the deductible.
    """
    exact = Fraction(budget_cents, visits.count)
    tariff_cents = round_half_up(exact)
    deductible = parameters.deductible_cents
    own_payment_cents = min(tariff_cents, deductible.value)
    visits_text = f"{visits.count} bezoeken"
    steps = (
        step(
            parameters.visits_in_tariff,
            "Bezoeken waardoor het budget wordt gedeeld.",
            [("herkomst", visits.source), *visits.parts],
            visits_text,
        ),
        step(
            parameters.visits_in_tariff,
            "Budget van de zorgaanbieder gedeeld door de verwachte bezoeken, exact.",
            [("budget", cents_text(budget_cents)), ("bezoeken", visits_text)],
            exact_cents_text(exact),
        ),
        step(
            parameters.rounding,
            "Afronden op hele centen; een halve cent gaat naar boven.",
            [("bedrag", exact_cents_text(exact))],
            cents_text(tariff_cents),
        ),
        step(
            deductible,
            "Wat iemand voor een bezoek zelf betaalt die nog niets van het eigen risico gebruikte: het tarief, "
            "hoogstens het eigen risico.",
            [("tarief", cents_text(tariff_cents)), ("eigen risico", cents_text(deductible.value))],
            cents_text(own_payment_cents),
        ),
    )
    label = f"{INDICATIVE} Eigen risico van {cents_text(deductible.value)}, herkomst: {deductible.source}."
    return TariffEstimate(
        budget_cents=budget_cents,
        visits=visits,
        tariff_cents=tariff_cents,
        deductible_cents=deductible.value,
        own_payment_cents=own_payment_cents,
        deductible_left_cents=deductible.value - own_payment_cents,
        label=label,
        steps=steps,
    )


def estimate_settlement(budget_cents: int, revenue_cents: int, parameters: Parameters) -> SettlementEstimate:
    """Declared revenue minus budget (AMB-28): above 0 insurers charge the provider, below 0 the provider is short."""
    difference_cents = revenue_cents - budget_cents
    if difference_cents > 0:
        direction = Direction.AANBIEDER_BETAALT
    elif difference_cents < 0:
        direction = Direction.AANBIEDER_ONTVANGT
    else:
        direction = Direction.GEEN
    trace = step(
        parameters.settlement,
        "Gedeclareerde omzet van het jaar min het budget; er wordt niet tussentijds verrekend.",
        [("gedeclareerde omzet", cents_text(revenue_cents)), ("budget", cents_text(budget_cents))],
        f"{cents_text(difference_cents)}: {direction.value}",
    )
    return SettlementEstimate(budget_cents, revenue_cents, difference_cents, direction, INDICATIVE, (trace,))
