"""The three variants of schoning."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.schoning.model import (
    Assumption,
    Variant,
    in_total,
    largest_remainder,
    negotiated,
    per_hospital,
    simulate,
)

MILLION = 100_000_000
THIRD = Fraction(1, 3)

weights = st.lists(st.integers(0, 10**13), min_size=1, max_size=12).filter(any)
small_weights = st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any)
totals = st.integers(0, 10**13)
shares = st.builds(lambda n, d: Fraction(n, n + d), st.integers(0, 50), st.integers(1, 50))
assumptions = st.lists(
    st.builds(Assumption, st.just("06010101"), totals, totals, totals, shares), min_size=1, max_size=12
).filter(lambda found: any(each.turnover_cents for each in found))


def assume(budget: int, turnover: int, former: int = 0, share: Fraction = Fraction(1)) -> Assumption:
    return Assumption("06010101", budget, turnover, former, share)


THREE = [
    assume(460_000_000, 300 * MILLION),
    assume(460_000_000, 100 * MILLION, former=200_000_000, share=THIRD),
    # Had more than the budget gives it: only the budget is left out, so nothing has to be corrected.
    assume(460_000_000, 50 * MILLION, former=500_000_000, share=Fraction(0)),
]


def test_three_hospitals_by_hand() -> None:
    alone, together, apart = simulate(THREE)
    assert [each.variant for each in (alone, together, apart)] == list(Variant)
    # To correct: 4,6 and 2,6 and 0 million; together 7,2.
    assert [effect.correction_cents for effect in alone.effects] == [460_000_000, 260_000_000, 0]
    assert [effect.effect_cents for effect in alone.effects] == [0, 0, 0]
    # Turnover is 6 : 2 : 1.
    assert [effect.correction_cents for effect in together.effects] == [480_000_000, 160_000_000, 80_000_000]
    assert [effect.effect_cents for effect in together.effects] == [-20_000_000, 100_000_000, -80_000_000]
    assert (together.gaining_count, together.losing_count) == (1, 2)
    # A third of 2,6 million is 866.666,666...
    assert [effect.correction_cents for effect in apart.effects] == [460_000_000, 86_666_667, 0]
    assert [effect.effect_cents for effect in apart.effects] == [0, 173_333_333, 0]
    assert (apart.gaining_count, apart.losing_count) == (1, 0)
    assert [each.pressure_cents for each in (alone, together, apart)] == [0, 0, 173_333_333]
    assert [each.must_be_neutral for each in (alone, together, apart)] == [True, True, False]
    for outcome in (alone, together, apart):
        assert (outcome.total_budget_cents, outcome.total_contribution_cents) == (1_380_000_000, 660_000_000)


def test_a_contribution_above_the_budget_is_capped_and_says_so() -> None:
    inputs = dict(per_hospital(THREE).effects[2].steps[0].inputs)
    assert inputs["vroegere beschikbaarheidbijdrage"] == "€ 5.000.000,00"
    assert inputs["meegeteld, hoogstens het budget"] == "€ 4.600.000,00"
    assert len(per_hospital(THREE).effects[1].steps[0].inputs) == 2


def test_the_steps_of_every_variant_end_in_its_effect() -> None:
    together, apart = in_total(THREE).effects[0], negotiated(THREE).effects[1]
    results = [step.result for step in together.steps]
    assert results == ["€ 4.600.000,00", "480000000 cent", "€ 4.800.000,00", "€ -200.000,00"]
    assert [step.result for step in apart.steps] == [
        "€ 2.600.000,00",
        "86666666 2/3 cent",
        "€ 866.666,67",
        "€ 1.733.333,33",
    ]
    assert [step.rule for step in together.steps] == ["AMB-46", "AMB-46", "AMB-26", "AMB-46"]


@pytest.mark.parametrize(
    ("total", "by", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (0, [1, 2], [0, 0]),
        (7, [0, 5, 0], [0, 7, 0]),
        # 3,5 and 1,5: both remainders are a half, and the larger weight goes first.
        (5, [3, 7], [1, 4]),
        (5, [7, 3], [4, 1]),
        (1, [1, 1], [1, 0]),
    ],
)
def test_a_total_split_in_whole_cents(total: int, by: list[int], parts: list[int]) -> None:
    assert largest_remainder(total, by) == parts


def test_nothing_to_split_by_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to split by"):
        largest_remainder(5, [0, 0])
    with pytest.raises(ValueError, match="nothing to split by"):
        simulate([assume(1, 0)])


@given(totals, weights)
def test_parts_add_up_and_are_within_a_cent_of_the_share(total: int, by: list[int]) -> None:
    parts = largest_remainder(total, by)
    assert sum(parts) == total
    for part, weight in zip(parts, by, strict=True):
        assert abs(part - Fraction(total * weight, sum(by))) < 1


@given(totals, weights)
def test_no_larger_weight_gets_less_and_none_gets_nothing(total: int, by: list[int]) -> None:
    parts = [part for _, part in sorted(zip(by, largest_remainder(total, by), strict=True))]
    assert parts == sorted(parts)
    assert all(part == 0 for part, weight in zip(largest_remainder(total, by), by, strict=True) if weight == 0)


@given(totals, weights, st.data())
def test_who_has_more_turnover_never_gives_up_less(total: int, by: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(by) - 1))
    more = [weight + (index == place) * data.draw(st.integers(1, 10**12)) for index, weight in enumerate(by)]
    assert largest_remainder(total, more)[place] >= largest_remainder(total, by)[place]


@given(st.integers(0, 60), small_weights)
def test_the_order_changes_nobodys_amount(total: int, by: list[int]) -> None:
    found = {tuple(sorted(zip(turned, largest_remainder(total, turned), strict=True))) for turned in permutations(by)}
    assert len(found) == 1


@given(assumptions)
def test_what_is_corrected_adds_up_exactly(found: list[Assumption]) -> None:
    alone, together, apart = simulate(found)
    base = sum(each.base_cents for each in found)
    assert alone.total_correction_cents == together.total_correction_cents == base
    for outcome in (alone, together, apart):
        assert outcome.total_effect_cents == outcome.pressure_cents
        assert outcome.total_budget_cents == (
            outcome.total_contribution_cents + outcome.total_correction_cents + outcome.total_effect_cents
        )
        if outcome.must_be_neutral:
            assert outcome.total_effect_cents == outcome.pressure_cents == 0
        for effect in outcome.effects:
            each = effect.assumption
            assert each.budget_cents == each.contribution_cents + effect.correction_cents + effect.effect_cents
            assert 0 <= each.contribution_cents <= each.budget_cents
    assert all(effect.effect_cents == 0 for effect in alone.effects)
    assert all(0 <= effect.correction_cents <= effect.assumption.base_cents for effect in apart.effects)
    assert apart.losing_count == 0


@given(assumptions)
def test_giving_up_everything_or_nothing_without_an_agreement(found: list[Assumption]) -> None:
    everything = [Assumption(a.agb, a.budget_cents, a.turnover_cents, 0, Fraction(1)) for a in found]
    nothing = [Assumption(a.agb, a.budget_cents, a.turnover_cents, 0, Fraction(0)) for a in found]
    assert negotiated(everything).pressure_cents == 0
    assert negotiated(nothing).pressure_cents == sum(a.budget_cents for a in found)
