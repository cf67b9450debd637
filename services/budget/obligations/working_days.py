"""Working days: Monday to Friday without the public holidays of the Netherlands (AMB-10)."""

from collections.abc import Set
from datetime import date, timedelta
from functools import cache

from holidays import country_holidays


def is_working_day(day: date) -> bool:
    """Whether a day is a working day.

    The holidays are those that the package `holidays` calls public: 5 May only in the years in which it is a day off
    for most, and Good Friday, which the Algemene termijnenwet puts on a par with them. It knows those until 2100.
    """
    return day.isoweekday() <= 5 and day not in _holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """The last day of a term of so many working days, at least 1, that are counted from the day after `day`."""
    for _ in range(count):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


@cache
def _holidays(year: int) -> Set[date]:
    return frozenset(country_holidays("NL", years=year))
