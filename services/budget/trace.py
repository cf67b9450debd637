"""How a calculation shows its work: steps that a person can redo by hand, in Dutch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from services.documents.dutch import day_text
from services.policy.parameters import Parameter
from spoedkader.wallclock.intervals import MINUTES_PER_DAY, Interval, to_moment

INKOOPKADER = "Inkoopkader budgetbekostiging SEH"


@dataclass(frozen=True, slots=True)
class Step:
    """The code of a rule, where it comes from, what is done, what goes in by label, and what comes out."""

    rule: str
    source: str
    description: str
    inputs: tuple[tuple[str, str], ...]
    result: str


def step(parameter: Parameter[Any], description: str, inputs: Iterable[tuple[str, str]], result: str) -> Step:
    """A step whose rule is a choice of the year."""
    return Step(parameter.code, parameter.source, description, tuple(inputs), result)


def minutes_text(minutes: int) -> str:
    """As in `510 minuten`."""
    return f"{minutes} {'minuut' if minutes == 1 else 'minuten'}"


def hours_text(minutes: int) -> str:
    """As in `88 uur` or `70 uur en 24 minuten`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} uur" + (f" en {minutes_text(rest)}" if rest else "")


def cents_text(cents: int) -> str:
    """As in `€ 3.188.493,15`."""
    units, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"€ {sign}{units:,}".replace(",", ".") + f",{rest:02d}"


def exact_cents_text(cents: Fraction) -> str:
    """An amount before rounding, as in `318849315 5/73 cent`."""
    whole, rest = divmod(cents.numerator, cents.denominator)
    return f"{whole} {rest}/{cents.denominator} cent" if rest else f"{whole} cent"


def share_text(share: Fraction) -> str:
    """A share in lowest terms and, cut off after four decimals, in percents, as in `1/3 (33,3333 %)`."""
    whole, rest = divmod(share.numerator * 1_000_000 // share.denominator, 10_000)
    return f"{share.numerator}/{share.denominator} ({whole},{rest:04d} %)"


def moment_text(minute: int) -> str:
    """A wall-clock moment, as in `2027-03-01 22:00`."""
    day, rest = divmod(minute, MINUTES_PER_DAY)
    return f"{date.fromordinal(day).isoformat()} {time_text(rest)}"


def time_text(minute_of_day: int) -> str:
    """As in `08:00`; the end of a day can be `24:00`."""
    return f"{minute_of_day // 60:02d}:{minute_of_day % 60:02d}"


def period_text(interval: Interval) -> str:
    """A period, as in `2027-03-01 22:00 tot 2027-03-02 06:30, 510 minuten`."""
    start, end = interval
    return f"{moment_text(start)} tot {moment_text(end)}, {minutes_text(end - start)}"


def date_text(day: date | None) -> str:
    """A day as in `2027-03-01`, or `geen`."""
    return day.isoformat() if day else "geen"


def value_text(value: Any) -> str:
    """The value of a parameter."""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return date_text(value) if value is None or isinstance(value, date) else str(value)


def sentence_moment(minute: int) -> str:
    """A wall-clock moment in a sentence, as in `1 maart 2027 om 06:01 uur`."""
    moment = to_moment(minute)
    return f"{day_text(moment)} om {moment:%H:%M} uur"
