"""A form and back: the answers that come out are those that went in."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from services.cli.failures import Failure
from services.cli.questionnaire.contents import (
    Form,
    assemble,
    completeness,
    leaves,
    new_form,
    places,
)
from services.cli.questionnaire.form import write_excel, write_json
from services.cli.questionnaire.head import dump_head, identity, load_head
from services.cli.questionnaire.reading import read_excel, read_json
from services.policy.questionnaire import MAX_INTEGER, Block, Question, Questionnaire, QuestionType, normalise
from services.policy.year import load_year
from tests.support.answers import example_answers

_RULES = load_year(Path(__file__).parents[3] / "policies", 2027).questionnaire
QUESTIONNAIRE = replace(_RULES, blocks=tuple(Block(block.id, block.text, ()) for block in _RULES.blocks))
"""As the catalogue tells it: without the hours of the blocks."""
BLOCKS = ("dag", "nacht")
AWKWARD = Questionnaire(
    year=2030,
    survey_year=2029,
    blocks=tuple(Block(block, f"=SUM({block})", ()) for block in BLOCKS),
    specialisms=("oog_heelkunde", "kno"),
    questions=(
        Question("a.keuze", QuestionType.CHOICE, True, "+1?", ("1", "=2", "a,b", 'c"d', "A", "a"), help="@help\nregel"),
        Question("b.aantal", QuestionType.INTEGER, False, "-3"),
        Question("c.altijd", QuestionType.ALTIJD, False, "  ruimte  "),
        Question("d.aankomst", QuestionType.MINUTES_BY_SPECIALISM, False, "<&>"),
        Question("zonderthema", QuestionType.BOOLEAN, True, "ja?"),
    ),
)


def values(kind: QuestionType, options: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return {
        QuestionType.BOOLEAN: st.booleans(),
        QuestionType.INTEGER: st.integers(0, MAX_INTEGER),
        QuestionType.ALTIJD: st.sampled_from(["altijd", "niet_altijd"]),
        QuestionType.CHOICE: st.sampled_from(options or ("",)),
    }[kind]


def canonical(questionnaire: Questionnaire) -> st.SearchStrategy[dict[str, Any]]:
    """Any canonical answers."""
    every = {place.keys: values(place.type, place.question.options) for place in places(questionnaire)}
    return st.fixed_dictionaries({}, optional=every).map(assemble)


def form_with(answers: dict[str, Any], questionnaire: Questionnaire = QUESTIONNAIRE) -> Form:
    return new_form(2027, "L001", questionnaire, '"1"', answers)


@pytest.mark.parametrize("questionnaire", [QUESTIONNAIRE, AWKWARD], ids=["2027", "awkward"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_form_gives_back_its_answers(questionnaire: Questionnaire, data: st.DataObject) -> None:
    form = form_with(data.draw(canonical(questionnaire)), questionnaire)
    for read in (read_excel(write_excel(form), "x.xlsx"), read_json(write_json(form), "x.json")):
        assert read.faults == ()
        assert read.form == form
        assert identity(read.form.questionnaire) == identity(questionnaire)


@given(canonical(AWKWARD))
def test_leaves_are_the_answers(answers: dict[str, Any]) -> None:
    assert assemble(leaves(answers)) == answers == normalise(answers)


def test_answers_of_the_example_are_filled_in() -> None:
    form = form_with(example_answers())
    assert form.answers == normalise(example_answers())
    sheet = sheet_of(form)
    rows = {(row[0], row[2]): row[5] for row in sheet.iter_rows(values_only=True)}
    office = "Maandag tot en met vrijdag van 08:00 tot 18:00 uur"
    assert rows["arts.klinische_ervaring_maanden", office] == 24
    assert rows["trauma.level", None] == "3"
    assert rows["specialismen.aankomst_minuten", "cardiologie: onderbouwde afwijking"] == "nee"
    assert rows["regie.eindverantwoordelijke", None] is None


def sheet_of(form: Form) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(write_excel(form)))["Vragenlijst"]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_only_answers_can_be_changed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_excel(form_with({}))))
    assert [(sheet.title, sheet.sheet_state, sheet.protection.sheet) for sheet in book.worksheets] == [
        ("Vragenlijst", "visible", True),
        ("Toelichting", "visible", True),
        ("Formulier", "hidden", True),
    ]
    unlocked = {
        c.coordinate for sheet in book.worksheets for row in sheet.iter_rows() for c in row if not c.protection.locked
    }
    assert unlocked == {f"F{row}" for row in range(2, len(places(QUESTIONNAIRE)) + 2)}
    assert book["Vragenlijst"].freeze_panes == "C2"


def test_each_answer_has_the_rule_of_its_kind() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_excel(form_with({}))))
    sheet = book["Vragenlijst"]
    ruled = 0
    for row, place in enumerate(places(QUESTIONNAIRE), start=2):
        (rule,) = [rule for rule in sheet.data_validations.dataValidation if f"F{row}" in rule.sqref]
        if place.type is QuestionType.INTEGER:
            assert (rule.type, rule.formula1) == ("whole", "0")
        else:
            title, _, area = rule.formula1.partition("!")
            assert tuple(cell.value for (cell,) in book[title][area]) == tuple(place.words)
        ruled += 1
    assert ruled == 79


def test_units_are_words() -> None:
    units = {place.keys[0]: place.unit for place in places(QUESTIONNAIRE)}
    assert units["arts.poortervaring_maanden"] == "maanden"
    assert units["radiologie.ct_minuten"] == "minuten"
    assert units["arts.cursussen_aantal"] == "aantal"


def test_the_hours_of_a_block_are_no_part_of_the_identity() -> None:
    assert identity(_RULES) == identity(QUESTIONNAIRE)
    other = replace(
        QUESTIONNAIRE, questions=(replace(QUESTIONNAIRE.questions[0], help=""), *QUESTIONNAIRE.questions[1:])
    )
    assert identity(other) != identity(QUESTIONNAIRE)


def test_completeness_counts_what_is_asked() -> None:
    found = {each.theme: (each.answered, each.asked) for each in completeness(form_with(example_answers()))}
    assert found["regie"] == (1, 2)
    # A substantiated deviation is given only where there is one: ten specialisms and one number are asked.
    assert found["specialismen"] == (11, 11)
    assert all(
        asked > 0 == answered for answered, asked in ((e.answered, e.asked) for e in completeness(form_with({})))
    )


def test_what_no_longer_fits_is_left_open() -> None:
    assert form_with({"ic.beschikbaar": "ja", "oud.weg": 1, "echo.afspraken": True}).answers == {"echo.afspraken": True}


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.booleans(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_damaged_head_is_refused_in_words(value: Any) -> None:
    head = json.loads(json.dumps(dump_head(form_with({}))))
    for key in head:
        damaged = {**head, key: value}
        if damaged == head or (key == "base" and value == {}) or (key == "etag" and isinstance(value, str)):
            continue
        if key in ("budget_year", "location_id"):
            continue
        with pytest.raises(Failure):
            load_head(damaged)
