"""How two calculations differ, in steps that add up."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.facts import (
    Approval,
    Assessment,
    CareType,
    Decision,
    Exclusion,
    Location,
    Negative,
    Provider,
    Standing,
)
from services.budget.norm_budget.basis import Basis, read_basis, write_basis
from services.budget.outlook.difference import Cause, Change, State, changes
from services.policy.parameters import Parameters, load_parameters

from .samples import NORM, PARAMETERS, POLICIES, at, choosing, closures, hours, location, round_of, stops
from .strategies import bases

RULES_OF_2028 = load_parameters(POLICIES, 2028)
ASSESSED = Standing(Assessment("a1", ("VERBETERPLAN",)))
DECIDED = replace(ASSESSED, exclusions=(Exclusion("cases/2026-herstel", Negative.GEEN_AANVRAAG, date(2026, 10, 1)),))
CHOICES = st.sampled_from(
    [
        PARAMETERS,
        RULES_OF_2028,
        choosing(stops_count_as_closed=True),
        choosing(deduct="meerdere", franchise_minutes=60),
        choosing(new_provider_after=date(2027, 3, 1)),
    ]
)


def state(*locations: Location, parameters: Parameters = PARAMETERS, norm: int = NORM, **standings: Standing) -> State:
    provider = Provider("06010101", date(1990, 1, 1), ("9101", "9102"), (), locations)
    return kept(Basis(provider, round_of(norm=norm), standings), parameters)


def kept(basis: Basis, parameters: Parameters) -> State:
    """As it comes out of what is kept with a calculation."""
    return State(read_basis(write_basis(basis, parameters)), parameters)


def explain(before: State, after: State) -> list[Change]:
    return changes(before, after, before.budget_cents, after.budget_cents)


def explain_one(before: State, after: State) -> Change:
    (found,) = explain(before, after)
    assert found.effect_cents == after.budget_cents - before.budget_cents
    return found


@given(bases, bases, CHOICES, CHOICES)
def test_the_effects_add_up_exactly(one: Basis, other: Basis, old: Parameters, new: Parameters) -> None:
    before, after = kept(one, old), kept(other, new)
    found = explain(before, after)
    assert sum(change.effect_cents for change in found) == after.budget_cents - before.budget_cents
    assert all("rekende" not in change.description for change in found)
    assert all(change.description.endswith(".") for change in found)
    order = [list(Cause).index(change.cause) for change in found]
    assert order == sorted(order)
    keys = [(change.location_id, change.cause, change.description) for change in found]
    assert len(set(keys)) == len(keys)


@given(bases, bases, CHOICES, CHOICES)
def test_other_facts_always_show(one: Basis, other: Basis, old: Parameters, new: Parameters) -> None:
    before, after = kept(one, old), kept(other, new)
    by_id = {each.location_id: each for each in before.basis.provider.locations}
    if [each.location_id for each in after.basis.provider.locations] != list(by_id):
        return
    same = write_basis(before.basis, old) == write_basis(after.basis, new) and old.revision == new.revision
    assert (explain(before, after) == []) is same


@given(bases, bases, CHOICES, CHOICES)
def test_there_and_back_are_opposite(one: Basis, other: Basis, old: Parameters, new: Parameters) -> None:
    before, after = kept(one, old), kept(other, new)
    there, back = explain(before, after), explain(after, before)
    assert sum(change.effect_cents for change in there) == -sum(change.effect_cents for change in back)


@given(bases, CHOICES)
def test_the_same_facts_have_no_difference(basis: Basis, parameters: Parameters) -> None:
    assert explain(kept(basis, parameters), kept(basis, parameters)) == []


def test_amounts_of_older_software_are_told_apart() -> None:
    where = state(location())
    (found,) = changes(where, where, NORM + 5, NORM)
    assert (found.cause, found.effect_cents) == (Cause.OTHER, -5)
    assert found.description == "De software rekende bij een van beide nog anders."


def test_the_norm_amount() -> None:
    found = explain_one(state(location()), state(location(), norm=NORM + 100))
    assert (found.location_id, found.cause, found.effect_cents) == ("", Cause.NORM_AMOUNT, 100)
    assert found.description == "Normbedrag: € 4.600.000,00, nu € 4.600.001,00."


def test_what_became_of_closures() -> None:
    first, second, third, fourth = closures(
        ("2027-03-01T00:00", None),
        ("2027-04-01T00:00", "2027-04-11T00:00"),
        ("2027-05-01T00:00", "2027-05-02T00:00"),
        ("2027-06-01T00:00", "2027-06-01T12:00"),
    )
    ended = replace(first, end=at("2027-03-02T00:00"))
    changed = replace(third, end=at("2027-05-03T00:00"), foreseen=True)
    before = state(location(closures=(first, second, third)))
    found = explain_one(before, state(location(closures=(ended, changed, fourth))))
    assert (found.location_id, found.cause) == ("veenrode", Cause.CLOSURES)
    assert found.effect_cents == NORM - before.budget_cents
    assert found.description == (
        "Sluiting C0 is geëindigd: 2027-03-01 00:00 zonder einde (onvoorzien), nu 2027-03-01 00:00 tot 2027-03-02 "
        "00:00 (onvoorzien). "
        "Sluiting C1 is ingetrokken: 2027-04-01 00:00 tot 2027-04-11 00:00 (onvoorzien). "
        "Sluiting C2 is gewijzigd: 2027-05-01 00:00 tot 2027-05-02 00:00 (onvoorzien), nu 2027-05-01 00:00 tot "
        "2027-05-03 00:00 (voorzien). "
        "Sluiting C3 kwam erbij: 2027-06-01 00:00 tot 2027-06-01 12:00 (onvoorzien)."
    )


def test_each_location_has_a_change_of_its_own() -> None:
    ten_days = closures(("2027-03-01T00:00", "2027-03-11T00:00"))
    before = state(location(), location("kerkwerf"))
    found = explain(before, state(location(closures=ten_days), location("kerkwerf", closures=ten_days)))
    lost = 447_397_260 - NORM
    assert [(change.location_id, change.effect_cents) for change in found] == [("veenrode", lost), ("kerkwerf", lost)]


def test_opening() -> None:
    before = state(location())
    hours_changed = explain_one(before, state(location(periods=(hours(480, 1440),))))
    assert hours_changed.cause is Cause.OPENING
    assert hours_changed.description == (
        "Openingstijden: dag en nacht, nu ma di wo do vr za zo 08:00-24:00, vanaf 2020-01-01."
    )
    days = explain_one(before, state(location(opened_on=date(2027, 2, 1), closed_on=date(2027, 11, 1))))
    assert days.description == ("Geopend op: 1990-01-01, nu 2027-02-01. Gesloten met ingang van: geen, nu 2027-11-01.")


def test_locations() -> None:
    before = state(location())
    came = explain_one(before, state(location(), location("kerkwerf"), kerkwerf=ASSESSED))
    assert (came.location_id, came.cause, came.effect_cents) == ("kerkwerf", Cause.LOCATIONS, NORM)
    assert came.description == "Locatie kerkwerf kwam erbij: SEH, geopend op 1990-01-01."
    went = explain_one(state(location(), location("kerkwerf")), before)
    assert (went.description, went.effect_cents) == ("Locatie kerkwerf hoort er niet meer bij.", -NORM)
    turned = explain_one(before, state(location(care_type=CareType.SPOEDPOLI)))
    assert (turned.cause, turned.description) == (Cause.LOCATIONS, "Zorgsoort: SEH, nu SPOEDPOLI.")


def test_a_decision_and_its_revocation() -> None:
    before, after = state(location(), veenrode=ASSESSED), state(location(), veenrode=DECIDED)
    taken = explain_one(before, after)
    assert (taken.location_id, taken.cause, taken.effect_cents) == ("veenrode", Cause.DECISIONS, -NORM)
    assert taken.description == "Besluit GEEN_AANVRAAG van 2026-10-01 (cases/2026-herstel) geldt nu."
    assert explain_one(after, before).description.endswith("geldt niet meer.")


def test_another_assessment_leaves_the_amount() -> None:
    found = explain_one(state(location()), state(location(), veenrode=ASSESSED))
    assert (found.location_id, found.cause, found.effect_cents) == ("veenrode", Cause.OTHER, 0)
    assert found.description == "Toets: geen, nu a1 (VERBETERPLAN)."


def test_eligibility() -> None:
    newcomer = state(location())
    provider = replace(newcomer.basis.provider, provides_seh_since=date(2027, 2, 1))
    before = replace(newcomer, basis=replace(newcomer.basis, provider=provider))
    agreed = tuple(Approval(insurer, Decision.AKKOORD, date(2026, 11, 1)) for insurer in provider.representatives)
    after = replace(before, basis=replace(before.basis, provider=replace(provider, approvals=agreed)))
    found = explain_one(before, after)
    assert (found.location_id, found.cause, found.effect_cents) == ("", Cause.ELIGIBILITY, NORM)
    assert found.description == (
        "Besluiten: geen, nu 9101 AKKOORD op 2026-11-01; 9102 AKKOORD op 2026-11-01. "
        "Aanspraak: nieuwe aanbieder zonder akkoord, nu nieuwe aanbieder met akkoord."
    )


def test_parameters_one_at_a_time() -> None:
    where = location(closures=closures(("2027-03-01T00:00", "2027-03-11T00:00")))
    before = state(where)
    found = explain(before, state(where, parameters=choosing(deduct="meerdere", franchise_minutes=60)))
    assert [change.description for change in found] == [
        "Parameter franchise_minutes (AMB-01): 5280, nu 60.",
        "Parameter deduct (AMB-02): geheel, nu meerdere.",
    ]
    assert {change.cause for change in found} == {Cause.PARAMETERS}


@pytest.mark.parametrize("on", [True, False])
def test_stops_come_and_go_with_the_choice_that_they_count(on: bool) -> None:
    where = location(stops=stops(("2027-03-01T00:00", "2027-03-11T00:00")))
    without, counting = state(where), state(where, parameters=choosing(stops_count_as_closed=True))
    found = explain_one(*((without, counting) if on else (counting, without)))
    assert found.cause is Cause.PARAMETERS
    assert found.effect_cents == (447_397_260 - NORM) * (1 if on else -1)
    assert found.description.endswith("nee, nu ja." if on else "ja, nu nee.")


def test_rules_of_another_year_that_say_the_same() -> None:
    before = state(location())
    found = explain_one(before, replace(before, parameters=reworded()))
    assert (found.cause, found.effect_cents) == (Cause.PARAMETERS, 0)
    assert found.description == "De toelichting bij parameters is anders; hun waarden zijn gelijk."


def reworded() -> Parameters:
    return PARAMETERS.model_copy(update={"overlap": PARAMETERS.overlap.model_copy(update={"reason": "Anders."})})
