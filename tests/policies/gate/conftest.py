"""The gate, on copies of 2027 that are broken in one way."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from services.policy.gate import GateLimits, GateReport, run_gate
from services.policy.gate.inspection import check_source, read_source
from services.policy.gate.messages import Message
from services.policy.policy_set import PolicySet
from services.policy.problems import Problem

Files = dict[str, bytes]


@dataclass
class Copy:
    """The files of a year, to break."""

    files: Files

    def change(self, name: str, old: str, new: str) -> None:
        """Replaces a text that stands there once or more, the first time that it does."""
        text = self.files[name].decode()
        assert old in text
        self.files[name] = text.replace(old, new, 1).encode()

    def append(self, name: str, text: str) -> None:
        self.files[name] += text.encode()

    def line(self, name: str, text: str) -> int:
        """The first line that holds a text."""
        return next(n for n, line in enumerate(self.files[name].decode().splitlines(), 1) if text in line)

    @property
    def policy_set(self) -> PolicySet:
        return PolicySet(2027, self.files)

    def gate(self, *earlier: PolicySet, limits: GateLimits | None = None) -> GateReport:
        """What the gate says."""
        return run_gate(self.policy_set, earlier, limits=limits or GateLimits())

    def problems(self, *earlier: PolicySet) -> list[str]:
        """The problems that the gate names."""
        return list(map(str, self.gate(*earlier).problems))

    def unrun(self) -> list[str]:
        """The problems that show without running anything."""
        found: list[Problem] = []

        def tell(message: Message) -> None:
            found.extend(message if isinstance(message, tuple) else ())

        source, whole = read_source(self.policy_set, tell)
        for problems in check_source(source, (), whole=whole):
            found.extend(problems)
        return list(map(str, sorted(set(found))))


@pytest.fixture
def copy(year_files: Files) -> Copy:
    return Copy(year_files)


@pytest.fixture(scope="session")
def small_files() -> Callable[[], Files]:
    return lambda: {name: text.encode() for name, text in _SMALL.items()}


@pytest.fixture
def small(small_files: Callable[[], Files]) -> Copy:
    """A year of one norm."""
    return Copy(small_files())


_SMALL = {
    "lib.rego": """package kwaliteitskader.y2027.lib

import rego.v1

answer(question) := object.get(input.answers, question, null)

most(question, maximum) := {"verdict": verdict, "facts": [fact(question, value, maximum)]} if {
	value := answer(question)
	verdict := judged(is_number(value), value <= maximum)
}

judged(false, _) := "ONBEKEND"

judged(true, true) := "VOLDOET"

judged(true, false) := "VOLDOET_NIET"

outcomes := {"ONBEKEND": "onbekend"}

fact(question, value, maximum) := {
	"question": question,
	"block": "",
	"item": "",
	"value": value,
	"condition": sprintf("<= %d", [maximum]),
	"threshold": maximum,
	"outcome": object.get(outcomes, judged(is_number(value), value <= maximum), "waar"),
}
""",
    "x1.rego": """# METADATA
# scope: package
# title: Tijd
# description: Het duurt niet te lang.
# custom:
#   code: X1
#   order: 1
#   level: norm
#   source: verzonnen
#   remedy: Sneller.
#   per_block: false
#   questions:
#     - tijd.minuten
package kwaliteitskader.y2027.x1

import rego.v1

import data.kwaliteitskader.y2027.lib
import data.kwaliteitskader.y2027.thresholds

finding := lib.most("tijd.minuten", thresholds.x1.minuten)
""",
    "x1_test.rego": """package kwaliteitskader.y2027.x1_test

import rego.v1

import data.kwaliteitskader.y2027.x1

test_met if x1.finding.verdict == "VOLDOET" with input as {"answers": {"tijd.minuten": 5}}

test_not_met if x1.finding.verdict == "VOLDOET_NIET" with input as {"answers": {"tijd.minuten": 6}}

test_unknown if x1.finding.verdict == "ONBEKEND" with input as {"answers": {}}
""",
    "uitkomst.rego": """package kwaliteitskader.uitkomst.y2027

import rego.v1

findings[stem] := finding if {
	some stem
	finding := data.kwaliteitskader.y2027[stem].finding
}
""",
    "uitkomst_test.rego": """package kwaliteitskader.uitkomst.y2027_test

import rego.v1

import data.kwaliteitskader.uitkomst.y2027 as uitkomst

test_all if object.keys(uitkomst.findings) == {"x1"} with input as {"answers": {}}
""",
    "data.json": """{"kwaliteitskader": {"y2027": {"thresholds": {
  "x1": {"minuten": 5}
}}}}
""",
    "questionnaire.yaml": """year: 2027
survey_year: 2026
blocks:
  - {id: dag, text: Altijd, periods: []}
specialisms: [kno]
questions:
  - {id: tijd.minuten, type: integer, per_block: false, text: "Hoe lang?"}
""",
}
