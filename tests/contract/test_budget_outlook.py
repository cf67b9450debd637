"""How calculations differ and where a budget stands, beside the real registry and quality service."""

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.type.money_pb2 import Money

from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import outlook_pb2 as pb
from spoedkader.registry.v1 import closure_pb2, location_pb2
from tests.support.messages import day, mask, moment
from tests.support.refusals import refusal
from tests.support.suite import Suite

NORM = 460_000_000
OPENING, CLOSURES = pb.CalculationChange.CAUSE_OPENING, pb.CalculationChange.CAUSE_CLOSURES


@pytest.fixture
def place(suite: Suite) -> location_pb2.Location:
    """An SEH of a provider of its own."""
    suite.registry.set_round()
    suite.clock.travel(datetime(2027, 3, 1, 12, tzinfo=UTC))
    return suite.registry.new_location()


def provider_of(place: location_pb2.Location) -> str:
    return place.name.partition("/locations/")[0]


def close(suite: Suite, place: location_pb2.Location, start: str, end: str | None = None) -> closure_pb2.Closure:
    closure = closure_pb2.Closure(start_time=moment(start), foreseen=False)
    if end:
        closure.end_time.CopyFrom(moment(end))
    request = closure_pb2.CreateClosureRequest(
        parent=place.name, closure_id=suite.registry.unused_id("C"), closure=closure
    )
    return suite.registry.closures.CreateClosure(request, timeout=10)


def calculate(suite: Suite, place: location_pb2.Location) -> budget_pb2.Calculation:
    request = budget_pb2.CalculateBudgetRequest(name=f"{provider_of(place)}/budgets/2027")
    return suite.budget.budgets.CalculateBudget(request, timeout=10)


def compare(suite: Suite, before: budget_pb2.Calculation, after: budget_pb2.Calculation) -> pb.CalculationDifference:
    request = pb.CompareCalculationsRequest(from_calculation=before.name, to_calculation=after.name)
    return suite.budget.outlooks.CompareCalculations(request, timeout=10)


def look(suite: Suite, place: location_pb2.Location, **fields: Any) -> pb.Outlook:
    request = pb.GetOutlookRequest(name=f"{provider_of(place)}/outlooks/2027", **fields)
    return suite.budget.outlooks.GetOutlook(request, timeout=10)


def cents(money: Money) -> int:
    return int(money.units) * 100 + int(money.nanos) // 10_000_000


# Late facts and differences


def test_a_closure_corrected_next_year_gives_a_new_calculation_beside_the_old_one(
    suite: Suite, place: location_pb2.Location
) -> None:
    closure = close(suite, place, "2027-11-01T00:00", "2027-11-11T00:00")
    suite.clock.travel(datetime(2027, 12, 20, 12, tzinfo=UTC))
    first = calculate(suite, place)
    suite.clock.travel(datetime(2028, 3, 14, 12, tzinfo=UTC))
    correction = closure_pb2.Closure(name=closure.name, end_time=moment("2027-11-21T00:00"))
    suite.registry.closures.UpdateClosure(
        closure_pb2.UpdateClosureRequest(closure=correction, update_mask=mask("end_time")), timeout=10
    )
    second = calculate(suite, place)
    assert (first.name[-2:], second.name[-2:]) == ("/1", "/2")
    assert cents(first.budget) == 447_397_260
    assert cents(second.budget) == 434_794_521
    assert second.create_time.ToDatetime().year == 2028
    kept = suite.budget.budgets.GetCalculation(budget_pb2.GetCalculationRequest(name=first.name), timeout=10)
    assert kept == first
    for calculation in (first, second):
        again = budget_pb2.ReplayCalculationRequest(name=calculation.name)
        assert suite.budget.budgets.ReplayCalculation(again, timeout=10).same
    (change,) = compare(suite, first, second).changes
    assert (change.location, change.cause, cents(change.effect)) == (place.name, CLOSURES, 434_794_521 - 447_397_260)
    identifier = closure.name.rpartition("/")[2]
    assert change.description == (
        f"Sluiting {identifier} is gewijzigd: 2027-11-01 00:00 tot 2027-11-11 00:00 (onvoorzien), nu 2027-11-01 00:00 "
        "tot 2027-11-21 00:00 (onvoorzien)."
    )


def test_a_difference_names_every_change_and_adds_up(suite: Suite, place: location_pb2.Location) -> None:
    suite.registry.set_round()
    withdrawn = close(suite, place, "2027-02-01T00:00", "2027-02-09T00:00")
    before = calculate(suite, place)
    suite.registry.closures.WithdrawClosure(closure_pb2.WithdrawClosureRequest(name=withdrawn.name), timeout=10)
    close(suite, place, "2027-05-01T00:00", "2027-05-21T00:00")
    extra = suite.registry.new_location(provider_of(place), opened_date=day("2027-07-01"))
    after = calculate(suite, place)
    found = compare(suite, before, after)
    assert (found.from_calculation, found.to_calculation) == (before.name, after.name)
    assert (found.from_budget, found.to_budget) == (before.budget, after.budget)
    assert cents(found.difference) == cents(after.budget) - cents(before.budget)
    assert sum(cents(change.effect) for change in found.changes) == cents(found.difference)
    assert [(change.location, change.cause) for change in found.changes] == [
        (extra.name, pb.CalculationChange.CAUSE_LOCATIONS),
        (place.name, CLOSURES),
    ]
    assert "is ingetrokken" in found.changes[1].description
    assert "kwam erbij" in found.changes[1].description
    back = compare(suite, after, before)
    assert cents(back.difference) == -cents(found.difference)
    assert not compare(suite, after, after).changes


def test_calculations_of_others_are_not_compared(suite: Suite, place: location_pb2.Location) -> None:
    mine, other = calculate(suite, place), calculate(suite, suite.registry.new_location())
    compare_ = suite.budget.outlooks.CompareCalculations
    found = refusal(compare_, pb.CompareCalculationsRequest(from_calculation=mine.name, to_calculation=other.name))
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["to_calculation"])
    wrong = pb.CompareCalculationsRequest(from_calculation="x", to_calculation=mine.name.replace("2027", "27"))
    assert refusal(compare_, wrong).fields == ["from_calculation", "to_calculation"]
    missing = f"{mine.name.rpartition('/')[0]}/99"
    absent = refusal(compare_, pb.CompareCalculationsRequest(from_calculation=mine.name, to_calculation=missing))
    assert (absent.reason, absent.metadata) == ("NOT_FOUND", {"resource": missing})


# Outlook


def test_the_outlook_counts_until_this_minute_in_amsterdam(suite: Suite, place: location_pb2.Location) -> None:
    still = close(suite, place, "2027-02-25T00:00")
    close(suite, place, "2027-01-10T00:00", "2027-01-12T00:00")
    # In summer Amsterdam is two hours ahead.
    suite.clock.travel(datetime(2027, 6, 1, 10, 30, tzinfo=UTC))
    found = look(suite, place)
    assert found.name == f"{provider_of(place)}/outlooks/2027"
    assert found.until_time == moment("2027-06-01T12:30")
    (where,) = found.locations
    assert where.location == place.name
    assert where.prognosis_closed_minutes == (365 - 31 - 24 + 2) * 1440
    assert where.realisation_closed_minutes == (96 + 2) * 1440 + 12 * 60 + 30
    assert list(where.open_closures) == [still.name.rpartition("/")[2]]
    assert found.prognosis == where.prognosis == calculate(suite, place).budget
    assert found.realisation == where.realisation
    assert cents(where.realisation) == 335_836_758
    assert all(step.rule and step.source for step in [*where.prognosis_steps, *where.realisation_steps])


def test_the_outlook_until_a_day(suite: Suite, place: location_pb2.Location) -> None:
    close(suite, place, "2027-02-25T00:00")
    found = look(suite, place, until_date=day("2027-03-02"))
    assert found.until_time == moment("2027-03-02T00:00")
    assert found.locations[0].realisation_closed_minutes == 5 * 1440
    at_the_end = look(suite, place, until_date=day("2028-01-01"))
    assert at_the_end.realisation == at_the_end.prognosis == found.prognosis
    before = look(suite, place, until_date=day("2026-11-01"))
    assert (before.locations[0].realisation_closed_minutes, cents(before.realisation)) == (0, NORM)


def test_an_outlook_stores_nothing(suite: Suite, place: location_pb2.Location) -> None:
    look(suite, place)
    listing = budget_pb2.ListCalculationsRequest(parent=f"{provider_of(place)}/budgets/2027")
    assert not suite.budget.budgets.ListCalculations(listing, timeout=10).calculations


def test_refused_outlooks(suite: Suite, place: location_pb2.Location) -> None:
    ask = suite.budget.outlooks.GetOutlook
    wrong = pb.GetOutlookRequest(name="providers/-/outlooks/2027", until_date=day("2027-01-01"))
    wrong.until_date.day = 32
    assert refusal(ask, wrong).fields == ["name", "until_date"]
    assert refusal(ask, pb.GetOutlookRequest(name="providers/99999999/outlooks/2027")).reason == "NOT_FOUND"
    unknown = refusal(ask, pb.GetOutlookRequest(name=f"{provider_of(place)}/outlooks/2031"))
    assert unknown.reason == "ROUND_UNKNOWN"
