"""Short ways to write down common types."""

from datetime import UTC, date, datetime

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2, datetime_pb2, money_pb2, timeofday_pb2


def day(text: str) -> date_pb2.Date:
    """A date from `2027-01-31`."""
    found = date.fromisoformat(text)
    return date_pb2.Date(year=found.year, month=found.month, day=found.day)


def moment(text: str) -> datetime_pb2.DateTime:
    """A wall-clock moment from `2027-01-31T22:00`."""
    found = datetime.fromisoformat(text)
    return datetime_pb2.DateTime(
        year=found.year, month=found.month, day=found.day, hours=found.hour, minutes=found.minute
    )


def time_of_day(text: str) -> timeofday_pb2.TimeOfDay:
    """A time of the day from `22:00` or `24:00`."""
    hours, minutes = text.split(":")
    return timeofday_pb2.TimeOfDay(hours=int(hours), minutes=int(minutes))


def euros(cents: int) -> money_pb2.Money:
    """Whole cents of EUR, at least 0."""
    return money_pb2.Money(currency_code="EUR", units=cents // 100, nanos=cents % 100 * 10_000_000)


def instant(value: datetime) -> Timestamp:
    """A moment on the clock of the world."""
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp


def read_instant(stamp: Timestamp) -> datetime:
    """The moment of a timestamp."""
    return stamp.ToDatetime(tzinfo=UTC)


def mask(*paths: str) -> FieldMask:
    """An update mask."""
    return FieldMask(paths=paths)
