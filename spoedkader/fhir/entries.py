"""The entries of an XML Bundle, in parts that are documents by themselves, read by libxml2 and libxslt.

A part ends with `</entry>`. Were that no end of an entry of the Bundle (in a comment, or in a Bundle in the Bundle),
then the part would not be XML by itself, and the file has to be read the exact way. What is left of the text without
the parts has to be a Bundle without entries.
"""

import re
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from spoedkader.departments import KINDS, Departments, Keys
from spoedkader.encounter_sources import BOM, MAX_UNIT, parts
from spoedkader.fhir.encounter import ACT_CODE, RAW_COLUMNS, raw_of
from spoedkader.fhir.tables import raw_table
from spoedkader.fhir.ways import NotPlain, Way
from spoedkader.fhir.xmls import BUNDLE, ENTRY, PARSING, encounter_in

if TYPE_CHECKING:
    import polars as pl

_BEGIN = 100_000
_PART = 500_000
"""Small enough for what is made of a part to stay in a processor's cache."""
_GROUP = 8
_MARK = b"</entry>"
_CLOSE = b"</Bundle>"
_SIGNS = (b"\\", b"&", b"'")
_TO_ESCAPE = re.compile(rb"\\|&quot;|&#(?:0*1?[0-9]{1,2}|x0*[0-7]?[0-9a-fA-F]);|=[ \t\r\n]*'")
"""What can bring a character into a value that JSON writes otherwise: a quote, a backslash, a control character."""


def of_entries(source: BinaryIO, departments: Departments) -> Way[list[bytes]]:
    """Return the fast way to read an XML Bundle. Raises `NotPlain`, and what reading raises."""
    begin = source.read(_BEGIN).removeprefix(BOM)
    first = re.search(rb"<entry[ \t\r\n>]", begin)
    if first is None:
        raise NotPlain
    head, rest = begin[: first.start()], begin[first.start() :]
    if b"<!DOCTYPE" in head:
        raise NotPlain
    some = parts(source, _MARK, rest, size=_PART)
    groups = iter(lambda: list(islice(some, _GROUP)), [])
    return Way(groups, lambda group: _raw(head, group, departments))


def _raw(head: bytes, group: list[bytes], departments: Departments) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    try:
        roots = (_parsed(head, part) for part in group)
        if any(sign in part for part in group for sign in _SIGNS) and any(map(_TO_ESCAPE.search, group)):
            entries = (entry for root in roots for entry in root.iterchildren(ENTRY))
            return raw_table(raw_of(encounter_in(entry), departments) for entry in entries)
        lines = [line for root in roots for line in _lines(root, departments)]
        return _table(pl.Series(lines, dtype=pl.Binary).cast(pl.String), departments)
    except (etree.XSLTError, pl.exceptions.PolarsError):
        raise NotPlain from None


def _parsed(head: bytes, part: bytes) -> Any:
    """Return the root of the document that a part is, with the begin and the end of the Bundle around it."""
    if len(part) > MAX_UNIT and any(len(piece) > MAX_UNIT for piece in part.split(_MARK)):
        raise NotPlain
    entries = part.endswith(_MARK)  # The last part is what follows the entries, and the end of the file itself.
    try:
        root = etree.fromstring(head + part + _CLOSE if entries else head + part, etree.XMLParser(**PARSING))
    except etree.XMLSyntaxError:
        raise NotPlain from None
    if root.tag != BUNDLE or (not entries and root.find(ENTRY) is not None):
        raise NotPlain
    return root


def _lines(root: Any, departments: Departments) -> list[bytes]:
    found = {"act-code": ACT_CODE, "visit-system": departments.visit_system or ""}
    parameters = {name: etree.XSLT.strparam(value) for name, value in found.items()}
    transform: Any = etree.XSLT(_stylesheet())
    return bytes(transform(root, **parameters)).split(b"\n")[:-1]


def _table(lines: "pl.Series", departments: Departments) -> "pl.DataFrame":
    """Return the raw values in what the stylesheet writes."""
    import polars as pl  # noqa: PLC0415

    texts = dict.fromkeys(("id", "status", "patient", "identifier", "start", "end"), pl.String)
    flags = dict.fromkeys(("encounter", "emergency"), pl.Boolean)
    dtype = pl.Struct({**texts, **flags, **dict.fromkeys(KINDS, pl.List(pl.String))})
    col = pl.col

    def fits(listed: Keys) -> "pl.Expr":
        found = [col(kind).list.eval(pl.element().is_in(keys)).list.any() for kind, keys in listed.items() if keys]
        return pl.any_horizontal(*found, pl.lit(value=False)).fill_null(value=False)

    return (
        lines.str.json_decode(dtype)
        .struct.unnest()
        .select(
            col("encounter", "emergency").fill_null(value=False),
            col("status", "start").fill_null(""),
            "end",
            visit_id=pl.coalesce("identifier", pl.when(col("id") != "").then("id")),
            identified=col("identifier").is_not_null(),
            at_seh=fits(departments.seh),
            at_ehh=fits(departments.ehh),
            patient=pl.when(col("patient") != "").then("patient"),
        )
        .select(RAW_COLUMNS)
    )


@cache
def _stylesheet() -> Any:
    return etree.fromstring(files("spoedkader.fhir").joinpath("entries.xsl").read_bytes())
