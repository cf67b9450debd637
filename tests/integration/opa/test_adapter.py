"""The adapter and a real OPA: values, every kind of error, and many callers at once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from services.policy.assess import evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import (
    EngineUnavailableError,
    EvaluationError,
    JsonValue,
    OtherPolicySetError,
    UndefinedResultError,
)
from services.policy.opa import OpaEngine
from services.policy.policy_set import PolicySet
from services.quality.bundles.app import Bundle
from services.quality.bundles.server import BundleServer
from tests.support.answers import example_answers
from tests.support.opa import Opa, running_opa, small_bundle

DIGEST = "sha256:klein"
RULES = """package kwaliteitskader.toets

dubbel := input.getal * 2

niets := null

nooit := 1 if input.getal == 99999

kapot := to_number(input.getal)

bevindingen[code] := "ONBEKEND" if some code in ["a", "b"]

bevindingen.a := "VOLDOET" if input.tegenspraak

deels := [getal | getal := to_number(input.getal)]

eindeloos := count([1 | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b == -1])
"""


class SmallSource:
    """A bundle with rules that can fail."""

    def revision(self) -> str:
        return f"2027={DIGEST}"

    def current(self) -> Bundle:
        return Bundle(self.revision(), small_bundle(self.revision(), {"2027/toets.rego": RULES}))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """An OPA with rules that can fail."""
    server = BundleServer("127.0.0.1:0", SmallSource())
    server.start()
    try:
        with running_opa(server.url, tmp_path_factory.mktemp("opa")) as opa:
            yield opa
    finally:
        server.close()


@pytest.fixture
def engine(small: Opa) -> Iterator[OpaEngine]:
    found = OpaEngine(small.url, DIGEST, 2027)
    yield found
    found.close()


def test_value_decision_id_and_provenance(engine: OpaEngine) -> None:
    found = engine.evaluate("data.kwaliteitskader.toets.dubbel", {"getal": 21})
    assert found.value == 42
    assert found.engine == "opa"
    provenance = json.loads(found.provenance)
    assert provenance["bundles"] == {"kwaliteitskader": {"revision": f"2027={DIGEST}"}}
    assert provenance["version"] == found.engine_version
    assert found.engine_version
    assert len(found.decision_id) == 36
    assert engine.evaluate("data.kwaliteitskader.toets.dubbel", {"getal": 21}).decision_id != found.decision_id


def test_decisions_are_not_logged(engine: OpaEngine, small: Opa) -> None:
    found = engine.evaluate("data.kwaliteitskader.toets.dubbel", {"getal": 123456})
    assert found.decision_id not in small.log
    assert "123456" not in small.log


def test_null_is_a_value(engine: OpaEngine) -> None:
    assert engine.evaluate("data.kwaliteitskader.toets.niets", {}).value is None


@pytest.mark.parametrize("rule", ["toets.nooit", "toets.bestaat_niet", "elders.regel"])
def test_undefined_is_an_error(engine: OpaEngine, rule: str) -> None:
    path = f"data.kwaliteitskader.{rule}"
    with pytest.raises(UndefinedResultError) as caught:
        engine.evaluate(path, {"getal": 1})
    assert caught.value.path == path


def test_a_builtin_that_fails_is_an_error_and_nothing_is_left_out(engine: OpaEngine, small: Opa) -> None:
    for rule in ("kapot", "deels"):
        with pytest.raises(EvaluationError, match="eval_builtin_error"):
            engine.evaluate(f"data.kwaliteitskader.toets.{rule}", {"getal": "x"})
    # Without being strict OPA gives an answer as if nothing were wrong.
    plain = requests.post(
        f"{small.url}/v1/data/kwaliteitskader/toets/deels", json={"input": {"getal": "x"}}, timeout=30
    )
    assert plain.json()["result"] == []


def test_rules_that_contradict_each_other_are_an_error(engine: OpaEngine) -> None:
    path = "data.kwaliteitskader.toets.bevindingen"
    assert engine.evaluate(path, {}).value == {"a": "ONBEKEND", "b": "ONBEKEND"}
    with pytest.raises(EvaluationError, match="eval_conflict_error"):
        engine.evaluate(path, {"tegenspraak": True})


def test_a_rule_that_does_not_end_is_given_up_and_the_next_is_answered(engine: OpaEngine) -> None:
    with pytest.raises(EngineUnavailableError):
        engine.evaluate("data.kwaliteitskader.toets.eindeloos", {}, seconds=0.3)
    assert engine.evaluate("data.kwaliteitskader.toets.dubbel", {"getal": 4}).value == 8


def test_another_policy_set_or_year(small: Opa) -> None:
    for digest, year in (("sha256:groot", 2027), (DIGEST, 2028)):
        engine = OpaEngine(small.url, digest, year)
        for rule in ("dubbel", "nooit"):
            with pytest.raises(OtherPolicySetError):
                engine.evaluate(f"data.kwaliteitskader.toets.{rule}", {"getal": 1})
        engine.close()


def test_an_opa_that_has_no_bundle_yet(tmp_path: Path, five: PolicySet) -> None:
    opa = Opa("http://127.0.0.1:9", tmp_path)
    opa.start()
    try:
        engine = OpaEngine(opa.url, five.digest, 2027)
        with pytest.raises(OtherPolicySetError):
            engine.evaluate("data.kwaliteitskader.uitkomst.y2027.findings", {})
        engine.close()
    finally:
        opa.stop()


def test_sixteen_callers_get_their_own_answers(engine: OpaEngine) -> None:
    def ask(number: int) -> tuple[JsonValue, str]:
        found = engine.evaluate("data.kwaliteitskader.toets.dubbel", {"getal": number})
        return found.value, found.decision_id

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, range(800)))
    assert [value for value, _ in found] == [2 * number for number in range(800)]
    assert len({decision for _, decision in found}) == 800
    assert len(engine._idle) <= 16


def test_findings_of_the_embedded_engine(opa: Opa, five: PolicySet) -> None:
    year = five.read()
    embedded = EmbeddedEngine(year.modules, year.data)
    engine = OpaEngine(opa.url, five.digest, 2027)
    for location in ("L001", "L005", "L044"):
        answers = example_answers(location)
        found = evaluate_norms(engine, year, ["kantooruren", "anw"], answers)
        assert found == evaluate_norms(embedded, year, ["kantooruren", "anw"], answers)
    engine.close()
