"""Indicative tariff and settlement."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.facts import CareType
from services.budget.figures import Visits
from services.budget.tariff.model import (
    Direction,
    ExpectedVisits,
    counted_visits,
    estimate_settlement,
    estimate_tariff,
    given_visits,
    reported_visits,
)

from .samples import NORM, PARAMETERS, choosing, location

cents = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("budget", "visits", "tariff", "own_payment", "left"),
    [
        # 4.600.000,00 / 22.000 = 209,0909...
        (NORM, 22_000, 20_909, 20_909, 17_591),
        # 4.600.000,00 / 9.000 = 511,1111...: more than the deductible of 385,00.
        (NORM, 9_000, 51_111, 38_500, 0),
        # Half a cent goes up.
        (1, 2, 1, 1, 38_499),
        (49, 100, 0, 0, 38_500),
        (0, 1, 0, 0, 38_500),
    ],
)
def test_the_budget_divided_by_visits_beside_the_deductible(
    budget: int, visits: int, tariff: int, own_payment: int, left: int
) -> None:
    found = estimate_tariff(budget, given_visits(visits), PARAMETERS)
    assert (found.tariff_cents, found.own_payment_cents, found.deductible_left_cents) == (tariff, own_payment, left)
    assert found.deductible_cents == 38_500


def test_the_steps_can_be_redone_by_hand() -> None:
    found = estimate_tariff(NORM, ExpectedVisits(22_000, "opgegeven", (("locatie veenrode", "22000"),)), PARAMETERS)
    assert [each.rule for each in found.steps] == ["AMB-27", "AMB-27", "AMB-26", "AMB-27"]
    assert found.steps[0].inputs == (("herkomst", "opgegeven"), ("locatie veenrode", "22000"))
    assert [each.result for each in found.steps] == ["22000 bezoeken", "20909 1/11 cent", "€ 209,09", "€ 209,09"]


def test_the_label_says_that_nobody_is_bound_and_where_the_deductible_comes_from() -> None:
    label = estimate_tariff(NORM, given_visits(1), choosing(deductible_cents=40_000)).label
    assert "bindt niemand" in label
    assert "Eigen risico van € 400,00" in label
    assert PARAMETERS.deductible_cents.source in label
    assert "bindt niemand" in estimate_settlement(1, 1, PARAMETERS).label


@given(cents, st.integers(1, 2**31 - 1), st.integers(0, 10**7))
def test_a_tariff_is_within_half_a_cent_and_the_deductible_is_split_in_two(
    budget: int, visits: int, deductible: int
) -> None:
    found = estimate_tariff(budget, given_visits(visits), choosing(deductible_cents=deductible))
    assert -Fraction(1, 2) < found.tariff_cents - Fraction(budget, visits) <= Fraction(1, 2)
    assert found.own_payment_cents + found.deductible_left_cents == deductible
    assert found.own_payment_cents in {found.tariff_cents, deductible}
    assert found.own_payment_cents <= found.tariff_cents


def test_visits_count_with_the_ehh_of_seh_locations_only() -> None:
    locations = [location("a"), location("b"), location("poli", care_type=CareType.SPOEDPOLI), location("stil")]
    visits = {"a": Visits(100, 20), "b": Visits(50, None), "poli": Visits(900, 900)}
    assert counted_visits(locations, visits, PARAMETERS) == {"a": 120, "b": None, "stil": None}
    seh_only = choosing(visits_in_tariff="seh")
    assert counted_visits(locations, visits, seh_only) == {"a": 100, "b": 50, "stil": None}


def test_reported_visits_are_added_and_say_what_they_are() -> None:
    found = reported_visits({"a": 120, "b": 50}, 2025, PARAMETERS)
    assert (found.count, found.parts) == (170, (("locatie a", "120 bezoeken"), ("locatie b", "50 bezoeken")))
    assert "2025" in found.source
    assert "Eerste Hart Hulp" in found.source
    assert "Eerste Hart Hulp" not in reported_visits({"a": 1}, 2025, choosing(visits_in_tariff="seh")).source


@pytest.mark.parametrize(
    ("revenue", "difference", "direction"),
    [
        (NORM + 40_000_000, 40_000_000, Direction.AANBIEDER_BETAALT),
        (NORM, 0, Direction.GEEN),
        (NORM - 1, -1, Direction.AANBIEDER_ONTVANGT),
        (0, -NORM, Direction.AANBIEDER_ONTVANGT),
    ],
)
def test_settlement_keeps_its_sign(revenue: int, difference: int, direction: Direction) -> None:
    found = estimate_settlement(NORM, revenue, PARAMETERS)
    assert (found.difference_cents, found.direction) == (difference, direction)
    (step,) = found.steps
    assert step.rule == "AMB-28"
    assert step.result.endswith(direction.value)
