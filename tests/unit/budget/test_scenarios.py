"""Scenarios: other amounts, other opening hours, amounts by class."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.facts import Approval, CareType, Decision, Exclusion, Location, Negative, Provider, Standing
from services.budget.figures import Answers, Visits
from services.budget.norm_budget.model import provider_budget
from services.budget.scenarios.classes import (
    FunctionTest,
    OpeningTest,
    Reported,
    ScenarioClass,
    SizeTest,
    Test,
    classify,
)
from services.budget.scenarios.model import Assumptions, ProviderEffect, in_words, simulate

from .samples import NORM, PARAMETERS, closures, hours, location, round_of

SIXTEEN_WEEKS = closures(("2027-02-01T00:00", "2027-05-24T00:00"))
DAYTIME = (hours(8 * 60, 1440),)


def provider(*locations: Location, since: date = date(1990, 1, 1), approvals: tuple[Approval, ...] = ()) -> Provider:
    return Provider("06010101", since, ("9101", "9102"), approvals, locations)


def reported(visits: dict[str, Visits] | None = None, answers: dict[str, Answers] | None = None) -> Reported:
    return Reported(2027, 2026, 2025, visits or {}, answers or {})


def run(of: Provider, known: Reported | None = None, **assumed: Any) -> ProviderEffect:
    return simulate(of, round_of(), {}, PARAMETERS, assumptions=Assumptions(**assumed), reported=known or reported())


def amount(title: str, norm: int, test: Test | None = None) -> ScenarioClass:
    return ScenarioClass(title, norm, test)


def test_another_norm_amount_holds_pro_rata_too() -> None:
    found = run(provider(location("a"), location("b", closures=SIXTEEN_WEEKS)), norm_amount_cents=365_000_000)
    first, second = found.locations
    assert (first.now_cents, first.scenario_cents) == (NORM, 365_000_000)
    # 253 of the 365 days are open.
    assert (second.now_cents, second.scenario_cents) == (318_849_315, 253_000_000)
    assert (found.now_cents, found.scenario_cents) == (NORM + 318_849_315, 618_000_000)
    assert (first.class_title, first.unclassified_because) == ("", "")


def test_other_opening_hours_replace_those_of_a_location() -> None:
    found = run(provider(location("a"), location("b", periods=DAYTIME)), opening_hours={"a": DAYTIME, "b": ()})
    first, second = found.locations
    # Closed for eight hours of every day: a third.
    assert (first.now_cents, first.scenario_cents) == (NORM, 306_666_667)
    assert (second.now_cents, second.scenario_cents) == (306_666_667, NORM)
    rules = [step.rule for step in first.steps]
    assert rules.index("AMB-16") < rules.index("AMB-01") < rules.index("AMB-19")
    assert not [step for step in run(provider(location("a"))).locations[0].steps if step.rule == "AMB-03"]


def test_closures_still_count_within_other_opening_hours() -> None:
    found = run(provider(location("a", closures=SIXTEEN_WEEKS)), opening_hours={"a": DAYTIME})
    # Open on 253 days for 16 hours: 4048 of the 8760 hours, 2.125.662,1004 euros.
    assert found.scenario_cents == 212_566_210


def test_the_first_class_that_fits_gives_the_amount() -> None:
    visits = {"klein": Visits(9_999, 0), "grens": Visits(9_000, 1_000), "groot": Visits(30_000, 1)}
    classes = (
        amount("klein", 300_000_000, SizeTest(0, 10_000)),
        amount("middel", 400_000_000, SizeTest(10_000, 30_000)),
        amount("groot", 500_000_000, SizeTest(5_000, None)),
    )
    places = [location(each) for each in (*visits, "stil")]
    found = run(provider(*places), reported(visits), classes=classes).locations
    assert [each.class_title for each in found] == ["klein", "middel", "groot", ""]
    assert [each.scenario_cents for each in found] == [300_000_000, 400_000_000, 500_000_000, NORM]
    assert [each.norm_amount_cents for each in found] == [300_000_000, 400_000_000, 500_000_000, NORM]
    because = "bezoeken in 2025 zijn niet bekend"
    assert found[3].unclassified_because == f"klein: {because}; middel: {because}; groot: {because}"
    assert found[3].steps[0].description == "Geen klasse past: het normbedrag zonder klassen."
    assert found[1].steps[0].inputs == (
        ("normbedrag van de ronde", "€ 4.600.000,00"),
        ("klasse klein", "10000 bezoeken in 2025"),
        ("klasse middel", "10000 bezoeken in 2025"),
    )


def test_without_a_class_the_assumed_amount_holds() -> None:
    classes = (amount("groot", 500_000_000, SizeTest(1, None)),)
    (found,) = run(provider(location("a")), classes=classes, norm_amount_cents=1_000).locations
    assert (found.norm_amount_cents, found.scenario_cents) == (1_000, 1_000)


def test_a_class_without_a_test_is_for_the_rest() -> None:
    classes = (amount("groot", 500_000_000, SizeTest(20_000, None)), amount("overig", 200_000_000))
    visits = {"a": Visits(30_000, 0), "b": Visits(20_000, None)}
    found = run(provider(location("a"), location("b")), reported(visits), classes=classes).locations
    assert [(each.class_title, each.scenario_cents, each.unclassified_because) for each in found] == [
        ("groot", 500_000_000, ""),
        ("overig", 200_000_000, ""),
    ]
    assert ("klasse groot", "bezoeken in 2025 zijn niet bekend") in found[1].steps[0].inputs


@pytest.mark.parametrize(
    ("given_answers", "fits"),
    [
        (("1",), True),
        (("2",), True),
        (("3",), False),
        ((), False),
        # Of the blocks one is enough.
        (("3", "1"), True),
        (("3", "geen"), False),
    ],
)
def test_by_function(given_answers: tuple[str, ...], fits: bool) -> None:
    test = FunctionTest("trauma.level", ("1", "2"))
    answers = {"veenrode": {"trauma.level": given_answers, "ic.beschikbaar": ("1",)}}
    found = classify(location(), [amount("traumacentrum", 1, test)], reported(answers=answers))
    assert (found.found is not None) is fits


def test_an_answer_that_is_not_there_is_named() -> None:
    test = FunctionTest("trauma.level", ("1",))
    found = classify(location(), [amount("traumacentrum", 1, test)], reported())
    assert found.unclassified_because == "traumacentrum: trauma.level is niet beantwoord in 2026"
    other = reported(answers={"veenrode": {"trauma.level": ("3",)}})
    found = classify(location(), [amount("traumacentrum", 1, test)], other)
    assert found.unclassified_because == "traumacentrum: trauma.level is 3"


@pytest.mark.parametrize(
    ("periods", "around_the_clock"),
    [
        ((), True),
        ((hours(0, 1440),), True),
        # Day and night apart, the night past midnight.
        ((hours(8 * 60, 20 * 60), hours(20 * 60, 8 * 60)), True),
        (DAYTIME, False),
        ((hours(0, 1440, valid_until=date(2027, 12, 31)),), False),
        ((hours(0, 1440, valid_until=date(2028, 1, 1)),), True),
    ],
)
def test_by_opening(periods: tuple[Any, ...], around_the_clock: bool) -> None:
    classes = [amount("dag", 1, OpeningTest(False)), amount("dag en nacht", 2, OpeningTest(True))]
    # Closures do not make it another kind of location.
    found = classify(location(periods=periods, closures=SIXTEEN_WEEKS), classes, reported())
    assert found.found is classes[around_the_clock]


def test_classes_by_opening_look_at_the_hours_of_the_scenario() -> None:
    classes = (amount("dag", 240_000_000, OpeningTest(False)),)
    (found,) = run(provider(location("a")), opening_hours={"a": DAYTIME}, classes=classes).locations
    assert (found.class_title, found.scenario_cents) == ("dag", 160_000_000)


def test_another_care_type_has_no_norm_amount_and_no_class() -> None:
    of = provider(location("poli", care_type=CareType.SPOEDPOLI))
    (found,) = run(of, classes=(amount("alle", 500_000_000),)).locations
    assert (found.norm_amount_cents, found.now_cents, found.scenario_cents, found.class_title) == (None, 0, 0, "")
    assert "SPOEDPOLI" in found.unclassified_because
    assert run(of).locations[0].unclassified_because == ""


def test_a_new_provider_without_approval_has_nothing_in_a_scenario_either() -> None:
    new = provider(location("a"), since=date(2027, 1, 1))
    found = run(new, norm_amount_cents=500_000_000)
    assert (found.now_cents, found.scenario_cents, found.locations[0].scenario_cents) == (0, 0, 0)
    agreed = tuple(Approval(insurer, Decision.AKKOORD, date(2026, 9, 1)) for insurer in ("9101", "9102"))
    found = run(replace(new, approvals=agreed), norm_amount_cents=500_000_000)
    assert (found.now_cents, found.scenario_cents) == (NORM, 500_000_000)


def test_a_decision_takes_the_amount_away_in_a_scenario_too() -> None:
    case = "providers/06010101/locations/a/cases/2026-herstel"
    standings = {"a": Standing(exclusions=(Exclusion(case, Negative.GEEN_BUDGET, date(2027, 6, 2)),))}
    assumptions = Assumptions(norm_amount_cents=500_000_000)
    of = provider(location("a"), location("b"))
    found = simulate(of, round_of(), standings, PARAMETERS, assumptions=assumptions, reported=reported())
    assert [(each.now_cents, each.scenario_cents) for each in found.locations] == [(0, 0), (NORM, 500_000_000)]


def test_what_is_assumed_is_said_line_by_line() -> None:
    assumptions = Assumptions(
        500_000_000,
        {"a": DAYTIME, "b": ()},
        (
            amount("trauma", 1, FunctionTest("trauma.level", ("1", "2"))),
            amount("groot", 2, SizeTest(20_000, None)),
            amount("middel", 3, SizeTest(10_000, 20_000)),
            amount("dag", 4, OpeningTest(False)),
            amount("overig", 5),
        ),
    )
    assert in_words(assumptions, reported()) == [
        "Normbedrag van een SEH die het hele jaar open is: € 5.000.000,00.",
        "Openingstijden van locatie a: ma di wo do vr za zo 08:00-24:00, vanaf 2020-01-01.",
        "Openingstijden van locatie b: 24/7.",
        "Klasse trauma: € 0,01 als trauma.level in de vragenlijst van 2026 met 1 of 2 is beantwoord.",
        "Klasse groot: € 0,02 bij 20000 bezoeken of meer in 2025, met Eerste Hart Hulp.",
        "Klasse middel: € 0,03 bij 10000 tot 20000 bezoeken in 2025, met Eerste Hart Hulp.",
        "Klasse dag: € 0,04 als de openingstijden in 2027 niet 24/7 zijn.",
        "Klasse overig: € 0,05 als geen eerdere klasse past.",
    ]


locations = st.lists(
    st.builds(
        location,
        st.uuids().map(str),
        care_type=st.sampled_from(CareType),
        periods=st.sampled_from([(), DAYTIME, (hours(0, 1440),)]),
        closures=st.sampled_from([(), SIXTEEN_WEEKS, closures(("2027-12-20T00:00", None))]),
        closed_on=st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    ),
    max_size=4,
    unique_by=lambda each: each.location_id,
)
providers = st.builds(
    lambda places, since: provider(*places, since=since),
    locations,
    st.sampled_from([date(1990, 1, 1), date(2027, 1, 1)]),
)
norms = st.integers(0, 10**10)


@given(providers, norms)
def test_now_and_scenario_are_what_a_calculation_says(of: Provider, norm: int) -> None:
    found = run(of, norm_amount_cents=norm)
    for cents, norm_cents, parts in (
        (found.now_cents, NORM, [each.now_cents for each in found.locations]),
        (found.scenario_cents, norm, [each.scenario_cents for each in found.locations]),
    ):
        assert cents == sum(parts) == provider_budget(of, round_of(norm=norm_cents), {}, PARAMETERS).budget_cents


@given(providers)
def test_a_scenario_that_assumes_nothing_changes_nothing(of: Provider) -> None:
    for found in (
        run(of),
        run(of, norm_amount_cents=NORM),
        run(of, opening_hours={each.location_id: each.periods for each in of.locations}),
        run(of, classes=(amount("alle", NORM),)),
    ):
        assert [each.scenario_cents for each in found.locations] == [each.now_cents for each in found.locations]


@given(providers, norms, norms)
def test_a_higher_amount_never_gives_less(of: Provider, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert run(of, norm_amount_cents=low).scenario_cents <= run(of, norm_amount_cents=high).scenario_cents
