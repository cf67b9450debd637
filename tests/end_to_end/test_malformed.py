"""Folders in which something is wrong: every problem is told with file, line and reason, and nothing has changed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.clients import Addresses, Services
from services.cli.exporting import Exporter
from services.cli.output import Output

Edit = tuple[str, str, str]
"""A file, what stands there once, and what is put there."""
Found = tuple[str, int, str, str]
"""The file, line and field of a problem, and a part of its reason."""

CASES: dict[str, tuple[Edit, Found]] = {
    "unknown column": (
        ("closures.csv", "foreseen,reason", "foreseen,reason,kleur"),
        ("closures.csv", 1, "kleur", "onbekende kolom"),
    ),
    "bad date": (
        (
            "locations.csv",
            '06987956,"Ziekenhuis De Ratelpopulier, Havikswaard",Brabant,SEH,1986-10-26',
            "06987956,A,Brabant,SEH,1986-13-26",
        ),
        ("locations.csv", 2, "opened_on", "1986-13-26"),
    ),
    "closure that ends before it starts": (
        (
            "closures.csv",
            "C00001,L012,2026-03-01T00:00,2026-04-01T00:00",
            "C00001,L012,2026-03-01T00:00,2026-02-01T00:00",
        ),
        ("closures.csv", 2, "ends_at", "niet na het begin"),
    ),
    "unknown location": (
        ("stops.csv", "S00001,L043", "S00001,L943"),
        ("stops.csv", 2, "location_id", "onbekende locatie 'L943'"),
    ),
    "unknown provider": (
        ("approvals.csv", "06993961,9205", "06993960,9205"),
        ("approvals.csv", 3, "agb", "onbekende zorgaanbieder"),
    ),
    "duplicate id": (
        ("closures.csv", "C00002,", "C00001,"),
        ("closures.csv", 3, "closure_id", "staat al op regel 2"),
    ),
    "unknown region": (
        ("locations.csv", 'Havikswaard",Brabant', 'Havikswaard",Atlantis'),
        ("locations.csv", 2, "roaz_region", "Atlantis"),
    ),
    "answer of the wrong type": (
        ("answers/L001.json", '"kantooruren": 24,', '"kantooruren": "24",'),
        ("answers/L001.json", 24, "answers/arts.klinische_ervaring_maanden/kantooruren", "geheel getal"),
    ),
    "unknown answer": (
        (
            "answers/L001.json",
            '"arts.specialist_aanwezig": {\n   "kantooruren": "altijd"',
            '"arts.specialist_aanwezig": {\n   "kantooruren": "soms"',
        ),
        ("answers/L001.json", 8, "answers/arts.specialist_aanwezig/kantooruren", "kies uit altijd"),
    ),
    "unknown question": (
        ("answers/L001.json", '"arts.als_afgerond"', '"arts.fiets"'),
        ("answers/L001.json", 11, "answers/arts.fiets", "staat niet in de vragenlijst"),
    ),
    "answers of an unknown location": (
        ("answers/L001.json", '"location_id": "L001"', '"location_id": "L999"'),
        ("answers/L001.json", 2, "location_id", "onbekende locatie 'L999'"),
    ),
    "policy year without rules": (
        ("round.json", '"policy_year": 2027', '"policy_year": 2031'),
        ("round.json", 5, "policy_year", "2031"),
    ),
    "no representative": (
        ("providers.csv", "1986-10-26,9101;9102", "1986-10-26,"),
        ("providers.csv", 2, "representatives", "leeg"),
    ),
    "reason that is too long": (
        ("closures.csv", "vakantierooster", "v" * 2001),
        ("closures.csv", 2, "reason", "2000"),
    ),
    "not UTF-8": (
        ("stops.csv", "interne calamiteit", "interne calamiteït"),
        ("stops.csv", 2, "", "UTF-8"),
    ),
}


@pytest.fixture
def folder(example: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "ronde"
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("expected", "encounters"))
    return copy


def make_wrong(folder: Path, edit: Edit) -> None:
    name, old, new = edit
    before = (folder / name).read_bytes()
    # Bytes outside UTF-8 where the case is about that.
    encoding = "latin-1" if "ï" in new else "utf-8"
    assert old.encode() in before
    (folder / name).write_bytes(before.replace(old.encode(), new.encode(encoding), 1))


def problems_of(result: Any) -> Iterator[Found]:
    for problem in json.loads(result.out)["problems"]:
        yield problem["file"], problem["line"], problem["field"], problem["reason"]


def assert_nothing_stored(addresses: Addresses) -> None:
    with Services(addresses) as services, Output(as_json=True).progress() as steps:
        exporter = Exporter(services, steps)
        assert exporter.providers() == ()
        assert exporter.locations() == ()


@pytest.mark.parametrize("case", CASES)
def test_one_malformation(case: str, spoedkader: Any, folder: Path, empty_suite: Addresses) -> None:
    edit, (file, line, field, reason) = CASES[case]
    make_wrong(folder, edit)
    result = spoedkader("import", folder, "--json", addresses=empty_suite)
    assert result.status == 1
    found = list(problems_of(result))
    assert any(place == (file, line, field) and reason in why for *where, why in found if (place := tuple(where)))
    assert {name for name, *_ in found} == {file}
    assert_nothing_stored(empty_suite)


def test_every_malformation_at_once(spoedkader: Any, folder: Path, empty_suite: Addresses, tmp_path: Path) -> None:
    expected = []
    for case, (edit, found) in CASES.items():
        # Without rules there is no questionnaire, and without the first column no id.
        if case not in ("policy year without rules", "bad date"):
            make_wrong(folder, edit)
            expected.append(found)
    result = spoedkader("import", folder, "--json", addresses=empty_suite)
    assert result.status == 1
    found = list(problems_of(result))
    for file, line, field, reason in expected:
        assert any((file, line, field) == where[:3] and reason in where[3] for where in found), (file, line, field)
    assert_nothing_stored(empty_suite)

    readable = spoedkader("import", folder, addresses=empty_suite)
    assert (readable.status, readable.out) == (1, "")
    for file, line, field, reason in found:
        assert f"{file}:{line}: {field + ': ' if field else ''}{reason}" in readable.err.splitlines()

    result = spoedkader("expected", folder, "--out", tmp_path / "uit", "--json")
    assert result.status == 1
    assert list(problems_of(result)) == found
    assert not (tmp_path / "uit").exists()


def test_encounters_that_are_wrong_belong_to_what_is_expected(
    spoedkader: Any, example: Path, folder: Path, empty_suite: Addresses, tmp_path: Path
) -> None:
    (folder / "encounters").mkdir()
    text = (example / "encounters" / "L020.csv").read_text().splitlines(keepends=True)[:5]
    text[2] = text[2].replace("SEH", "ICU").replace("EHH", "ICU")
    (folder / "encounters" / "L020.csv").write_text("".join(text))
    make_wrong(folder, CASES["duplicate id"][0])
    for edit in (CASES["unknown location"][0], None):
        result = spoedkader("expected", folder, "--out", tmp_path / "uit", "--json")
        assert result.status == 1
        assert ("encounters/L020.csv", 3, "department") in [place[:3] for place in problems_of(result)]
        if edit:
            shutil.copy(example / "closures.csv", folder)
    # What never leaves the hospital is no matter of the import either.
    assert not (tmp_path / "uit").exists()


def test_a_folder_that_is_not_there(spoedkader: Any, empty_suite: Addresses, tmp_path: Path) -> None:
    result = spoedkader("import", tmp_path / "weg", addresses=empty_suite)
    assert result.status == 1
    assert "map bestaat niet" in result.err


def test_usage_errors(spoedkader: Any, example: Path) -> None:
    for arguments in (("expected", example), ("assess",), ("serve", "alles"), ("fiets",), ("assess", "--year", "nu")):
        assert spoedkader(*arguments).status == 2
