"""The values that a cell or a JSON key can hold, as annotated types: from text to value, with Dutch reasons.

A parser takes what the file holds and returns the value, or raises `PydanticCustomError` with a Dutch reason. The
shapes are those of the exchange format: ISO dates, local wall-clock times without offset at whole minutes, `true` and
`false`, and an empty cell for "not known" or "no end". Dates and years lie within 1900..2199. The bounds are those of
the contracts, so that what can be read can also be stored.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from services.runtime.names import is_identifier

T = TypeVar("T")

FIRST_YEAR = 1900
LAST_YEAR = 2199
MAX_CELL_CHARS = 10_000
MAX_NAME_CHARS = 200
MAX_REASON_CHARS = 2000
MAX_DOCUMENT_CHARS = 500
MAX_REPRESENTATIVES = 20
MAX_COUNT = 999_999_999
MAX_CENTS = 10**14

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WALL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_COUNT = re.compile(r"0|[1-9][0-9]*")
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
_TENTHS = re.compile(r"(0|[1-9][0-9]{0,8})\.[0-9]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def text_fault(value: str) -> str | None:
    """Return why `value` cannot be stored as text, in Dutch, or None when it can."""
    if _CONTROL.search(value):
        return "bevat een stuurteken"
    if _SURROGATE.search(value):
        return "bevat een half teken (losse surrogaatcode)"
    return None


def _fault(reason: str) -> PydanticCustomError:
    # The reason goes through the context, so that braces in a quoted value are not taken for a template.
    return PydanticCustomError("exchange", "{reason}", {"reason": reason})


def shown(value: object) -> str:
    """Return `value` between quotes and short enough for a message."""
    text = str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _cell(value: object) -> str:
    if not isinstance(value, str):
        raise _fault(f"{shown(value)} is geen tekst")
    if value == "":
        raise _fault("mag niet leeg zijn")
    return value


def _year_in_range(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _fault(f"jaar {year} ligt niet tussen {FIRST_YEAR} en {LAST_YEAR}")


def _date(value: object) -> date:
    cell = _cell(value)
    if not _DATE.fullmatch(cell):
        raise _fault(f"{shown(cell)} is geen datum (JJJJ-MM-DD)")
    try:
        parsed = date.fromisoformat(cell)
    except ValueError:
        raise _fault(f"{shown(cell)} is geen bestaande datum") from None
    _year_in_range(parsed.year)
    return parsed


def _wall_time(value: object) -> datetime:
    cell = _cell(value)
    if not _WALL_TIME.fullmatch(cell):
        raise _fault(f"{shown(cell)} is geen tijdstip (JJJJ-MM-DDTUU:MM, zonder tijdzone)")
    try:
        parsed = datetime.fromisoformat(cell)
    except ValueError:
        raise _fault(f"{shown(cell)} is geen bestaand tijdstip") from None
    _year_in_range(parsed.year)
    return parsed


def _boolean(value: object) -> bool:
    cell = _cell(value)
    if cell not in ("true", "false"):
        raise _fault(f"{shown(cell)} is geen true of false")
    return cell == "true"


def _count(value: object) -> int:
    cell = _cell(value)
    if _NEGATIVE.fullmatch(cell):
        raise _fault(f"{shown(cell)} mag niet negatief zijn")
    if not _COUNT.fullmatch(cell):
        raise _fault(f"{shown(cell)} is geen geheel getal")
    if len(cell) > len(str(MAX_COUNT)):
        raise _fault(f"{shown(cell)} is te groot")
    return int(cell)


def _year(value: object) -> int:
    year = _count(value)
    _year_in_range(year)
    return year


def _tenths(value: object) -> Decimal:
    cell = _cell(value)
    if _NEGATIVE.fullmatch(cell):
        raise _fault(f"{shown(cell)} mag niet negatief zijn")
    if not _TENTHS.fullmatch(cell):
        raise _fault(f"{shown(cell)} is geen getal met één decimaal (zoals 183.1)")
    return Decimal(cell)


def _opens(value: object) -> int:
    cell = _cell(value)
    matched = _CLOCK.fullmatch(cell)
    if not matched:
        raise _fault(f"{shown(cell)} is geen openingstijd (UU:MM, 00:00 tot en met 23:59)")
    return int(matched[1]) * 60 + int(matched[2])


def _closes(value: object) -> int:
    cell = _cell(value)
    if cell == "24:00":
        return 1440
    matched = _CLOCK.fullmatch(cell)
    if not matched:
        raise _fault(f"{shown(cell)} is geen sluitingstijd (UU:MM, 00:00 tot en met 24:00)")
    return int(matched[1]) * 60 + int(matched[2])


def _weekdays(value: object) -> tuple[int, ...]:
    cell = _cell(value)
    if any(day not in "1234567" for day in cell):
        raise _fault(f"{shown(cell)} bevat iets anders dan de weekdagen 1 (maandag) tot en met 7 (zondag)")
    if len(set(cell)) != len(cell):
        raise _fault(f"{shown(cell)} noemt een weekdag dubbel")
    return tuple(sorted(int(day) for day in cell))


def _id(value: object) -> str:
    cell = _cell(value)
    if not is_identifier(cell):
        form = "1 tot 63 letters, cijfers, punten, koppeltekens of lage streepjes, eerst een letter of cijfer"
        raise _fault(f"{shown(cell)} is geen id ({form})")
    return cell


def _digits(name: str, count: int) -> Callable[[object], str]:
    pattern = re.compile(f"[0-9]{{{count}}}")

    def parse(value: object) -> str:
        cell = _cell(value)
        if not pattern.fullmatch(cell):
            raise _fault(f"{shown(cell)} is geen {name} ({count} cijfers)")
        return cell

    return parse


_uzovi = _digits("UZOVI-code", 4)


def _uzovis(value: object) -> tuple[str, ...]:
    codes = tuple(_uzovi(code) for code in _cell(value).split(";"))
    if len(set(codes)) != len(codes):
        raise _fault(f"{shown(value)} noemt een UZOVI-code dubbel")
    if len(codes) > MAX_REPRESENTATIVES:
        raise _fault(f"{len(codes)} UZOVI-codes; het mogen er hoogstens {MAX_REPRESENTATIVES} zijn")
    return codes


def _text(most: int, *, blank: bool = True) -> Callable[[object], str]:
    def parse(value: object) -> str:
        cell = _cell(value)
        fault = text_fault(cell)
        if fault:
            raise _fault(fault)
        if len(cell) > most:
            raise _fault(f"is {len(cell)} tekens lang; het mogen er hoogstens {most} zijn")
        if not blank and not cell.strip():
            raise _fault("mag niet leeg zijn")
        return cell

    return parse


def _one_of(*options: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        cell = _cell(value)
        if cell not in options:
            raise _fault(f"{shown(cell)} is niet een van {', '.join(options)}")
        return cell

    return parse


def _or_empty(parse: Callable[[object], T]) -> Callable[[object], T | None]:
    def parse_or_none(value: object) -> T | None:
        return None if value == "" else parse(value)

    return parse_or_none


def _json_integer(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _fault(f"{shown(value)} is geen geheel getal")
        if value < 0:
            raise _fault(f"{value} mag niet negatief zijn")
        if not low <= value <= high:
            raise _fault(f"{value} ligt niet tussen {low} en {high}")
        return value

    return parse


def _json_object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _fault("is geen object")
    return value


WallDate = Annotated[date, PlainValidator(_date)]
OptionalWallDate = Annotated[date | None, PlainValidator(_or_empty(_date))]
WallTime = Annotated[datetime, PlainValidator(_wall_time)]
OptionalWallTime = Annotated[datetime | None, PlainValidator(_or_empty(_wall_time))]
OptionalBoolean = Annotated[bool | None, PlainValidator(_or_empty(_boolean))]
Year = Annotated[int, PlainValidator(_year)]
OptionalCount = Annotated[int | None, PlainValidator(_or_empty(_count))]
OptionalTenths = Annotated[Decimal | None, PlainValidator(_or_empty(_tenths))]
Opens = Annotated[int, PlainValidator(_opens)]
Closes = Annotated[int, PlainValidator(_closes)]
Weekdays = Annotated[tuple[int, ...], PlainValidator(_weekdays)]
Id = Annotated[str, PlainValidator(_id)]
Agb = Annotated[str, PlainValidator(_digits("AGB-code", 8))]
Kvk = Annotated[str, PlainValidator(_digits("KvK-nummer", 8))]
Uzovi = Annotated[str, PlainValidator(_uzovi)]
Uzovis = Annotated[tuple[str, ...], PlainValidator(_uzovis)]
Name = Annotated[str, PlainValidator(_text(MAX_NAME_CHARS, blank=False))]
OptionalReason = Annotated[str | None, PlainValidator(_or_empty(_text(MAX_REASON_CHARS)))]
OptionalDocument = Annotated[str | None, PlainValidator(_or_empty(_text(MAX_DOCUMENT_CHARS)))]
CareType = Annotated[Literal["SEH", "SPOEDPOLI"], PlainValidator(_one_of("SEH", "SPOEDPOLI"))]
Department = Annotated[Literal["SEH", "EHH"], PlainValidator(_one_of("SEH", "EHH"))]
Decision = Annotated[Literal["AKKOORD", "AFGEWEZEN"], PlainValidator(_one_of("AKKOORD", "AFGEWEZEN"))]
AttestationKind = Annotated[
    Literal["RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN"],
    PlainValidator(_one_of("RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN")),
]
AnswersStatus = Annotated[Literal["voorlopig", "definitief"], PlainValidator(_one_of("voorlopig", "definitief"))]
JsonYear = Annotated[int, PlainValidator(_json_integer(FIRST_YEAR, LAST_YEAR))]
JsonCents = Annotated[int, PlainValidator(_json_integer(0, MAX_CENTS))]
JsonObject = Annotated[Mapping[str, Any], PlainValidator(_json_object)]
