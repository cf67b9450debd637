"""Each check of the gate: a copy of 2027 that is broken in one way gives exactly that problem, at its place."""

import pytest

from services.policy.gate import GateLimits
from services.policy.policy_set import PolicySet

from .conftest import Copy

AT_FINDING = "finding := "


def test_2027_passes(copy: Copy) -> None:
    report = copy.gate()
    assert report.problems == ()
    assert report.passed
    assert (report.norm_count, report.line_coverage_percent) == (27, 100)
    assert report.test_count > 200
    assert report.engine.startswith("regorus ")
    assert report.seconds > 0


def test_reads(copy: Copy) -> None:
    copy.append("c10.rego", '\np := $"een sjabloon"\n')
    line = copy.line("c10.rego", "sjabloon")
    assert copy.problems() == [f"c10.rego:{line}: is geen Rego: invalid character (leest)"]


def test_a_forbidden_function_where_nothing_ever_comes(copy: Copy) -> None:
    copy.change(
        "lib.rego",
        'if_known(true, false) := "onwaar"',
        'if_known(true, false) := "onwaar" if { true } else := time.now_ns()',
    )
    line = copy.line("lib.rego", "time.now_ns")
    assert copy.problems() == [
        f"lib.rego:{line}: de functie time.now_ns bestaat niet of mag hier niet worden gebruikt (deelverzameling)"
    ]


def test_nothing_that_reaches_outside_is_run(copy: Copy) -> None:
    copy.change(
        "b5_test.rego", "test_no_open_block if", 'test_x if http.send({"url": "http://x"})\n\ntest_no_open_block if'
    )
    line = copy.line("b5_test.rego", "http.send")
    report = copy.gate()
    assert [str(found) for found in report.problems] == [
        f"b5_test.rego:{line}: de functie http.send bestaat niet of mag hier niet worden gebruikt (deelverzameling)"
    ]
    assert report.test_count == 0


def test_a_code_that_gets_another_meaning(small: Copy) -> None:
    files = {name: text.replace(b"y2027", b"y2025") for name, text in small.files.items()}
    files["questionnaire.yaml"] = files["questionnaire.yaml"].replace(b"year: 2027", b"year: 2025")
    earlier = PolicySet(2025, files)
    # Only the latest year that had the code matters.
    before = PolicySet(
        2024, {name: text.replace(b"2025", b"2024").replace(b"Tijd", b"Ooit") for name, text in files.items()}
    )
    small.change("x1.rego", "# title: Tijd", "# title: Afstand")
    line = small.line("x1.rego", "code: X1")
    assert small.problems(earlier, before) == [
        (
            f'x1.rego:{line}: code X1 was in 2025 "Tijd": neem een nieuwe code, of noem die titel in '
            "custom.renamed_from als het dezelfde norm is (metadata)"
        )
    ]
    small.change("x1.rego", "#   code: X1", "#   code: X1\n#   renamed_from: Tijd")
    assert small.problems(earlier, before) == []


def test_an_earlier_year_that_cannot_be_read(small: Copy) -> None:
    earlier = PolicySet(2026, {})
    later = PolicySet(2028, {})
    assert small.problems(later, earlier) == [
        ".: de regels van 2026 zijn niet te lezen, dus codes zijn er niet mee te vergelijken (metadata)"
    ]


@pytest.mark.parametrize(("day", "right"), [("2027-01-01", False), ("2026-07-01", False), ("2027-01-02", True)])
def test_when_a_norm_begins_to_count(small: Copy, day: str, right: bool) -> None:
    small.change("x1.rego", "#   order: 1", f"#   order: 1\n#   effective_on: {day}")
    line = small.line("x1.rego", "effective_on")
    message = "effective_on moet na 1 januari 2027 liggen; een norm zonder geldt vanaf het begin (metadata)"
    assert small.problems() == ([] if right else [f"x1.rego:{line}: {message}"])


def test_a_verdict_that_is_never_given(copy: Copy) -> None:
    # Every test passes: the tests do not ask for it either.
    copy.change(
        "c10.rego",
        AT_FINDING,
        """finding := object.union(outcome, {"verdict": "VOLDOET"}) if {
	outcome.verdict == "VOLDOET_NIET"
} else := outcome

outcome := """,
    )
    copy.files["c10_test.rego"] = copy.files["c10_test.rego"].replace(b'"VOLDOET_NIET"', b'"VOLDOET"')
    line = copy.line("c10.rego", AT_FINDING)
    assert copy.problems() == [
        f"c10.rego:{line}: norm C10 geeft bij geen enkel antwoord het oordeel VOLDOET_NIET (oordelen)"
    ]


def test_a_norm_that_does_not_always_apply_says_so(copy: Copy) -> None:
    copy.change("b5.rego", "per_block: true", "per_block: false")
    line = copy.line("b5.rego", AT_FINDING)
    assert copy.problems() == [
        (
            f"b5.rego:{line}: norm B5 geeft soms NIET_VAN_TOEPASSING; "
            "zet per_block of applies_conditionally in METADATA op true (oordelen)"
        )
    ]
    copy.change("b5.rego", "per_block: false", "per_block: false\n#   applies_conditionally: true")
    assert copy.problems() == []


def test_a_norm_that_always_applies_does_not_say_otherwise(small: Copy) -> None:
    small.change("x1.rego", "#   per_block: false", "#   per_block: false\n#   applies_conditionally: true")
    line = small.line("x1.rego", AT_FINDING)
    assert small.problems() == [
        f"x1.rego:{line}: norm X1 geeft bij geen enkel antwoord het oordeel NIET_VAN_TOEPASSING (oordelen)"
    ]


def test_a_norm_without_a_finding_for_some_answer(small: Copy) -> None:
    small.change(
        "lib.rego", 'judged(true, false) := "VOLDOET_NIET"', 'judged(true, false) := "NIET" if input.year == 0'
    )
    small.change("x1_test.rego", "test_not_met if", "test_unknown_year if not")
    problems = small.problems()
    line = small.line("x1.rego", AT_FINDING)
    assert problems[0] == (
        f"x1.rego:{line}: norm X1 geeft geen oordeel bij open_blocks ['dag'] en answers "
        '{"tijd.minuten": 6} (oordelen)'
    )


def test_something_else_than_a_finding(small: Copy) -> None:
    small.change("lib.rego", 'judged(true, false) := "VOLDOET_NIET"', 'judged(true, false) := "NIET"')
    small.change("x1_test.rego", '"VOLDOET_NIET"', '"NIET"')
    line = small.line("x1.rego", AT_FINDING)
    assert small.problems() == [
        (
            f"x1.rego:{line}: norm X1 geeft iets anders dan een oordeel met feiten bij open_blocks ['dag'] en answers "
            '{"tijd.minuten": 6} (oordelen)'
        )
    ]


def test_all_norms_together_say_what_each_says_alone(small: Copy) -> None:
    small.change(
        "uitkomst.rego", "findings[stem] := finding if", 'findings[stem] := object.union(finding, {"facts": []}) if'
    )
    assert small.problems() == [
        (
            "uitkomst.rego: data.kwaliteitskader.uitkomst.y2027.findings geeft voor X1 iets anders dan de norm zelf "
            "bij open_blocks ['dag'] en answers {} (oordelen)"
        )
    ]


def test_what_the_engine_cannot_run_is_named_once(small: Copy) -> None:
    small.change("lib.rego", 'judged(true, false) := "VOLDOET_NIET"', 'judged(true, _) := "VOLDOET_NIET"')
    line = small.line("lib.rego", "verdict := judged")
    assert small.problems() == [
        (
            f"lib.rego:{line}: de engine kan dit niet uitvoeren: "
            "functions must not produce multiple outputs for same inputs (oordelen)"
        )
    ]


def test_a_test_fails(copy: Copy) -> None:
    copy.change(
        "b5_test.rego",
        'test_no_open_block if verdict([], "1", true, true) == "NIET',
        'test_no_open_block if verdict([], "1", true, true) == "WEL',
    )
    line = copy.line("b5_test.rego", "test_no_open_block if")
    assert copy.problems() == [f"b5_test.rego:{line}: test_no_open_block: de test gaat niet op (tests)"]


def test_a_test_with_the_name_of_another(copy: Copy) -> None:
    copy.append("b5_test.rego", "\ntest_no_open_block if true\n")
    lines = [copy.line("b5_test.rego", "test_no_open_block if"), len(copy.files["b5_test.rego"].splitlines())]
    assert copy.problems() == [
        f"b5_test.rego:{line}: test_no_open_block: er is meer dan één regel met deze naam (tests)" for line in lines
    ]


def test_a_norm_without_tests(small: Copy) -> None:
    small.files["x1_test.rego"] = small.files["x1_test.rego"].replace(b"test_", b"toets_")
    assert "x1.rego: er is geen enkele test in x1_test.rego (tests)" in small.problems()


def test_lines_that_no_test_reaches(copy: Copy) -> None:
    copy.append("lib.rego", "\nunused(x) := y if {\n\tx == 1\n\n\t# niets\n\ty := x\n}\n\nused := 1\n\nalso(x) := x\n")
    line = copy.line("lib.rego", "unused(x)")
    assert copy.problems() == [
        f"lib.rego:{line}: geen test bereikt regel {line} tot en met {line + 4} (dekking)",
        f"lib.rego:{line + 9}: geen test bereikt regel {line + 9} (dekking)",
    ]


def test_a_question_that_is_read_and_not_declared(copy: Copy) -> None:
    copy.change("a1.rego", "#     - arts.als_afgerond\n", "")
    line = copy.line("a1.rego", "questions:")
    assert copy.problems() == [
        (
            f"a1.rego:{line}: de norm leest vraag arts.als_afgerond (in a1_voorkeur.rego), "
            "die niet in questions staat (vragen)"
        )
    ]


def test_a_question_that_is_declared_and_not_read(copy: Copy) -> None:
    copy.change("b7.rego", "#     - ic.beschikbaar\n", "#     - ic.beschikbaar\n#     - trauma.level\n")
    line = copy.line("b7.rego", "- trauma.level")
    assert copy.problems() == [
        f"b7.rego:{line}: de norm leest vraag trauma.level niet, die zij in questions noemt (vragen)"
    ]


def test_questions_and_the_questionnaire(copy: Copy) -> None:
    copy.change("questionnaire.yaml", "- id: ic.beschikbaar\n", "- id: ic.beschikbaar\n    information_only: true\n")
    copy.append("questionnaire.yaml", '  - {id: parkeren, type: boolean, per_block: false, text: "Is er plaats?"}\n')
    first, second = copy.line("questionnaire.yaml", "- id: ic."), copy.line("questionnaire.yaml", "parkeren")
    assert copy.problems() == [
        f"questionnaire.yaml:{first}: vraag ic.beschikbaar is information_only, maar een norm leest haar (vragen)",
        (
            f"questionnaire.yaml:{second}: vraag parkeren wordt door geen norm gelezen; "
            "zet er anders information_only: true bij (vragen)"
        ),
    ]
    copy.change("questionnaire.yaml", "    information_only: true\n", "")
    copy.change("questionnaire.yaml", 'plaats?"', 'plaats?", information_only: true')
    assert copy.unrun() == []


@pytest.mark.parametrize("name", ["tijd.minute", "minuten"])
def test_a_question_that_does_not_exist(small: Copy, name: str) -> None:
    small.change("x1.rego", '"tijd.minuten", thr', f'"{name}", thr')
    line = small.line("x1.rego", AT_FINDING)
    assert f"x1.rego:{line}: vraag {name} staat niet in de vragenlijst (vragen)" in small.unrun()


def test_a_fact_about_a_question_that_the_norm_does_not_name(small: Copy) -> None:
    small.change("lib.rego", '"question": question', '"question": concat(".", ["tijd", "uren"])')
    line = small.line("x1.rego", AT_FINDING)
    assert small.problems() == [f"x1.rego:{line}: norm X1 toont een feit over tijd.uren, dat zij niet noemt (oordelen)"]


def test_a_threshold_that_nobody_reads(copy: Copy) -> None:
    copy.change("data.json", '"c10": {"minuten": 10}', '"c10": {\n  "minuten": 10,\n  "uren": 1\n}')
    line = copy.line("data.json", '"uren"')
    assert copy.problems() == [f"data.json:{line}: drempel c10.uren wordt door c10.rego niet gelezen (drempels)"]


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (
            "x1.rego",
            "thresholds.x1.minuten)",
            "5)",
            "x1.rego:{line}: het getal 5 hoort als drempel in data.json (drempels)",
        ),
        (
            "x1.rego",
            "finding :=",
            'p := "kno"\n\nfinding :=',
            'x1.rego:{line}: het antwoord "kno" hoort als drempel in data.json (drempels)',
        ),
        (
            "x1.rego",
            "thresholds.x1.minuten)",
            "thresholds.x1.uren)",
            "x1.rego:{line}: drempel x1.uren staat niet in data.json (drempels)",
        ),
        (
            "x1.rego",
            "thresholds.x1.minuten)",
            "thresholds.x1)",
            "x1.rego:{line}: noem een drempel voluit: thresholds.<norm>.<naam> (drempels)",
        ),
        (
            "lib.rego",
            "outcomes :=",
            "p := 12\n\noutcomes :=",
            "lib.rego:{line}: het getal 12 hoort als drempel in data.json (drempels)",
        ),
        (
            "data.json",
            '"x1": {"minuten": 5}',
            '"x1": {"minuten": 5}, "x2": {"uren": 5}',
            "data.json:{line}: er is geen norm x2 voor deze drempels (drempels)",
        ),
        (
            "data.json",
            '{"minuten": 5}',
            '{"minuten": 5.5}',
            "data.json:{line}: drempel x1.minuten is geen geheel getal (deelverzameling)",
        ),
        (
            "data.json",
            '{"minuten": 5}',
            '{"minuten": [5, 1.0]}',
            "data.json:{line}: drempel x1.minuten.1 is geen geheel getal (deelverzameling)",
        ),
        (
            "data.json",
            '{"minuten": 5}',
            '{"minuten": 1234567890123456}',
            "data.json:{line}: drempel x1.minuten heeft meer dan 15 cijfers (deelverzameling)",
        ),
        ("data.json", '{"minuten": 5}', '{"minuten": null}', "data.json:{line}: drempel x1.minuten is leeg (drempels)"),
        ("data.json", '{"minuten": 5}', "5", "data.json:{line}: x1 moet een object met drempels zijn (drempels)"),
        (
            "data.json",
            '{"kw',
            '{"lib": {}, "kw',
            "data.json:1: lib hoort hier niet: alleen kwaliteitskader.y2027.thresholds (leest)",
        ),
    ],
)
def test_where_thresholds_are(small: Copy, name: str, old: str, new: str, problem: str) -> None:
    small.change(name, old, new)
    assert problem.format(line=small.line(name, new.splitlines()[0])) in small.unrun()


def test_files_that_do_not_belong_there(small: Copy) -> None:
    small.files |= {"oud.yaml": b"a: 1", "y_test.rego": b"package x\n", "z_test.rego": b"package z\n# \xff"}
    assert small.unrun() == [
        "oud.yaml: dit bestand hoort niet in de map van een jaar (leest)",
        "y_test.rego:1: package moet kwaliteitskader.y2027.y_test zijn (metadata)",
        "z_test.rego:2: is geen UTF-8 (leest)",
    ]


def test_a_package_that_only_the_engine_sees(small: Copy) -> None:
    text = small.files["x1.rego"].decode()
    hidden = "package kwaliteitskader.y2027.x2 # anders\n\nimport rego.v1\n\np := `\n" + text.replace("`", "") + "`\n"
    small.files["x1.rego"] = hidden.encode()
    assert "x1.rego:1: package moet kwaliteitskader.y2027.x1 zijn (metadata)" in small.unrun()


def test_everything_at_once(copy: Copy) -> None:
    copy.change("b7.rego", "level: norm", "level: wens")
    copy.change("c10.rego", "finding :=", "p := 1.5\n\nfinding :=")
    copy.change("b5_test.rego", "test_no_open_block if", "test_no_open_block if not")
    copy.append("lib.rego", "\nunused(x) := time.date(x)\n")
    copy.change("data.json", '"c4": {', '"c4": {"uren": 1, ')
    places = [(found.file, found.line, found.check) for found in copy.gate().problems]
    assert places == sorted(places)
    unused = copy.line("lib.rego", "unused")
    assert set(places) == {
        ("b7.rego", copy.line("b7.rego", "level: wens"), "metadata"),
        ("c10.rego", copy.line("c10.rego", "p := 1.5"), "deelverzameling"),
        ("c10.rego", copy.line("c10.rego", "p := 1.5"), "drempels"),
        ("b5_test.rego", copy.line("b5_test.rego", "test_no_open_block if"), "tests"),
        ("lib.rego", unused, "deelverzameling"),
        ("lib.rego", unused, "dekking"),
        ("data.json", copy.line("data.json", '"c4"'), "drempels"),
        # The norm of which the METADATA cannot be read is no norm, so nobody reads this.
        ("questionnaire.yaml", copy.line("questionnaire.yaml", "ic.beschikbaar"), "vragen"),
    }


def test_nothing_at_all() -> None:
    problems = Copy({}).problems()
    assert problems == [
        ".: er is geen enkele norm (leest)",
        "data.json: dit bestand ontbreekt (leest)",
        "lib.rego: dit bestand ontbreekt (leest)",
        "questionnaire.yaml: dit bestand ontbreekt (leest)",
        "uitkomst.rego: dit bestand ontbreekt (leest)",
    ]


# --- what does not come to an end ---

ENDLESS = " ; ".join(f"some n{n} in big" for n in range(12))
BIG = '\nbig := {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}\n'
SHORT = GateLimits(seconds=60, rule_seconds=1.5)


def test_a_rule_without_end(small: Copy) -> None:
    small.append("lib.rego", f"{BIG}\nendless := count({{n0 | {ENDLESS}; n0 == n1; n1 == `z`}})\n")
    small.change(
        "x1.rego", "finding :=", "finding := lib.most(`tijd.minuten`, lib.endless) if input.answers\n\nanders :="
    )
    small.change("x1.rego", "if input.answers", "")
    (problem,) = [found for found in small.gate(limits=SHORT).problems if found.check == "looptijd"]
    assert str(problem) == (
        f"x1.rego:{small.line('x1.rego', AT_FINDING)}: het oordeel van X1 liep langer dan 1,5 s en is afgebroken; "
        "wat daarna komt is niet bekeken (looptijd)"
    )


def test_a_test_without_end(small: Copy) -> None:
    small.append("x1_test.rego", f"{BIG}\ntest_endless if count({{n0 | {ENDLESS}; n0 == n1; n1 == `z`}}) == 0\n")
    line = small.line("x1_test.rego", "test_endless")
    assert list(map(str, small.gate(limits=SHORT).problems)) == [
        (
            f"x1_test.rego:{line}: de test test_endless liep langer dan 1,5 s en is afgebroken; "
            "wat daarna komt is niet bekeken (looptijd)"
        )
    ]


def test_what_was_found_before_is_not_lost(small: Copy) -> None:
    small.append(
        "x1_test.rego", f"{BIG}\ntest_a if false\n\ntest_b if count({{n0 | {ENDLESS}; n0 == n1; n1 == `z`}}) == 0\n"
    )
    small.append("x1.rego", "\np := 1.5\n")
    checks = [found.check for found in small.gate(limits=SHORT).problems]
    assert checks == ["deelverzameling", "drempels", "tests", "looptijd"]


def test_what_is_nested_deeper_than_can_be_followed(small: Copy) -> None:
    small.append("x1.rego", f"\np := 0{''.join(chr(10) + '+ 0' for _ in range(2000))}\n")
    (problem,) = small.gate().problems
    assert (problem.file, problem.check) == (".", "afgebroken")
    assert problem.message.startswith("het nalezen van de regels ging niet, want iets is te diep genest; ")


def test_a_name_that_looks_as_if_it_reaches_outside(small: Copy) -> None:
    small.change("x1.rego", "y2027.lib\n", "y2027.lib as http\n")
    small.change("x1.rego", "lib.most", "http.most")
    report = small.gate()
    assert (report.problems, report.test_count) == ((), 4)


def test_a_file_that_takes_forever_to_read(small: Copy) -> None:
    small.append("x1.rego", f"\np := {'[' * 40}{']' * 40}\n")
    assert list(map(str, small.gate(limits=SHORT).problems)) == [
        "x1.rego: het lezen liep langer dan 1,5 s en is afgebroken; wat daarna komt is niet bekeken (looptijd)"
    ]


def test_the_gate_as_a_whole_ends_in_time(small: Copy) -> None:
    small.append("x1_test.rego", f"{BIG}\ntest_endless if count({{n0 | {ENDLESS}; n0 == n1; n1 == `z`}}) == 0\n")
    (problem,) = small.gate(limits=GateLimits(seconds=3, rule_seconds=60)).problems
    assert (problem.file, problem.check) == ("x1_test.rego", "looptijd")
    assert "omdat de hele controle langer duurde dan 3 s" in problem.message


def test_a_rule_that_eats_memory(small: Copy) -> None:
    small.append("x1_test.rego", f"{BIG}\ntest_hungry if count([[n0, n1, n2, n3] | {ENDLESS}]) == 0\n")
    line = small.line("x1_test.rego", "test_hungry")
    limits = GateLimits(megabytes=256)
    assert list(map(str, small.gate(limits=limits).problems)) == [
        (
            f"x1_test.rego:{line}: de test test_hungry vroeg meer dan 256 MB en is afgebroken; "
            "wat daarna komt is niet bekeken (geheugen)"
        )
    ]


def test_what_a_test_prints_does_no_harm(small: Copy) -> None:
    small.append(
        "x1_test.rego", f"{BIG}\ntest_prints if {{\n\tevery a in big {{ every b in big {{ print(a, b) }} }}\n}}\n"
    )
    assert [found for found in small.problems() if "(tests)" in found] == []


@pytest.mark.parametrize("name", ["x1.rego", "questionnaire.yaml"])
def test_yaml_that_unfolds_without_end(small: Copy, name: str) -> None:
    bomb = "a: &a [1, 1]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
    )
    if name == "x1.rego":
        bomb = "".join(f"#   {line}\n" for line in bomb.splitlines())
        small.change(name, "# custom:\n", f"# custom:\n{bomb}")
    else:
        small.files[name] = bomb.encode() + small.files[name]
    assert [found for found in small.gate(limits=SHORT).problems if found.file == name]
