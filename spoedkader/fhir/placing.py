"""From raw values of Encounters to visits in a table, and to what is left out and why."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from spoedkader import amsterdam
from spoedkader.encounter_report import Listed
from spoedkader.encounters import FIRST_YEAR, LAST_YEAR, chosen, readings

if TYPE_CHECKING:
    import polars as pl

NO_ENCOUNTER = "geen Encounter"
OTHER_CLASS = "andere klasse dan EMER"
NOT_HELD = "status planned, cancelled of entered-in-error"
BAD_STATUS = "status ontbreekt of bestaat niet"
UNKNOWN_DEPARTMENT = "onbekende afdeling"
BOTH_DEPARTMENTS = "past bij SEH en bij EHH"
NO_VISIT_ID = "bezoeknummer ontbreekt"
BAD_START = "begin ontbreekt of is geen tijdstip"
BAD_END = "einde is geen tijdstip"
END_BEFORE_START = "einde ligt voor begin"
LEFT_OUT = (
    NO_ENCOUNTER,
    OTHER_CLASS,
    NOT_HELD,
    BAD_STATUS,
    UNKNOWN_DEPARTMENT,
    BOTH_DEPARTMENTS,
    NO_VISIT_ID,
    BAD_START,
    BAD_END,
    END_BEFORE_START,
)
"""Why a resource is left out; the first that holds counts."""

_NOT_HELD = ("planned", "cancelled", "entered-in-error")
_HELD = ("arrived", "triaged", "in-progress", "onleave", "finished", "unknown")
_TIME = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(?:(?::(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?)?"
    r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)$"
)
_MINUTES_PER_DAY = 1440
_EPOCH_MINUTE = datetime(1970, 1, 1, tzinfo=UTC).toordinal() * _MINUTES_PER_DAY


def place(raw: "pl.DataFrame", left_out: Mapping[str, Listed]) -> "pl.DataFrame":
    """Return the visits of a chunk of raw values, and count the others in `left_out`.

    `raw` has a `number` and the columns of `encounter.RAW_COLUMNS`; the table has `visit_id`, `seh`, `arrived`,
    `arrived_utc` and `departed_utc` as `spoedkader.encounters` has them, and `number`. A time with an offset is that
    instant, one without is read as in the CSV; seconds are cut off before anything is done with a time.
    """
    import polars as pl  # noqa: PLC0415

    start, end = _parsed(raw["start"]), _parsed(raw["end"])
    starts, ends = _instants(start), _instants(end)
    arrived_utc, departed_utc = chosen(*starts, *ends)
    table = raw.with_columns(
        arrived=_wall_clock(start, arrived_utc), arrived_utc=arrived_utc, departed_utc=departed_utc
    )
    why = _why(table)
    for place_, reason in enumerate(LEFT_OUT):
        left_out[reason].add(table["number"].filter(why == place_))
    # An identifier and a resource's own id can be the same text, and are not the same visit.
    visit_id = pl.when("identified").then(pl.lit("i")).otherwise(pl.lit("r")) + pl.col("visit_id")
    return table.filter(why.is_null()).select(
        visit_id.alias("visit_id"),
        pl.col("at_seh").alias("seh"),
        "arrived",
        "arrived_utc",
        "departed_utc",
        "number",
        "identified",
    )


def _why(table: "pl.DataFrame") -> "pl.Series":
    """Return the place in `LEFT_OUT` of the first reason that holds; null for a visit."""
    import polars as pl  # noqa: PLC0415

    col = pl.col
    conditions = (
        ~col("encounter"),
        ~col("emergency"),
        col("status").is_in(_NOT_HELD),
        ~col("status").is_in(_HELD),
        ~col("at_seh") & ~col("at_ehh"),
        col("at_seh") & col("at_ehh"),
        col("visit_id").is_null(),
        col("arrived_utc").is_null(),
        col("end").is_not_null() & col("departed_utc").is_null(),
        (col("departed_utc") < col("arrived_utc")).fill_null(value=False),
    )
    found = [pl.when(condition).then(pl.lit(at, pl.Int8)) for at, condition in enumerate(conditions)]
    return table.select(why=pl.coalesce(found))["why"]


def _parsed(texts: "pl.Series") -> "pl.DataFrame":
    """Return the minutes as they are written, and the minutes of their offset, null without one."""
    import polars as pl  # noqa: PLC0415

    offset = pl.col("offset")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    of_hours, of_minutes = (offset.str.slice(at, 2).cast(pl.Int32, strict=False) for at in (1, 4))
    moment = pl.col("moment").str.to_datetime("%Y-%m-%dT%H:%M", time_unit="ms", strict=False)
    minute = (moment.dt.epoch("s") // 60 + _EPOCH_MINUTE).cast(pl.Int32)
    return (
        texts.to_frame("text")
        .select(moment=pl.col("text").str.extract(_TIME, 1), offset=pl.col("text").str.extract(_TIME, 2))
        .select(
            minute=pl.when(moment.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(minute),
            offset=pl.when(offset == "Z").then(0).otherwise(sign * (of_hours * 60 + of_minutes)).cast(pl.Int32),
        )
    )


def _instants(times: "pl.DataFrame") -> "tuple[pl.Series, pl.Series]":
    """Return the first and second reading of times; of one with an offset both are the same."""
    import polars as pl  # noqa: PLC0415

    first, second = readings(times["minute"])
    exact = pl.col("minute") - pl.col("offset")
    both = times.with_columns(first=first, second=second).select(
        first=pl.coalesce(exact, "first"), second=pl.coalesce(exact, "second")
    )
    return both["first"], both["second"]


def _wall_clock(times: "pl.DataFrame", instants: "pl.Series") -> "pl.Series":
    """Return the minutes that a clock in Amsterdam shows; a time without an offset is that already."""
    import polars as pl  # noqa: PLC0415

    first, last = instants.min(), instants.max()
    if not isinstance(first, int) or not isinstance(last, int):
        return times["minute"]
    starts, offsets = _offsets_of_instants(first // _MINUTES_PER_DAY, last // _MINUTES_PER_DAY)
    places = pl.Series(starts, dtype=pl.Int32).search_sorted(instants.fill_null(first), side="right") - 1
    shown = instants + pl.Series(offsets, dtype=pl.Int32).gather(places)
    return times.with_columns(shown=shown).select(
        pl.when(pl.col("offset").is_null()).then("minute").otherwise("shown")
    )["minute"]


@lru_cache(maxsize=1000)
def _offsets_of_instants(first_day: int, last_day: int) -> tuple[list[int], list[int]]:
    """Return the UTC minutes at which an offset starts to hold in Amsterdam, and those offsets, on days in UTC."""
    starts: list[int] = []
    found: list[int] = []
    for day in range(first_day, last_day + 1):
        midnight = datetime.fromordinal(day).replace(tzinfo=UTC)
        changes = amsterdam.offset_at(midnight) != amsterdam.offset_at(midnight + timedelta(days=1))
        for minute in range(_MINUTES_PER_DAY if changes else 1):
            offset = amsterdam.offset_at(midnight + timedelta(minutes=minute))
            if not found or found[-1] != offset:
                starts.append(day * _MINUTES_PER_DAY + minute)
                found.append(offset)
    return starts, found
