"""A norm counts as the same in two sets only when nothing that it can read differs."""

import pytest

from services.policy.policy_set import PolicySet
from services.policy.whatif.sameness import modules_of, same_norm
from tests.policies.whatif.drafts import BASE, edited, next_year, replaced

POLICIES = BASE.read()
CODES = {norm.code for norm in POLICIES.catalogue}


def different(draft: PolicySet) -> set[str]:
    policies = draft.read()
    shared = CODES & {norm.code for norm in policies.catalogue}
    found = {code for code in shared if not same_norm(POLICIES, policies, code)}
    assert found == {code for code in shared if not same_norm(policies, POLICIES, code)}
    return found


def test_the_same_rules_in_another_year() -> None:
    assert different(BASE) == set()
    assert different(next_year()) == set()


@pytest.mark.parametrize(
    ("name", "before", "after", "norms"),
    [
        ("data.json", '"c4": {"minuten": 5}', '"c4": {"minuten": 4}', {"C4"}),
        ("data.json", '"poortervaring_maanden": 6', '"poortervaring_maanden": 7', {"A1"}),
        ("c24.rego", "lib.altijd(", "lib.ja(", {"C24"}),
        # A1 reads the file of A1-VOORKEUR.
        ("a1_voorkeur.rego", "lib.ja(", "lib.altijd(", {"A1", "A1-VOORKEUR"}),
        ("lib.rego", 'block == ""', 'block == "geen"', CODES),
        ("questionnaire.yaml", "options: [", "options: [NIEUW, ", {"B5", "C8"}),
        ("questionnaire.yaml", "specialisms:\n", "specialisms:\n  - geriatrie\n", CODES),
    ],
)
def test_what_a_change_reaches(name: str, before: str, after: str, norms: set[str]) -> None:
    assert different(edited({name: replaced(before, after)})) == norms


@pytest.mark.parametrize(
    "line",
    [
        "jaar := input.year",
        "alles := input",
        "alles := data.kwaliteitskader",
        'bron := input["answers"]',
        "titel := rego.metadata.rule()",
        "import data.iets.anders",
        "import data.kwaliteitskader.y2027.thresholds as drempels",
    ],
)
def test_a_norm_that_may_read_more_is_never_the_same(line: str) -> None:
    def added(text: str) -> str:
        return text.replace("import rego.v1", f"import rego.v1\n\n{line}")

    odd = edited({"c24.rego": added})
    policies = odd.read()
    assert not same_norm(policies, policies, "C24")
    assert same_norm(policies, policies, "C4")


def test_all_thresholds_when_it_does_not_say_which() -> None:
    def added(text: str) -> str:
        text = text.replace("2027.lib\n", "2027.lib\nimport data.kwaliteitskader.y2027.thresholds\n")
        return text + "\ndrempel(naam) := thresholds[naam]\n"

    one = edited({"c24.rego": added})
    other = edited({"data.json": replaced('"c4": {"minuten": 5}', '"c4": {"minuten": 4}')}, one)
    assert same_norm(one.read(), one.read(), "C24")
    assert not same_norm(one.read(), other.read(), "C24")


def test_the_modules_that_decide_a_norm() -> None:
    def names(code: str) -> list[str]:
        return sorted(modules_of(POLICIES, POLICIES.norm(code)))

    assert names("C24") == ["c24.rego", "lib.rego"]
    assert names("A1") == ["a1.rego", "a1_voorkeur.rego", "lib.rego"]
    odd = edited({"c24.rego": replaced("import rego.v1", "import rego.v1\n\njaar := input.year")}).read()
    assert modules_of(odd, odd.norm("C24")) == odd.modules
