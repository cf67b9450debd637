"""Raw values of NDJSON: plain lines are read in parallel by polars, any other chunk of lines is read one by one.

Both ways give the same; a chunk goes the exact way when a line is broken, nested or large beyond what plain Encounters
are, or writes a value in a way that polars reads otherwise.
"""

import io
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from spoedkader.departments import KINDS, Departments, Keys
from spoedkader.fhir.encounter import ACT_CODE, RAW_COLUMNS, raw_of
from spoedkader.fhir.jsons import parse_line
from spoedkader.fhir.problems import MAX_RESOURCE, too_large
from spoedkader.fhir.sources import BOM, Source
from spoedkader.fhir.tables import raw_table

if TYPE_CHECKING:
    import polars as pl
    from polars.expr.struct import ExprStructNameSpace

_CHUNK = 2_000_000
_BLOCK = 500_000
_WORKERS = 2
_MAX_OPENINGS = 200
"""A line that opens no more lists and objects cannot be nested deeper."""
_MISREAD = (
    r'\\u|"(?:resourceType|id|status|class|identifier|type|serviceType|period|location|coding|system|code|value|start'
    r'|end|reference)"[ \t\r]*:[ \t\r]*[-0-9tf]'
)
"""An escape, which can be half a character, and a number or boolean, which would be read as text."""
_EMPTY = b" \t\r\n"


def read_lines(source: Source, departments: Departments) -> "Iterator[pl.DataFrame]":
    """Yield chunks of raw values in order, with the line's number as `number` (empty lines do not count).

    Raises `FhirProblem`, and what reading raises.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        waiting: deque[Future[pl.DataFrame]] = deque()
        number = 1
        for lines in _chunks(source):
            waiting.append(pool.submit(_chunk, lines, number, departments))
            number += len(lines)
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _chunks(source: Source) -> Iterator[list[bytes]]:
    """Yield lists of lines that are not empty, none longer than `MAX_RESOURCE`."""
    number = 0
    rest = b""
    first = True
    while True:
        blocks = [rest]
        size = length = len(rest)
        ended = False
        while size < _CHUNK and not ended:
            block = source.read(_BLOCK)
            if first:
                block, first = block.removeprefix(BOM), False
            ended = not block
            newline = block.rfind(b"\n")
            length = length + len(block) if newline < 0 else len(block) - newline - 1
            if length > MAX_RESOURCE:
                # Lines that end within a block are measured below; this one has to stop before it fills the memory.
                raise too_large(number + 1 + sum(map(_filled, b"".join(blocks).split(b"\n")[:-1])))
            blocks.append(block)
            size += len(block)
        *lines, rest = b"".join(blocks).split(b"\n")
        if ended:
            lines.append(rest)
        lines = [line for line in lines if _filled(line)]
        for at, line in enumerate(lines, start=1):
            if len(line) > MAX_RESOURCE:
                raise too_large(number + at)
        number += len(lines)
        if lines:
            yield lines
        if ended:
            return


def _filled(line: bytes) -> bool:
    return bool(line) and (line[:1] == b"{" or bool(line.strip(_EMPTY)))


def _chunk(lines: list[bytes], number: int, departments: Departments) -> "pl.DataFrame":
    raw = _plain(lines, departments)
    if raw is None:
        raw = raw_table(raw_of(parse_line(line, number + at), departments) for at, line in enumerate(lines))
    return raw.with_row_index("number", offset=number)


def _plain(lines: list[bytes], departments: Departments) -> "pl.DataFrame | None":
    """Return the raw values of lines that are all plain; None when one is not."""
    import polars as pl  # noqa: PLC0415

    try:
        text = pl.read_lines(io.BytesIO(b"\n".join(lines)), name="line")
        line = pl.col("line")
        odd = line.str.contains(_MISREAD) | (line.str.count_matches(r"[\[{]") > _MAX_OPENINGS)
        if len(text) != len(lines) or text.select(odd.any()).item():
            return None
        decoded = text["line"].str.json_decode(_dtype()).struct.unnest()
        return decoded.select(**_raw(departments)).select(RAW_COLUMNS)
    except pl.exceptions.PolarsError:
        return None  # The other reading says what is wrong, and where.


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
