"""Reading the common types of a request: a value, or a violation at the right place."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2, datetime_pb2, money_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import names
from services.runtime.errors import DomainError, Reason
from services.runtime.wire import (
    Fields,
    from_date,
    from_money,
    from_wall_clock,
    to_date,
    to_fraction,
    to_money,
    to_timestamp,
    to_wall_clock,
)
from spoedkader.registry.v1 import closure_pb2, provider_pb2, round_pb2

days = st.dates(date(1900, 1, 1), date(2199, 12, 31))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(lambda m: m.replace(second=0, microsecond=0))
int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)


def wrong(fields: Fields) -> list[str]:
    return [violation.field for violation in fields.violations]


@given(days)
def test_a_day_comes_through_unchanged(day: date) -> None:
    fields = Fields()
    message = provider_pb2.Provider(provides_seh_since=to_date(day))
    assert fields.date("provider.provides_seh_since", message) == day
    assert from_date(to_date(day)) == day
    assert not fields.violations


@given(int32, int32, int32)
def test_any_three_numbers_are_a_day_or_one_violation(year: int, month: int, number: int) -> None:
    fields = Fields()
    message = provider_pb2.Provider(provides_seh_since=date_pb2.Date(year=year, month=month, day=number))
    found = fields.date("provider.provides_seh_since", message)
    assert isinstance(found, date)
    assert wrong(fields) in ([], ["provider.provides_seh_since"])


@given(moments)
def test_a_wall_clock_moment_comes_through_unchanged(moment: datetime) -> None:
    fields = Fields()
    message = closure_pb2.Closure(start_time=to_wall_clock(moment))
    assert fields.wall_clock("closure.start_time", message) == moment
    assert from_wall_clock(to_wall_clock(moment)) == moment


@given(st.lists(int32, min_size=7, max_size=7))
def test_any_numbers_are_a_moment_or_one_violation(parts: list[int]) -> None:
    keys = ("year", "month", "day", "hours", "minutes", "seconds", "nanos")
    fields = Fields()
    time = datetime_pb2.DateTime(**dict(zip(keys, parts, strict=True)))
    assert isinstance(fields.wall_clock("start_time", closure_pb2.Closure(start_time=time)), datetime)
    assert wrong(fields) in ([], ["start_time"])


@given(st.integers(-(10**14), 10**14))
def test_cents_come_through_unchanged(cents: int) -> None:
    message = to_money(cents)
    assert from_money(message) == cents
    assert (message.units >= 0) == (message.nanos >= 0) or 0 in (message.units, message.nanos)
    fields = Fields()
    found = fields.cents("norm_amount", round_pb2.Round(norm_amount=message))
    assert (found, wrong(fields)) == ((cents, []) if cents >= 0 else (0, ["norm_amount"]))


@given(int64, int32)
def test_any_amount_is_whole_cents_or_refused(units: int, nanos: int) -> None:
    fields = Fields()
    message = round_pb2.Round(norm_amount=money_pb2.Money(currency_code="EUR", units=units, nanos=nanos))
    found = fields.cents("norm_amount", message)
    assert 0 <= found <= 10**14 + 99
    if not fields.violations:
        assert Fraction(found, 100) == units + Fraction(nanos, 10**9)


@given(int64, int32)
def test_any_timestamp_is_a_moment_or_one_violation(seconds: int, nanos: int) -> None:
    fields = Fields()
    message = closure_pb2.GetClosureRequest(as_of_time=Timestamp(seconds=seconds, nanos=nanos))
    found = fields.moment("as_of_time", message)
    assert (found is None) == (wrong(fields) == ["as_of_time"])
    assert found is None or found.tzinfo is UTC


def test_what_is_absent_is_required_or_nothing() -> None:
    fields = Fields()
    empty = closure_pb2.Closure()
    assert fields.optional_wall_clock("closure.end_time", empty) is None
    assert fields.moment("as_of_time", closure_pb2.GetClosureRequest()) is None
    assert not fields.violations
    fields.wall_clock("closure.start_time", empty)
    fields.date("provider.provides_seh_since", provider_pb2.Provider())
    fields.cents("round.norm_amount", round_pb2.Round())
    assert wrong(fields) == ["closure.start_time", "provider.provides_seh_since", "round.norm_amount"]
    assert {violation.description for violation in fields.violations} == {"is verplicht"}


@pytest.mark.parametrize(
    ("read", "value", "fits"),
    [
        ("year", 1900, True),
        ("year", 1899, False),
        ("year", 2200, False),
        ("count", 0, True),
        ("count", 2**31 - 1, True),
        ("count", 2**31, False),
        ("count", -1, False),
        ("identifier", "a", True),
        ("identifier", "A.b_c-9", True),
        ("identifier", "x" * 63, True),
        ("identifier", "x" * 64, False),
        ("identifier", "-", False),
        ("identifier", "é", False),
        ("identifier", "a\n", False),
        ("identifier", "", False),
    ],
)
def test_years_counts_and_identifiers_have_limits(read: str, value: Any, fits: bool) -> None:
    fields = Fields()
    getattr(fields, read)("field", value)
    assert (not fields.violations) is fits


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_only_ascii_digits_are_digits(text: str) -> None:
    fields = Fields()
    fields.digits("agb", text, 8)
    assert (not fields.violations) == (len(text) == 8 and all(character in "0123456789" for character in text))


def test_every_violation_is_told_at_once() -> None:
    fields = Fields(provider_pb2.ListApprovalsRequest(page_size=-1, page_token="x"))
    fields.name("parent", names.PROVIDER, "x")
    fields.text("reason", " ", 10, required=True)
    fields.text("reason", "\x1b" * 11, 10)
    with pytest.raises(DomainError) as refused:
        fields.check()
    assert refused.value.reason is Reason.INVALID_INPUT
    assert [violation.field for violation in refused.value.violations] == [
        "page_size",
        "page_token",
        "parent",
        "reason",
        "reason",
        "reason",
    ]
    assert refused.value.message.endswith("(en nog 3)")


def test_line_breaks_and_tabs_are_text_and_other_control_characters_are_not() -> None:
    fields = Fields()
    fields.text("reason", "een\n\ttwee — dríé 🏥", 100)
    assert not fields.violations
    fields.text("reason", "\x7f", 100)
    assert wrong(fields) == ["reason"]


def test_a_member_of_an_enum_is_known_and_stated() -> None:
    fields = Fields()
    assert fields.one_of("kind", 2, [1, 2]) == 2
    fields.one_of("kind", 0, [1, 2])
    fields.one_of("kind", 3, [1, 2])
    assert [violation.description for violation in fields.violations] == ["is verplicht", "heeft geen betekenis: 3"]


def test_shares_and_moments_are_written_exactly() -> None:
    assert (to_fraction(Fraction(22, 7)).numerator, to_fraction(Fraction(22, 7)).denominator) == (22, 7)
    moment = datetime(2027, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert to_timestamp(moment).ToDatetime(tzinfo=UTC) == moment
