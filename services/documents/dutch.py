"""Days and moments as people write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/Amsterdam")
_MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)


def day_text(day: date) -> str:
    """As in `1 maart 2027`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime) -> str:
    """An aware moment on the clock of Amsterdam, as in `1 maart 2027 om 12:01 uur`."""
    local = moment.astimezone(_ZONE)
    return f"{day_text(local)} om {local:%H:%M} uur"
