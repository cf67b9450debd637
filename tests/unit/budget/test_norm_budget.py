"""Budgets of locations and providers."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from services.budget.facts import (
    Approval,
    Assessment,
    CareType,
    Closure,
    Decision,
    Exclusion,
    Location,
    Negative,
    Provider,
    Standing,
)
from services.budget.norm_budget.basis import Basis, write_basis
from services.budget.norm_budget.model import (
    Eligibility,
    ProviderBudget,
    eligibility,
    input_digest,
    location_budget,
    provider_budget,
    round_half_up,
)
from services.policy.parameters import Parameters

from .samples import DAY, NORM, PARAMETERS, at, choosing, closures, hours, location, round_of, stops

AKKOORD, AFGEWEZEN = Decision.AKKOORD, Decision.AFGEWEZEN
HALF_YEAR = closures(("2027-01-01T00:00", "2027-07-01T00:00"))
NEW = date(2027, 1, 1)


def provider(*locations: Location, since: date = date(1990, 1, 1), approvals: tuple[Approval, ...] = ()) -> Provider:
    return Provider("06010101", since, ("9101", "9102"), approvals, locations)


def said(insurer: str, decision: Decision, day: str = "2026-09-01") -> Approval:
    return Approval(insurer, decision, date.fromisoformat(day))


def calculate(of: Provider, parameters: Parameters = PARAMETERS, **standings: Standing) -> ProviderBudget:
    return provider_budget(of, round_of(), standings, parameters)


def decided(track: str = "herstel", decision: Negative = Negative.GEEN_AANVRAAG) -> Exclusion:
    return Exclusion(f"providers/06010101/locations/veenrode/cases/2026-{track}", decision, date(2026, 10, 1))


@pytest.mark.parametrize(
    ("cents", "whole"),
    [
        (Fraction(1, 2), 1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(49, 100), 0),
        (Fraction(149, 100), 1),
        (Fraction(7), 7),
        (Fraction(0), 0),
    ],
)
def test_half_a_cent_goes_up(cents: Fraction, whole: int) -> None:
    assert round_half_up(cents) == whole


def test_rounds_each_location_and_then_adds() -> None:
    nights = [location(f"l{n}", periods=(hours(8 * 60, 1440),)) for n in range(3)]
    found = calculate(provider(*nights))
    assert [each.budget_cents for each in found.locations] == [306_666_667] * 3
    assert found.budget_cents == 920_000_001


def test_another_care_type_has_no_budget_and_is_not_counted() -> None:
    clinic = location("poli", care_type=CareType.SPOEDPOLI, closures=HALF_YEAR)
    borderline = location("poli2", care_type=CareType.SPOEDPOLI, closures=(Closure("C1", *_march(5270), None),))
    found = calculate(provider(location("seh"), clinic, borderline))
    assert (found.budget_cents, found.eligible_locations) == (NORM, 1)
    assert [(each.adjusted, each.borderline, each.budget_cents) for each in found.locations] == [
        (False, False, NORM),
        (False, False, 0),
        (False, False, 0),
    ]
    assert found.locations[1].availability.closed_minutes == 181 * DAY
    assert found.locations[1].steps[0].rule == "AMB-18"


def test_the_franchise_is_tested_per_location() -> None:
    two = [location(f"l{n}", closures=(Closure("C1", *_march(4000), None),)) for n in range(2)]
    assert calculate(provider(*two)).budget_cents == 2 * NORM


def test_an_eligible_location_counts_whatever_its_budget() -> None:
    found = calculate(provider(location(closed_on=date(2020, 1, 1))))
    assert (found.budget_cents, found.eligible_locations) == (0, 1)


@pytest.mark.parametrize(("deduct", "minutes"), [("geheel", 10_000), ("meerdere", 10_000 - 5280)])
def test_deducts_everything_or_only_the_excess(deduct: str, minutes: int) -> None:
    where = location(closures=(Closure("C1", *_march(10_000), None),))
    found = location_budget(where, round_of(), choosing(deduct=deduct))
    assert found.budget_cents == round_half_up(NORM * (1 - Fraction(minutes, 365 * DAY)))
    assert next(step for step in found.steps if step.rule == "AMB-02").result == f"{minutes} minuten"


def test_a_leap_year_against_365_days_never_goes_below_zero() -> None:
    shut = location(opened_on=date(2030, 1, 1))
    assert location_budget(shut, round_of(2028), choosing(year_length="365_dagen")).budget_cents == 0


@pytest.mark.parametrize(("franchise", "adjusted"), [(0, True), (59, True), (60, False)])
def test_the_franchise_is_a_parameter(franchise: int, adjusted: bool) -> None:
    where = location(closures=(Closure("C1", *_march(60), None),))
    assert location_budget(where, round_of(), choosing(franchise_minutes=franchise)).adjusted is adjusted


def test_the_borderline_is_a_parameter() -> None:
    where = location(closures=(Closure("C1", *_march(3000), None),))
    assert not location_budget(where, round_of(), PARAMETERS).borderline
    assert location_budget(where, round_of(), choosing(borderline_share=Fraction(1, 200))).borderline


def test_stops_lower_the_budget_only_when_the_rules_say_so() -> None:
    where = location(stops=stops(("2027-03-01T00:00", "2027-03-11T00:00")))
    assert location_budget(where, round_of(), PARAMETERS).budget_cents == NORM
    counting = location_budget(where, round_of(), choosing(stops_count_as_closed=True))
    assert counting.budget_cents == round_half_up(NORM * Fraction(355, 365))


@pytest.mark.parametrize(
    ("since", "approvals", "expected"),
    [
        (date(2026, 12, 31), (), Eligibility.ESTABLISHED),
        (NEW, (), Eligibility.NOT_APPROVED),
        (NEW, (said("9101", AKKOORD),), Eligibility.NOT_APPROVED),
        (NEW, (said("9101", AKKOORD), said("9102", AKKOORD)), Eligibility.APPROVED),
        # An insurer that does not represent does not count.
        (NEW, (said("9101", AKKOORD), said("9999", AKKOORD)), Eligibility.NOT_APPROVED),
        # The latest day decides, in whatever order the decisions were recorded.
        (
            NEW,
            (said("9102", AKKOORD, "2026-09-02"), said("9102", AFGEWEZEN, "2026-09-01"), said("9101", AKKOORD)),
            Eligibility.APPROVED,
        ),
        # Of one day the later recorded.
        (NEW, (said("9101", AKKOORD), said("9102", AKKOORD), said("9102", AFGEWEZEN)), Eligibility.NOT_APPROVED),
        (NEW, (said("9101", AKKOORD), said("9102", AFGEWEZEN), said("9102", AKKOORD)), Eligibility.APPROVED),
    ],
)
def test_new_providers_need_every_representative(
    since: date, approvals: tuple[Approval, ...], expected: Eligibility
) -> None:
    applicant = provider(location(), since=since, approvals=approvals)
    assert eligibility(applicant, PARAMETERS) is expected
    found = calculate(applicant)
    claims = expected is not Eligibility.NOT_APPROVED
    assert (found.budget_cents, found.eligible_locations) == ((NORM, 1) if claims else (0, 0))
    # What the location would get stays visible.
    assert found.locations[0].budget_cents == NORM


def test_the_reference_date_is_a_parameter() -> None:
    newcomer = provider(location(), since=date(2027, 3, 1))
    assert calculate(newcomer, choosing(new_provider_after=date(2027, 3, 1))).eligible_locations == 1


def test_without_representatives_nobody_agreed() -> None:
    alone = replace(provider(location(), since=NEW), representatives=())
    assert eligibility(alone, PARAMETERS) is Eligibility.NOT_APPROVED


def test_an_unmet_norm_does_not_lower_the_budget() -> None:
    standing = Standing(Assessment("assessment-1", ("HERSTELTERMIJN",)))
    found = calculate(provider(location()), veenrode=standing)
    assert found.budget_cents == NORM
    assert found.locations[0].steps[-1].rule == "AMB-43"
    assert found.locations[0].steps[-1].inputs == (("route", "HERSTELTERMIJN"),)


def test_a_decision_takes_away_the_amount_of_its_location_only() -> None:
    assessment = Assessment("assessment-1", ("HERSTELTERMIJN",))
    both = provider(location(), location("kerkwerf", closures=HALF_YEAR))
    found = calculate(both, veenrode=Standing(assessment, (decided(),)), kerkwerf=Standing(assessment))
    excluded, other = found.locations
    assert (excluded.budget_cents, excluded.can_claim) == (0, False)
    assert (other.budget_cents, other.can_claim) == (231_890_411, True)
    assert (found.budget_cents, found.eligible_locations) == (231_890_411, 1)
    assert [step.rule for step in excluded.steps] == ["AMB-01", "AMB-43", "AMB-24"]
    assert excluded.steps[-1].inputs == (
        ("bedrag zonder besluit", "€ 4.600.000,00"),
        ("besluit van 2026-10-01", "GEEN_AANVRAAG, providers/06010101/locations/veenrode/cases/2026-herstel"),
    )
    assert excluded.steps[-1].result == "€ 0,00"
    assert found.steps[-1].inputs == (("locatie kerkwerf", "€ 2.318.904,11"),)


def test_every_decision_that_holds_is_named() -> None:
    two = (decided(), decided("verbeterplan", Negative.GEEN_BUDGET))
    found = calculate(provider(location()), veenrode=Standing(exclusions=two))
    assert (found.budget_cents, found.eligible_locations) == (0, 0)
    assert [value.split(",")[0] for _, value in found.locations[0].steps[-1].inputs[1:]] == [
        "GEEN_AANVRAAG",
        "GEEN_BUDGET",
    ]


def test_the_trace_can_be_redone_by_hand() -> None:
    found = location_budget(location(closures=HALF_YEAR), round_of(), PARAMETERS)
    assert [(step.rule, step.result) for step in found.steps] == [
        ("AMB-01", "boven de drempel: naar rato"),
        ("AMB-02", "260640 minuten"),
        ("AMB-19", "231890410 70/73 cent"),
        ("AMB-26", "€ 2.318.904,11"),
    ]
    assert dict(found.steps[2].inputs) == {
        "normbedrag": "€ 4.600.000,00",
        "ingehouden": "260640 minuten",
        "jaar": "525600 minuten",
    }


def test_the_digest_follows_every_fact_but_not_the_order_of_events() -> None:
    two = closures(("2027-03-01T00:00", "2027-03-02T00:00"), ("2027-04-01T00:00", None))
    where = location(closures=two, periods=(hours(0, 1440),))
    base = provider(where, approvals=(said("9101", AKKOORD),))

    def digest(
        of: Provider = base, norm: int = NORM, parameters: Parameters = PARAMETERS, standing: Standing | None = None
    ) -> str:
        basis = Basis(of, round_of(norm=norm), {"veenrode": standing} if standing else {})
        return input_digest(write_basis(basis, parameters), parameters)

    assert digest() == digest(provider(replace(where, closures=two[::-1]), approvals=base.approvals))
    # Stops matter only where they count as closed.
    stopped = provider(replace(where, stops=stops(("2027-03-01T00:00", None))), approvals=base.approvals)
    assert digest() == digest(stopped)
    counting = choosing(stops_count_as_closed=True)
    different = [
        digest(),
        digest(norm=NORM + 1),
        digest(parameters=counting),
        digest(stopped, parameters=counting),
        digest(standing=Standing(Assessment("a1", ("VOLDOET",)))),
        digest(standing=Standing(Assessment("a1", ("VERBETERPLAN",)))),
        digest(standing=Standing(Assessment("a1", ("VERBETERPLAN",)), (decided(),))),
        digest(standing=Standing(Assessment("a1", ("VERBETERPLAN",)), (decided("verbeterplan"),))),
        digest(replace(base, representatives=("9101",))),
        digest(replace(base, approvals=())),
        digest(replace(base, provides_seh_since=date(1990, 1, 2))),
        digest(provider(replace(where, closures=two[:1]), approvals=base.approvals)),
        digest(provider(replace(where, closures=(two[0], replace(two[1], end=at("2028-01-01T00:00")))))),
        digest(provider(replace(where, opened_on=where.opened_on + timedelta(days=1)), approvals=base.approvals)),
        digest(provider(replace(where, periods=(hours(0, 1439),)), approvals=base.approvals)),
        digest(provider(replace(where, care_type=CareType.SPOEDPOLI), approvals=base.approvals)),
    ]
    assert len(set(different)) == len(different)


def _march(minutes: int) -> tuple[int, int]:
    start = at("2027-03-01T00:00")
    return start, start + minutes
