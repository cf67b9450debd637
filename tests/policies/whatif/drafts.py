"""Policy sets that differ from the one of 2027 in something, and what they say when each is asked as a whole."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.policy.assess import Finding, evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import JsonValue
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.routes import counting, routes
from services.policy.whatif.differences import Difference, NormChange, Side

POLICIES = Path(__file__).parents[3] / "policies"
BASE = load_policy_set(POLICIES, 2027)
AS_OF = date(2027, 3, 1)


def edited(changes: Mapping[str, Callable[[str], str]], base: PolicySet = BASE) -> PolicySet:
    """The base with some of its files changed; a change that changes nothing is a mistake of the test."""
    files = dict(base.files)
    for name, change in changes.items():
        text = files[name].decode()
        assert change(text) != text, name
        files[name] = change(text).encode()
    return PolicySet(base.year, files)


def without(*stems: str) -> PolicySet:
    """The base without some of its norms."""
    left_out = {f"{stem}.rego" for stem in stems}
    return PolicySet(2027, {name: text for name, text in BASE.files.items() if name not in left_out})


def replaced(before: str, after: str) -> Callable[[str], str]:
    return lambda text: text.replace(before, after)


def next_year(base: PolicySet = BASE) -> PolicySet:
    """The same rules for 2028."""
    files = {}
    for name, content in base.files.items():
        text = content.decode().replace("y2027", "y2028").replace("year: 2027", "year: 2028")
        files[name] = text.replace("survey_year: 2026", "survey_year: 2027").encode()
    return PolicySet(2028, files)


def stricter() -> PolicySet:
    """Two thresholds moved, a recommendation made a norm, a norm that counts later, and one turned around."""
    return edited(
        {
            "data.json": lambda text: text.replace(
                '"klinische_ervaring_maanden": 12', '"klinische_ervaring_maanden": 18'
            ).replace('"c4": {"minuten": 5}', '"c4": {"minuten": 4}'),
            "c8.rego": replaced("level: aanbeveling", "level: norm"),
            "b1.rego": replaced("#   per_block", "#   effective_on: 2027-07-01\n#   per_block"),
            "c24.rego": replaced("lib.altijd(", "lib.ja("),
        }
    )


class Whole:
    """A policy set that is asked as a whole, the plain way."""

    def __init__(self, policy_set: PolicySet) -> None:
        self.policies = policy_set.read()
        self._engine = EmbeddedEngine(self.policies.modules, self.policies.data)

    def findings(self, blocks: Iterable[str], answers: Mapping[str, JsonValue]) -> tuple[Finding, ...]:
        return evaluate_norms(self._engine, self.policies, list(blocks), answers)


def plain_difference(base: Whole, draft: Whole, filled: Mapping[str, Any], as_of: date = AS_OF) -> Difference:
    """What differs, worked out without a shortcut."""
    sides = []
    for whole in (base, draft):
        findings = whole.findings(filled["open_blocks"], filled["answers"])
        catalogue = whole.policies.catalogue
        told = {
            finding.norm: Side(
                finding.verdict,
                norm.level,
                norm.effective_on is not None
                and norm.effective_on > as_of
                and finding.verdict in ("VOLDOET_NIET", "ONBEKEND"),
                finding.facts,
            )
            for norm, finding in zip(catalogue, findings, strict=True)
        }
        sides.append((routes(catalogue, counting(catalogue, findings, as_of)), told))
    (base_routes, before), (draft_routes, after) = sides
    codes = [*after, *(code for code in before if code not in after)]
    changes = [NormChange(code, before.get(code), after.get(code)) for code in codes]
    return Difference(base_routes, draft_routes, tuple(change for change in changes if differs(change)))


def differs(change: NormChange) -> bool:
    base, draft = change.base, change.draft
    if base is None or draft is None:
        return True
    return (base.verdict, base.level, base.warning) != (draft.verdict, draft.level, draft.warning)
