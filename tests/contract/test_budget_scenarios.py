"""Scenarios over real sockets."""

import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.type import money_pb2
from typer.testing import CliRunner

from services.cli.main import app
from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import scenario_pb2 as pb
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import indicator_pb2, submission_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2
from tests.support.messages import day, euros, moment, time_of_day
from tests.support.refusals import refusal
from tests.support.suite import Suite

NORM = 460_000_000
EXAMPLE = Path(__file__).parents[2] / "data" / "voorbeeld-2027"
DAYTIME = location_pb2.OpeningHours.Period(
    valid_from_date=day("2020-01-01"),
    weekdays=[1, 2, 3, 4, 5, 6, 7],
    opens=time_of_day("08:00"),
    closes=time_of_day("24:00"),
)


def cents(money: money_pb2.Money) -> int:
    return int(money.units) * 100 + int(money.nanos) // 10_000_000


@pytest.fixture(scope="module", autouse=True)
def _round(suite: Suite) -> None:
    suite.registry.set_round()


@pytest.fixture
def place(suite: Suite) -> str:
    """A location of a provider of its own."""
    return suite.registry.new_location().name


def owner(place: str) -> str:
    return place.partition("/locations/")[0]


def request(provider: str, *classes: pb.ScenarioClass, **assumed: Any) -> pb.SimulateScenarioRequest:
    assumptions = pb.ScenarioAssumptions(**assumed)
    if classes:
        assumptions.differentiation.classes.extend(classes)
    return pb.SimulateScenarioRequest(budget_year=2027, provider=provider, assumptions=assumptions)


def simulate(suite: Suite, provider: str, *classes: pb.ScenarioClass, **assumed: Any) -> pb.Scenario:
    return suite.budget.scenarios.SimulateScenario(request(provider, *classes, **assumed), timeout=30)


def amount(title: str, norm: int, **test: Any) -> pb.ScenarioClass:
    return pb.ScenarioClass(title=title, norm_amount=euros(norm), **test)


def hours(place: str, *periods: location_pb2.OpeningHours.Period) -> list[pb.AssumedOpeningHours]:
    return [pb.AssumedOpeningHours(location=place, periods=periods)]


def report(suite: Suite, place: str, **visits: int) -> None:
    found = indicator_pb2.Indicators(name=f"{place}/indicators/2025", **visits)
    suite.quality.indicators.UpdateIndicators(indicator_pb2.UpdateIndicatorsRequest(indicators=found), timeout=10)


def answer(suite: Suite, place: str, *answers: submission_pb2.Answer) -> None:
    found = submission_pb2.Submission(
        name=f"{place}/submissions/2026",
        policy_year=2027,
        status=submission_pb2.Submission.STATUS_VOORLOPIG,
        delivered_date=day("2026-06-02"),
        answers=answers,
    )
    suite.quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=found), timeout=10)


def test_another_amount_and_other_opening_hours(suite: Suite, place: str) -> None:
    second = suite.registry.new_location(owner(place)).name
    found = simulate(suite, owner(place), norm_amount=euros(300_000_000), opening_hours=hours(second, DAYTIME))
    assert "geen berekening" in found.label
    assert found.assumptions == [
        "Normbedrag van een SEH die het hele jaar open is: € 3.000.000,00.",
        f"Openingstijden van locatie {second.rpartition('/')[2]}: ma di wo do vr za zo 08:00-24:00, vanaf 2020-01-01.",
    ]
    (effect,) = found.providers
    assert effect.provider == owner(place)
    assert [each.location for each in effect.locations] == [place, second]
    assert [cents(each.now) for each in effect.locations] == [NORM, NORM]
    assert [cents(each.scenario) for each in effect.locations] == [300_000_000, 200_000_000]
    assert [cents(each.norm_amount) for each in effect.locations] == [300_000_000, 300_000_000]
    assert [cents(money) for money in (effect.now, effect.scenario, effect.difference)] == [
        2 * NORM,
        500_000_000,
        -420_000_000,
    ]
    assert [found.total_now, found.total_scenario, found.total_difference] == [
        effect.now,
        effect.scenario,
        effect.difference,
    ]
    assert all(step.rule and step.source and step.result for each in effect.locations for step in each.steps)


def test_now_is_what_a_calculation_says_and_nothing_is_stored(suite: Suite, place: str) -> None:
    suite.registry.closures.CreateClosure(
        closure_pb2.CreateClosureRequest(
            parent=place,
            closure_id=suite.registry.unused_id("c"),
            closure=closure_pb2.Closure(start_time=moment("2027-02-01T00:00"), end_time=moment("2027-05-24T00:00")),
        ),
        timeout=10,
    )
    calculate = budget_pb2.CalculateBudgetRequest(name=f"{owner(place)}/budgets/2027")
    calculation = suite.budget.budgets.CalculateBudget(calculate, timeout=10)

    def stored() -> tuple[Any, ...]:
        feed = suite.budget.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10)
        listed = budget_pb2.ListCalculationsRequest(parent=f"{owner(place)}/budgets/2027")
        return feed, suite.budget.budgets.ListCalculations(listed, timeout=10)

    before = stored()
    found = simulate(suite, owner(place), norm_amount=euros(365_000_000))
    assert found.total_now == calculation.budget
    assert cents(found.total_scenario) == 253_000_000
    assert stored() == before
    assert suite.budget.budgets.CalculateBudget(calculate, timeout=10) == calculation


def test_by_size(suite: Suite, place: str) -> None:
    places = [place, *(suite.registry.new_location(owner(place)).name for _ in range(3))]
    report(suite, places[0], seh_visits=9_000, ehh_visits=999)
    report(suite, places[1], seh_visits=9_000, ehh_visits=1_000)
    report(suite, places[2], seh_visits=90_000)
    classes = (
        amount("klein", 300_000_000, size=pb.SizeTest(max_visits=10_000)),
        amount("groot", 500_000_000, size=pb.SizeTest(min_visits=10_000)),
    )
    effect = simulate(suite, owner(place), *classes).providers[0]
    assert [each.class_title for each in effect.locations] == ["klein", "groot", "", ""]
    assert [cents(each.scenario) for each in effect.locations] == [300_000_000, 500_000_000, NORM, NORM]
    for each in effect.locations[2:]:
        assert each.unclassified_because.count("bezoeken in 2025 zijn niet bekend") == 2
    rest = simulate(suite, owner(place), *classes, amount("overig", 1)).providers[0]
    assert [each.class_title for each in rest.locations] == ["klein", "groot", "overig", "overig"]
    assert not any(each.unclassified_because for each in rest.locations)


def test_by_function_of_the_latest_answers(suite: Suite, place: str) -> None:
    second = suite.registry.new_location(owner(place)).name
    test = pb.FunctionTest(question="trauma.level", answers=["1", "2"])
    trauma = amount("traumacentrum", 600_000_000, function=test)
    present = pb.FunctionTest(question="arts.als_afgerond", answers=["ja"])
    answer(suite, place, submission_pb2.Answer(question="trauma.level", choice="1"))
    answer(suite, place, submission_pb2.Answer(question="trauma.level", choice="3"))
    answer(
        suite,
        second,
        submission_pb2.Answer(question="trauma.level", choice="2"),
        submission_pb2.Answer(question="arts.als_afgerond", block="kantooruren", yes=False),
        submission_pb2.Answer(question="arts.als_afgerond", block="anw", yes=True),
    )
    first, other = simulate(suite, owner(place), trauma).providers[0].locations
    assert (first.class_title, first.unclassified_because) == ("", "traumacentrum: trauma.level is 3")
    assert (other.class_title, cents(other.scenario)) == ("traumacentrum", 600_000_000)
    first, other = simulate(suite, owner(place), amount("als", 1, function=present)).providers[0].locations
    assert first.unclassified_because == "als: arts.als_afgerond is niet beantwoord in 2026"
    assert other.class_title == "als"


def test_by_opening_hours(suite: Suite, place: str) -> None:
    second = suite.registry.new_location(owner(place)).name
    classes = (
        amount("dag en nacht", 500_000_000, opening=pb.OpeningTest(around_the_clock=True)),
        amount("dag", 300_000_000, opening=pb.OpeningTest(around_the_clock=False)),
    )
    effect = simulate(suite, owner(place), *classes, opening_hours=hours(second, DAYTIME)).providers[0]
    assert [(each.class_title, cents(each.scenario)) for each in effect.locations] == [
        ("dag en nacht", 500_000_000),
        ("dag", 200_000_000),
    ]


def test_another_care_type_has_no_norm_amount(suite: Suite, place: str) -> None:
    suite.registry.new_location(owner(place), care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI)
    _, clinic = simulate(suite, owner(place), amount("alle", 1)).providers[0].locations
    assert not clinic.HasField("norm_amount")
    assert (cents(clinic.now), cents(clinic.scenario), clinic.class_title) == (0, 0, "")
    assert clinic.unclassified_because


def test_what_is_not_there_is_named_with_its_place(suite: Suite, place: str) -> None:
    elsewhere = suite.registry.new_location().name
    local = place.rpartition("/")[2]

    def wrong(*classes: pb.ScenarioClass, **assumed: Any) -> list[str]:
        return refusal(suite.budget.scenarios.SimulateScenario, request(owner(place), *classes, **assumed)).fields

    known = hours(f"providers/-/locations/{local}")
    assert simulate(suite, owner(place), opening_hours=known).assumptions
    assert wrong(
        opening_hours=[
            *known,
            *hours("providers/-/locations/nergens"),
            *hours(elsewhere),
            *hours(f"{owner(elsewhere)}/locations/{local}x"),
        ]
    ) == [f"assumptions.opening_hours[{index}].location" for index in (1, 2, 3)]
    assert wrong(opening_hours=hours(f"{owner(elsewhere)}/locations/{local}")) == [
        "assumptions.opening_hours[0].location"
    ]
    path = "assumptions.differentiation.classes"
    assert wrong(
        amount("a", 1, function=pb.FunctionTest(question="trauma.levl", answers=["1"])),
        amount("b", 1, function=pb.FunctionTest(question="trauma.level", answers=["1", "IV"])),
        amount("c", 1, function=pb.FunctionTest(question="arts.als_afgerond", answers=["true", "nee"])),
        amount("d", 1, function=pb.FunctionTest(question="arts.poortervaring_maanden", answers=["6", "06", "zes"])),
    ) == [
        f"{path}[0].function.question",
        f"{path}[1].function.answers[1]",
        f"{path}[2].function.answers[0]",
        f"{path}[3].function.answers[1]",
        f"{path}[3].function.answers[2]",
    ]


def test_every_wrong_field_is_named(suite: Suite) -> None:
    empty = refusal(suite.budget.scenarios.SimulateScenario, pb.SimulateScenarioRequest())
    assert (empty.code, empty.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["budget_year", "assumptions"])
    bad_period = location_pb2.OpeningHours.Period(
        valid_from_date=day("2027-02-01"),
        valid_until_date=day("2027-02-01"),
        weekdays=[1, 1],
        opens=time_of_day("24:00"),
    )
    place = "providers/06010101/locations/veenrode"
    asked = request(
        "providers/-",
        amount("rest", 1),
        pb.ScenarioClass(size=pb.SizeTest(min_visits=-1, max_visits=5)),
        amount("rest", 1, size=pb.SizeTest(min_visits=5, max_visits=5)),
        amount("functie", 1, function=pb.FunctionTest()),
        amount("lang", 1, function=pb.FunctionTest(question="trauma.level", answers=["1", "9" * 5000])),
        norm_amount=money_pb2.Money(currency_code="USD", units=1),
        opening_hours=[
            *hours(place, bad_period),
            *hours(place),
            *hours("providers/06010101/locations/-"),
            *hours("x"),
        ],
    )
    refused = refusal(suite.budget.scenarios.SimulateScenario, asked)
    classes = "assumptions.differentiation.classes"
    opening = "assumptions.opening_hours"
    assert refused.fields == [
        "provider",
        "assumptions.norm_amount",
        f"{opening}[0].periods[0].valid_until_date",
        f"{opening}[0].periods[0].weekdays",
        f"{opening}[0].periods[0].opens",
        f"{opening}[0].periods[0].closes",
        f"{opening}[1].location",
        f"{opening}[2].location",
        f"{opening}[3].location",
        f"{classes}[1].size.min_visits",
        f"{classes}[1].title",
        f"{classes}[1].norm_amount",
        f"{classes}[2].size.max_visits",
        f"{classes}[3].function.question",
        f"{classes}[3].function.answers",
        f"{classes}[4].function.answers[1]",
        f"{classes}[0]",
        f"{classes}[2].title",
    ]
    no_class = request("")
    no_class.assumptions.differentiation.SetInParent()
    assert refusal(suite.budget.scenarios.SimulateScenario, no_class).fields == [classes]
    later = request("")
    later.budget_year = 2031
    assert refusal(suite.budget.scenarios.SimulateScenario, later).reason == "ROUND_UNKNOWN"


def test_the_example_by_every_kind_of_class_within_seconds(suite: Suite, folder: Path) -> None:
    addresses = {f"SPOEDKADER_{name.upper()}_ADDRESS": f"unix:{folder / name}.sock" for name in ("registry", "quality")}
    imported = CliRunner().invoke(app, ["import", str(EXAMPLE)], env=addresses)
    assert imported.exit_code == 0, imported.output
    classes = (
        amount("trauma", 600_000_000, function=pb.FunctionTest(question="trauma.level", answers=["1"])),
        amount("dag", 300_000_000, opening=pb.OpeningTest(around_the_clock=False)),
        amount("groot", 500_000_000, size=pb.SizeTest(min_visits=20_000)),
        amount("klein", 400_000_000, size=pb.SizeTest(max_visits=20_000)),
    )
    started = time.monotonic()
    found = simulate(suite, "", *classes)
    assert time.monotonic() - started < 5
    places = [each for effect in found.providers for each in effect.locations if "/locations/L0" in each.location]
    assert len(places) == 79
    assert {each.class_title for each in places} == {"trauma", "dag", "groot", "klein", ""}
    assert all(bool(each.class_title) != bool(each.unclassified_because) for each in places)
    # The Eerste Hart Hulp of this one was not reported.
    (silent,) = (each for each in places if each.location.endswith("/L030"))
    assert "bezoeken in 2025 zijn niet bekend" in silent.unclassified_because
    for effect in found.providers:
        assert cents(effect.now) == sum(cents(each.now) for each in effect.locations)
        assert cents(effect.scenario) == sum(cents(each.scenario) for each in effect.locations)
        assert cents(effect.difference) == cents(effect.scenario) - cents(effect.now)
    assert cents(found.total_now) == sum(cents(effect.now) for effect in found.providers)
    assert cents(found.total_scenario) == sum(cents(effect.scenario) for effect in found.providers)
    calculated = suite.budget.budgets.CalculateBudgets(
        budget_pb2.CalculateBudgetsRequest(budget_year=2027, validate_only=True), timeout=60
    )
    assert {each.calculation.name.split("/")[1]: each.calculation.budget for each in calculated} == {
        effect.provider.split("/")[1]: effect.now for effect in found.providers
    }
