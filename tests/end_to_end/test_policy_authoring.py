"""`policy new-year`, `diff`, `eval`, `book` and `explain`, as a policy team uses them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.cli.clients import Addresses

REPOSITORY = Path(__file__).parents[2]
KINDS = ("inkoopkader", "kwaliteitskader")


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The rules of 2027, to work on."""
    folder = tmp_path / "policies"
    for kind in KINDS:
        shutil.copytree(REPOSITORY / "policies" / kind / "2027", folder / kind / "2027")
    return folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    """Every file and folder under a folder, hidden ones too."""
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


# new-year


def test_a_new_year_passes_its_tests_and_does_not_differ(spoedkader: Any, policies: Path) -> None:
    before = everything(policies)
    result = spoedkader("policy", "new-year", 2028, "--from", 2027, "--policies", policies)
    assert result.status == 0, result.err
    assert "tests van de kopie slagen" in result.out
    after = everything(policies)
    assert {path: after[path] for path in before} == before
    assert sorted(path.name for path in policies.iterdir()) == list(KINDS)
    assert spoedkader("policy", "test", "--year", 2028, "--coverage", "--policies", policies).status == 0
    same = spoedkader("policy", "diff", 2027, 2028, "--policies", policies)
    assert (same.status, same.out.strip()) == (0, "Tussen 2027 en 2028 is er geen verschil.")
    # A copy can be copied.
    again = spoedkader("policy", "new-year", 2031, "--from", 2028, "--policies", policies, "--json")
    made = json.loads(again.out)["made"]
    assert {kind: made[kind] for kind in KINDS} == {
        kind: len(list((policies / kind / "2027").iterdir())) for kind in KINDS
    }
    assert made["tests"] > 200


def test_a_year_that_cannot_be_made_leaves_nothing(spoedkader: Any, policies: Path) -> None:
    def refused(*arguments: object) -> str:
        before = everything(policies)
        result = spoedkader("policy", "new-year", *arguments, "--policies", policies)
        assert result.status == 1
        assert everything(policies) == before
        assert "Traceback" not in result.err
        return str(result.err)

    assert "2026 bestaat niet" in refused(2028, "--from", 2026)
    assert "kopie van zichzelf" in refused(2027, "--from", 2027)
    (policies / "inkoopkader" / "2028").mkdir()
    assert "inkoopkader/2028 bestaat al" in refused(2028, "--from", 2027)
    (policies / "inkoopkader" / "2028").rmdir()
    condition = policies / "inkoopkader" / "2027" / "schoning.rego"
    edit(condition, "number: 3", "number: 4")
    assert "genummerd 1, 2, 4, 4, 5, 6, 7; dat moet 1 tot en met 7 zijn" in refused(2028, "--from", 2027)
    edit(condition, "number: 4", "number: 3")
    edit(condition, 'documented("SCHONING"', 'documented("TIJDLIJN"')
    assert "schoning_test.rego:14: test_not_declared" in refused(2028, "--from", 2027)
    edit(condition, 'documented("TIJDLIJN"', 'documented("SCHONING"')
    edit(
        policies / "kwaliteitskader" / "2027" / "c10_test.rego",
        '"triage.gereed_minuten": 10',
        '"triage.gereed_minuten": 99',
    )
    assert "c10_test.rego:10: test_10_minutes" in refused(2028, "--from", 2027)
    edit(policies / "kwaliteitskader" / "2027" / "c10.rego", "# title:", "# titel:")
    assert "c10.rego:2: METADATA title ontbreekt" in refused(2028, "--from", 2027)
    (policies / "kwaliteitskader" / "2027" / "c10.rego").write_bytes(b"\xff")
    assert "geen UTF-8" in refused(2028, "--from", 2027)
    shutil.rmtree(policies / "inkoopkader" / "2027")
    assert "inkoopkader/2027 bestaat niet" in refused(2028, "--from", 2027)


def test_the_second_folder_that_cannot_be_placed_takes_the_first_away(
    spoedkader: Any, policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == policies / "inkoopkader" / "2028":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    before = everything(policies)
    result = spoedkader("policy", "new-year", 2028, "--from", 2027, "--policies", policies)
    assert result.status == 1
    assert "No space left" in result.err
    assert everything(policies) == before


# diff


def test_the_worked_example_side_by_side(spoedkader: Any) -> None:
    text = spoedkader("policy", "diff", 2027, 2028).out
    assert "normen 1 toegevoegd, 2 gewijzigd; vragen 1 toegevoegd" in text
    (line,) = [line for line in text.splitlines() if line.startswith("titel") and "10 minuten" in line]
    assert line.index("binnen 10 minuten") < line.index("binnen 8 minuten")
    markdown = spoedkader("policy", "diff", 2027, 2028, "--format", "markdown").out
    assert "### C10 Triage gereed binnen 8 minuten" in markdown
    assert "- ~~10~~\n- 8\n" in markdown
    document = json.loads(spoedkader("policy", "diff", 2027, 2028, "--format", "json").out)
    assert document == json.loads(spoedkader("policy", "diff", 2027, 2028, "--json").out)
    assert [norm["name"] for norm in document["norms"]] == ["C10", "C24", "C25"]
    back = json.loads(spoedkader("policy", "diff", 2028, 2027, "--json").out)
    assert [(norm["name"], norm["change"]) for norm in back["norms"]][-1] == ("C25", "vervallen")


def test_code_side_by_side(spoedkader: Any, policies: Path) -> None:
    spoedkader("policy", "new-year", 2028, "--from", 2027, "--policies", policies)
    edit(policies / "kwaliteitskader" / "2028" / "lib.rego", "value >= minimum", "value > minimum")
    text = spoedkader("policy", "diff", 2027, 2028, "--policies", policies).out
    assert "lib.rego  gewijzigd, raakt 27 normen" in text
    (line,) = [line for line in text.splitlines() if "value >= minimum" in line]
    assert line.index("-     outcome") < line.index("+     outcome")
    markdown = spoedkader("policy", "diff", 2027, 2028, "--policies", policies, "--format", "markdown").out
    assert "\n-\toutcome := if_known(is_number(value), value >= minimum)\n+\toutcome" in markdown


def test_years_that_cannot_be_compared(spoedkader: Any, policies: Path) -> None:
    result = spoedkader("policy", "diff", 2027, 2031, "--policies", policies)
    assert (result.status, "geen regels voor 2031" in result.err) == (1, True)
    edit(policies / "kwaliteitskader" / "2027" / "c10.rego", "code: C10", "code: C11")
    result = spoedkader("policy", "diff", 2027, 2027, "--policies", policies)
    assert (result.status, "c10.rego" in result.err) == (1, True)


# eval


def given(folder: Path, document: object) -> Path:
    file = folder / "invoer.json"
    file.write_text(json.dumps(document, indent=1), "utf-8")
    return file


def test_an_input_of_ones_own(spoedkader: Any, tmp_path: Path) -> None:
    file = given(tmp_path, {"open_blocks": ["anw"], "answers": {"triage.gereed_minuten": 9}})
    for year, verdict in ((2027, "VOLDOET"), (2028, "VOLDOET_NIET")):
        result = spoedkader("policy", "eval", "--year", year, "--input", file, "--norm", "C10", "--json")
        document = json.loads(result.out)
        (finding,) = document["findings"]
        assert (finding["norm"], finding["verdict"], document["open_blocks"]) == ("C10", verdict, ["anw"])
        assert [(fact["value"], fact["threshold"]) for fact in finding["facts"]] == [(9, 10 if year == 2027 else 8)]
    text = spoedkader("policy", "eval", "--year", 2028, "--input", file, "--norm", "C10").out
    assert "voldoet niet" in text
    assert "<= 8" in text


def test_a_norm_that_does_not_count_yet_only_warns(spoedkader: Any, example: Path) -> None:
    found = {}
    for day in ("2028-06-30", "2028-07-01"):
        result = spoedkader(
            "policy", "eval", "--year", 2028, "--input", example / "answers" / "L003.json", "--as-of", day, "--json"
        )
        assert result.status == 0, result.err
        document = json.loads(result.out)
        (finding,) = [finding for finding in document["findings"] if finding["norm"] == "C25"]
        found[day] = (finding["verdict"], finding["warning"], "ONVOLLEDIG" in document["routes"])
    assert found == {"2028-06-30": ("ONBEKEND", True, False), "2028-07-01": ("ONBEKEND", False, True)}


def test_an_answers_document_of_a_round(spoedkader: Any, example: Path) -> None:
    file = example / "answers" / "L001.json"
    result = spoedkader("policy", "eval", "--year", 2027, "--input", file, "--json")
    found = {finding["norm"]: finding["verdict"] for finding in json.loads(result.out)["findings"]}
    lines = (example / "expected" / "verdicts.csv").read_text("utf-8").splitlines()
    assert found == {norm: verdict for place, norm, verdict in (line.split(",") for line in lines) if place == "L001"}
    text = spoedkader("policy", "eval", "--year", 2027, "--input", file).out
    assert "Routes van de locatie: onvolledig, verbeterplan" in text


def test_standard_input() -> None:
    arguments = [sys.executable, "-m", "services.cli.main", "policy", "eval", "--year", "2027", "--json"]
    given_answers = '{"answers": {"echo.afspraken": true}}'
    result = subprocess.run(arguments, input=given_answers, capture_output=True, text=True, check=True, timeout=60)
    found = {finding["norm"]: finding["verdict"] for finding in json.loads(result.stdout)["findings"]}
    assert (found["C17"], found["C19"]) == ("VOLDOET", "ONBEKEND")
    empty = subprocess.run(arguments, input="", capture_output=True, text=True, check=False, timeout=60)
    assert (empty.returncode, "geen geldige JSON" in empty.stdout) == (1, True)


def test_every_problem_with_an_input_at_once(spoedkader: Any, tmp_path: Path) -> None:
    answers = {"triage.gereed_minuten": -1, "bestaat.niet": 1, "arts.als_afgerond": {"nacht": True}}
    file = given(tmp_path, {"open_blocks": ["nacht"], "answers": answers, "naam": "x"})
    result = spoedkader("policy", "eval", "--year", 2027, "--input", file)
    assert result.status == 1
    for line, field in (
        (2, "open_blocks"),
        (6, "answers/triage.gereed_minuten"),
        (7, "answers/bestaat.niet"),
        (9, "answers/arts.als_afgerond/nacht"),
        (12, "naam"),
    ):
        assert f"{file}:{line}: {field}: " in result.err, (field, result.err)
    file.write_text('{"open_blocks": []}')
    assert "answers: sleutel ontbreekt" in spoedkader("policy", "eval", "--year", 2027, "--input", file).err
    unknown = spoedkader("policy", "eval", "--year", 2027, "--input", file, "--norm", "C99")
    assert (unknown.status, "kies uit A1" in unknown.err) == (1, True)
    assert "Traceback" not in unknown.err
    assert spoedkader("policy", "eval", "--year", 2027, "--input", tmp_path / "weg.json").status == 1


def test_rules_that_give_no_verdict_or_never_end(spoedkader: Any, policies: Path, tmp_path: Path) -> None:
    file = given(tmp_path, {"answers": {}})
    norm = policies / "kwaliteitskader" / "2027" / "c10.rego"
    good = norm.read_text("utf-8")
    arguments = ("policy", "eval", "--year", 2027, "--input", file, "--policies", policies)
    for broken, words in (
        (good.replace("thresholds.c10.minuten", "thresholds.c10.uren"), "C10: no finding"),
        (good + "\nx := {\n", "c10.rego"),
        (
            good
            + "\nslow := count([1 | some a in numbers.range(1, 20000); some b in numbers.range(1, 20000); a == b])\n"
            "finding := {} if slow < 0\n",
            "no result within",
        ),
    ):
        norm.write_text(broken, "utf-8")
        result = spoedkader(*arguments)
        assert result.status == 1
        assert "De regels geven geen bruikbaar oordeel." in result.err
        assert words in result.err


# book


def test_a_book_in_a_folder(spoedkader: Any, policies: Path, tmp_path: Path) -> None:
    spoedkader("policy", "new-year", 2028, "--from", 2027, "--policies", policies)
    edit(policies / "kwaliteitskader" / "2028" / "data.json", '"c12": {"minuten": 60}', '"c12": {"minuten": 45}')
    out = tmp_path / "boek"
    result = spoedkader("policy", "book", "--year", 2028, "--out", out, "--policies", policies, "--json")
    assert json.loads(result.out) == {
        "year": 2028,
        "previous": 2027,
        "files": [str(out / "2028.html"), str(out / "2028.md")],
    }
    assert "drempel c12.minuten | 60 | 45" in (out / "2028.md").read_text("utf-8")
    spoedkader("policy", "book", "--year", 2028, "--previous", 2028, "--out", out, "--policies", policies)
    assert "Niets." in (out / "2028.md").read_text("utf-8")
    missing = spoedkader("policy", "book", "--year", 2031, "--out", tmp_path / "geen", "--policies", policies)
    assert missing.status == 1
    assert not (tmp_path / "geen").exists()


# explain


def test_explain_asks_the_service_about_the_latest_assessment(spoedkader: Any, example_suite: Addresses) -> None:
    assert spoedkader("assess", "--year", 2027, "L001", addresses=example_suite).status == 0
    result = spoedkader("policy", "explain", "L001", "B5", "--year", 2027, addresses=example_suite)
    assert result.status == 0, result.err
    for words in (
        "B5 Traumazorg volgens level (norm)",
        "Oordeel: voldoet niet",
        "Gevraagd: ja; antwoord nee: voldoet niet.",
        "Gevolg: De zorgaanbieder stelt",
        "Bron: Kwaliteitskader Spoedzorgketen; NVT Levelcriteria",
        "Herstel: Breng de traumazorg",
        "sha256:",
        "regorus",
    ):
        assert words in result.out, words
    document = json.loads(
        spoedkader("policy", "explain", "L001", "B5", "--year", 2027, "--json", addresses=example_suite).out
    )
    assert document["assessment"].startswith("providers/06992516/locations/L001/assessments/2027-")
    assert document["finding"]["verdict"] == "VERDICT_VOLDOET_NIET"
    assert document["policy"]["year"] == 2027


def test_what_cannot_be_explained(spoedkader: Any, empty_suite: Addresses, example_suite: Addresses) -> None:
    spoedkader("assess", "--year", 2027, "L001", addresses=example_suite)
    for arguments, words in (
        (("L001", "B5", "--year", 2030), "nog niet getoetst"),
        (("L001", "Z9", "--year", 2027), "Z9"),
    ):
        result = spoedkader("policy", "explain", *arguments, addresses=example_suite)
        assert (result.status, words in result.err) == (1, True)
        assert "Traceback" not in result.err
    result = spoedkader("policy", "explain", "L001", "B5", "--year", 2027, addresses=empty_suite)
    assert result.status == 1
