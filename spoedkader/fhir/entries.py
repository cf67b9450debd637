"""The entries of an XML Bundle, each cut out as a document by itself, and read a kind at a time.

An entry ends with `</entry>`. Were that no end of an entry of the Bundle (in a comment, or in a Bundle in the Bundle),
then what is cut out would not be XML by itself, and the file has to be read the exact way. What is left of the text
without the entries has to be a Bundle without entries.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from spoedkader.departments import Departments
from spoedkader.encounter_sources import BOM, MAX_UNIT, parts
from spoedkader.fhir.encounter import RAW_COLUMNS, Raw, compared, raw_of
from spoedkader.fhir.skeletons import COPIED, MARK, Skeleton, skeletons, without_texts
from spoedkader.fhir.tables import raw_table
from spoedkader.fhir.ways import NotPlain, Way
from spoedkader.fhir.xmls import BUNDLE, ENTRY, PARSING, encounter_in

if TYPE_CHECKING:
    import polars as pl

_BEGIN = 100_000
_END = b"</entry>"
_CLOSE = b"</Bundle>"
_ROOM = 5_000_000
"""How many characters of skeletons are remembered; what is known of them takes about ten times as much."""
_ROWS = 10_000
"""How many rows of kinds are remembered."""

Row = tuple[Raw, Mapping[Any, int]]
"""Raw values, in which marks can stand for those that are copied, and which piece to copy for each mark."""


def of_entries(source: BinaryIO, departments: Departments) -> Way[bytes]:
    """Return the fast way to read an XML Bundle. Raises `NotPlain`, and what reading raises."""
    begin = source.read(_BEGIN).removeprefix(BOM)
    first = re.search(rb"<entry[ \t\r\n>]", begin)
    if first is None:
        raise NotPlain
    head, rest = begin[: first.start()], begin[first.start() :]
    if b"<!DOCTYPE" in head or _entries(head + _CLOSE):
        raise NotPlain
    return Way(parts(source, _END, rest), _Reader(head, departments).raw)


class _Reader:
    def __init__(self, head: bytes, departments: Departments) -> None:
        self._head = head
        self._departments = departments
        self._compared = compared(departments)
        if any(MARK in text for text in self._compared):
            raise NotPlain
        self._known: dict[str, Skeleton | None] = {}
        self._room = _ROOM
        self._known_row = lru_cache(_ROWS)(self._row)

    def raw(self, part: bytes) -> "pl.DataFrame":
        """Return the raw values of a part that ends with an entry; what follows the last entry has none."""
        import polars as pl  # noqa: PLC0415

        if not part.endswith(_END):
            if len(part) > MAX_UNIT or _entries(self._head + part):
                raise NotPlain
            return raw_table([])
        try:
            text = pl.Series([part], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.PolarsError:
            raise NotPlain from None
        entries = text.str.split(_END.decode()).explode().head(-1)
        if (entries.str.len_bytes() > MAX_UNIT).any():
            raise NotPlain
        narratives = b"<div" in part and b"<!--" not in part
        return self._by_kind(without_texts(entries) if narratives else entries)

    def _by_kind(self, entries: "pl.Series") -> "pl.DataFrame":
        """Return the raw values of entries; one of each kind is read, and the others differ in what is copied.

        Of a kind are entries with the same skeleton and the same deciding values, as far as they are compared with
        anything. An entry without a known skeleton is a kind by itself.
        """
        import polars as pl  # noqa: PLC0415

        col, pieces = pl.col, pl.col("pieces").list
        table = pl.DataFrame({"entry": entries, "skeleton": skeletons(entries)})
        counts = table.group_by("skeleton").len()
        found = [self._skeleton(text, count) for text, count in counts.iter_rows()]
        deciding = pl.Series([known and known.deciding for known in found], dtype=pl.String)
        asked = pl.when(pl.element().is_in(self._compared)).then(pl.element()).otherwise(pl.lit(MARK))
        places = col("deciding").str.split(",").cast(pl.List(pl.UInt32), strict=False)
        facts = pieces.gather(places).list.eval(asked).list.join('"')
        table = (
            table.join(
                counts.with_columns(deciding=deciding).with_row_index("at"), on="skeleton", maintain_order="left"
            )
            .with_columns(pieces=col("entry").str.split('"'))
            .select("at", "pieces", facts=pl.coalesce(facts, "entry"))
        )
        kinds = table.select("at", "facts").unique()
        rows = [(self._known_row if found[at] else self._row)(found[at], text) for at, text in kinds.iter_rows()]
        copies = {name: [places.get(raw[RAW_COLUMNS.index(name)]) for raw, places in rows] for name in COPIED}
        kinds = kinds.hstack(raw_table(raw for raw, _ in rows)).with_columns(
            pl.Series(f"{name}_at", at, dtype=pl.UInt32) for name, at in copies.items()
        )
        copied = {name: pl.coalesce(pieces.get(col(f"{name}_at")), name) for name in COPIED}
        return table.join(kinds, on=("at", "facts"), maintain_order="left").select(
            copied.get(name, col(name)).alias(name) for name in RAW_COLUMNS
        )

    def _skeleton(self, text: str, count: int) -> Skeleton | None:
        """Return what is known of a skeleton that so many entries of a part have; one is not worth reading it."""
        if text not in self._known and count > 1 and len(text) < self._room:
            self._room -= len(text)
            self._known[text] = Skeleton.of(text, self._entry)
        return self._known.get(text)

    def _row(self, skeleton: Skeleton | None, facts: str) -> Row:
        """Return the row of a kind.

        `facts` are the deciding pieces between quotes; of an entry without a known skeleton it is the entry.
        """
        if skeleton is None:
            return raw_of(encounter_in(self._entry(facts)), self._departments), {}
        return raw_of(skeleton.with_facts(facts), self._departments), skeleton.places

    def _entry(self, text: str) -> Any:
        """Return the element of an entry from its text up to its end. Raises `NotPlain` when that is not one entry."""
        found = _entries(self._head + text.encode() + _END + _CLOSE)
        if len(found) != 1:
            raise NotPlain
        return found[0]


def _entries(document: bytes) -> list[Any]:
    try:
        root = etree.fromstring(document, etree.XMLParser(**PARSING))
    except etree.XMLSyntaxError:
        raise NotPlain from None
    if root.tag != BUNDLE:
        raise NotPlain
    return list(root.iterchildren(ENTRY))
