"""Reads a form back: what it is of, the answers that are right, and every fault with its cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from services.cli.exchange.documents import Document, read_document
from services.cli.exchange.problems import Problem
from services.cli.failures import Failure
from services.cli.questionnaire import contents
from services.cli.questionnaire.archive import open_workbook, read_bytes
from services.cli.questionnaire.contents import Form, Keys, Place
from services.cli.questionnaire.form import ANSWER_COLUMN, COLUMNS, HEAD, SHEET, fixed_cells
from services.cli.questionnaire.head import load_head
from services.policy.questionnaire import check_answers, fitting_answers, normalise

EXCEL, JSON = ".xlsx", ".json"
_SPARE_ROWS, _SPARE_COLUMNS = 1000, 50
"""How far beyond the form there is looked for what does not belong there."""
_MAX_HEAD_PARTS = 100


class NotAnAnswerError(Exception):
    """A cell holds no answer; says why in Dutch."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: `Vragenlijst!F17`, or the file, line and key of JSON."""

    place: str
    reason: str

    def __str__(self) -> str:
        """Return both on one line."""
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class Read:
    """A form with the answers that are right, where each stands, and every fault."""

    form: Form
    faults: tuple[Fault, ...]
    where: Mapping[Keys, str]

    def whole(self) -> Form:
        """The form, when all of it is right. Raises Failure."""
        if self.faults:
            raise Failure(
                "Het formulier is niet goed; er is niets mee gedaan.",
                tuple(map(str, self.faults)),
                faults=[{"place": fault.place, "reason": fault.reason} for fault in self.faults],
            )
        return self.form


def read_form(path: Path) -> Read:
    """Reads a form from a file.

    Raises:
        Failure: it is no form, or one that cannot be placed in its questionnaire.
        OSError: the file cannot be read.
    """
    content = read_bytes(path)
    match path.suffix.lower():
        case ".xlsx":
            return read_excel(content, path.name)
        case ".json":
            return read_json(content, path.name)
    raise Failure(f"Het bestand moet eindigen op {EXCEL} of {JSON}.")


def read_json(content: bytes, name: str) -> Read:
    """Reads a form from JSON. Raises Failure."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{name} is geen UTF-8.") from error
    problems: list[Problem] = []
    document = read_document(text, name, problems)
    if document is None:
        raise Failure(f"{name} is geen formulier.", tuple(map(str, problems)))
    form = load_head({key: value for key, value in document.data.items() if key != "answers"})
    if "answers" not in document.data:
        # Without this all answers would count as not known.
        raise Failure(f"{name} is geen formulier: de sleutel answers ontbreekt.")
    answers = document.data["answers"]
    faults = list(problems)
    wrong = check_answers(form.questionnaire, answers)
    faults += [document.problem(problem.path, problem.reason) for problem in wrong]
    fitting = fitting_answers(form.questionnaire, answers) if isinstance(answers, Mapping) else {}
    where = {place.keys: _line(document, place.keys) for place in contents.places(form.questionnaire)}
    return Read(
        replace(form, answers=normalise(fitting)),
        tuple(Fault(f"{found.file}:{found.line}: {found.field}", found.reason) for found in sorted(set(faults))),
        where,
    )


def _line(document: Document, keys: Keys) -> str:
    return f"{document.file}: {'/'.join(('answers', *keys))}"


def read_excel(content: bytes, name: str) -> Read:
    """Reads a form from a workbook. Raises Failure."""
    book = open_workbook(content, name)
    form = load_head(_head(book, name))
    sheet = _sheet(book, SHEET, name)
    asked = contents.places(form.questionnaire)
    last_row = len(asked) + 1
    if sheet.max_row > last_row + _SPARE_ROWS or sheet.max_column > ANSWER_COLUMN + _SPARE_COLUMNS:
        reach = f"{get_column_letter(sheet.max_column)}{sheet.max_row}"
        raise Failure(f"{SHEET}!{reach}: het blad is groter dan het formulier; haal een nieuw formulier op.")
    faults = list(_layout_faults(sheet, asked))
    found: dict[Keys, bool | int | str] = {}
    where: dict[Keys, str] = {}
    for row, place in enumerate(asked, start=2):
        cell = sheet.cell(row, ANSWER_COLUMN)
        where[place.keys] = f"{SHEET}!{cell.coordinate}"
        try:
            value = _answer(place, cell)
        except NotAnAnswerError as reason:
            faults.append(Fault(where[place.keys], str(reason)))
            continue
        if value is not None:
            found[place.keys] = value
    answers = contents.assemble(found)
    wrong = check_answers(form.questionnaire, answers)
    faults += [Fault(where[problem.path[1:]], problem.reason) for problem in wrong]
    fitting = normalise(fitting_answers(form.questionnaire, answers))
    return Read(replace(form, answers=fitting), tuple(faults), where)


def _sheet(book: Workbook, title: str, name: str) -> Worksheet:
    sheet = book[title] if title in book.sheetnames else None
    if not isinstance(sheet, Worksheet):
        raise Failure(f"{name} heeft geen blad {title} en is geen formulier; haal een nieuw formulier op.")
    return sheet


def _head(book: Workbook, name: str) -> Mapping[str, Any]:
    sheet = _sheet(book, HEAD, name)
    parts = []
    for row in range(1, min(sheet.max_row, _MAX_HEAD_PARTS) + 1):
        value = sheet.cell(row, 1).value
        if not isinstance(value, str):
            break
        parts.append(value)
    problems: list[Problem] = []
    document = read_document("".join(parts), HEAD, problems)
    if document is None or problems:
        raise Failure(f"Het verborgen blad {HEAD} van {name} is beschadigd; haal een nieuw formulier op.")
    return document.data


def _layout_faults(sheet: Worksheet, asked: tuple[Place, ...]) -> Iterator[Fault]:
    rows = (COLUMNS, *((*fixed_cells(place), None) for place in asked))
    for row in range(1, max(sheet.max_row, len(rows)) + 1):
        expected = rows[row - 1] if row <= len(rows) else ()
        for column in range(1, max(sheet.max_column, ANSWER_COLUMN) + 1):
            cell = sheet.cell(row, column)
            text = expected[column - 1] if column <= len(expected) else ""
            if text is None or _same(cell.value, text):
                continue
            where = f"{sheet.title}!{cell.coordinate}"
            if not text:
                yield Fault(where, "hoort hier niet; buiten de antwoorden mag niets worden ingevuld")
            elif row == 1:
                yield Fault(where, f"de kolom moet {text} heten")
            else:
                yield Fault(where, f"is gewijzigd of verschoven; hier hoort te staan: {text}")


def _same(value: object, text: str) -> bool:
    # Excel writes a line end as it likes.
    return ("" if value is None else str(value).replace("\r\n", "\n")) == text


def _answer(place: Place, cell: Cell | Any) -> bool | int | str | None:
    """The answer in a cell, None when it is empty.

    Raises:
        NotAnAnswerError: it holds something else.
    """
    value: Any = cell.value
    wanted = "vul een geheel getal in" if not place.words else f"kies {' of '.join(place.words)}"
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if cell.data_type == "f":
        raise NotAnAnswerError(f"bevat een formule; {wanted}")
    if cell.data_type == "e":
        raise NotAnAnswerError(f"bevat een foutwaarde van Excel; {wanted}")
    if isinstance(value, date | datetime | time | timedelta):
        raise NotAnAnswerError(f"bevat een datum of tijd; {wanted}")
    if place.words:
        return _chosen(place, value, wanted)
    if isinstance(value, str):
        raise NotAnAnswerError(f"is tekst en geen getal; {wanted}")
    if isinstance(value, bool) or not (isinstance(value, int) or float(value).is_integer()):
        raise NotAnAnswerError(f"is geen geheel getal; {wanted}")
    return int(value)


def _chosen(place: Place, value: object, wanted: str) -> bool | str:
    # A choice such as 1 can have become a number.
    word = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    if word not in place.words:
        # Excel takes a word from a list in capitals too, and the help may name it as the services do.
        word = {known.replace(" ", "_").casefold(): known for known in place.words}.get(
            word.replace(" ", "_").casefold(), ""
        )
    if isinstance(value, bool) or not word:
        raise NotAnAnswerError(wanted)
    return place.words[word]
