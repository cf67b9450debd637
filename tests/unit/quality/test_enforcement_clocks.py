"""Terms of cases: the vectors, odd days of the calendar, and what exceptions do to them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quality.enforcement.clocks import due_on, overdue, suspended, term
from services.quality.enforcement.model import Case, DecisionKind, ExceptionTerms, Outcome, Stage, State, Track, state
from tests.unit.quality.enforcement_samples import TERMS, case, day, decision, excepted, exception, plan

TODAY = day("2026-07-01")
ONE_DAY = timedelta(days=1)


def established(on: str, **fields: object) -> Case:
    return case(stage=Stage.HERSTELTERMIJN, established_on=day(on), **fields)


def planning(stage: Stage = Stage.VERBETERPLAN_OPSTELLEN, **fields: object) -> Case:
    return case(Track.VERBETERPLAN, stage=stage, plan=plan(), **fields)


# Without exceptions


@pytest.mark.parametrize(
    ("on", "due"),
    [
        ("2026-11-30", "2027-02-28"),  # T13
        ("2027-11-30", "2028-02-29"),
        ("2027-11-29", "2028-02-29"),
        ("2028-02-29", "2028-05-29"),
        ("2026-10-31", "2027-01-31"),
        ("2026-12-31", "2027-03-31"),
        ("2027-01-31", "2027-04-30"),
        ("2026-09-15", "2026-12-15"),
    ],
)
def test_the_cure_period_is_three_calendar_months_from_the_finding(on: str, due: str) -> None:
    assert due_on(established(on), TODAY) == day(due)


@pytest.mark.parametrize("stage", [Stage.VERBETERPLAN_OPSTELLEN, Stage.VERBETERPLAN_INGEDIEND])
def test_a_plan_is_due_three_months_after_the_delivery(stage: Stage) -> None:
    assert due_on(planning(stage), TODAY) == day("2026-09-15")  # T12


def test_a_plan_that_is_carried_out_leads_to_the_norms_by_the_first_of_june() -> None:
    assert due_on(planning(Stage.VERBETERPLAN_LOOPT), TODAY) == day("2027-06-01")  # T12


@pytest.mark.parametrize("found", [case(), planning(Stage.AFWEGING)])
def test_without_a_finding_and_in_the_weighing_no_term_runs(found: Case) -> None:
    assert due_on(found, TODAY) is None
    assert not overdue(found, day("2100-01-01"))


def test_a_term_passes_at_the_end_of_its_last_day() -> None:
    found = established("2026-11-30")
    assert not overdue(found, day("2027-02-28"))
    assert overdue(found, day("2027-03-01"))


def test_a_case_that_is_met_or_decided_has_no_term_but_keeps_its_clock() -> None:
    met = established("2026-11-30", unmet=())
    taken = decision(DecisionKind.GEEN_AANVRAAG, outcome=Outcome.GENOMEN, concluded_on=day("2027-03-02"))
    decided = established("2026-11-30", decisions=(taken,))
    for found in (met, decided):
        assert due_on(found, day("2027-03-03")) is None
        assert not overdue(found, day("2027-03-03"))
        assert term(found, day("2027-03-03")) == day("2027-02-28")


# With exceptions


@pytest.mark.parametrize(
    ("exceptions", "due"),
    [
        ([exception("2026-12-10", "2026-12-19")], "2027-03-10"),
        # Ended early: only the days on which it held count.
        ([exception("2026-12-10", "2027-06-30", "2026-12-12")], "2027-03-03"),
        # Ended before it began.
        ([exception("2027-02-01", "2027-06-30", "2027-01-31")], "2027-02-28"),
        # From the last day on: that day is left, and runs after it.
        ([exception("2027-02-28", "2027-03-05")], "2027-03-06"),
        # After the last day: nothing is left.
        ([exception("2027-03-02", "2027-03-31")], "2027-03-31"),
        # It began before the finding, on whose day no term runs yet.
        ([exception("2026-11-01", "2026-12-02")], "2027-03-02"),
        # It was over before the finding.
        ([exception("2026-11-01", "2026-11-30")], "2027-02-28"),
        # The second one begins after the end as it was, but before the end that the first one made.
        ([exception("2026-12-10", "2026-12-19"), exception("2027-03-05", "2027-03-06")], "2027-03-12"),
    ],
)
def test_an_exception_suspends_the_term(exceptions: list[ExceptionTerms], due: str) -> None:
    found = established("2026-11-30", decisions=excepted(*exceptions))
    assert due_on(found, day("2027-08-01")) == day(due)


def test_what_is_over_is_overdue_until_an_exception_holds_and_again_after_it() -> None:
    found = established("2026-11-30", decisions=excepted(exception("2027-03-05", "2027-03-10")))
    assert [on.day for on in (day("2027-02-25") + n * ONE_DAY for n in range(20)) if overdue(found, on)] == [
        1,
        2,
        3,
        4,
        11,
        12,
        13,
        14,
        15,
        16,
    ]
    assert due_on(found, day("2027-03-04")) == day("2027-02-28")
    assert due_on(found, day("2027-03-05")) == day("2027-03-10")
    assert state(found, day("2027-03-05")) is State.TIJDELIJKE_UITZONDERING
    assert state(found, day("2027-03-11")) is State.HERSTELTERMIJN


def test_both_terms_of_a_plan_are_suspended() -> None:
    decisions = excepted(exception("2026-07-01", "2026-07-10"))
    assert due_on(planning(decisions=decisions), TODAY) == day("2026-09-25")
    assert due_on(planning(Stage.VERBETERPLAN_LOOPT, decisions=decisions), TODAY) == day("2027-06-11")


@st.composite
def exceptions_in_order(draw: st.DrawFn) -> list[ExceptionTerms]:
    """Exceptions that share no day, some of which ended early or never began."""
    found = []
    start = TERMS.delivered_on + timedelta(days=draw(st.integers(-60, 200)))
    for _ in range(draw(st.integers(0, 4))):
        start += timedelta(days=draw(st.integers(0, 60)))
        end = start + timedelta(days=draw(st.integers(0, 60)))
        ended = draw(st.none() | st.integers(-3, (end - start).days))
        terms = exception(
            start.isoformat(), end.isoformat(), "" if ended is None else (start + timedelta(days=ended)).isoformat()
        )
        found.append(terms)
        start = max(terms.last_day, start) + ONE_DAY
    return found


def walked(begun: date, end: date, exceptions: list[ExceptionTerms], on: date) -> date:
    """The last day of a term by going through it day by day."""
    left, last = (end - begun).days, begun
    while left:
        last += ONE_DAY
        left -= not any(terms.holds(last) for terms in exceptions)
    for terms in exceptions:
        if last < terms.start <= min(on, terms.last_day):
            last = terms.last_day
    return last


@given(exceptions_in_order(), st.integers(1, 120), st.integers(0, 500))
def test_a_term_counts_exactly_the_days_without_exception(
    exceptions: list[ExceptionTerms], length: int, on: int
) -> None:
    begun = TERMS.delivered_on
    today = begun + timedelta(days=on)
    end = begun + timedelta(days=length)
    found = suspended(begun, end, exceptions, today)
    assert found == walked(begun, end, exceptions, today)
    assert found >= end
    assert suspended(begun, end, exceptions, today + ONE_DAY) >= found
