"""Amounts, times and shares as people here write them."""

from datetime import date, datetime


def euros(cents: int) -> str:
    """Cents as in `€ 3.188.493,15`."""
    sign = "-" if cents < 0 else ""
    units, rest = divmod(abs(cents), 100)
    return f"{sign}€ {whole(units)},{rest:02d}"


def whole(number: int) -> str:
    """A whole number with dots, as in `525.600`."""
    return f"{number:,}".replace(",", ".")


def hours(minutes: int) -> str:
    """Minutes as in `88 u` or `88 u 01 min`."""
    whole_hours, rest = divmod(minutes, 60)
    return f"{whole(whole_hours)} u {rest:02d} min" if rest else f"{whole(whole_hours)} u"


def percent(part: int, of: int) -> str:
    """A share as in `33,4 %`, rounded half up; empty of nothing."""
    if of == 0:
        return ""
    tenths = (2000 * part + of) // (2 * of)
    return f"{tenths // 10},{tenths % 10} %"


def day(value: date) -> str:
    """A date as in `15-09-2026`."""
    return f"{value:%d-%m-%Y}"


def moment(value: datetime) -> str:
    """A wall-clock moment as in `01-04-2027 08:01`."""
    return f"{value:%d-%m-%Y %H:%M}"
