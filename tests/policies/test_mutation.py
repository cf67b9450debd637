"""The mutation of Rego rules: which faults are made, that each is one fault, and what becomes of them."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.year import PolicyYear
from tests.mutation import __main__ as command
from tests.mutation.judging import Fate, Judgement, Judges, judge, rego_tests_of
from tests.mutation.mutants import Edit, Mutant, mutants_of
from tests.mutation.operators import rego_mutants
from tests.mutation.score import Judged, Score, score
from tests.mutation.thresholds import norm_of, threshold_mutants

from .conftest import POLICIES

RULE = """package kwaliteitskader.y2027.b1

import rego.v1

import data.kwaliteitskader.y2027.lib

# é == true, "waar" en [1, 2] staan hier niet in code.
default grens := 3

gelijk if {
	some x in input.rij # é < 3
	x < 3; x != 1
	not leeg(input.rij)
	grens
	"é" == input.x
}

leeg(rij) := true if {
	rij == []
} else := false if count(rij) > 0

lijst := lib.all_of([
	lib.altijd("arts.specialist_aanwezig", [1, 2]),
	{"a": "waar"},
])
"""

POLICY = """package p

import rego.v1

groot if input.x >= data.p.grens
"""

TESTS = """package p_test

import rego.v1

import data.p

test_groot if p.groot with input as {"x": 3}

test_klein if not p.groot with input as {"x": 2}
"""


def changes(year: PolicyYear, text: str) -> dict[str, list[tuple[str, str]]]:
    """By kind, each mutant of a text as its lines before and after."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for mutant in rego_mutants("b1.rego", text, year):
        found[mutant.kind].append((mutant.before, mutant.after))
    return dict(found)


# --- the faults ---


def test_every_fault_in_a_rule(year_2027: PolicyYear) -> None:
    found = changes(year_2027, RULE)
    of_two = "x < 3; x != 1"
    altijd = 'lib.altijd("arts.specialist_aanwezig", [1, 2]),'
    assert found == {
        "default weg": [("default grens := 3", "")],
        "getal": [
            ("default grens := 3", "default grens := 2"),
            ("default grens := 3", "default grens := 4"),
            (of_two, "x < 2; x != 1"),
            (of_two, "x < 4; x != 1"),
            (of_two, "x < 3; x != 0"),
            (of_two, "x < 3; x != 2"),
            ("} else := false if count(rij) > 0", "} else := false if count(rij) > -1"),
            ("} else := false if count(rij) > 0", "} else := false if count(rij) > 1"),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [0, 2]),'),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [2, 2]),'),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [1, 1]),'),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [1, 3]),'),
        ],
        "vergelijking": [
            (of_two, "x <= 3; x != 1"),
            (of_two, "x >= 3; x != 1"),
            (of_two, "x < 3; x == 1"),
            ('"é" == input.x', '"é" != input.x'),
            ("rij == []", "rij != []"),
            ("} else := false if count(rij) > 0", "} else := false if count(rij) >= 0"),
            ("} else := false if count(rij) > 0", "} else := false if count(rij) <= 0"),
        ],
        "voorwaarde weg": [
            (of_two, "true; x != 1"),
            (of_two, "x < 3; true"),
            ("not leeg(input.rij)", "true"),
            ("grens", "true"),
            ('"é" == input.x', "true"),
            ("rij == []", "true"),
            ("} else := false if count(rij) > 0", "} else := false if true"),
        ],
        "voorwaarde omgekeerd": [("not leeg(input.rij)", "leeg(input.rij)"), ("grens", "not grens")],
        "waar of niet": [
            ("leeg(rij) := true if {", "leeg(rij) := false if {"),
            ("} else := false if count(rij) > 0", "} else := true if count(rij) > 0"),
        ],
        "else weg": [("} else := false if count(rij) > 0", "}")],
        "tekst": [('"é" == input.x', '"é_anders" == input.x')],
        "functie": [
            ("lijst := lib.all_of([", "lijst := lib.any_of(["),
            (altijd, 'lib.ja("arts.specialist_aanwezig", [1, 2]),'),
        ],
        "vraag": [(altijd, 'lib.altijd("arts.ervaren_arts_aanwezig", [1, 2]),')],
        "element weg": [
            (f'{altijd} {{"a": "waar"}},', '{"a": "waar"},'),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [2]),'),
            (altijd, 'lib.altijd("arts.specialist_aanwezig", [1]),'),
            (f'{altijd} {{"a": "waar"}},', altijd),
        ],
        "uitkomst": [('{"a": "waar"},', '{"a": "onwaar"},'), ('{"a": "waar"},', '{"a": "onbekend"},')],
    }


def test_a_threshold_of_the_same_norm(year_2027: PolicyYear) -> None:
    rules = ("x := data.thresholds.a1.poortervaring_maanden", "y := data.thresholds.c5.minuten")
    text = "\n\n".join(("package p", "import rego.v1", *rules))
    assert changes(year_2027, text) == {
        "andere drempel": [
            ("x := data.thresholds.a1.poortervaring_maanden", "x := data.thresholds.a1.klinische_ervaring_maanden")
        ]
    }


def test_no_function_comes_to_call_itself(year_2027: PolicyYear) -> None:
    text = "package p\n\nimport rego.v1\n\nany_of(x) := all_of(x)\n\nall_of(x) := x\n"
    assert changes(year_2027, text) == {}


def test_every_fault_in_the_thresholds(year_2027: PolicyYear) -> None:
    values = {
        "b5": {"level": "geen"},
        "c8": {"systemen": ["MTS", "ESI"], "een": ["MTS"]},
        "x": {"a": 12, "b": True, "c": "é"},
    }
    text = json.dumps({"kwaliteitskader": {"y2027": {"thresholds": values}}}, ensure_ascii=False)
    found = [
        (norm_of(mutant, text), json.loads(mutant.text)["kwaliteitskader"]["y2027"]["thresholds"])
        for mutant in threshold_mutants(text, year_2027.questionnaire)
    ]
    assert found == [
        ("b5", values | {"b5": {"level": "1"}}),
        ("c8", values | {"c8": {"systemen": ["ESI"], "een": ["MTS"]}}),
        ("c8", values | {"c8": {"systemen": ["MTS"], "een": ["MTS"]}}),
        ("c8", values | {"c8": {"systemen": ["MTS", "ESI"], "een": []}}),
        ("x", values | {"x": {"a": 11, "b": True, "c": "é"}}),
        ("x", values | {"x": {"a": 13, "b": True, "c": "é"}}),
        ("x", values | {"x": {"a": 12, "b": False, "c": "é"}}),
        ("x", values | {"x": {"a": 12, "b": True, "c": "é_anders"}}),
    ]


def test_a_mutant_says_where_it_differs_and_appears_once() -> None:
    edits = [Edit("a", 3, 4, "y"), Edit("b", 3, 4, "y"), Edit("c", 0, 1, "1"), Edit("d", 0, 3, "")]
    assert list(mutants_of("f", "1\n\tx  z\n3", edits)) == [
        Mutant("f", 2, "a", "x z", "y z", "1\n\ty  z\n3"),
        Mutant("f", 1, "d", "1 x z", "x z", "x  z\n3"),
    ]


def test_every_rule_and_every_threshold_is_mutated(year_2027: PolicyYear) -> None:
    made = command.mutants(load_policy_set(POLICIES, 2027))
    # What gathers the findings has no condition, constant or function to get wrong.
    assert {mutant.file for mutant in made} == {*year_2027.modules, "data.json"} - {"uitkomst.rego"}
    assert len({(mutant.file, mutant.text) for mutant in made}) == len(made)
    data = (POLICIES / "kwaliteitskader" / "2027" / "data.json").read_text()
    assert {norm_of(mutant, data) for mutant in made if mutant.file == "data.json"} == set(year_2027.thresholds)


# --- what becomes of them ---


@pytest.fixture
def files() -> dict[str, str]:
    return {"p.rego": POLICY, "p_test.rego": TESTS, "data.json": '{"p": {"grens": 3}}'}


def test_fates(files: dict[str, str]) -> None:
    tests = rego_tests_of(files)
    assert [(test.package, test.rule) for test in tests] == [("p_test", "test_groot"), ("p_test", "test_klein")]
    assert judge(files, tests) == Judgement(Fate.SURVIVED)
    assert judge(files | {"data.json": '{"p": {"grens": 2}}'}, tests) == Judgement(Fate.KILLED, "p_test.test_klein")
    assert judge(files | {"data.json": '{"p": {"grens": 4}}'}, tests) == Judgement(Fate.KILLED, "p_test.test_groot")
    # A test that cannot be evaluated has not passed either.
    assert judge(files | {"p.rego": POLICY.replace(">= data.p.grens", "+ [1]")}, tests).fate is Fate.KILLED
    unsafe = judge(files | {"p.rego": POLICY.replace("input.x", "y")}, tests)
    assert (unsafe.fate, "unsafe" in unsafe.by) == (Fate.INVALID, True)
    assert judge(files | {"p.rego": "package p\n\ngroot if {"}, tests).fate is Fate.INVALID


def test_the_tests_of_the_norm_go_first(files: dict[str, str]) -> None:
    both = files | {"q_test.rego": TESTS.replace("p_test", "q_test"), "q.rego": "package q\n"}
    mutants = [
        Mutant("p.rego", 5, "", "", "", POLICY.replace(">=", "<")),
        Mutant("q.rego", 1, "", "", "", "package q\n\nx := 1\n"),
    ]
    with Judges(both | {"p.rego": mutants[0].text}, processes=1) as judges:
        assert [judgement.by for judgement in judges.judge(mutants)] == ["p_test.test_groot", "q_test.test_groot"]


def test_judging_in_other_processes(files: dict[str, str]) -> None:
    mutants = [Mutant("p.rego", 5, "", "", "", POLICY.replace(">=", sign)) for sign in (">", "<", "==", "!", ">=")]
    with Judges(files, processes=2) as judges:
        assert judges.baseline() == Judgement(Fate.SURVIVED)
        fates = [judgement.fate for judgement in judges.judge(mutants)]
    assert fates == [Fate.KILLED, Fate.KILLED, Fate.SURVIVED, Fate.INVALID, Fate.SURVIVED]


def test_one_that_runs_away_is_killed_and_the_next_is_judged(files: dict[str, str]) -> None:
    endless = "[1 | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b < 0]"
    slow = Mutant("p.rego", 5, "", "", "", f"{POLICY}\ngroot if count({endless}) > 0\n")
    same = Mutant("p.rego", 5, "", "", "", POLICY)
    with Judges(files, processes=1) as judges:
        judges.baseline()
        judges.seconds = 3.0
        first, second = judges.judge([slow, same])
    assert first == Judgement(Fate.KILLED, "geen uitslag: te lang bezig, of omgevallen")
    assert second.fate is Fate.SURVIVED


def test_score() -> None:
    def judged(fate: Fate, count: int) -> list[Judged]:
        return [Judged(2027, Mutant("f", 1, "", "", "", ""), Judgement(fate))] * count

    exactly = score(judged(Fate.KILLED, 19) + judged(Fate.SURVIVED, 1) + judged(Fate.INVALID, 5))
    assert (exactly, exactly.enough) == (Score(mutants=20, killed=19, invalid=5), True)
    assert str(exactly) == "19 van 20 mutanten (95,0 %)"
    almost = Score(mutants=10_000, killed=9_499, invalid=0)
    assert (str(almost), almost.enough) == ("9499 van 10000 mutanten (94,9 %)", False)
    assert not score([]).enough


# --- the command ---


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The rules of 2027 with two norms, in a folder of policies."""
    target = tmp_path / "kwaliteitskader" / "2027"
    target.mkdir(parents=True)
    policy_set = load_policy_set(POLICIES, 2027)
    for name in ("b2.rego", "b2_test.rego", "c17.rego", "c17_test.rego", "lib.rego", "uitkomst.rego"):
        (target / name).write_bytes(policy_set.files[name])
    for name in ("testdata_test.rego", "questionnaire.yaml", "data.json"):
        (target / name).write_bytes(policy_set.files[name])
    return tmp_path


def run(policies: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, files: set[str]) -> Result:
    """Runs the command on only the mutants of some files."""
    everything = command.mutants

    def some(policy_set: PolicySet) -> list[Mutant]:
        return [mutant for mutant in everything(policy_set) if mutant.file in files]

    monkeypatch.setattr(command, "mutants", some)
    # Wide enough for each line of code.
    return CliRunner().invoke(command.app, ["--policies", str(policies), *arguments], env={"COLUMNS": "200"})


def test_enough_killed(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(small, monkeypatch=monkeypatch, files={"b2.rego", "c17.rego"})
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "Gedood: 6 van 6 mutanten (100,0 %)"


def test_a_norm_without_tests_is_found_out(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "kwaliteitskader" / "2027" / "c17_test.rego").unlink()
    result = run(small, monkeypatch=monkeypatch, files={"b2.rego", "c17.rego"})
    assert result.exit_code == 1
    assert "OVERLEEFD 2027/c17.rego:22 (functie)" in result.stdout
    assert 'was:   finding := lib.whole_location(lib.ja("echo.afspraken", lib.locatie))' in result.stdout
    assert 'werd:  finding := lib.whole_location(lib.altijd("echo.afspraken", lib.locatie))' in result.stdout
    assert result.stdout.splitlines()[-1] == "Gedood: 3 van 6 mutanten (50,0 %)"
    again = json.loads(run(small, "--json", monkeypatch=monkeypatch, files={"b2.rego", "c17.rego"}).stdout)
    assert (again["mutants"], again["killed"], again["invalid"], again["enough"]) == (6, 3, 0, False)
    assert {(one["file"], one["fate"]) for one in again["judged"]} == {
        ("2027/b2.rego", "killed"),
        ("2027/c17.rego", "survived"),
    }


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("b2_test.rego", "package b2_test\n\nimport rego.v1\n\ntest_no if false\n", "De tests van 2027 slagen niet"),
        ("c17.rego", "package kwaliteitskader.y2027.c17\n", "De regels van 2027 zijn niet te lezen."),
    ],
    ids=["a test fails", "a norm is incomplete"],
)
def test_rules_that_say_nothing_about_a_mutant(
    small: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, message: str
) -> None:
    (small / "kwaliteitskader" / "2027" / file).write_text(text)
    result = run(small, monkeypatch=monkeypatch, files={"b2.rego"})
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_year_without_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(POLICIES, "--year", "1999", monkeypatch=monkeypatch, files=set())
    assert (result.exit_code, result.stderr.strip()) == (1, "Er zijn geen regels voor 1999.")
