"""From raw values of Encounters to visits in a table, and to what is left out and why."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from spoedkader import amsterdam
from spoedkader.encounters import chosen, minutes_of, readings
from spoedkader.visit_keys import visit_keys

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
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?$"
)
_MINUTES_PER_DAY = 1440


def place(raw: "pl.DataFrame") -> "pl.DataFrame":
    """Return a row for each row of raw values, which has the columns of `encounter.RAW_COLUMNS`.

    The columns are `why` (the place in `LEFT_OUT` of the reason that it is left out; null for a visit), `identified`,
    `patient` (a number for each reference; two patients can share one, with a chance below one in a million) and those
    that `spoedkader.encounters.read_encounters` has. A time with an offset is that instant, one without is read as in
    the CSV; seconds are cut off before anything is done with a time.
    """
    import polars as pl  # noqa: PLC0415

    start, end = _parsed(raw["start"]), _parsed(raw["end"])
    arrived_utc, departed_utc = chosen(*_instants(start), *_instants(end))
    # An identifier and a resource's own id can be the same text, and are not the same visit.
    visit_id = pl.when("identified").then(pl.lit("i")).otherwise(pl.lit("r")) + pl.col("visit_id").fill_null("")
    table = raw.with_columns(
        arrived=_wall_clock(start, arrived_utc), arrived_utc=arrived_utc, departed_utc=departed_utc
    )
    return table.select(
        _why(),
        "identified",
        pl.when(pl.col("patient").is_not_null()).then(pl.col("patient").hash()).alias("patient"),
        visit_keys(raw.select(visit_id.alias("visit_id"))["visit_id"]).alias("visit"),
        pl.col("at_seh").alias("seh"),
        "arrived",
        "arrived_utc",
        "departed_utc",
    )


def _why() -> "pl.Expr":
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
    return pl.coalesce(found).alias("why")


def _parsed(texts: "pl.Series") -> "pl.DataFrame":
    """Return the minutes as they are written, and the minutes of their offset, null without one."""
    import polars as pl  # noqa: PLC0415

    text = pl.col("text")
    offset = text.str.tail(6)
    sign = offset.str.head(1)
    hours, minutes = (offset.str.slice(at, 2).cast(pl.Int32, strict=False) for at in (1, 4))
    signed = pl.when(sign == "+").then(hours * 60 + minutes).when(sign == "-").then(-hours * 60 - minutes)
    return (
        texts.to_frame("text")
        .select(pl.when(text.str.contains(_TIME)).then("text").alias("text"))
        .select(
            minute=minutes_of(text.str.head(16)),
            offset=pl.when(text.str.ends_with("Z")).then(pl.lit(0, pl.Int32)).otherwise(signed),
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
    years = (date.fromordinal(value // _MINUTES_PER_DAY).year for value in (first, last))
    starts, offsets = _offsets_of_instants(*years)
    places = starts.search_sorted(instants.fill_null(first), side="right") - 1
    shown = instants + offsets.gather(places)
    return times.with_columns(shown=shown).select(
        pl.when(pl.col("offset").is_null()).then("minute").otherwise("shown")
    )["minute"]


@lru_cache
def _offsets_of_instants(first_year: int, last_year: int) -> "tuple[pl.Series, pl.Series]":
    """Return the UTC minutes at which an offset starts to hold in Amsterdam, and those offsets, in years in UTC."""
    import polars as pl  # noqa: PLC0415

    starts: list[int] = []
    found: list[int] = []
    for day in range(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal() + 1):
        midnight = datetime.fromordinal(day).replace(tzinfo=UTC)
        changes = amsterdam.offset_at(midnight) != amsterdam.offset_at(midnight + timedelta(days=1))
        for minute in range(_MINUTES_PER_DAY if changes else 1):
            offset = amsterdam.offset_at(midnight + timedelta(minutes=minute))
            if not found or found[-1] != offset:
                starts.append(day * _MINUTES_PER_DAY + minute)
                found.append(offset)
    return pl.Series(starts, dtype=pl.Int32), pl.Series(found, dtype=pl.Int32)
