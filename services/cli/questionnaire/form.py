"""Writes a form: an Excel workbook with one row for each answer, or JSON."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services.cli.questionnaire.contents import Form, Keys, Place, leaves, places
from services.cli.questionnaire.head import dump_head
from services.policy.questionnaire import MAX_INTEGER, QuestionType

SHEET = "Vragenlijst"
NOTES = "Toelichting"
HEAD = "Formulier"
"""The hidden sheet: column A holds what the form is of, as JSON in parts; column C and on what there is to choose."""
COLUMNS = ("Vraag-id", "Vraag", "Tijdblok of specialisme", "Toelichting", "Eenheid", "Antwoord")
ANSWER_COLUMN = len(COLUMNS)
_WIDTHS = (34, 58, 40, 48, 20, 18)
_PART = 30_000
"""A cell of Excel holds no more than 32 767 characters."""
_FIRST_CHOICES = 3

_GREY = PatternFill("solid", fgColor="E7E6E6")
_DARK = PatternFill("solid", fgColor="1F3864")
_YELLOW = PatternFill("solid", fgColor="FFF9DB")
_SIDE = Side("thin", color="BFBFBF")
_LINE = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_WRAPPED = Alignment(wrap_text=True, vertical="top")

_EXPLANATION = """\
Vul op het blad Vragenlijst alleen de gele cellen in. Een leeg antwoord betekent: niet bekend. Wat niet bekend is, \
telt bij de toetsing nooit als voldaan.
Kies waar dat kan uit de lijst in de cel. Een aantal is een geheel getal van 0 of meer, als getal en niet als tekst. \
Formules en verwijzingen naar andere bestanden worden geweigerd.
Een vraag met een tijdblok wordt per tijdblok gesteld. Een tijdblok waarin de locatie niet open is, telt bij de \
toetsing niet mee.
De onderbouwde afwijking bij een specialisme is alleen nodig als de wetenschappelijke vereniging een andere tijd heeft \
vastgesteld.
Voeg geen rijen of kolommen toe, haal er geen weg en voeg geen cellen samen: dan wordt het formulier geweigerd.
Controleren: spoedkader questionnaire check BESTAND. Wat de antwoorden betekenen: spoedkader questionnaire effect \
BESTAND. Inleveren: spoedkader questionnaire submit BESTAND --delivered DATUM."""


def fixed_cells(place: Place) -> tuple[str, ...]:
    """The texts of a row before its answer."""
    help_ = place.question.help
    if place.type is QuestionType.ALTIJD:
        # It names the answer as the services write it; here a person chooses another word.
        help_ = help_.replace("niet_altijd", "niet altijd")
    return (place.question.id, place.question.text, place.where, help_, place.unit)


def write_json(form: Form) -> bytes:
    """A form as JSON; an answer that is not known is null."""
    known = leaves(form.answers)
    every: dict[str, Any] = {}
    for place in places(form.questionnaire):
        *outer, last = place.keys
        holder = every
        for key in outer:
            holder = holder.setdefault(key, {})
        holder[last] = known.get(place.keys)
    document = {**dump_head(form), "answers": every}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def write_excel(form: Form) -> bytes:
    """A form as an Excel workbook without macros, in which only the answers can be changed."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    notes, head = book.create_sheet(NOTES), book.create_sheet(HEAD)
    asked = places(form.questionnaire)
    lists = _write_head(head, form, asked)
    _write_questions(sheet, asked, leaves(form.answers), lists)
    _write_notes(notes, form)
    for each in (sheet, notes, head):
        each.protection.sheet = True
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _write_head(sheet: Worksheet, form: Form, asked: Sequence[Place]) -> Mapping[tuple[str, ...], str]:
    """Returns where the words of each list of choices stand, as a reference."""
    sheet.sheet_state = "hidden"
    text = json.dumps(dump_head(form), separators=(",", ":"))
    for row, start in enumerate(range(0, len(text), _PART), start=1):
        _put(sheet.cell(row, 1), text[start : start + _PART])
    references: dict[tuple[str, ...], str] = {}
    for words in dict.fromkeys(tuple(place.words) for place in asked):
        column = _FIRST_CHOICES + len(references)
        for row, word in enumerate(words, start=1):
            _put(sheet.cell(row, column), word)
        if words:
            letter = get_column_letter(column)
            references[words] = f"{HEAD}!${letter}$1:${letter}${len(words)}"
    return references


def _write_questions(
    sheet: Worksheet,
    asked: Sequence[Place],
    known: Mapping[Keys, bool | int | str],
    lists: Mapping[tuple[str, ...], str],
) -> None:
    for column, (title, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(1, column)
        _put(cell, title)
        cell.font, cell.fill, cell.alignment = Font(bold=True, color="FFFFFF"), _DARK, _WRAPPED
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    rules: dict[tuple[str, ...], DataValidation] = {}
    for row, place in enumerate(asked, start=2):
        for column, text in enumerate(fixed_cells(place), start=1):
            cell = sheet.cell(row, column)
            _put(cell, text)
            cell.fill, cell.border, cell.alignment = _GREY, _LINE, _WRAPPED
        answer = sheet.cell(row, ANSWER_COLUMN)
        answer.fill, answer.border, answer.alignment = _YELLOW, _LINE, _WRAPPED
        answer.protection = Protection(locked=False)
        # As text, or a choice such as 1 becomes a number when it is typed.
        answer.number_format = "@" if place.words else "0"
        words = tuple(place.words)
        if words not in rules:
            rules[words] = _rule(lists.get(words))
            sheet.add_data_validation(rules[words])
        rules[words].add(answer)
        if place.keys in known:
            _put(answer, word_of(place, known[place.keys]))


def word_of(place: Place, value: bool | int | str) -> str | int:
    """What stands in the cell of an answer."""
    return next((word for word, meaning in place.words.items() if meaning == value), value)


def _rule(reference: str | None) -> DataValidation:
    if reference:
        rule = DataValidation(type="list", formula1=reference, allow_blank=True)
        rule.error = "Kies een antwoord uit de lijst, of laat de cel leeg."
    else:
        rule = DataValidation(
            type="whole", operator="between", formula1="0", formula2=str(MAX_INTEGER), allow_blank=True
        )
        rule.error = "Vul een geheel getal van 0 of meer in, of laat de cel leeg."
    rule.errorTitle, rule.showErrorMessage = "Antwoord", True
    return rule


def _write_notes(sheet: Worksheet, form: Form) -> None:
    sheet.column_dimensions["A"].width = 110
    title = f"Vragenlijst {form.questionnaire.survey_year} van locatie {form.location_id}, ronde {form.budget_year}"
    for row, text in enumerate((title, *_EXPLANATION.splitlines()), start=1):
        _put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).alignment = _WRAPPED
    sheet["A1"].font = Font(bold=True, size=14)


def _put(cell: Cell | Any, value: str | int) -> None:
    if value == "":
        return
    cell.value = value
    if isinstance(value, str):
        # A text that starts with = is a text too.
        cell.data_type = "s"
