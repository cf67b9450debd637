"""The choices that the Inkoopkader leaves open, as made for one year: `policies/inkoopkader/<year>/parameters.yaml`.

Each field of `Parameters` is one named parameter; its type tells which values the software knows how to apply. A
parameter with one possible value is a choice that is fixed in the software and still printed, with its reason.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from services.policy.marked_yaml import InvalidYamlError, read_yaml
from services.policy.model_problems import READING, problems_of
from services.policy.problems import Problem
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
        raise ValueError("een deel is een tekst zoals '1/100', van 0 tot en met 1")
    return Fraction(int(found[1]), int(found[2]))


def _month_day(value: object) -> MonthDay:
    found = re.fullmatch(r"(\d\d)-(\d\d)", value) if isinstance(value, str) else None
    try:
        # 2001 was no leap year, so that the day exists in every year.
        day = date(2001, int(found[1]), int(found[2])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("een dag van het jaar is een tekst zoals '06-01', een dag die elk jaar heeft")
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
    clock_start: Parameter[Literal["voorlopige_oplevering"]]
    exception: Parameter[Literal["schort_de_termijn_op"]]
    care_duty: Parameter[Literal["oordeel_bij_elk_negatief_besluit"]]
    unanimity: Parameter[Literal["alle_representerende_verzekeraars"]]
    excluded_location: Parameter[Literal["bedrag_vervalt"]]
    conditions_block: Parameter[Literal["gezamenlijke_aanvraag"]]
    attestations: Parameter[Literal["verklaring_met_document"]]
    filing_deadline: Parameter[date | None]
    realisation: Parameter[Literal["tot_nu"]]
    account_within_working_days: Parameter[Annotated[int, Field(ge=1, le=366)]]
    visits_in_tariff: Parameter[Literal["seh_en_ehh", "seh"]]
    deductible_cents: Parameter[Annotated[int, Field(ge=0, le=10**7)]]
    settlement: Parameter[Literal["omzet_min_budget"]]
    overloop: Parameter[Literal["wat_beide_opgeven"]]
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
        source = read_yaml(content)
    except InvalidYamlError as error:
        raise InvalidYearError(year, [Problem(FILE, error.line, READING, f"is geen YAML: {error}")]) from error
    found = source.value

    def problem(message: str, *path: str) -> Problem:
        return Problem(FILE, source.line(*path), READING, message)

    problems = []
    written = found.get("parameters") if isinstance(found, dict) else None
    if not isinstance(written, dict) or set(found) != {"year", "parameters"}:
        problems.append(problem("moet year en parameters bevatten, en niets anders"))
    elif "year" in written:
        problems.append(problem("year: is geen parameter", "parameters", "year"))
    elif found["year"] != year:
        problems.append(problem(f"year: moet {year} zijn, de naam van de map", "year"))
    try:
        parameters = Parameters.model_validate({**(written if isinstance(written, dict) else {}), "year": year})
    except ValidationError as error:
        problems += problems_of(error, FILE, source, below=("parameters",))
        raise InvalidYearError(year, problems) from error
    if parameters.stops_approach_minutes.value > parameters.stops_exceed_minutes.value:
        wrong = "stops_approach_minutes: mag niet boven stops_exceed_minutes liggen"
        problems.append(problem(wrong, "parameters", "stops_approach_minutes", "value"))
    if problems:
        raise InvalidYearError(year, problems)
    return parameters
