"""Simulations of schoning over real sockets."""

from typing import Any

import grpc
from google.type import fraction_pb2, money_pb2

from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import schoning_pb2 as pb
from spoedkader.feed.v1 import feed_pb2
from tests.support.messages import euros
from tests.support.refusals import refusal
from tests.support.suite import Suite

MILLION = 100_000_000
NORM = 460_000_000
CLIENT_LIMIT = 4 * 1024 * 1024


def cents(money: money_pb2.Money) -> int:
    return int(money.units) * 100 + int(money.nanos) // 10_000_000


def assume(agb: str, turnover: int, budget: int | None = NORM, former: int | None = None) -> pb.SchoningProvider:
    return pb.SchoningProvider(
        provider=f"providers/{agb}",
        turnover=euros(turnover),
        budget=None if budget is None else euros(budget),
        former_contribution=None if former is None else euros(former),
    )


def request(*providers: pb.SchoningProvider, year: int = 2027) -> pb.SimulateSchoningRequest:
    return pb.SimulateSchoningRequest(budget_year=year, providers=providers)


def simulate(suite: Suite, *providers: pb.SchoningProvider) -> pb.SchoningSimulation:
    return suite.budget.schoning.SimulateSchoning(request(*providers), timeout=10)


def test_three_variants(suite: Suite) -> None:
    second = assume("06000002", 100 * MILLION, former=200_000_000)
    second.negotiated_share.CopyFrom(fraction_pb2.Fraction(numerator=1, denominator=3))
    found = simulate(suite, assume("06000001", 300 * MILLION), second, assume("06000003", 50 * MILLION, former=NORM))
    assert "bindt niemand" in found.label
    assert [each.variant for each in found.variants] == [
        pb.SCHONING_VARIANT_PER_ZIEKENHUIS,
        pb.SCHONING_VARIANT_OP_TOTAAL,
        pb.SCHONING_VARIANT_ZONDER_LANDELIJKE_AFSPRAAK,
    ]
    alone, together, apart = found.variants
    assert [cents(effect.effect) for effect in alone.effects] == [0, 0, 0]
    assert [cents(effect.correction) for effect in together.effects] == [480_000_000, 160_000_000, 80_000_000]
    assert [cents(effect.effect) for effect in together.effects] == [-20_000_000, 100_000_000, -80_000_000]
    assert [cents(effect.correction) for effect in apart.effects] == [460_000_000, 86_666_667, 0]
    assert [effect.provider for effect in apart.effects] == [f"providers/0600000{n}" for n in (1, 2, 3)]
    assert [(each.gaining_count, each.losing_count) for each in found.variants] == [(0, 0), (1, 2), (1, 0)]
    assert [each.must_be_neutral for each in found.variants] == [True, True, False]
    assert [cents(each.total_effect) for each in found.variants] == [0, 0, 173_333_333]
    assert [cents(each.pressure_on_other_care) for each in found.variants] == [0, 0, 173_333_333]
    for each in found.variants:
        assert each.description
        assert (cents(each.total_budget), cents(each.total_former_contribution)) == (3 * NORM, 660_000_000)
        for effect in each.effects:
            given_up = cents(effect.former_contribution) + cents(effect.correction) + cents(effect.effect)
            assert given_up == cents(effect.budget)
            assert all(step.rule and step.source and step.result for step in effect.steps)


def test_a_budget_that_is_not_given_is_that_of_the_latest_calculation(suite: Suite) -> None:
    suite.registry.set_round()
    provider = suite.registry.new_provider().name
    agb = provider.removeprefix("providers/")
    refused = refusal(suite.budget.schoning.SimulateSchoning, request(assume(agb, 5, budget=None)))
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["providers[0].budget"])
    for expected in (NORM, 2 * NORM):
        suite.registry.new_location(provider)
        calculate = budget_pb2.CalculateBudgetRequest(name=f"{provider}/budgets/2027")
        suite.budget.budgets.CalculateBudget(calculate, timeout=10)
        found = simulate(suite, assume(agb, 5, budget=None))
        assert cents(found.variants[0].effects[0].budget) == expected


def test_a_simulation_stores_nothing(suite: Suite) -> None:
    def everything() -> feed_pb2.ListChangesResponse:
        return suite.budget.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10)

    before = everything()
    simulate(suite, assume("06000001", 1))
    assert everything() == before


def test_a_thousand_providers_fit_in_an_answer(suite: Suite) -> None:
    most = 10**14
    providers = [assume(f"{n:08d}", most - n, most - 2 * n, most) for n in range(999)]
    found = simulate(suite, *providers, assume("00000999", most, most, 10**13 + 1))
    assert found.ByteSize() < CLIENT_LIMIT * 0.9
    assert cents(found.variants[1].total_effect) == 0


def test_every_wrong_field_is_named(suite: Suite) -> None:
    def refused(*providers: pb.SchoningProvider, **fields: Any) -> list[str]:
        return refusal(suite.budget.schoning.SimulateSchoning, request(*providers, **fields)).fields

    share = assume("06000001", 1)
    share.negotiated_share.CopyFrom(fraction_pb2.Fraction(numerator=3, denominator=2))
    nothing = assume("06000002", 1)
    nothing.negotiated_share.CopyFrom(fraction_pb2.Fraction(numerator=0, denominator=0))
    negative = assume("06000003", 1)
    negative.turnover.units = -1
    assert refused(share, nothing, negative, assume("-", 1), pb.SchoningProvider(), year=1) == [
        "budget_year",
        "providers[0].negotiated_share",
        "providers[1].negotiated_share",
        "providers[2].turnover",
        "providers[3].provider",
        "providers[4].provider",
        "providers[4].turnover",
    ]
    assert refused(assume("06000001", 1), assume("06000001", 2)) == ["providers[1].provider"]
    assert refused(assume("06000001", 0)) == ["providers"]
    assert refused() == ["providers"]
    assert refused(*[assume("06000001", 1)] * 1001) == ["providers"]
