"""The choices that the Inkoopkader leaves open, as made for one year: `policies/inkoopkader/<year>/parameters.yaml`.

Each field of `Parameters` is one named parameter; its type tells which values the software knows how to apply. A
parameter with one possible value is a choice that is fixed in the software and still printed, with its reason.
"""

import hashlib
import json
import re
from collections.abc import Hashable, Iterator
from datetime import date
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from services.policy.year import InvalidYearError, UnknownYearError

KIND = "inkoopkader"
FILE = "parameters.yaml"

Value = TypeVar("Value")
Minutes = Annotated[int, Field(ge=0, le=366 * 1440)]
Months = Annotated[int, Field(ge=1, le=120)]
Text = Annotated[str, Field(min_length=1)]


class MonthDay(NamedTuple):
    """A day that comes back every year."""

    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.month:02d}-{self.day:02d}"


def _share(value: object) -> Fraction:
    found = re.fullmatch(r"(\d{1,9})/([1-9]\d{0,8})", value) if isinstance(value, str) else None
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError("a share is a text as in '1/100', from 0 to 1")
    return Fraction(int(found[1]), int(found[2]))


def _month_day(value: object) -> MonthDay:
    found = re.fullmatch(r"(\d\d)-(\d\d)", value) if isinstance(value, str) else None
    try:
        # 2001 was no leap year, so that the day exists in every year.
        day = date(2001, int(found[1]), int(found[2])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("a day of the year is a text as in '06-01' that exists in every year")
    return MonthDay(day.month, day.day)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Parameter(_Strict, Generic[Value]):
    """One choice: its value and unit, the open question that it answers, why, and the words that leave it open."""

    value: Value
    unit: Text
    code: Annotated[str, Field(pattern=r"^AMB-\d\d$")]
    reason: Text
    source: Text
    quotation: str


class Parameters(_Strict):
    """The parameters of one year, as in `parameters.franchise_minutes.value`."""

    year: int
    franchise_minutes: Parameter[Minutes]
    borderline_share: Parameter[Annotated[Fraction, PlainValidator(_share)]]
    deduct: Parameter[Literal["geheel", "meerdere"]]
    year_length: Parameter[Literal["kalenderjaar", "365_dagen"]]
    clock: Parameter[Literal["kloktijd"]]
    granularity: Parameter[Literal["hele_minuten"]]
    overlap: Parameter[Literal["eenmaal"]]
    year_boundary: Parameter[Literal["afkappen"]]
    open_end: Parameter[Literal["einde_jaar"]]
    structural_window_minutes: Parameter[Annotated[int, Field(ge=1, le=366 * 1440)]]
    structural_threshold_minutes: Parameter[Minutes]
    inform_within_working_days: Parameter[Annotated[int, Field(ge=1, le=366)]]
    stops_count_as_closed: Parameter[bool]
    stops_approach_minutes: Parameter[Minutes]
    stops_exceed_minutes: Parameter[Minutes]
    stops_merge: Parameter[Literal["overlappend_of_aansluitend"]]
    closure_kinds: Parameter[Literal["voorzien_en_onvoorzien_samen"]]
    other_care: Parameter[Literal["geen_budget"]]
    minute_weight: Parameter[Literal["gelijk"]]
    outside_operation: Parameter[Literal["gesloten"]]
    newness_level: Parameter[Literal["zorgaanbieder"]]
    new_provider_after: Parameter[date]
    franchise_level: Parameter[Literal["locatie"]]
    rounding: Parameter[Literal["half_up"]]
    plan_term_months: Parameter[Months]
    cure_term_months: Parameter[Months]
    comply_by: Parameter[Annotated[MonthDay, PlainValidator(_month_day)]]
    unmet_norms: Parameter[Literal["geen_verlaging_zonder_besluit"]]
    approval: Parameter[Literal["alle_representerende_verzekeraars"]]

    def named(self) -> Iterator[tuple[str, Parameter[Any]]]:
        """Every parameter with its name, in the order above."""
        for name in type(self).model_fields:
            if name != "year":
                yield name, getattr(self, name)

    @cached_property
    def revision(self) -> str:
        """Digest of everything that the parameters say, `sha256:` and 64 hexadecimal digits."""
        said = [[name, *(str(part) for _, part in parameter)] for name, parameter in self.named()]
        return "sha256:" + hashlib.sha256(json.dumps([self.year, said]).encode()).hexdigest()

    def __copy__(self) -> Self:
        # `model_copy` changes the values of the copy, so it must not keep the digest of the original.
        copied = super().__copy__()
        copied.__dict__.pop("revision", None)
        return copied


class _UniqueKeys(yaml.SafeLoader):
    """YAML as usual, but a key that is written twice is a mistake instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is written twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_parameters(policies_dir: Path, year: int) -> Parameters:
    """The parameters of a year.

    Raises UnknownYearError when the year has none, InvalidYearError with every problem when they cannot be used.
    """
    path = policies_dir / KIND / str(year) / FILE
    try:
        return read_parameters(year, path.read_bytes())
    except FileNotFoundError:
        raise UnknownYearError(year) from None


def read_parameters(year: int, content: bytes) -> Parameters:
    """The parameters in the content of the file of a year. Raises InvalidYearError with every problem."""
    try:
        found = yaml.load(content, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise InvalidYearError(year, [f"{FILE}: {' '.join(str(error).split())}"]) from error
    problems = []
    written = found.get("parameters") if isinstance(found, dict) else None
    if not isinstance(written, dict) or set(found) != {"year", "parameters"}:
        problems.append(f"{FILE}: must hold year and parameters, and nothing else")
    elif "year" in written:
        problems.append(f"{FILE}: year: is not a parameter")
    elif found["year"] != year:
        problems.append(f"{FILE}: year: must be {year}, the name of its folder")
    try:
        parameters = Parameters.model_validate({**(written if isinstance(written, dict) else {}), "year": year})
    except ValidationError as error:
        problems += [f"{FILE}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidYearError(year, problems) from error
    if parameters.stops_approach_minutes.value > parameters.stops_exceed_minutes.value:
        problems.append(f"{FILE}: stops_approach_minutes: must not be above stops_exceed_minutes")
    if problems:
        raise InvalidYearError(year, problems)
    return parameters
