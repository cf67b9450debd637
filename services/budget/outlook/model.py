"""Where a budget stands and goes: prognosis and realisation side by side (AMB-08)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.budget.facts import UNKNOWN, Closure, Location, Provider, Round, Standing
from services.budget.norm_budget.model import Eligibility, LocationBudget, location_budget, provider_budget
from services.budget.trace import Step, cents_text, step
from services.policy.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Claim:
    """What a location can claim when so many minutes of the year are closed, and how that was found."""

    closed_minutes: int
    cents: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LocationOutlook:
    """One location; `open_closures` are the identifiers of closures that still last."""

    location: Location
    prognosis: Claim
    realisation: Claim
    open_closures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """One provider in a year, with the locations in the order of the registry; `until` is a wall-clock minute."""

    agb: str
    year: int
    until: int
    locations: tuple[LocationOutlook, ...]

    @property
    def prognosis_cents(self) -> int:
        """The sum of the prognoses."""
        return sum(each.prognosis.cents for each in self.locations)

    @property
    def realisation_cents(self) -> int:
        """The sum of the realisations."""
        return sum(each.realisation.cents for each in self.locations)


def outlook(
    provider: Provider, round_: Round, standings: Mapping[str, Standing], parameters: Parameters, until: int
) -> Outlook:
    """The outlook of a provider: the prognosis is what a calculation gives, the realisation counts until `until`.

    In the realisation an open closure lasts until then and nothing that comes later counts, whether it is planned or
    lies outside the regular opening hours: what could be claimed when the location were open from then on (AMB-08).
    """
    found = provider_budget(provider, round_, standings, parameters)
    approved = found.eligibility is not Eligibility.NOT_APPROVED
    locations = []
    for prognosis in found.locations:
        location = prognosis.location
        standing = standings.get(location.location_id, UNKNOWN)
        realisation = location_budget(location, round_, parameters, standing, until)
        locations.append(
            LocationOutlook(
                location,
                _claim(prognosis, approved, parameters),
                _claim(realisation, approved, parameters),
                tuple(open_closures(location.closures, until)),
            )
        )
    return Outlook(provider.agb, round_.budget_year, until, tuple(locations))


def open_closures(closures: Iterable[Closure], until: int) -> list[str]:
    """The closures that began before a moment and last at it, in order of their start."""
    lasting = [each for each in closures if each.start < until and (each.end is None or each.end > until)]
    return [each.closure_id for each in sorted(lasting, key=lambda each: (each.start, each.closure_id))]


def _claim(budget: LocationBudget, approved: bool, parameters: Parameters) -> Claim:
    steps = budget.availability.steps + budget.steps
    if approved:
        return Claim(budget.availability.closed_minutes, budget.budget_cents, steps)
    inputs = [
        ("zorgaanbieder", Eligibility.NOT_APPROVED.value),
        ("bedrag met akkoord", cents_text(budget.budget_cents)),
    ]
    description = "Een nieuwe zorgaanbieder heeft zonder akkoord geen aanspraak."
    refused = step(parameters.approval, description, inputs, cents_text(0))
    return Claim(budget.availability.closed_minutes, 0, (*steps, refused))
