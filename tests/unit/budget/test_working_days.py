"""Working days in the Netherlands."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.obligations.working_days import add_working_days, is_working_day

HOLIDAYS = {
    "2027-01-01": "Nieuwjaarsdag",
    "2027-03-26": "Goede Vrijdag",
    "2027-03-29": "tweede paasdag",
    "2027-04-27": "Koningsdag",
    "2027-05-06": "Hemelvaartsdag",
    "2027-05-17": "tweede pinksterdag",
    "2028-12-25": "eerste kerstdag",
    "2028-12-26": "tweede kerstdag",
    "2025-05-05": "Bevrijdingsdag in a lustrum",
}


@pytest.mark.parametrize("day", [date.fromisoformat(day) for day in HOLIDAYS], ids=HOLIDAYS.values())
def test_holidays_on_weekdays_are_no_working_days(day: date) -> None:
    assert day.isoweekday() <= 5
    assert not is_working_day(day)


def test_other_days() -> None:
    assert is_working_day(date(2027, 5, 5))
    assert is_working_day(date(2027, 3, 25))
    assert not is_working_day(date(2027, 3, 27))
    assert not is_working_day(date(2027, 3, 28))


def test_a_term_skips_weekends_and_holidays() -> None:
    # From Thursday before Easter: Tuesday to Friday and Monday.
    assert add_working_days(date(2027, 3, 25), 5) == date(2027, 4, 5)
    assert add_working_days(date(2027, 4, 26), 1) == date(2027, 4, 28)
    assert add_working_days(date(2027, 12, 31), 1) == date(2028, 1, 3)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 40))
def test_a_term_ends_on_a_working_day_with_as_many_in_between(day: date, count: int) -> None:
    due = add_working_days(day, count)
    inside = [day + timedelta(days=n) for n in range(1, (due - day).days + 1)]
    assert is_working_day(due)
    assert sum(map(is_working_day, inside)) == count


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_no_fortnight_has_more_than_ten_working_days(day: date) -> None:
    found = sum(is_working_day(day + timedelta(days=n)) for n in range(14))
    # Christmas and New Year take at most four days out of one.
    assert 6 <= found <= 10


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 20), st.integers(1, 20))
def test_terms_add_up(day: date, first: int, second: int) -> None:
    assert add_working_days(add_working_days(day, first), second) == add_working_days(day, first + second)
