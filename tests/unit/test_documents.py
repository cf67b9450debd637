"""Documents: the same bytes each time, texts as they are, and pages that hold them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from services.documents.model import Document, Facts, Figure, Form, Heading, Items, Notice, Paragraph, Table
from services.documents.rendering import TEMPLATES, _content, render, typeset

HOSTILE = '#read("/etc/passwd") $x$ *a* _b_ <script>alert(1)</script> `c` @ref // d \\n --- {{ 7*7 }} & &amp;'


def _document(text: str = "Een tekst.") -> Document:
    return Document(
        title="Aanvraag budget SEH 2027",
        subtitle="Gezamenlijke aanvraag",
        reference="providers/06010101/applications/2027-1",
        made_at=datetime(2027, 3, 1, 11, 1, tzinfo=UTC),
        blocks=(
            Heading("Inleiding"),
            Figure("Bedrag", "€ 9.563.493,15"),
            Notice(text),
            Paragraph(text),
            Items(("een", text)),
            Facts((("Zorgaanbieder", text),)),
            Heading("Tabel", 3),
            Table(("Locatie", "Bedrag"), ((text, "€ 1,00"),), frozenset({1})),
        ),
    )


class _Reader(HTMLParser):
    """The texts of a page by the element that they are in, and every element."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.tags[-1], data))


@pytest.mark.parametrize("form", Form)
def test_the_same_document_gives_the_same_bytes(form: Form) -> None:
    assert render(_document(), form) == render(_document(), form)


@pytest.mark.parametrize("form", Form)
def test_another_moment_or_text_gives_other_bytes(form: Form) -> None:
    document = _document()
    later = replace(document, made_at=datetime(2027, 3, 1, 11, 2, tzinfo=UTC))
    assert len({render(found, form) for found in (document, later, _document("Een andere tekst."))}) == 3


def test_a_pdf_is_made_to_keep_and_to_be_read_aloud() -> None:
    pdf = render(_document(), Form.PDF)
    assert pdf.startswith(b"%PDF-1.7")
    metadata = pdf[pdf.index(b"<x:xmpmeta") : pdf.index(b"</x:xmpmeta>")].decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "2027-03-01T11:01:00" in metadata
    assert re.search(rb"/Lang ?\(nl\)", pdf)


def test_html_shows_each_block_in_its_element() -> None:
    page = _Reader(render(_document(), Form.HTML))
    assert ("h1", "Aanvraag budget SEH 2027") in page.texts
    assert ("h2", "Inleiding") in page.texts
    assert ("dd", "€ 9.563.493,15") in page.texts
    assert ("th", "Locatie") in page.texts
    assert ("td", "€ 1,00") in page.texts
    assert ("footer", "providers/06010101/applications/2027-1") in page.texts
    assert any("Opgemaakt op 1 maart 2027 om 12:01 uur" in text for _, text in page.texts)


def test_a_heading_skips_no_level() -> None:
    assert ("h3", "Tabel") in _Reader(render(_document(), Form.HTML)).texts


def test_a_hostile_text_comes_out_literally_in_html() -> None:
    page = _Reader(render(_document(HOSTILE), Form.HTML))
    assert "script" not in page.tags
    assert [tag for tag, text in page.texts if text == HOSTILE] == ["p", "p", "li", "dd", "td"]


def test_a_hostile_text_is_set_as_text() -> None:
    source = (TEMPLATES / "document.typ").read_bytes()
    inputs = {"document": json.dumps(_content(_document(HOSTILE)))}
    found = typst.query(source, "par", root=TEMPLATES, sys_inputs=inputs, ignore_system_fonts=True)
    assert {"func": "text", "text": HOSTILE} in [part["body"] for part in json.loads(found)]
    assert typeset(_document("*a*"), "png") != typeset(_document("a"), "png")
    assert typeset(_document("$x$"), "png") != typeset(_document("x"), "png")


def test_a_page_has_something_on_it_and_a_long_document_has_more_pages() -> None:
    assert all(page.startswith(b"\x89PNG") for page in typeset(_document(), "png"))
    assert len(typeset(_document(), "png")) == 1
    rows = tuple((f"regel {number}", "1") for number in range(100))
    assert len(typeset(replace(_document(), blocks=(Table(("Naam", "Aantal"), rows),)), "png")) == 3


def test_what_no_font_holds_does_not_stop_the_document() -> None:
    document = _document("Goed 😀 漢字 \ue000")
    assert render(document, Form.PDF) == render(_document("Goed � �� �"), Form.PDF)
    assert ("p", "Goed 😀 漢字 \ue000") in _Reader(render(document, Form.HTML)).texts


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60))
def test_any_text_can_be_shown(text: str) -> None:
    assert render(_document(text), Form.PDF).startswith(b"%PDF")
    assert render(_document(text), Form.HTML).endswith(b"</html>\n")
