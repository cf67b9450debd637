"""Which Rego the gate accepts: what the engines agree on, and names that exist."""

import pytest

from .conftest import Copy


def found(copy: Copy, file: str = "x1.rego") -> list[tuple[int, str]]:
    """The problems of the subset in a file, all of which there are: the line from where the file was added to."""
    problems = [problem.partition(": ") for problem in copy.unrun() if "(deelverzameling)" in problem]
    assert all(where.startswith(file) for where, _, _ in problems), problems
    first = copy.line(file, "# vanaf hier")
    return [
        (int(where.partition(":")[2]) - first, message.removesuffix(" (deelverzameling)"))
        for where, _, message in problems
    ]


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ("p := lib.fact(`a`, null, {}) if not lib.judged(false, true) == -0", []),
        ("p contains x if {\n\tevery y in {1, 2} { y > 0 }\n\tsome x in [1]\n}", []),
        ('p[k] := [v, k, lib.answer("a")] if some k, v in object.keys({"a": 1}) | {"b"}', []),
        ("p if 0 != 1 else := false if 1 in {2} else := null", []),
        ("p := 1.5", [(1, "1.5 is geen geheel getal van ten hoogste 15 cijfers")]),
        ("p := 1e3", [(1, "1e3 is geen geheel getal van ten hoogste 15 cijfers")]),
        (
            'p := ["é",\n\t-9999999999999999]',
            [(2, "-9999999999999999 is geen geheel getal van ten hoogste 15 cijfers")],
        ),
        ("p := 4 / 2", [(1, "delen kan niet: een uitkomst kan een breuk zijn")]),
        ("p := time.now_ns()", [(1, "de functie time.now_ns bestaat niet of mag hier niet worden gebruikt")]),
        (
            "p if { false }\nelse := rand.intn(`a`, 3) if { false }",
            [(2, "de functie rand.intn bestaat niet of mag hier niet worden gebruikt")],
        ),
        (
            "p := [crypto.md5(x) | some x in [1]]",
            [(1, "de functie crypto.md5 bestaat niet of mag hier niet worden gebruikt")],
        ),
        ("p := lib.moest(1, 2)", [(1, "de functie lib.moest bestaat niet")]),
        ("p := lib.most(1)", [(1, "lib.most krijgt 1 argumenten in plaats van 2")]),
        ("p := count([1], 2)", [(1, "count krijgt 2 argumenten in plaats van 1")]),
        ("p := onbekend(1)", [(1, "de functie onbekend bestaat niet of mag hier niet worden gebruikt")]),
        ("p := lib.outcomes(1)", [(1, "de functie lib.outcomes bestaat niet")]),
        ("p := lib.most", [(1, "data.kwaliteitskader.y2027.lib.most is een functie en wordt hier niet aangeroepen")]),
        ("p := lib.weg", [(1, "data.kwaliteitskader.y2027.lib.weg bestaat niet")]),
        ("p := lib", [(1, "data.kwaliteitskader.y2027.lib is een heel pakket; noem een regel daaruit")]),
        (
            "p := data.kwaliteitskader.y2026.lib.outcomes",
            [(1, "data.kwaliteitskader.y2026.lib.outcomes hoort niet bij de regels van dit jaar")],
        ),
        ("p := [data[x] | some x in [1]]", [(1, "data hoort niet bij de regels van dit jaar")]),
        (
            "p := data.kwaliteitskader.y2027.x1_test.test_met",
            [(1, "data.kwaliteitskader.y2027.x1_test.test_met hoort niet bij de regels van dit jaar")],
        ),
        ("p := weg", [(1, "weg is hier geen bekende naam")]),
        ("p := x if { some x in [1] }\nq := x", [(2, "x is hier geen bekende naam")]),
        ("p := [1, 2][_]", [(1, "gebruik some … in om langs een verzameling te gaan, niet _")]),
        ("p if { some x\n\t[1][x] == 1 }", [(1, "gebruik some … in: some zonder in zoekt in alles wat er is")]),
        (
            "p if { x = 1 }",
            [
                (1, "gebruik := om een naam te geven en == om te vergelijken, niet ="),
                (1, "x is hier geen bekende naam"),
            ],
        ),
        ("p := input.jaar", [(1, "lees van input alleen year, open_blocks, answers")]),
        ("p := input", [(1, "lees van input alleen year, open_blocks, answers")]),
        ("p := [input[x] | some x in [`year`]]", [(1, "lees van input alleen year, open_blocks, answers")]),
        ("p := input.year", []),
        ('p := input.answers["tijd.minuten"]', [(1, "een norm leest antwoorden met een toets uit lib.rego")]),
        ("p := lib.outcomes.if", [(1, 'if is een woord van Rego; schrijf ["if"]')]),
        ('p := lib.outcomes["if"]', []),
        ("p if { lib.answer(1) with input as {} }", [(1, "with kan alleen in een test")]),
        ("p := v if { v := 1 } { v := 2 }", [(1, "schrijf een regel met twee voorwaarden uit als twee regels")]),
        ("default p(_) := 1\n\np(2) := 3", [(1, "p: een functie kan geen default hebben")]),
        ("p(1) := 1\n\np(1, 2) := 1", [(3, "p is eerder in het bestand iets anders")]),
        ("p(1) := 1\n\np := 1", [(3, "p is eerder in het bestand iets anders")]),
        ("p.q.r := 1", [(1, "p: een regel heeft één naam, met hooguit één sleutel")]),
        ("p contains lib if { some lib in [1] }", [(1, "lib is al een naam in dit bestand; kies een andere")]),
        ("p(finding) := finding", [(1, "finding is al een naam in dit bestand; kies een andere")]),
        ("test_p := true", [(1, "test_p: een test hoort in een bestand op _test.rego")]),
        ("p if { print(1) }", [(1, "de functie print bestaat niet of mag hier niet worden gebruikt")]),
        ('p := sprintf("%d: %v 100%%", [1, 2])', []),
        ('p := sprintf("%s", [1])', [(1, "sprintf kent hier alleen %v, %d en %%, niet %s")]),
        ('p := sprintf("%.2f %5d", [1, 2])', [(1, "sprintf kent hier alleen %v, %d en %%, niet %., %5")]),
        ('p := sprintf("%v %v", [1])', [(1, "sprintf krijgt niet zo veel waarden als de tekst er noemt")]),
        ("p := sprintf(lib.outcomes.a, [1])", [(1, "sprintf krijgt een vaste tekst en een lijst tussen rechte haken")]),
        ('p := sprintf("%v", lib.outcomes)', [(1, "sprintf krijgt een vaste tekst en een lijst tussen rechte haken")]),
    ],
)
def test_what_a_rule_may_say(small: Copy, rules: str, problems: list[tuple[int, str]]) -> None:
    small.append("x1.rego", f"\n# vanaf hier\n{rules}\n")
    assert found(small) == problems


ALONG = "de regel loopt over iets wat misschien geen verzameling is; dan geven engines wat anders"


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ("p(x) := [y | some y in x]\n\nq := p([1])", []),
        ("p(x) := [y | some y in x]\n\nq := p([1])\n\nr := p(1)", [1]),
        ("p(x) := [y | some y in x] if is_array(x)\n\nq := p(1)", []),
        ("p(x) := [y | some y in x] if is_string(x)\n\nq := p(1)", [1]),
        ("p(x) if {\n\tevery y in x { y > 0 }\n}\n\nq if p(answer(`a`))", [2]),
        ("p := [y | some y in answers]\n\nanswers := input.answers if is_object(input.answers)", []),
        ("p := [y | some y in answers]\n\nanswers := input.answers", [1]),
        ("p := [y | some y in answers]\n\ndefault answers := 3\n\nanswers := {1}", [1]),
        ("p := [z | some y in [[1], [2]]; some z in y]", []),
        ("p := [z | some y in [[1], 2]; some z in y]", [1]),
        ('p := [z | some y in [{"a": [1], "b": 2}]; some z in y.a]', []),
        ('p := [z | some y in [{"a": [1], "b": 2}]; some z in y.b]', [1]),
        ("p contains 1\n\nq[x] := [1] if some x in p\n\nr := [z | some y in q; some z in y]", []),
        ("p := [y | some y in object.get({}, 1, 2)]", [1]),
        ("p := [y | some y in data.kwaliteitskader.y2027.thresholds.x1]", []),
        ("p := [y | some y in data.kwaliteitskader.y2027.thresholds.x1.minuten]", [1]),
        ("p(x) := [y | some y in q]\n\nq := f([1])\n\nf(x) := x", []),
        ("p := [y | some y in array.concat([1], [2])]\n\nq := [y | some y in {1} - {2}]", []),
        ("p := [y | some y in x] if x := [1]", []),
        ("p := [y | x := 1; some y in x]", [1]),
        ("p := [y | some y in x; x := [1]]", []),
        ("p(x) := [p([x])]\n\nq := [y | some y in p(1)]", []),
    ],
)
def test_what_a_rule_goes_along_is_a_collection(small: Copy, rules: str, lines: list[int]) -> None:
    small.append("lib.rego", f"\n# vanaf hier\n{rules}\n")
    assert found(small, "lib.rego") == [(line, ALONG) for line in lines]


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ("test_a if 1 in numbers.range(1, 3) with data.kwaliteitskader.y2027.thresholds.x1 as {}", []),
        ('test_a if x1.finding with input.answers as {"x": [y | some y in x1.finding]}', []),
        (
            "test_a if x1.finding with data.ander as 1",
            [(1, "with kan alleen input of de regels en drempels van dit jaar vervangen")],
        ),
        (
            "test_a if x1.finding with count as 1",
            [(1, "with kan alleen input of de regels en drempels van dit jaar vervangen")],
        ),
        ("test_a if time.now_ns() > 1", [(1, "de functie time.now_ns bestaat niet of mag hier niet worden gebruikt")]),
        ("test_a if 0.5 < 1", [(1, "0.5 is geen geheel getal van ten hoogste 15 cijfers")]),
    ],
)
def test_what_a_test_may_say(small: Copy, rules: str, problems: list[tuple[int, str]]) -> None:
    small.append("x1_test.rego", f"\n# vanaf hier\n{rules}\n")
    assert found(small, "x1_test.rego") == problems


@pytest.mark.parametrize(
    ("imported", "reason"),
    [
        ("data.kwaliteitskader.y2026.lib", "import van data.kwaliteitskader.y2026.lib kan niet"),
        ("data.kwaliteitskader.y2027.x1_test", "import van data.kwaliteitskader.y2027.x1_test kan niet"),
        ("data.kwaliteitskader.y2027", "import van data.kwaliteitskader.y2027 kan niet"),
        ("input.answers", "import van input.answers kan niet"),
        ("rego.v2", "import van rego.v2 kan niet"),
        ("data.kwaliteitskader.y2027.x1 as finding", "finding is ook de naam van een regel in dit bestand"),
    ],
)
def test_what_may_be_imported(small: Copy, imported: str, reason: str) -> None:
    small.change("x1.rego", "import rego.v1\n", f"import rego.v1\nimport {imported}\n")
    line = small.line("x1.rego", imported)
    assert [problem for problem in small.unrun() if problem.startswith(f"x1.rego:{line}: {reason}")]


def test_one_name_for_two_imports(small: Copy) -> None:
    small.change("x1.rego", "thresholds\n", "thresholds as lib\n")
    line = small.line("x1.rego", "import data.kwaliteitskader.y2027.lib")
    assert f"x1.rego:{line}: de naam lib wordt twee keer geïmporteerd (deelverzameling)" in small.unrun()
