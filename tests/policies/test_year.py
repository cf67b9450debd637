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
    return [str(problem) for problem in caught.value.problems]


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
        "b1.rego:7: METADATA custom.remedy ontbreekt, is leeg of is geen tekst (metadata)",
        "b1.rego:12: METADATA custom.remedie is onbekend (metadata)",
        "b3.rego:10: onbekend level wens; kies uit voorwaardelijk, norm, aanbeveling (metadata)",
        "b4.rego:18: package moet kwaliteitskader.y2027.b4 zijn (leest)",
        "c4.rego:8: order 150 is al van c2.rego (metadata)",
        "b2.rego:16: vraag triage.bestaat_niet staat niet in de vragenlijst (vragen)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# METADATA\n", "", "b7.rego:15: er staat geen METADATA-blok direct boven package"),
        ("package kw", "\npackage kw", "b7.rego:17: er staat geen METADATA-blok direct boven package"),
        ("# title: Intensive care", "# title: [", "b7.rego:4: METADATA is geen YAML"),
        ("# title: Intensive care", "# scope: rule", "b7.rego:3: METADATA is geen YAML: scope staat er twee keer"),
        ("# title: Intensive care\n", "", "b7.rego:2: METADATA title ontbreekt of is leeg"),
        ("# scope: package", "# scope: rule", "b7.rego:2: METADATA scope moet package zijn"),
        ("#   per_block: false", '#   per_block: "nee"', "b7.rego:13: METADATA custom.per_block ontbreekt"),
        ("#   order: 90", "#   order: true", "b7.rego:8: METADATA custom.order ontbreekt"),
        ("#     - ic.beschikbaar\n", "", "b7.rego:14: METADATA custom.questions ontbreekt"),
        ("#   code: B7", "#   code: B8", "b7.rego:7: code B8 past niet bij de naam van het bestand"),
        ("#   order: 90", "#   order: 90\n#   effective_on: juli", "b7.rego:9: METADATA custom.effective_on moet"),
        ("#   order: 90", "#   order: 90\n#   effective_on: 2027-02-30", "b7.rego:9: METADATA is geen YAML"),
        ("#   order: 90", "#   order: 90\n#   ingang: 2028-07-01", "b7.rego:9: METADATA custom.ingang is onbekend"),
        (
            "#     - ic.beschikbaar\n",
            "#     - ic.beschikbaar\n" * 2,
            "b7.rego:16: vraag ic.beschikbaar staat er twee keer",
        ),
    ],
)
def test_incomplete_metadata(year_files: Files, old: str, new: str, problem: str) -> None:
    changed(year_files, "b7.rego", old, new)
    assert [found for found in problems(year_files) if found.startswith(problem)]


def test_no_module_slips_in_beside_the_norms(year_files: Files) -> None:
    year_files["b7.oud.rego"] = year_files["b7.rego"]
    assert problems(year_files)[:1] == ["b7.oud.rego:16: package moet kwaliteitskader.y2027.b7.oud zijn (leest)"]


def test_two_codes_that_give_one_name_cannot_both_stand(year_files: Files) -> None:
    changed(year_files, "b7.rego", "code: B7", "code: B8")
    assert "b7.rego:7: code B8 past niet bij de naam van het bestand (metadata)" in problems(year_files)


@pytest.mark.parametrize("name", ["lib.rego", "uitkomst.rego", "data.json", "questionnaire.yaml"])
def test_missing_file(year_files: Files, name: str) -> None:
    del year_files[name]
    assert f"{name}: dit bestand ontbreekt (leest)" in problems(year_files)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("data.json", b"{\n", "data.json:2: is geen JSON"),
        ("data.json", b'{"a": NaN}', "data.json: is geen JSON: NaN is geen getal"),
        ("data.json", b"[" * 100_000, "data.json: is geen JSON"),
        ("data.json", b'{"a": 1, "a": 2}', "data.json: is geen JSON: a staat er twee keer"),
        ("data.json", b"{}", "data.json:1: kwaliteitskader.y2027.thresholds ontbreekt"),
        ("data.json", b"[]", "data.json:1: kwaliteitskader.y2027.thresholds ontbreekt"),
        ("b1.rego", b"package x\n\n\xff", "b1.rego:3: is geen UTF-8"),
        ("questionnaire.yaml", b"year: 2027\nblocks: [", "questionnaire.yaml:2: is geen YAML"),
        ("questionnaire.yaml", b"[" * 100_000, "questionnaire.yaml:1: is geen YAML: te diep genest"),
        (
            "questionnaire.yaml",
            b"year: 2027\nyear: 2027",
            "questionnaire.yaml:2: is geen YAML: year staat er twee keer",
        ),
        ("questionnaire.yaml", b"year: 2027", "questionnaire.yaml:1: blocks: ontbreekt"),
    ],
)
def test_unreadable_file(year_files: Files, name: str, content: bytes, problem: str) -> None:
    year_files[name] = content
    assert [found for found in problems(year_files) if found.startswith(problem)]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("year: 2027", "year: 2028", ":8: het jaar is 2028"),
        ("year: 2027", "year: twee", ":8: year: moet een geheel getal zijn"),
        ("- id: anw", "- id: kantooruren", ":15: tijdblok kantooruren staat er twee keer"),
        ("- kno", "- chirurgie", ":24: specialisme chirurgie staat er twee keer"),
        ("- id: ic.beschikbaar", "- id: trauma.level", ":112: vraag trauma.level staat er twee keer"),
        ('closes: "18:00"', 'closes: "07:00"', ":14: tijdblok kantooruren heeft een periode die sluit voordat zij"),
        ('closes: "18:00"', 'closes: "24:30"', ".closes: 24:30 is geen tijd van 00:00 tot en met 24:00"),
        ('options: ["1", "2", "3", "geen"]', "options: []", ":102: vraag trauma.level: options hoort bij choice"),
        ("type: boolean", "type: ja_nee", ":36: questions.1.type: kies uit 'altijd', 'boolean'"),
        ("type: boolean", "type: minutes_by_specialism", "kunnen niet per tijdblok worden gevraagd"),
        ("periods: []", "uren: []", ":17: blocks.1.uren: hoort hier niet"),
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
    assert problems(year_files)[0] == "questionnaire.yaml:16: meer dan één tijdblok heeft geen perioden (leest)"


def test_a_next_year_is_a_copy(year_files: Files) -> None:
    copy = {name: content.replace(b"y2027", b"y2028") for name, content in year_files.items()}
    changed(copy, "questionnaire.yaml", "year: 2027", "year: 2028")
    changed(copy, "questionnaire.yaml", "survey_year: 2026", "survey_year: 2027")
    year = read_year(2028, copy)
    assert (year.year, year.survey_year, len(year.catalogue)) == (2028, 2027, 27)
