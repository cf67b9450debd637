"""Shows a document as one file that needs nothing else: no network, and no fonts of the machine."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.documents.dutch import moment_text
from services.documents.model import Block, Document, Form, Heading, Table

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
"""To keep for years, and to be read aloud: with fonts, structure, and the text of every glyph."""
LONG = 22
"""A column with a line of more characters than this is broken over lines."""

_ODD = re.compile("[^\\n\\t -~\u00a0-\u017f\u2010-\u2026\u20ac\u2190-\u2193\u2212\u2260-\u2265\ufffd]")
"""What is not sure to be in the fonts: neither Latin nor a usual sign."""


def render(document: Document, form: Form) -> bytes:
    """The document in a form; the same document always gives the same bytes.

    Texts are shown as they are, never read as markup. A PDF can only show what its fonts hold: when a character is not
    in them, that and the other unusual characters of the document are shown as `\ufffd`; HTML shows them all.
    """
    if form is Form.HTML:
        return _html().render(document=_content(document)).encode()
    return typeset(document, "pdf")[0]


def typeset(document: Document, kind: Literal["pdf", "png"]) -> list[bytes]:
    """The document as one PDF, or each page as a picture."""
    content = json.dumps(_content(document), ensure_ascii=False)
    try:
        return _compile(content, document, kind)
    except typst.TypstError:
        return _compile(_ODD.sub("\ufffd", content), document, kind)


def _compile(content: str, document: Document, kind: Literal["pdf", "png"]) -> list[bytes]:
    found = typst.compile(
        TEMPLATES / "document.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        format=kind,
        sys_inputs={"document": content},
        pdf_standards=[*STANDARDS],
        timestamp=document.made_at,
    )
    return found if isinstance(found, list) else [found]


def _content(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "reference": document.reference,
        "made_at": moment_text(document.made_at),
        "blocks": [_part(block) for block in _nested(document.blocks)],
    }


def _nested(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks with headings that skip no level, as whoever hears the document needs."""
    level = 0
    for block in blocks:
        if isinstance(block, Heading):
            level = min(block.level, level + 1)
            yield replace(block, level=level)
        else:
            yield block


def _part(block: Block) -> dict[str, Any]:
    part = {"kind": type(block).__name__.lower(), **asdict(block)}
    if isinstance(block, Table):
        columns = range(len(block.header))
        long = [index for index in columns if index not in block.right and _longest(block, index) > LONG]
        names = {index: ["right"] * (index in block.right) + ["short"] * (index not in long) for index in columns}
        part |= {"right": sorted(block.right), "long": long, "classes": [" ".join(names[index]) for index in columns]}
    return part


def _longest(table: Table, column: int) -> int:
    cells = [table.header[column], *(row[column] for row in table.rows)]
    return max(len(line) for cell in cells for line in cell.split("\n"))


@cache
def _html() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("document.html.j2")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)
