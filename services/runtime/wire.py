"""Between protobuf's common types and Python's: dates, wall-clock times, money, fractions. Every violation is kept."""

import datetime as dt
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2, datetime_pb2, fraction_pb2, money_pb2

from services.runtime import names
from services.runtime.errors import Violation, invalid
from services.runtime.pages import page_violations

MIN_YEAR, MAX_YEAR = 1900, 2200
MAX_NAME = 200
MAX_REASON = 2000
TIME_ZONE = "Europe/Amsterdam"
CURRENCY = "EUR"
_NANOS_PER_CENT = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Control characters other than a tab and the end of a line."""
_T = TypeVar("_T")


class Fields:
    """Reads the fields of a request and remembers everything that is wrong with them.

    Each reader returns the value, or a harmless one of the same type after noting a violation: read everything, then
    call `check` before anything is used.
    """

    def __init__(self, request: Message | None = None, *, within: str = "") -> None:
        """With a request, what every request can hold is checked at once: size and token of a page, `request_id`.

        `within` is where in the request the fields are, as in `events[3].`.
        """
        self.violations: list[Violation] = []
        self._within = within
        fields = request.DESCRIPTOR.fields_by_name if request is not None else {}
        if "page_token" in fields:
            self.violations += page_violations(request)
        request_id = getattr(request, "request_id", "") if "request_id" in fields else ""
        if request_id and not names.is_uuid(request_id):
            self.wrong("request_id", "is geen UUID")

    def wrong(self, field: str, description: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(self._within + field, description))

    def check(self) -> None:
        """Refuses the request when anything was wrong, with every violation."""
        if self.violations:
            raise invalid(self.violations)

    def name(self, field: str, pattern: str, value: str, *, allow_any: bool = True) -> tuple[str, ...]:
        """The parts of a resource name, as in `('06010101', 'veenrode')`; empty texts when it does not fit."""
        found = names.parse(pattern, value)
        if found is None or (not allow_any and names.ANY in found.values()):
            self.wrong(field, f"moet de vorm {pattern} hebben" + ("" if value else " en is verplicht"))
            return tuple("" for _ in range(pattern.count("{")))
        return tuple(found.values())

    def identifier(self, field: str, value: str) -> str:
        """An identifier that a caller chooses."""
        if not names.is_identifier(value):
            self.wrong(field, "moet 1 tot 63 letters, cijfers, punten, streepjes of lage streepjes zijn")
        return value

    def digits(self, field: str, value: str, count: int) -> str:
        """A code of a fixed number of digits."""
        if len(value) != count or not (value.isascii() and value.isdigit()):
            self.wrong(field, f"moet {count} cijfers zijn")
        return value

    def text(self, field: str, value: str, most: int, *, required: bool = False) -> str:
        """A text of at most so many characters, without control characters."""
        if required and not value.strip():
            self.wrong(field, "is verplicht")
        if len(value) > most:
            self.wrong(field, f"mag hoogstens {most} tekens hebben")
        if _CONTROL.search(value):
            self.wrong(field, "bevat een stuurteken")
        return value

    def year(self, field: str, value: int) -> int:
        """A calendar year."""
        if not MIN_YEAR <= value < MAX_YEAR:
            self.wrong(field, f"moet een jaar van {MIN_YEAR} tot {MAX_YEAR} zijn")
            return MIN_YEAR
        return value

    def count(self, field: str, value: int) -> int:
        """A number of things."""
        if not 0 <= value < 2**31:
            self.wrong(field, "moet een getal van 0 tot 2147483647 zijn")
            return 0
        return value

    def one_of(self, field: str, value: int, known: Sequence[int]) -> int:
        """A member of an enum other than UNSPECIFIED; `known` are the numbers that exist."""
        if value == 0:
            self.wrong(field, "is verplicht")
        elif value not in known:
            self.wrong(field, f"heeft geen betekenis: {value}")
        return value

    def date(self, field: str, message: Message) -> dt.date:
        """A whole date that has to be there; `field`'s last part is the field of the message."""
        return self.optional_date(field, message) or self._missing(field, message, date(MIN_YEAR, 1, 1))

    def optional_date(self, field: str, message: Message) -> dt.date | None:
        """A whole date, or None when it is absent."""
        part = field.rpartition(".")[2]
        if not message.HasField(part):
            return None
        value: date_pb2.Date = getattr(message, part)
        try:
            found = date(value.year, value.month, value.day)
        except (ValueError, OverflowError):
            self.wrong(field, f"is geen datum: {value.year:04d}-{value.month:02d}-{value.day:02d}")
            return None
        if not MIN_YEAR <= found.year < MAX_YEAR:
            self.wrong(field, f"moet van {MIN_YEAR} tot {MAX_YEAR} zijn")
            return None
        return found

    def wall_clock(self, field: str, message: Message) -> datetime:
        """A wall-clock moment that has to be there; `field`'s last part is the field of the message."""
        return self.optional_wall_clock(field, message) or self._missing(field, message, datetime(MIN_YEAR, 1, 1))

    def optional_wall_clock(self, field: str, message: Message) -> datetime | None:
        """A wall-clock moment in whole minutes (AMB-04, AMB-05), or None when it is absent."""
        part = field.rpartition(".")[2]
        if not message.HasField(part):
            return None
        value: datetime_pb2.DateTime = getattr(message, part)
        if value.HasField("utc_offset") or (value.HasField("time_zone") and value.time_zone.id != TIME_ZONE):
            self.wrong(field, f"moet kloktijd in {TIME_ZONE} zijn, zonder verschil met UTC")
            return None
        if value.seconds or value.nanos:
            self.wrong(field, "moet op een hele minuut vallen")
            return None
        try:
            found = datetime(value.year, value.month, value.day, value.hours, value.minutes)
        except (ValueError, OverflowError):
            self.wrong(field, "is geen tijdstip")
            return None
        if not MIN_YEAR <= found.year < MAX_YEAR:
            self.wrong(field, f"moet van {MIN_YEAR} tot {MAX_YEAR} zijn")
            return None
        return found

    def moment(self, field: str, message: Message) -> datetime | None:
        """A moment on the clock of the world, or None when it is absent."""
        part = field.rpartition(".")[2]
        if not message.HasField(part):
            return None
        value: Timestamp = getattr(message, part)
        try:
            return value.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.wrong(field, "is geen tijdstip")
            return None

    def cents(self, field: str, message: Message) -> int:
        """An amount of at least 0 in whole cents of EUR."""
        part = field.rpartition(".")[2]
        if not message.HasField(part):
            self.wrong(field, "is verplicht")
            return 0
        value: money_pb2.Money = getattr(message, part)
        if value.currency_code != CURRENCY:
            self.wrong(field, f"moet in {CURRENCY} zijn")
        if value.units < 0 or not 0 <= value.nanos < 1_000_000_000:
            self.wrong(field, "mag niet negatief zijn, en nanos hoort tussen 0 en 999999999 te liggen")
            return 0
        if value.nanos % _NANOS_PER_CENT:
            self.wrong(field, "moet een heel aantal centen zijn")
        if value.units > 10**12:
            self.wrong(field, "is onaannemelijk groot")
            return 0
        return int(value.units) * 100 + int(value.nanos) // _NANOS_PER_CENT

    def _missing(self, field: str, message: Message, value: _T) -> _T:
        if not message.HasField(field.rpartition(".")[2]):
            self.wrong(field, "is verplicht")
        return value


def to_date(value: date) -> date_pb2.Date:
    """A whole date."""
    return date_pb2.Date(year=value.year, month=value.month, day=value.day)


def to_wall_clock(value: datetime) -> datetime_pb2.DateTime:
    """A wall-clock moment; without offset or zone it is civil time, which here is always Europe/Amsterdam."""
    return datetime_pb2.DateTime(
        year=value.year, month=value.month, day=value.day, hours=value.hour, minutes=value.minute
    )


def to_timestamp(value: datetime) -> Timestamp:
    """A moment on the clock of the world."""
    # By hand: the library's own conversion goes by way of a calendar and takes five times as long.
    since = value - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def to_money(cents: int) -> money_pb2.Money:
    """Whole cents of EUR; units and nanos have the same sign."""
    units, rest = divmod(abs(cents), 100)
    sign = -1 if cents < 0 else 1
    return money_pb2.Money(currency_code=CURRENCY, units=sign * units, nanos=sign * rest * _NANOS_PER_CENT)


def to_fraction(value: Fraction) -> fraction_pb2.Fraction:
    """A share in lowest terms."""
    return fraction_pb2.Fraction(numerator=value.numerator, denominator=value.denominator)


def from_date(value: date_pb2.Date) -> date:
    """A date that a peer sent."""
    return date(value.year, value.month, value.day)


def from_wall_clock(value: datetime_pb2.DateTime) -> datetime:
    """A wall-clock moment that a peer sent."""
    return datetime(value.year, value.month, value.day, value.hours, value.minutes)


def from_money(value: money_pb2.Money) -> int:
    """Whole cents of an amount that a peer sent."""
    return int(value.units) * 100 + int(value.nanos) // _NANOS_PER_CENT
