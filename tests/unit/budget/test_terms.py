"""Calendar months: the same day number, or the last day of the month."""

from datetime import date

import pytest

from services.policy.terms import add_months, comply_by, cure_by, plan_due_on


def test_t12_plan_after_the_preliminary_answers() -> None:
    assert plan_due_on(date(2026, 6, 15), 3) == date(2026, 9, 15)
    assert comply_by(2026, 6, 1) == date(2027, 6, 1)


def test_t13_cure_after_the_end_of_november() -> None:
    assert cure_by(date(2026, 11, 30), 3) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2027, 11, 29), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 5, 31), 1, date(2027, 6, 30)),
        (date(2026, 9, 30), 3, date(2026, 12, 30)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2027, 3, 31), 0, date(2027, 3, 31)),
    ],
)
def test_ends_of_months_and_leap_days(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected
