"""The gate on the conditions of a year: a copy that is broken in one way gives exactly that problem, at its place."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.policy.gate import GateLimits, run_condition_gate

POLICIES = Path(__file__).parents[2] / "policies"
FOLDER = POLICIES / "inkoopkader" / "2027"


class Copy:
    """The files of the conditions of 2027, to break."""

    def __init__(self) -> None:
        self.files = {path.name: path.read_bytes() for path in FOLDER.iterdir()}

    def change(self, name: str, old: str, new: str) -> None:
        text = self.files[name].decode()
        assert old in text
        self.files[name] = text.replace(old, new, 1).encode()

    def append(self, name: str, text: str) -> None:
        self.files[name] += text.encode()

    def problems(self, limits: GateLimits | None = None) -> list[str]:
        return list(map(str, run_condition_gate(2027, self.files, limits=limits or GateLimits()).problems))


@pytest.fixture
def copy() -> Copy:
    return Copy()


@pytest.mark.parametrize("year", [2027, 2028])
def test_the_conditions_of_each_year_pass(year: int) -> None:
    files = {path.name: path.read_bytes() for path in (POLICIES / "inkoopkader" / str(year)).iterdir()}
    report = run_condition_gate(year, files)
    assert report.problems == ()
    assert (report.norm_count, report.line_coverage_percent) == (7, 100)
    assert report.test_count > 80


def test_a_function_that_engines_do_not_share(copy: Copy) -> None:
    copy.change("lib.rego", "due_on < input.as_of", "time.parse_rfc3339_ns(due_on) < input.as_of")
    message = "de functie time.parse_rfc3339_ns bestaat niet of mag hier niet worden gebruikt (deelverzameling)"
    assert any(found.startswith("lib.rego:") and found.endswith(message) for found in copy.problems())


def test_a_fact_that_conditions_are_not_given(copy: Copy) -> None:
    copy.change("tijdlijn.rego", "is_string(input.submitted_on)", "is_string(input.handed_in)")
    assert any(": lees van input alleen budget_year, as_of, " in found for found in copy.problems())


def test_going_along_what_may_be_no_list(copy: Copy) -> None:
    copy.change("afwijken.rego", "	is_array(location.duties)\n", "")
    assert [found for found in copy.problems() if "loopt over iets wat misschien geen verzameling is" in found]


def test_a_number_that_is_no_threshold_and_a_threshold_that_nobody_reads(copy: Copy) -> None:
    copy.change("overloop_dbc.rego", "!= thresholds.overloop_dbc.eerste_budgetjaar", "!= 2027")
    copy.change("data.json", '"eerste_budgetjaar": 2027', '"eerste_budgetjaar": 2027, "laatste": 2028')
    assert sorted(copy.problems()) == [
        "data.json:2: drempel overloop_dbc.laatste wordt door overloop_dbc.rego niet gelezen (drempels)",
        "overloop_dbc.rego:24: het getal 2027 hoort als drempel in data.json (drempels)",
    ]


def test_a_condition_without_tests_or_without_a_line_that_is_reached(copy: Copy) -> None:
    del copy.files["schoning_test.rego"]
    assert "schoning.rego: er is geen enkele test in schoning_test.rego (tests)" in copy.problems()
    other = Copy()
    other.append("schoning.rego", '\nnooit(x) := "dit" if x == "dat"\n')
    (found,) = other.problems()
    assert found.endswith("geen test bereikt regel 26 (dekking)")


def test_a_test_that_fails(copy: Copy) -> None:
    copy.change("lib.rego", "due_on < input.as_of", "due_on <= input.as_of")
    found = copy.problems()
    assert any(each.startswith("lib_test.rego:") and "test_a_term_ends_with_its_last_day" in each for each in found)
    assert all(each.endswith("(tests)") for each in found)


def test_metadata_and_numbers(copy: Copy) -> None:
    copy.change("schoning.rego", "# title: Schoning\n", "")
    assert copy.problems() == ["schoning.rego:2: METADATA title ontbreekt of is leeg (metadata)"]
    other = Copy()
    other.change("schoning.rego", "number: 3", "number: 8")
    said = "de voorwaarden zijn genummerd 1, 2, 4, 5, 6, 7, 8; dat moet 1 tot en met 7 zijn"
    assert other.problems() == [f".: {said} (metadata)"]


def test_a_package_that_only_looks_right(copy: Copy) -> None:
    copy.change(
        "schoning_test.rego", "package inkoopkader.y2027.schoning_test", "package inkoopkader.y2027.schoon_test"
    )
    assert copy.problems() == ["schoning_test.rego:1: package moet inkoopkader.y2027.schoning_test zijn (metadata)"]


def test_parameters_and_strangers(copy: Copy) -> None:
    copy.change("parameters.yaml", "value: 5280", "value: veel")
    copy.files["lees.txt"] = b"?"
    found = copy.problems()
    assert "lees.txt: dit bestand hoort niet in de map van een jaar (leest)" in found
    assert any(each.startswith("parameters.yaml:") for each in found)


def test_no_parameters(copy: Copy) -> None:
    del copy.files["parameters.yaml"]
    assert any("year en parameters" in found for found in copy.problems())


def test_what_does_not_come_to_an_end_is_ended(copy: Copy) -> None:
    copy.append(
        "schoning_test.rego",
        "\ntest_slow if count([1 | some a in numbers.range(1, 4000); some b in numbers.range(1, 4000); a == b]) == 0\n",
    )
    found = copy.problems(GateLimits(seconds=60.0, rule_seconds=1.0))
    assert any("liep langer dan 1 s en is afgebroken" in each for each in found)


# policy check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind in ("kwaliteitskader", "inkoopkader"):
        shutil.copytree(POLICIES / kind / "2027", tmp_path / kind / "2027")
    return tmp_path


def test_policy_check_looks_at_norms_and_conditions(folder: Path) -> None:
    path = folder / "inkoopkader" / "2027" / "lib.rego"
    path.write_text(path.read_text().replace("due_on < input.as_of", "due_on <= input.as_of"))
    ran = CliRunner().invoke(app, ["policy", "check", "--policies", str(folder), "--json"])
    assert ran.exit_code == 1
    norms, conditions = json.loads(ran.stdout)["years"]
    assert (norms["kind"], norms["year"], norms["passed"], norms["norm_count"]) == ("kwaliteitskader", 2027, True, 27)
    assert (conditions["kind"], conditions["passed"], conditions["norm_count"]) == ("inkoopkader", False, 7)
    assert {problem["check"] for problem in conditions["problems"]} == {"tests"}
    assert "inkoopkader/2027/" in conditions["problems"][0]["file"]
    words = CliRunner().invoke(app, ["policy", "check", "--policies", str(folder)], env={"COLUMNS": "200"})
    assert "2027: in orde (27 normen, " in words.stdout
    assert "problemen (7 voorwaarden, " in words.stdout
