"""Whether answers fit the questionnaire, and their canonical form."""

from typing import Any

import pytest

from services.policy.questionnaire import MAX_INTEGER, check_answers, normalise
from services.policy.year import PolicyYear


def problems(year: PolicyYear, answers: Any) -> list[str]:
    return [problem.field for problem in check_answers(year.questionnaire, answers)]


GOOD: list[dict[str, Any]] = [
    {},
    {"ic.beschikbaar": None, "arts.als_afgerond": None, "specialismen.aankomst_minuten": None},
    {"arts.als_afgerond": {}},
    {"arts.als_afgerond": {"anw": None, "kantooruren": False}},
    {"arts.cursussen_aantal": {"anw": 0, "kantooruren": MAX_INTEGER}},
    {"trauma.level": "geen", "triage.systeem": "anders", "huisarts.bericht_24_uur": "niet_altijd"},
    {"specialismen.aankomst_minuten": {"kno": None, "chirurgie": {}, "radiologie": {"minuten": None}}},
    {"specialismen.aankomst_minuten": {"kno": {"minuten": 20, "onderbouwde_afwijking": None}}},
]


@pytest.mark.parametrize("answers", GOOD)
def test_answers_that_fit(year_2027: PolicyYear, answers: dict[str, Any]) -> None:
    assert problems(year_2027, answers) == []


BAD: list[tuple[Any, str]] = [
    ([], "answers"),
    (None, "answers"),
    ({"arts.bestaat_niet": True}, "answers.arts.bestaat_niet"),
    ({"ic.beschikbaar": "ja"}, "answers.ic.beschikbaar"),
    ({"ic.beschikbaar": 1}, "answers.ic.beschikbaar"),
    ({"ic.beschikbaar": {"anw": True}}, "answers.ic.beschikbaar"),
    ({"arts.als_afgerond": True}, "answers.arts.als_afgerond"),
    ({"arts.als_afgerond": {"weekend": True}}, "answers.arts.als_afgerond.weekend"),
    ({"arts.als_afgerond": {"anw": 1}}, "answers.arts.als_afgerond.anw"),
    ({"arts.cursussen_aantal": {"anw": True}}, "answers.arts.cursussen_aantal.anw"),
    ({"arts.cursussen_aantal": {"anw": -1}}, "answers.arts.cursussen_aantal.anw"),
    ({"arts.cursussen_aantal": {"anw": 2.0}}, "answers.arts.cursussen_aantal.anw"),
    ({"arts.cursussen_aantal": {"anw": "2"}}, "answers.arts.cursussen_aantal.anw"),
    ({"luchtweg.maximaal_minuten": MAX_INTEGER + 1}, "answers.luchtweg.maximaal_minuten"),
    ({"luchtweg.maximaal_minuten": [5]}, "answers.luchtweg.maximaal_minuten"),
    ({"trauma.level": 1}, "answers.trauma.level"),
    ({"trauma.level": "4"}, "answers.trauma.level"),
    ({"huisarts.bericht_24_uur": "soms"}, "answers.huisarts.bericht_24_uur"),
    ({"huisarts.bericht_24_uur": True}, "answers.huisarts.bericht_24_uur"),
    ({"specialismen.aankomst_minuten": 30}, "answers.specialismen.aankomst_minuten"),
    ({"specialismen.aankomst_minuten": {"dermatologie": {}}}, "answers.specialismen.aankomst_minuten.dermatologie"),
    ({"specialismen.aankomst_minuten": {"kno": 30}}, "answers.specialismen.aankomst_minuten.kno"),
    (
        {"specialismen.aankomst_minuten": {"kno": {"minuten": True}}},
        "answers.specialismen.aankomst_minuten.kno.minuten",
    ),
    (
        {"specialismen.aankomst_minuten": {"kno": {"onderbouwde_afwijking": 1}}},
        "answers.specialismen.aankomst_minuten.kno.onderbouwde_afwijking",
    ),
    ({"specialismen.aankomst_minuten": {"kno": {"uren": 1}}}, "answers.specialismen.aankomst_minuten.kno.uren"),
]


@pytest.mark.parametrize(("answers", "field"), BAD)
def test_answers_that_do_not_fit(year_2027: PolicyYear, answers: Any, field: str) -> None:
    assert problems(year_2027, answers) == [field]


def test_every_problem_is_reported(year_2027: PolicyYear) -> None:
    together: dict[str, Any] = {}
    for answers, _ in BAD[2:]:
        together |= answers
    fields = problems(year_2027, together)
    assert len(fields) == len(together)
    assert problems(year_2027, {"arts.als_afgerond": {"anw": 1, "nacht": True, "kantooruren": "x"}}) == [
        "answers.arts.als_afgerond.anw",
        "answers.arts.als_afgerond.nacht",
        "answers.arts.als_afgerond.kantooruren",
    ]


def test_a_problem_holds_its_keys_and_a_reason(year_2027: PolicyYear) -> None:
    (problem,) = check_answers(year_2027.questionnaire, {"arts.cursussen_aantal": {"anw": -1}})
    assert problem.path == ("answers", "arts.cursussen_aantal", "anw")
    assert problem.reason == "mag niet negatief zijn"


def test_a_flat_question_answered_per_block_is_told_so(year_2027: PolicyYear) -> None:
    (problem,) = check_answers(year_2027.questionnaire, {"ic.beschikbaar": {"anw": True, "kantooruren": True}})
    assert problem.reason == "deze vraag wordt niet per tijdblok gesteld; moet true of false zijn"


def test_canonical_form() -> None:
    answers = {
        "triage.systeem": "MTS",
        "arts.als_afgerond": {"kantooruren": False, "anw": None},
        "ic.beschikbaar": None,
        "arts.apls_afgerond": {"anw": None},
        "specialismen.aankomst_minuten": {"kno": {"onderbouwde_afwijking": None, "minuten": 0}, "chirurgie": {}},
    }
    canonical = normalise(answers)
    assert canonical == {
        "arts.als_afgerond": {"kantooruren": False},
        "specialismen.aankomst_minuten": {"kno": {"minuten": 0}},
        "triage.systeem": "MTS",
    }
    assert list(canonical) == sorted(canonical)
