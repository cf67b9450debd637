"""What a provider may apply for (Inkoopkader, condition 7 and bijlage B).

Amounts are integers of cents and shares exact fractions; `round_half_up` is the one place where anything is rounded.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.budget.availability.model import Availability, availability
from services.budget.facts import UNKNOWN, Approval, CareType, Decision, Location, Provider, Round, Standing
from services.budget.trace import (
    Step,
    cents_text,
    date_text,
    exact_cents_text,
    hours_text,
    minutes_text,
    share_text,
    step,
)
from services.policy.parameters import Parameters


class Eligibility(StrEnum):
    """Why a provider can or cannot claim a budget; the value says it in Dutch."""

    ESTABLISHED = "geen nieuwe aanbieder"
    APPROVED = "nieuwe aanbieder met akkoord"
    NOT_APPROVED = "nieuwe aanbieder zonder akkoord"


@dataclass(frozen=True, slots=True)
class LocationBudget:
    """The budget of one location before the provider's eligibility; `standing` as the quality service knows it.

    `undecided_cents` is what it would be without the decisions against it.
    """

    location: Location
    availability: Availability
    adjusted: bool
    borderline: bool
    budget_cents: int
    standing: Standing
    steps: tuple[Step, ...]
    undecided_cents: int

    @property
    def can_claim(self) -> bool:
        """Whether it has a claim when its provider has: an SEH that no decision takes it away from (AMB-18, AMB-24)."""
        return self.location.care_type is CareType.SEH and not self.standing.exclusions


@dataclass(frozen=True, slots=True)
class ProviderBudget:
    """What a provider can claim, with the locations in the order in which they were registered."""

    agb: str
    round: Round
    eligibility: Eligibility
    eligible_locations: int
    budget_cents: int
    locations: tuple[LocationBudget, ...]
    steps: tuple[Step, ...]


def is_adjusted(closed_minutes: int, parameters: Parameters) -> bool:
    """Whether the norm amount is lowered: closed for strictly more than the franchise (bijlage B, 1; AMB-01)."""
    return closed_minutes > parameters.franchise_minutes.value


def is_borderline(found: Availability, parameters: Parameters) -> bool:
    """Whether a person should look: a share above 1 %, yet not more than the franchise (AMB-01)."""
    above = found.closed_share > parameters.borderline_share.value
    return above and not is_adjusted(found.closed_minutes, parameters)


def deducted_minutes(closed_minutes: int, parameters: Parameters) -> int:
    """The minutes that are held back once the franchise is passed: all, or only those above it (AMB-02)."""
    if parameters.deduct.value == "meerdere":
        return closed_minutes - parameters.franchise_minutes.value
    return closed_minutes


def pro_rata(norm_amount_cents: int, deducted: int, year_minutes: int) -> Fraction:
    """The norm amount for the time that is not held back, exact and never below 0 (bijlage B, 2; AMB-19)."""
    return norm_amount_cents * max(1 - Fraction(deducted, year_minutes), Fraction(0))


def round_half_up(cents: Fraction) -> int:
    """Whole cents of an amount of at least 0; half a cent goes up (AMB-26)."""
    return (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)


def latest_decisions(approvals: Sequence[Approval]) -> dict[str, Approval]:
    """Each insurer's latest decision by day, and of one day the one that was recorded later (AMB-44)."""
    latest: dict[str, Approval] = {}
    for approval in approvals:
        before = latest.get(approval.insurer)
        if before is None or approval.decided_on >= before.decided_on:
            latest[approval.insurer] = approval
    return latest


def eligibility(provider: Provider, parameters: Parameters) -> Eligibility:
    """Whether a provider can claim (condition 7; AMB-22, AMB-44).

    A provider that delivered SEH care on the reference date can. A new one can when the latest decision of every
    representative is an agreement; without representatives nobody agreed.
    """
    if provider.provides_seh_since <= parameters.new_provider_after.value:
        return Eligibility.ESTABLISHED
    latest = latest_decisions(provider.approvals)
    agreed = [
        insurer in latest and latest[insurer].decision is Decision.AKKOORD for insurer in provider.representatives
    ]
    return Eligibility.APPROVED if agreed and all(agreed) else Eligibility.NOT_APPROVED


def location_budget(
    location: Location,
    round_: Round,
    parameters: Parameters,
    standing: Standing = UNKNOWN,
    until: int | None = None,
) -> LocationBudget:
    """The budget of one location (bijlage B, 1 to 3): 0 for another care type than SEH (AMB-18).

    An unmet norm does not lower it; a decision of the representatives takes it away (AMB-43, AMB-24). With `until`, a
    wall-clock minute, the budget when it is open from then on (AMB-08).
    """
    found = availability(location, round_.budget_year, parameters, until)
    if location.care_type is not CareType.SEH:
        inputs = [("zorgsoort", location.care_type.value)]
        steps = step(parameters.other_care, "Alleen een SEH heeft een budget.", inputs, cents_text(0))
        return LocationBudget(location, found, False, False, 0, standing, (steps,), 0)
    adjusted = is_adjusted(found.closed_minutes, parameters)
    borderline = is_borderline(found, parameters)
    trace = [_franchise_step(round_, found, adjusted, borderline, parameters)]
    budget_cents = round_.norm_amount_cents
    if adjusted:
        deducted = deducted_minutes(found.closed_minutes, parameters)
        exact = pro_rata(round_.norm_amount_cents, deducted, found.year_minutes)
        budget_cents = round_half_up(exact)
        trace += _pro_rata_steps(round_, found, deducted, exact, parameters)
    if standing.assessment is not None:
        routes = [("route", route) for route in standing.assessment.routes]
        description = "Een norm waaraan niet is voldaan verlaagt het bedrag alleen na een vastgelegd besluit."
        trace.append(step(parameters.unmet_norms, description, routes, cents_text(budget_cents)))
    undecided_cents = budget_cents
    if standing.exclusions:
        trace.append(_exclusion_step(standing, budget_cents, parameters))
        budget_cents = 0
    return LocationBudget(location, found, adjusted, borderline, budget_cents, standing, tuple(trace), undecided_cents)


def provider_budget(
    provider: Provider, round_: Round, standings: Mapping[str, Standing], parameters: Parameters
) -> ProviderBudget:
    """What a provider can claim: the sum over its SEH locations without a decision against them, or nothing when it is
    not approved (AMB-24, AMB-44).

    `standings` tells where each location stands by location id; a location that was not assessed is absent.
    """
    locations = tuple(
        location_budget(location, round_, parameters, standings.get(location.location_id, UNKNOWN))
        for location in provider.locations
    )
    found = eligibility(provider, parameters)
    eligible = [budget for budget in locations if budget.can_claim and found is not Eligibility.NOT_APPROVED]
    budget_cents = sum(budget.budget_cents for budget in eligible)
    steps = [_newness_step(provider, parameters)]
    if found is not Eligibility.ESTABLISHED:
        steps.append(_approval_step(provider, found, parameters))
    amounts = [(f"locatie {budget.location.location_id}", cents_text(budget.budget_cents)) for budget in eligible]
    description = "Som van de afgeronde bedragen van de locaties met een aanspraak."
    steps.append(step(parameters.rounding, description, amounts, cents_text(budget_cents)))
    return ProviderBudget(provider.agb, round_, found, len(eligible), budget_cents, locations, tuple(steps))


def input_digest(basis: str, parameters: Parameters) -> str:
    """Digest of everything that a calculation rests on, `sha256:` and 64 hexadecimal digits.

    `basis` is the text of its facts, as in `basis.write_basis`.
    """
    return "sha256:" + hashlib.sha256(f"{parameters.revision}\n{basis}".encode()).hexdigest()


def _franchise_step(
    round_: Round, found: Availability, adjusted: bool, borderline: bool, parameters: Parameters
) -> Step:
    franchise = parameters.franchise_minutes.value
    inputs = [
        ("gesloten", f"{minutes_text(found.closed_minutes)} ({hours_text(found.closed_minutes)})"),
        ("drempel", f"meer dan {minutes_text(franchise)} ({hours_text(franchise)})"),
        ("gesloten deel", share_text(found.closed_share)),
        ("grens van een grensgeval", f"meer dan {share_text(parameters.borderline_share.value)}"),
    ]
    whole = f"niet boven de drempel: het hele normbedrag van {cents_text(round_.norm_amount_cents)}"
    result = "boven de drempel: naar rato" if adjusted else whole
    if borderline:
        result += "; grensgeval, ter beoordeling aan een mens"
    return step(parameters.franchise_minutes, "Toets van de gesloten tijd aan de drempel.", inputs, result)


def _pro_rata_steps(
    round_: Round, found: Availability, deducted: int, exact: Fraction, parameters: Parameters
) -> list[Step]:
    held_back = [("gesloten", minutes_text(found.closed_minutes)), ("keuze", parameters.deduct.value)]
    if deducted != found.closed_minutes:
        held_back.append(("af: drempel", minutes_text(parameters.franchise_minutes.value)))
    amounts = [
        ("normbedrag", cents_text(round_.norm_amount_cents)),
        ("ingehouden", minutes_text(deducted)),
        ("jaar", minutes_text(found.year_minutes)),
    ]
    return [
        step(parameters.deduct, "Minuten die worden ingehouden.", held_back, minutes_text(deducted)),
        step(
            parameters.minute_weight,
            "Normbedrag maal (1 - ingehouden / jaar), exact en niet onder nul.",
            amounts,
            exact_cents_text(exact),
        ),
        step(
            parameters.rounding,
            "Afronden op hele centen; een halve cent gaat naar boven.",
            [("bedrag", exact_cents_text(exact))],
            cents_text(round_half_up(exact)),
        ),
    ]


def _exclusion_step(standing: Standing, budget_cents: int, parameters: Parameters) -> Step:
    inputs = [("bedrag zonder besluit", cents_text(budget_cents))]
    inputs += [
        (f"besluit van {date_text(exclusion.decided_on)}", f"{exclusion.decision.value}, {exclusion.case}")
        for exclusion in standing.exclusions
    ]
    description = "Na een besluit van de representerende zorgverzekeraars vervalt het bedrag van deze SEH."
    return step(parameters.excluded_location, description, inputs, cents_text(0))


def _newness_step(provider: Provider, parameters: Parameters) -> Step:
    new_after = parameters.new_provider_after
    new = provider.provides_seh_since > new_after.value
    inputs = [
        ("levert SEH-zorg sinds", date_text(provider.provides_seh_since)),
        ("peildag", date_text(new_after.value)),
    ]
    result = "nieuwe aanbieder" if new else Eligibility.ESTABLISHED.value
    return step(new_after, "Wie na de peildag is begonnen, is een nieuwe aanbieder.", inputs, result)


def _approval_step(provider: Provider, found: Eligibility, parameters: Parameters) -> Step:
    latest = latest_decisions(provider.approvals)
    inputs = [
        (
            f"verzekeraar {insurer}",
            f"{latest[insurer].decision} op {date_text(latest[insurer].decided_on)}"
            if insurer in latest
            else "geen besluit",
        )
        for insurer in provider.representatives
    ]
    description = "Het laatste besluit van elke representerende verzekeraar moet AKKOORD zijn."
    return step(parameters.approval, description, inputs, found.value)
