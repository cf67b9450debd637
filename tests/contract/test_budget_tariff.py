"""Indicative tariff and settlement over real sockets."""

from typing import Any

import grpc
import pytest

from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import tariff_pb2 as pb
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import indicator_pb2
from spoedkader.registry.v1 import location_pb2
from tests.support.messages import euros
from tests.support.refusals import refusal
from tests.support.suite import Suite

NORM = 460_000_000


@pytest.fixture(scope="module", autouse=True)
def _round(suite: Suite) -> None:
    suite.registry.set_round()


def calculated(suite: Suite, locations: int = 1, **fields: Any) -> str:
    """A provider of its own with a calculation, and so many locations of 10,000 and 1,000 visits."""
    name = suite.registry.new_provider().name
    for _ in range(locations):
        report(suite, suite.registry.new_location(name, **fields).name, seh_visits=10_000, ehh_visits=1_000)
    calculate(suite, name)
    return name


def calculate(suite: Suite, provider: str) -> budget_pb2.Calculation:
    return suite.budget.budgets.CalculateBudget(
        budget_pb2.CalculateBudgetRequest(name=f"{provider}/budgets/2027"), timeout=10
    )


def report(suite: Suite, location: str, year: int = 2025, **visits: int) -> None:
    found = indicator_pb2.Indicators(name=f"{location}/indicators/{year}", **visits)
    suite.quality.indicators.UpdateIndicators(indicator_pb2.UpdateIndicatorsRequest(indicators=found), timeout=10)


def tariff(provider: str, **fields: Any) -> pb.EstimateTariffRequest:
    return pb.EstimateTariffRequest(name=f"{provider}/tariffs/2027", **fields)


def settlement(provider: str, revenue: int) -> pb.EstimateSettlementRequest:
    return pb.EstimateSettlementRequest(name=f"{provider}/settlements/2027", declared_revenue=euros(revenue))


def test_a_tariff_over_the_visits_of_all_locations(suite: Suite) -> None:
    provider = calculated(suite, locations=2)
    clinic = suite.registry.new_location(provider, care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI)
    report(suite, clinic.name, seh_visits=99_999, ehh_visits=0)
    # Another year is not the reference year.
    report(suite, clinic.name, year=2024, seh_visits=1, ehh_visits=1)
    found = suite.budget.tariffs.EstimateTariff(tariff(provider), timeout=10)
    assert found.name == f"{provider}/tariffs/2027"
    assert found.calculation == f"{provider}/budgets/2027/calculations/1"
    assert (found.budget, found.expected_visits) == (euros(2 * NORM), 22_000)
    # 9.200.000,00 / 22.000 = 418,1818...
    assert (found.tariff, found.deductible) == (euros(41_818), euros(38_500))
    assert (found.own_payment, found.deductible_left) == (euros(38_500), euros(0))
    assert "2025" in found.visits_source
    assert "bindt niemand" in found.label
    assert "voorbeeld" in found.label
    assert [step.rule for step in found.steps] == ["AMB-27", "AMB-27", "AMB-26", "AMB-27"]
    assert len(found.steps[0].inputs) == 3


def test_visits_that_are_given_need_no_indicators(suite: Suite) -> None:
    provider = suite.registry.new_provider().name
    suite.registry.new_location(provider)
    calculate(suite, provider)
    found = suite.budget.tariffs.EstimateTariff(tariff(provider, expected_visits=22_000), timeout=10)
    assert (found.tariff, found.own_payment, found.deductible_left) == (euros(20_909), euros(20_909), euros(17_591))
    assert found.visits_source == "opgegeven bij de vraag"


def test_visits_that_are_not_known_or_none_have_to_be_given(suite: Suite) -> None:
    provider = calculated(suite)
    silent = suite.registry.new_location(provider).name
    for visits in ({}, {"seh_visits": 5}):
        if visits:
            report(suite, silent, **visits)
        refused = refusal(suite.budget.tariffs.EstimateTariff, tariff(provider))
        assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["expected_visits"])
        assert silent.rpartition("/")[2] in refused.violations["expected_visits"]
    report(suite, silent, seh_visits=5, ehh_visits=0)
    assert suite.budget.tariffs.EstimateTariff(tariff(provider), timeout=10).expected_visits == 11_005

    quiet = suite.registry.new_location()
    report(suite, quiet.name, seh_visits=0, ehh_visits=0)
    owner = quiet.name.partition("/locations/")[0]
    calculate(suite, owner)
    assert refusal(suite.budget.tariffs.EstimateTariff, tariff(owner)).fields == ["expected_visits"]


@pytest.mark.parametrize("visits", [0, -1, 2**31])
def test_visits_that_cannot_be(suite: Suite, visits: int) -> None:
    refused = refusal(suite.budget.tariffs.EstimateTariff, tariff("providers/06010101", expected_visits=visits))
    assert (refused.reason, refused.fields) == ("INVALID_INPUT", ["expected_visits"])


@pytest.mark.parametrize(
    ("revenue", "cents", "direction"),
    [
        (NORM + 40_000_000, 40_000_000, pb.SettlementEstimate.DIRECTION_AANBIEDER_BETAALT),
        (NORM, 0, pb.SettlementEstimate.DIRECTION_GEEN),
        (NORM - 150, -150, pb.SettlementEstimate.DIRECTION_AANBIEDER_ONTVANGT),
    ],
)
def test_a_settlement_with_its_sign(suite: Suite, revenue: int, cents: int, direction: int) -> None:
    provider = calculated(suite)
    found = suite.budget.tariffs.EstimateSettlement(settlement(provider, revenue), timeout=10)
    assert found.name == f"{provider}/settlements/2027"
    assert (found.budget, found.declared_revenue) == (euros(NORM), euros(revenue))
    assert found.difference.units * 100 + found.difference.nanos // 10_000_000 == cents
    assert found.difference.currency_code == "EUR"
    assert found.direction == direction
    assert "bindt niemand" in found.label
    assert [step.rule for step in found.steps] == ["AMB-28"]


def test_estimates_rest_on_the_latest_calculation(suite: Suite) -> None:
    provider = calculated(suite)
    report(suite, suite.registry.new_location(provider).name, seh_visits=1, ehh_visits=0)
    before = suite.budget.tariffs.EstimateTariff(tariff(provider), timeout=10)
    assert (before.calculation[-2:], before.budget) == ("/1", euros(NORM))
    calculate(suite, provider)
    after = suite.budget.tariffs.EstimateTariff(tariff(provider), timeout=10)
    assert (after.calculation[-2:], after.budget) == ("/2", euros(2 * NORM))


def test_without_a_calculation_there_is_nothing_to_estimate(suite: Suite) -> None:
    provider = suite.registry.new_provider().name
    for refused in (
        refusal(suite.budget.tariffs.EstimateTariff, tariff(provider, expected_visits=1)),
        refusal(suite.budget.tariffs.EstimateSettlement, settlement(provider, 1)),
    ):
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
        assert refused.metadata == {"resource": f"{provider}/budgets/2027"}
        assert "CalculateBudget" in refused.message


def test_every_wrong_field_is_named(suite: Suite) -> None:
    wrong = pb.EstimateTariffRequest(name="providers/-/tariffs/2027", expected_visits=0)
    assert refusal(suite.budget.tariffs.EstimateTariff, wrong).fields == ["name", "expected_visits"]
    missing = pb.EstimateSettlementRequest(name="providers/06010101/settlements/1200")
    assert refusal(suite.budget.tariffs.EstimateSettlement, missing).fields == ["name", "declared_revenue"]
    unknown = refusal(suite.budget.tariffs.EstimateTariff, tariff("providers/99999999", expected_visits=1))
    assert unknown.metadata == {"resource": "providers/99999999"}


def test_an_estimate_stores_nothing(suite: Suite) -> None:
    provider = calculated(suite)
    before = everything(suite)
    suite.budget.tariffs.EstimateTariff(tariff(provider), timeout=10)
    suite.budget.tariffs.EstimateSettlement(settlement(provider, 5), timeout=10)
    assert everything(suite) == before
    listed = budget_pb2.ListCalculationsRequest(parent=f"{provider}/budgets/2027")
    assert len(suite.budget.budgets.ListCalculations(listed, timeout=10).calculations) == 1


def everything(suite: Suite) -> feed_pb2.ListChangesResponse:
    """The feed of the budget service from its start."""
    return suite.budget.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10)
