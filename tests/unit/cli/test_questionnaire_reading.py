"""Forms that are not as they were sent out: every fault is named with its cell, and nothing hostile is opened."""

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from services.cli.failures import Failure
from services.cli.questionnaire.archive import MAX_FILE_BYTES
from services.cli.questionnaire.contents import new_form
from services.cli.questionnaire.form import write_excel, write_json
from services.cli.questionnaire.head import require, require_for
from services.cli.questionnaire.reading import Read, read_excel, read_form, read_json
from services.policy.year import load_year
from tests.support.answers import example_answers

POLICIES = Path(__file__).parents[3] / "policies"
QUESTIONNAIRE = load_year(POLICIES, 2027).questionnaire
FORM = new_form(2027, "L001", QUESTIONNAIRE, '"1"', example_answers())
CONTENT = write_excel(FORM)
ALTIJD, BOOLEAN, INTEGER, CHOICE = "F2", "F4", "F10", "F35"


def changed(change: Callable[[Workbook], object]) -> Read:
    book = openpyxl.load_workbook(io.BytesIO(CONTENT))
    change(book)
    target = io.BytesIO()
    book.save(target)
    return read_excel(target.getvalue(), "x.xlsx")


def with_cells(**cells: object) -> Read:
    def change(book: Workbook) -> None:
        for place, value in cells.items():
            book["Vragenlijst"][place] = value

    return changed(change)


def faults(read: Read) -> list[str]:
    return [str(fault) for fault in read.faults]


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (BOOLEAN, "misschien", "kies ja of nee"),
        (BOOLEAN, True, "kies ja of nee"),
        (BOOLEAN, 1, "kies ja of nee"),
        (BOOLEAN, "=1=1", "bevat een formule; kies ja of nee"),
        (BOOLEAN, "#N/A", "bevat een foutwaarde van Excel; kies ja of nee"),
        (ALTIJD, "soms", "kies altijd of niet altijd"),
        (CHOICE, "4", "kies 1 of 2 of 3 of geen"),
        (INTEGER, "24", "is tekst en geen getal; vul een geheel getal in"),
        (INTEGER, 1.5, "is geen geheel getal; vul een geheel getal in"),
        (INTEGER, True, "is geen geheel getal; vul een geheel getal in"),
        (INTEGER, datetime(2026, 1, 2), "bevat een datum of tijd; vul een geheel getal in"),
        (INTEGER, "=[1]Blad!A1", "bevat een formule; vul een geheel getal in"),
        (INTEGER, -1, "mag niet negatief zijn"),
        (INTEGER, 2**31, "mag niet groter zijn dan 2147483647"),
        (INTEGER, 10**300, None),
        ("F1", "Waarde", "de kolom moet Antwoord heten"),
        ("A1", None, "de kolom moet Vraag-id heten"),
        ("A4", "arts.apls_afgerond", "is gewijzigd of verschoven; hier hoort te staan: arts.als_afgerond"),
        ("G3", "let op", "hoort hier niet; buiten de antwoorden mag niets worden ingevuld"),
        ("F81", "ja", "hoort hier niet; buiten de antwoorden mag niets worden ingevuld"),
    ],
)
def test_each_fault_is_at_its_cell(place: str, value: object, fault: str | None) -> None:
    found = with_cells(**{place: value})
    if fault is None:
        assert [each.place for each in found.faults] == [f"Vragenlijst!{place}"]
    else:
        assert faults(found) == [f"Vragenlijst!{place}: {fault}"]
    with pytest.raises(Failure):
        found.whole()


def test_all_faults_come_at_once_and_the_rest_is_kept() -> None:
    found = with_cells(F4="x", F10="y", F12=-1, G2="z")
    assert [fault.place for fault in found.faults] == [f"Vragenlijst!{place}" for place in ("G2", "F4", "F10", "F12")]
    assert found.form.answers["arts.als_afgerond"] == {"anw": True}
    assert found.form.answers["ic.beschikbaar"] is True


@pytest.mark.parametrize(
    ("place", "value", "keys", "answer"),
    [
        (BOOLEAN, " Nee ", ("arts.als_afgerond", "kantooruren"), False),
        (ALTIJD, "Niet altijd", ("arts.specialist_aanwezig", "kantooruren"), "niet_altijd"),
        (ALTIJD, "niet_altijd", ("arts.specialist_aanwezig", "kantooruren"), "niet_altijd"),
        (CHOICE, 1, ("trauma.level",), "1"),
        (CHOICE, 2.0, ("trauma.level",), "2"),
        (INTEGER, 7.0, ("arts.klinische_ervaring_maanden", "kantooruren"), 7),
    ],
)
def test_what_excel_makes_of_an_answer_is_understood(
    place: str, value: object, keys: tuple[str, ...], answer: object
) -> None:
    found: object = with_cells(**{place: value}).whole().answers
    for key in keys:
        assert isinstance(found, dict)
        found = found[key]
    assert found == answer
    assert type(found) is type(answer)


def test_an_emptied_cell_is_not_known() -> None:
    found = with_cells(F4=None, F5=" ").whole()
    assert "arts.als_afgerond" not in found.answers
    assert found.base["arts.als_afgerond"] == {"kantooruren": True, "anw": True}


def refusal(content: bytes) -> Failure:
    with pytest.raises(Failure) as caught:
        read_excel(content, "x.xlsx")
    return caught.value


def rezipped(replace: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(CONTENT)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in source.namelist():
            archive.writestr(part, replace(part, source.read(part)))
        for name, content in more.items():
            archive.writestr(name, content)
    return target.getvalue()


def sheet_with(xml: bytes) -> bytes:
    return rezipped(
        lambda name, content: (
            content.replace(b"</sheetData>", b"</sheetData>" + xml) if "sheet1.xml" in name else content
        )
    )


def test_what_is_no_workbook_is_refused() -> None:
    assert "geen Excel-bestand" in refusal(b"").message
    assert "geen Excel-bestand" in refusal(b"a;b;c\n").message
    assert "geen Excel-bestand" in refusal(CONTENT[: len(CONTENT) // 2]).message
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("brief.txt", "geen werkmap")
    assert "niet als Excel-bestand te lezen" in refusal(empty.getvalue()).message


def test_a_bomb_is_not_unpacked() -> None:
    # One large part, and one that shrinks more than text does.
    assert "te groot" in refusal(rezipped(lambda _, content: content, large=b"0" * 20_000_001)).message
    assert "te groot" in refusal(rezipped(lambda _, content: content, dense=b"0" * 10_000_000)).message
    assert "te groot" in refusal(rezipped(lambda _, c: c, **{f"deel{n}": b"" for n in range(200)})).message


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    content = rezipped(lambda _, c: c, dense=b"0" * 1_000_000)
    # Both places where the size stands.
    lying = content.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    assert "beschadigd" in refusal(lying).message


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', "samengevoegde cellen: A1:XFD1048576"),
        (b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>', "verwijzing: A1:XFD1048576"),
    ],
)
def test_what_spans_the_sheet_is_refused_before_it_is_opened(xml: bytes, words: str) -> None:
    assert words in str(refusal(sheet_with(xml)))


def test_merged_cells_are_named() -> None:
    with pytest.raises(Failure, match=re.escape("samengevoegde cellen: F2:F3")):
        changed(lambda book: book["Vragenlijst"].merge_cells("F2:F3"))


def test_macros_links_and_entities_are_not_opened() -> None:
    assert "macro" in refusal(rezipped(lambda _, c: c, **{"xl/vbaProject.bin": b"x"})).message
    assert "ander bestand" in refusal(rezipped(lambda _, c: c, **{"xl/externalLinks/externalLink1.xml": b"x"})).message
    rels = b'<Relationships><Relationship TargetMode="External" Target="http://voorbeeld.invalid"/></Relationships>'
    assert "buiten het bestand" in refusal(rezipped(lambda _, c: c, **{"xl/worksheets/_rels/s.rels": rels})).message
    for encoding in ("utf-8", "utf-16"):
        bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]>'.encode(encoding)
        assert "documenttype" in refusal(rezipped(lambda _, c: c, **{"xl/x.xml": bomb})).message


def test_what_is_looked_for_cannot_hide() -> None:
    # In an encoding in which the bytes are others, or behind a sign that ends an element elsewhere.
    ebcdic = b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE a>".encode("cp037")
    assert "tekencodering" in refusal(rezipped(lambda _, c: c, **{"xl/x.xml": ebcdic})).message
    hidden = b'<x:mergeCells><x:mergeCell a=">" ref="A1:XFD9"/></x:mergeCells>'
    assert "A1:XFD9" in str(refusal(sheet_with(hidden)))


def test_a_cell_at_the_end_of_the_sheet_takes_no_time() -> None:
    with pytest.raises(Failure, match="Vragenlijst!XFD1048576: het blad is groter"):
        with_cells(XFD1048576="x")


@pytest.mark.parametrize("title", ["Vragenlijst", "Formulier"])
def test_a_form_without_a_sheet_is_refused(title: str) -> None:
    with pytest.raises(Failure, match=f"geen blad {title}"):
        changed(lambda book: book.remove(book[title]))


def test_a_row_that_was_taken_out_is_found() -> None:
    found = changed(lambda book: book["Vragenlijst"].delete_rows(5))
    assert found.faults[0].place == "Vragenlijst!A5"
    with pytest.raises(Failure):
        found.whole()


def test_another_workbook_is_no_form() -> None:
    book = openpyxl.Workbook()
    target = io.BytesIO()
    book.save(target)
    assert "geen blad Formulier" in refusal(target.getvalue()).message

    def spoil(text: str) -> Callable[[Workbook], None]:
        def change(book: Workbook) -> None:
            book["Formulier"]["A1"] = text

        return change

    for text, words in (("{", "beschadigd"), ('{"kind": "iets"}', "geen formulier"), ("[" * 9000, "beschadigd")):
        with pytest.raises(Failure, match=words):
            changed(spoil(text))


def test_a_form_is_of_one_round_one_location_and_one_questionnaire() -> None:
    require_for(FORM, 2027, "L001")
    with pytest.raises(Failure, match="ronde 2027 en niet van 2028"):
        require_for(FORM, 2028, None)
    with pytest.raises(Failure, match="locatie L001 en niet van L002"):
        require_for(FORM, None, "L002")
    require(FORM, QUESTIONNAIRE, "de map")
    with pytest.raises(Failure, match="andere vragenlijst"):
        require(FORM, load_year(POLICIES, 2028).questionnaire, "de map")

    def other_year(book: Workbook) -> None:
        cell = book["Formulier"]["A1"]
        cell.value = str(cell.value).replace('"year":2027', '"year":2028')

    with pytest.raises(Failure, match="gewijzigd"):
        changed(other_year)


def test_json_has_every_fault_with_its_line() -> None:
    document = json.loads(write_json(FORM))
    document["answers"]["ic.beschikbaar"] = "ja"
    document["answers"]["arts.cursussen_aantal"]["anw"] = -1
    found = read_json(json.dumps(document, indent=1).encode(), "x.json")
    assert {fault.reason for fault in found.faults} == {"moet true of false zijn", "mag niet negatief zijn"}
    assert all(re.fullmatch(r"x\.json:\d+: answers/[a-z._/]+", fault.place) for fault in found.faults)
    assert "ic.beschikbaar" not in found.form.answers
    del document["answers"]
    for content in (json.dumps(document).encode(), b"\xff", b"[]", b"{", b"{}", b'{"kind": 1}'):
        with pytest.raises(Failure):
            read_json(content, "x.json")


def test_a_file_says_by_its_name_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.XLSX").write_bytes(CONTENT)
    assert read_form(tmp_path / "a.XLSX").form.answers == FORM.answers
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(Failure, match=r"\.xlsx of \.json"):
        read_form(tmp_path / "a.csv")
    (tmp_path / "b.xlsx").write_bytes(b"0" * (MAX_FILE_BYTES + 1))
    with pytest.raises(Failure, match="groter dan 5 MB"):
        read_form(tmp_path / "b.xlsx")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_breaks_the_reader(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as source:
        part = data.draw(st.sampled_from(source.namelist()))
        content = source.read(part)
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 40))
    damage = data.draw(st.binary(max_size=8) | st.sampled_from([b"<c/>", b'r="F9"', b"1e999", b'"', b"</v>", b"&#0;"]))
    damaged = rezipped(lambda name, c: c[:start] + damage + c[start + length :] if name == part else c)
    # Whatever it is: it is read, or refused in words.
    with contextlib.suppress(Failure):
        read_excel(damaged, "x.xlsx")
