"""What schoning does to providers in the three variants that hospitals weighed (NVZ, 22 May 2025; AMB-46).

No source has an algorithm; this is our reading. A provider gives up in other prices what it gets as budget, except for
the availability contribution that the budget replaces: that part is not corrected. Amounts are integers of cents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.budget.norm_budget.model import round_half_up
from services.budget.trace import Step, cents_text, exact_cents_text, share_text

RULE, SOURCE = "AMB-46", "NVZ, 22 mei 2025, Schonen van budgetten"


class Variant(StrEnum):
    """A variant of schoning; the value says in Dutch what it is."""

    PER_ZIEKENHUIS = (
        "Landelijke afspraak op ziekenhuisniveau: ieder ziekenhuis levert in zijn andere prijzen in wat het krijgt."
    )
    OP_TOTAAL = (
        "Landelijke afspraak op totaalniveau: de ziekenhuizen leveren samen het totaal in, naar rato van hun omzet."
    )
    ZONDER_LANDELIJKE_AFSPRAAK = (
        "Geen landelijke afspraak: ieder onderhandelt zelf; wat niet wordt ingeleverd, drukt op de overige zorg."
    )


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is assumed about a provider; `negotiated_share`, from 0 to 1, is what it gives up without an agreement."""

    agb: str
    budget_cents: int
    turnover_cents: int
    reported_contribution_cents: int
    negotiated_share: Fraction

    @property
    def contribution_cents(self) -> int:
        """The former contribution that the budget replaces: at most the budget."""
        return min(self.reported_contribution_cents, self.budget_cents)

    @property
    def base_cents(self) -> int:
        """What has to be corrected: the budget without the former contribution ("voor dat deel niet geschoond")."""
        return self.budget_cents - self.contribution_cents


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variant does to one provider: `effect_cents` is what it has over after the correction, with its sign."""

    assumption: Assumption
    correction_cents: int
    effect_cents: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a variant does, with the providers in the order in which they were given."""

    variant: Variant
    effects: tuple[Effect, ...]

    @property
    def total_budget_cents(self) -> int:
        """The sum of the budgets."""
        return sum(effect.assumption.budget_cents for effect in self.effects)

    @property
    def total_contribution_cents(self) -> int:
        """The sum of the former contributions that the budgets replace."""
        return sum(effect.assumption.contribution_cents for effect in self.effects)

    @property
    def total_correction_cents(self) -> int:
        """The sum of the corrections."""
        return sum(effect.correction_cents for effect in self.effects)

    @property
    def total_effect_cents(self) -> int:
        """The sum of the effects."""
        return sum(effect.effect_cents for effect in self.effects)

    @property
    def must_be_neutral(self) -> bool:
        """Whether providers together give up exactly what has to be corrected: where there is a national agreement."""
        return self.variant is not Variant.ZONDER_LANDELIJKE_AFSPRAAK

    @property
    def pressure_cents(self) -> int:
        """What is not given up. The macro budget stays as it is, so that this is missing for other care."""
        return sum(effect.assumption.base_cents for effect in self.effects) - self.total_correction_cents

    @property
    def gaining_count(self) -> int:
        """How many providers gain."""
        return sum(effect.effect_cents > 0 for effect in self.effects)

    @property
    def losing_count(self) -> int:
        """How many providers lose."""
        return sum(effect.effect_cents < 0 for effect in self.effects)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Splits a whole number of cents pro rata, in whole cents that add up to it exactly.

    Each gets its share rounded down; the cents that are left go one each to the largest remainders, of equal ones to
    the larger weight first, and then in order. So no larger weight gets less, and weight 0 gets nothing. `total` and
    `weights` are at least 0; raises ValueError when no weight is above 0.
    """
    whole = sum(weights)
    if whole == 0:
        raise ValueError("nothing to split by")
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-shares[place][1], -weights[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def simulate(assumptions: Sequence[Assumption]) -> list[Outcome]:
    """The three variants, in their order. Raises ValueError when no provider has any turnover."""
    return [per_hospital(assumptions), in_total(assumptions), negotiated(assumptions)]


def per_hospital(assumptions: Sequence[Assumption]) -> Outcome:
    """Every provider gives up what has to be corrected for it, so that nobody gains or loses."""
    found = [
        _effect(each, each.base_cents, _step("De hele basis wordt ingeleverd.", (), cents_text(each.base_cents)))
        for each in assumptions
    ]
    return Outcome(Variant.PER_ZIEKENHUIS, tuple(found))


def in_total(assumptions: Sequence[Assumption]) -> Outcome:
    """The providers give up the total pro rata to turnover. Raises ValueError when no provider has any turnover."""
    total = sum(each.base_cents for each in assumptions)
    turnover = sum(each.turnover_cents for each in assumptions)
    corrections = largest_remainder(total, [each.turnover_cents for each in assumptions])
    found = []
    for each, correction in zip(assumptions, corrections, strict=True):
        share = _step(
            "Som van alle bases maal het aandeel in de omzet, exact.",
            [
                ("som", cents_text(total)),
                ("omzet", cents_text(each.turnover_cents)),
                ("omzet van allen", cents_text(turnover)),
            ],
            exact_cents_text(Fraction(total * each.turnover_cents, turnover)),
        )
        rounded = _step(
            "Naar beneden op hele centen; wat overblijft gaat per cent naar de grootste resten.",
            (),
            cents_text(correction),
            rule="AMB-26",
        )
        found.append(_effect(each, correction, share, rounded))
    return Outcome(Variant.OP_TOTAAL, tuple(found))


def negotiated(assumptions: Sequence[Assumption]) -> Outcome:
    """Every provider gives up the share that it negotiated, rounded half up to cents."""
    found = []
    for each in assumptions:
        exact = each.base_cents * each.negotiated_share
        correction = round_half_up(exact)
        share = _step(
            "Basis maal het deel dat volgens de aanname wordt ingeleverd, exact.",
            [("deel", share_text(each.negotiated_share))],
            exact_cents_text(exact),
        )
        rounded = _step("Afronden; een halve cent gaat naar boven.", (), cents_text(correction), rule="AMB-26")
        found.append(_effect(each, correction, share, rounded))
    return Outcome(Variant.ZONDER_LANDELIJKE_AFSPRAAK, tuple(found))


def _effect(assumption: Assumption, correction_cents: int, *steps: Step) -> Effect:
    effect_cents = assumption.base_cents - correction_cents
    difference = _step("Basis min wat wordt ingeleverd.", (), cents_text(effect_cents))
    return Effect(assumption, correction_cents, effect_cents, (_base_step(assumption), *steps, difference))


def _base_step(assumption: Assumption) -> Step:
    inputs = [
        ("budget", cents_text(assumption.budget_cents)),
        ("vroegere beschikbaarheidbijdrage", cents_text(assumption.reported_contribution_cents)),
    ]
    if assumption.contribution_cents != assumption.reported_contribution_cents:
        inputs.append(("meegeteld, hoogstens het budget", cents_text(assumption.contribution_cents)))
    description = "Basis: het budget min de bijdrage die het vervangt; dat deel wordt niet geschoond."
    return _step(description, inputs, cents_text(assumption.base_cents))


def _step(description: str, inputs: Sequence[tuple[str, str]], result: str, rule: str = RULE) -> Step:
    return Step(rule, SOURCE, description, tuple(inputs), result)
