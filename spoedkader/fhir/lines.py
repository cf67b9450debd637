"""Raw values of lines of JSON: one resource, or one entry of a Bundle, to a line.

Plain lines are read by polars. A line that is broken, nested beyond what Encounters are, or that writes a value in a
way that polars reads otherwise, is read by `json`; both ways give the same.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from spoedkader.departments import KINDS, Departments, Keys
from spoedkader.encounter_sources import BOM, MAX_UNIT, parts, too_large
from spoedkader.fhir.encounter import ACT_CODE, RAW_COLUMNS, raw_of
from spoedkader.fhir.jsons import parse_line
from spoedkader.fhir.tables import raw_table
from spoedkader.fhir.ways import Way

if TYPE_CHECKING:
    import polars as pl
    from polars.expr.struct import ExprStructNameSpace

Lines = tuple[int, list[bytes]]
"""The number of the first resource, from 1, and lines of JSON."""

_MAX_OPENINGS = 200
"""A line that opens no more lists and objects cannot be nested deeper."""
_QUANTITY = r'("value"[ \t\r\n]*:[ \t\r\n]*)-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?([ \t\r\n]*[,}])'
"""A value that is a number, as in `length`; where a text is wanted it counts as absent."""
_MISREAD = (
    r'\\u[dD][89a-fA-F]|"(?:resourceType|id|status|class|identifier|type|serviceType|period|location|coding|system'
    r'|code|value|start|end|reference|subject)"[ \t\r\n]*:[ \t\r\n]*[-0-9tf]'
)
"""An escape that can be half a character, and a number or boolean, which would be read as text."""
_EMPTY = b" \t\r\n"


def of_lines(source: BinaryIO, departments: Departments) -> Way[Lines]:
    """Return the way to read NDJSON; empty lines are no resources."""
    return Way(_resources(source), lambda lines: raw_lines(lines, departments))


def _resources(source: BinaryIO) -> Iterator[Lines]:
    number = 1
    first = source.read(len(BOM)).removeprefix(BOM)
    for part in parts(source, b"\n", first):
        lines = [line for line in part.split(b"\n") if _filled(line)]
        for at, line in enumerate(lines):
            if len(line) > MAX_UNIT:
                raise too_large(number + at)
        if lines:
            yield number, lines
        number += len(lines)


def _filled(line: bytes) -> bool:
    return bool(line) and (line[:1] == b"{" or len(line) > MAX_UNIT or bool(line.strip(_EMPTY)))


def raw_lines(lines: Lines, departments: Departments, *, entries: bool = False) -> "pl.DataFrame":
    """Return the raw values of lines of JSON; of entries those of the resources in them.

    Raises `FileProblem` for a line that is no JSON.
    """
    import polars as pl  # noqa: PLC0415

    number, found = lines
    unpacked: Callable[[Any], Any] = resource_in if entries else _itself
    try:
        text = pl.Series("line", found, dtype=pl.Binary).cast(pl.String)
        odd = _odd(text)
        if odd.any():
            text = text.str.replace_all(_QUANTITY, "${1}null${2}")
            odd = _odd(text)
        plain = _decoded(text.filter(~odd), departments, entries=entries)
    except pl.exceptions.PolarsError:  # A line that is no JSON, or a value of a type that FHIR does not have there.
        plain, odd = raw_table([]), pl.Series([True]).new_from_index(0, len(found))
    if not odd.any():
        return plain
    places = odd.arg_true().to_list()
    exact = raw_table(raw_of(unpacked(parse_line(found[place], number + place)), departments) for place in places)
    order = pl.concat([(~odd).arg_true(), odd.arg_true()])
    return pl.concat([plain, exact]).with_columns(order=order).sort("order").drop("order")


def resource_in(entry: Any) -> Any:
    """Return the resource in an entry of a Bundle; None when there is none."""
    return entry.get("resource") if isinstance(entry, dict) else None


def _itself(value: Any) -> Any:
    return value


def _odd(lines: "pl.Series") -> "pl.Series":
    import polars as pl  # noqa: PLC0415

    line = pl.col("line")
    odd = line.str.contains(_MISREAD) | (line.str.count_matches(r"[\[{]") > _MAX_OPENINGS)
    return lines.to_frame("line").select(odd=odd)["odd"]


def _decoded(lines: "pl.Series", departments: Departments, *, entries: bool) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    dtype = _dtype()
    found = lines.str.json_decode(pl.Struct({"resource": dtype}) if entries else dtype)
    if entries:
        found = found.struct.field("resource")
    return found.struct.unnest().select(**_raw(departments)).select(RAW_COLUMNS)


def _dtype() -> "pl.Struct":
    import polars as pl  # noqa: PLC0415

    coding = pl.Struct({"system": pl.String, "code": pl.String})
    concept = pl.Struct({"coding": pl.List(coding)})
    identifier = pl.Struct({"system": pl.String, "value": pl.String})
    reference = pl.Struct({"reference": pl.String, "identifier": identifier})
    return pl.Struct(
        {
            "resourceType": pl.String,
            "id": pl.String,
            "identifier": pl.List(identifier),
            "status": pl.String,
            "class": coding,
            "subject": pl.Struct({"reference": pl.String}),
            "type": pl.List(concept),
            "serviceType": concept,
            "period": pl.Struct({"start": pl.String, "end": pl.String}),
            "location": pl.List(pl.Struct({"location": reference})),
        }
    )


def _raw(departments: Departments) -> "dict[str, pl.Expr]":
    """Return the columns of `RAW_COLUMNS` from the fields of Encounters, as `raw_of` finds them."""
    import polars as pl  # noqa: PLC0415

    col, field = pl.col, pl.element().struct.field
    class_ = col("class").struct
    encounter = (col("resourceType") == "Encounter").fill_null(value=False)
    identifier: pl.Expr = pl.lit(None, pl.String)
    if departments.visit_system is not None:
        is_visit = (field("system") == departments.visit_system) & (field("value") != "")
        identifier = col("identifier").list.eval(field("value").filter(is_visit)).list.first()
    end = col("period").struct.field("end")
    patient = col("subject").struct.field("reference")
    own = pl.when(col("id") != "").then("id")
    raw = {
        "emergency": (class_.field("code") == "EMER") & (class_.field("system").fill_null(ACT_CODE) == ACT_CODE),
        "at_seh": _fits(departments.seh),
        "at_ehh": _fits(departments.ehh),
        "identified": identifier.is_not_null(),
    }
    return {
        "encounter": encounter,
        **{name: encounter & value.fill_null(value=False) for name, value in raw.items()},
        "status": pl.when(encounter).then("status").fill_null(""),
        "visit_id": pl.when(encounter).then(pl.coalesce(identifier, own)),
        "start": pl.when(encounter).then(col("period").struct.field("start")).fill_null(""),
        "end": pl.when(encounter).then(end),
        "patient": pl.when(encounter & (patient != "")).then(patient),
    }


def _fits(listed: Keys) -> "pl.Expr":
    import polars as pl  # noqa: PLC0415

    field = pl.element().struct.field
    location = field("location").struct
    identifier = location.field("identifier").struct
    codes = _code(pl.element().struct).is_in(listed["type"])
    places = listed["location"]
    found = {
        "location": pl.col("location").list.eval(
            location.field("reference").fill_null("").is_in(places)
            | (identifier.field("system").fill_null("") + "|" + identifier.field("value").fill_null("")).is_in(places)
        ),
        "service_type": pl.col("serviceType")
        .struct.field("coding")
        .list.eval(_code(pl.element().struct).is_in(listed["service_type"])),
        "type": pl.col("type").list.eval(field("coding").list.eval(codes).list.any()),
    }
    # What no list holds is not looked for.
    fits = [found[kind].list.any().fill_null(value=False) for kind in KINDS if listed[kind]]
    return pl.any_horizontal(fits) if fits else pl.lit(value=False)


def _code(coding: "ExprStructNameSpace") -> "pl.Expr":
    return coding.field("system").fill_null("") + "|" + coding.field("code").fill_null("")
