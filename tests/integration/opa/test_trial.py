"""A policy set is tried out on a real OPA beside the active ones, and leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from services.policy import opa_trial
from services.policy.engine import EngineUnavailableError, PolicyError
from services.policy.opa_trial import try_out
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.year import PolicyYear
from tests.support.opa import Opa
from tests.support.policies import POLICIES


@pytest.fixture(scope="module")
def candidate() -> PolicySet:
    return load_policy_set(POLICIES, 2028)


@pytest.fixture(scope="module")
def rules(candidate: PolicySet) -> PolicyYear:
    return candidate.read()


def held(opa: Opa) -> list[str]:
    """What OPA holds beside its bundle."""
    modules = requests.get(f"{opa.url}/v1/policies", timeout=10).json()["result"]
    data = requests.get(f"{opa.url}/v1/data", timeout=10).json()["result"]
    return [name for name in (*(module["id"] for module in modules), *data) if "kandidaat" in name]


def test_rules_that_opa_takes(opa: Opa, candidate: PolicySet, rules: PolicyYear) -> None:
    try_out(opa.url, candidate, rules)
    try_out(opa.url, candidate, rules)
    assert held(opa) == []


def test_of_trials_at_once_opa_never_holds_two(opa: Opa, candidate: PolicySet, rules: PolicyYear) -> None:
    seen = set()
    with ThreadPoolExecutor() as pool:
        trials = [pool.submit(try_out, opa.url, candidate, rules) for _ in range(3)]
        while not all(trial.done() for trial in trials):
            packages = {name.partition("/")[0] for name in held(opa)}
            assert len(packages) < 2
            seen |= packages
    for trial in trials:
        trial.result()
    assert len(seen) == 3
    assert held(opa) == []


def test_a_trial_does_not_wait_for_ever(
    opa: Opa, candidate: PolicySet, rules: PolicyYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opa_trial, "_TURN_SECONDS", 0.1)
    with opa_trial._turn(), pytest.raises(EngineUnavailableError, match="al andere"):
        try_out(opa.url, candidate, rules)
    try_out(opa.url, candidate, rules)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lib.whole_location(", "lib.bestaat_niet("),
        ("finding :=", "finding := {"),
        ("finding :=", "bevinding :="),
        ("import data.kwaliteitskader.y2028.lib", "import data.kwaliteitskader.y2028.b7"),
    ],
    ids=["function", "syntax", "no finding", "circle"],
)
def test_rules_that_opa_does_not_take(opa: Opa, candidate: PolicySet, rules: PolicyYear, old: str, new: str) -> None:
    assert old in rules.modules["b7.rego"]
    broken = replace(rules, modules={**rules.modules, "b7.rego": rules.modules["b7.rego"].replace(old, new)})
    with pytest.raises(PolicyError) as refused:
        try_out(opa.url, candidate, broken)
    assert not isinstance(refused.value, EngineUnavailableError)
    assert held(opa) == []


def test_an_opa_that_is_away(opa: Opa, candidate: PolicySet, rules: PolicyYear) -> None:
    opa.stop()
    with pytest.raises(EngineUnavailableError):
        try_out(opa.url, candidate, rules)
    with pytest.raises(ValueError, match="no URL"):
        try_out("opa", candidate, rules)
