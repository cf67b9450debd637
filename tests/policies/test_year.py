"""Reading the rules of a year: what is in them, their revision, and every reason to refuse them."""

import pickle
import re
from pathlib import Path

import pytest

from services.policy.year import InvalidYearError, UnknownYearError, load_year, read_year

Files = dict[str, bytes]


def problems(files: Files) -> list[str]:
    with pytest.raises(InvalidYearError) as caught:
        read_year(2027, files)
    return list(caught.value.problems)


def changed(files: Files, name: str, old: str, new: str) -> None:
    text = files[name].decode()
    assert old in text
    files[name] = text.replace(old, new, 1).encode()


def test_unknown_year(tmp_path: Path) -> None:
    with pytest.raises(UnknownYearError) as caught:
        load_year(tmp_path, 2031)
    assert caught.value.year == 2031


def test_a_norm_as_people_see_it(year_files: Files) -> None:
    norm = read_year(2027, year_files).norm("B10")
    assert (norm.stem, norm.level, norm.per_block) == ("b10", "norm", False)
    assert norm.title == "Bereikbare specialismen en ondersteuning"
    assert norm.description == "Ten minste 14 medisch specialismen en 6 ondersteunende beroepen zijn bereikbaar."
    assert norm.questions == ("specialismen.bereikbaar_aantal", "ondersteuning.bereikbaar_aantal")
    with pytest.raises(KeyError):
        read_year(2027, year_files).norm("Z9")


def test_can_be_pickled(year_files: Files) -> None:
    year = read_year(2027, year_files)
    assert pickle.loads(pickle.dumps(year)) == year


def test_revision_follows_the_rules_and_not_the_tests(year_files: Files) -> None:
    revision = read_year(2027, year_files).revision
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", revision)
    assert read_year(2027, dict(reversed(year_files.items()))).revision == revision
    year_files["b1_test.rego"] = b"something else"
    year_files["aantekening.txt"] = b"\x00"
    assert read_year(2027, year_files).revision == revision
    for name in ("b1.rego", "data.json", "questionnaire.yaml", "lib.rego"):
        other = year_files | {name: year_files[name] + b"\n"}
        assert read_year(2027, other).revision != revision


def test_modules_are_without_tests(year_files: Files) -> None:
    year = read_year(2027, year_files)
    assert len(year.modules) == 29
    assert not [name for name in year.modules if name.endswith("_test.rego")]


def test_every_problem_at_once(year_files: Files) -> None:
    changed(year_files, "b1.rego", "#   remedy:", "#   remedie:")
    changed(year_files, "b2.rego", "#     - triage.start_binnen_5_minuten", "#     - triage.bestaat_niet")
    changed(year_files, "b3.rego", "level: norm", "level: wens")
    changed(year_files, "b4.rego", "package kwaliteitskader.y2027.b4", "package kwaliteitskader.y2027.b44")
    changed(year_files, "c2.rego", "order: 140", "order: 150")
    assert problems(year_files) == [
        "b1.rego: METADATA custom.remedy is missing, empty or not a str",
        "b3.rego: unknown level wens",
        "b4.rego: the package must be kwaliteitskader.y2027.b4",
        "order 150 is used by c2, c4",
        "b2.rego: question triage.bestaat_niet is not in the questionnaire",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# METADATA\n", "", "b7.rego: no METADATA block directly above the package"),
        ("package kw", "\npackage kw", "b7.rego: no METADATA block directly above the package"),
        ("# title: Intensive care", "# title: [", "b7.rego: METADATA is not YAML"),
        ("# title: Intensive care\n", "", "b7.rego: METADATA title is missing or empty"),
        ("# scope: package", "# scope: rule", "b7.rego: METADATA scope must be package"),
        ("#   per_block: false", '#   per_block: "nee"', "b7.rego: METADATA custom.per_block is missing"),
        ("#   order: 90", "#   order: true", "b7.rego: METADATA custom.order is missing"),
        ("#     - ic.beschikbaar\n", "", "b7.rego: METADATA custom.questions is missing"),
        ("#   code: B7", "#   code: B8", "b7.rego: code B8 does not match the name of the file"),
    ],
)
def test_incomplete_metadata(year_files: Files, old: str, new: str, problem: str) -> None:
    changed(year_files, "b7.rego", old, new)
    assert [found for found in problems(year_files) if found.startswith(problem)]


def test_no_module_slips_in_beside_the_norms(year_files: Files) -> None:
    year_files["b7.oud.rego"] = year_files["b7.rego"]
    assert problems(year_files)[:1] == ["b7.oud.rego: the package must be kwaliteitskader.y2027.b7.oud"]


def test_two_codes_that_give_one_name_cannot_both_stand(year_files: Files) -> None:
    changed(year_files, "b7.rego", "code: B7", "code: B8")
    assert "b7.rego: code B8 does not match the name of the file" in problems(year_files)


@pytest.mark.parametrize("name", ["lib.rego", "uitkomst.rego", "data.json", "questionnaire.yaml"])
def test_missing_file(year_files: Files, name: str) -> None:
    del year_files[name]
    assert f"{name} is missing" in problems(year_files)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("data.json", b"{", "data.json: not JSON"),
        ("data.json", b"{}", "data.json: kwaliteitskader.y2027.thresholds is missing"),
        ("data.json", b"[]", "data.json: kwaliteitskader.y2027.thresholds is missing"),
        ("b1.rego", b"\xff", "b1.rego: not UTF-8"),
        ("questionnaire.yaml", b"[", "questionnaire.yaml: not YAML"),
        ("questionnaire.yaml", b"year: 2027", "questionnaire.yaml: blocks: Field required"),
    ],
)
def test_unreadable_file(year_files: Files, name: str, content: bytes, problem: str) -> None:
    year_files[name] = content
    assert [found for found in problems(year_files) if found.startswith(problem)]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("year: 2027", "year: 2028", "the year is 2028"),
        ("- id: anw", "- id: kantooruren", "block kantooruren stands there twice"),
        ("- kno", "- chirurgie", "specialism chirurgie stands there twice"),
        ("- id: ic.beschikbaar", "- id: trauma.level", "question trauma.level stands there twice"),
        ('closes: "18:00"', 'closes: "07:00"', "block kantooruren has a period that closes before it opens"),
        ('closes: "18:00"', 'closes: "24:30"', "Value error, 24:30 is not a time from 00:00 to 24:00"),
        ('options: ["1", "2", "3", "geen"]', "options: []", "question trauma.level: options go with a choice"),
        ("type: boolean", "type: ja_nee", "Input should be"),
        ("type: boolean", "type: minutes_by_specialism", "minutes by specialism cannot be asked per block"),
        ("periods: []", "uren: []", "Extra inputs are not permitted"),
    ],
)
def test_wrong_questionnaire(year_files: Files, old: str, new: str, problem: str) -> None:
    changed(year_files, "questionnaire.yaml", old, new)
    assert [found for found in problems(year_files) if problem in found]


def test_only_one_block_may_be_the_rest(year_files: Files) -> None:
    changed(
        year_files,
        "questionnaire.yaml",
        'periods:\n      - {weekdays: "12345", opens: "08:00", closes: "18:00"}',
        "periods: []",
    )
    assert problems(year_files)[0] == "questionnaire.yaml: more than one block has no periods"


def test_a_next_year_is_a_copy(year_files: Files) -> None:
    copy = {name: content.replace(b"y2027", b"y2028") for name, content in year_files.items()}
    changed(copy, "questionnaire.yaml", "year: 2027", "year: 2028")
    changed(copy, "questionnaire.yaml", "survey_year: 2026", "survey_year: 2027")
    year = read_year(2028, copy)
    assert (year.year, year.survey_year, len(year.catalogue)) == (2028, 2027, 27)
