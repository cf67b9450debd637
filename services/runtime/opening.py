"""Opening hours between their message and `OpeningPeriod`, for every service that reads them."""

from google.type import timeofday_pb2

from services.runtime.wire import Fields, from_date
from spoedkader.registry.v1 import location_pb2
from spoedkader.wallclock.intervals import MINUTES_PER_DAY, MINUTES_PER_HOUR
from spoedkader.wallclock.opening import OpeningPeriod

Period = location_pb2.OpeningHours.Period


def read_period(fields: Fields, path: str, message: Period) -> OpeningPeriod:
    """A period that a caller sent; `path` is where it stands in the request."""
    valid_from = fields.date(f"{path}.valid_from_date", message)
    valid_until = fields.optional_date(f"{path}.valid_until_date", message)
    if valid_until is not None and valid_until <= valid_from:
        fields.wrong(f"{path}.valid_until_date", "ligt niet na het begin")
    weekdays = frozenset(message.weekdays)
    if not weekdays or len(weekdays) != len(message.weekdays) or not weekdays <= set(range(1, 8)):
        fields.wrong(f"{path}.weekdays", "moeten een of meer dagen zijn, elk een keer")
    return OpeningPeriod(
        valid_from=valid_from,
        valid_until=valid_until,
        weekdays=weekdays,
        opens=_read_time(fields, f"{path}.opens", message, most=MINUTES_PER_DAY - 1),
        closes=_read_time(fields, f"{path}.closes", message, most=MINUTES_PER_DAY),
    )


def from_period(message: Period) -> OpeningPeriod:
    """A period that a peer sent."""
    return OpeningPeriod(
        valid_from=from_date(message.valid_from_date),
        valid_until=from_date(message.valid_until_date) if message.HasField("valid_until_date") else None,
        weekdays=frozenset(message.weekdays),
        opens=_minute(message.opens),
        closes=_minute(message.closes),
    )


def _read_time(fields: Fields, field: str, message: Period, *, most: int) -> int:
    part = field.rpartition(".")[2]
    value: timeofday_pb2.TimeOfDay = getattr(message, part)
    minute = _minute(value)
    if not message.HasField(part):  # type: ignore[arg-type]
        fields.wrong(field, "is verplicht")
    elif not (value.hours >= 0 and 0 <= value.minutes < MINUTES_PER_HOUR and minute <= most) or (
        value.seconds or value.nanos
    ):
        fields.wrong(field, "is geen tijd op een hele minuut van de dag")
        return 0
    return minute


def _minute(value: timeofday_pb2.TimeOfDay) -> int:
    return int(value.hours) * MINUTES_PER_HOUR + int(value.minutes)
