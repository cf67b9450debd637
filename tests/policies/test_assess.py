"""Findings are complete or an error, and what they lead to."""

from typing import Any

import pytest

from services.policy.assess import Finding, InvalidFindingsError, Verdict, evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import Evaluation, JsonValue, PolicyEngine
from services.policy.routes import routes
from services.policy.year import PolicyYear, read_year


class Answering:
    """An engine that gives one fixed answer."""

    def __init__(self, answer: JsonValue) -> None:
        self.answer = answer

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        return Evaluation(self.answer, "fixed", "1")

    def close(self) -> None:
        pass


@pytest.fixture
def results(engine: EmbeddedEngine, year_2027: PolicyYear) -> dict[str, Any]:
    found = engine.evaluate(year_2027.findings_path, {"year": 2027, "open_blocks": ["anw"], "answers": {}}).value
    assert isinstance(found, dict)
    return found


def refused(year: PolicyYear, answer: Any) -> str:
    engine: PolicyEngine = Answering(answer)
    with pytest.raises(InvalidFindingsError) as caught:
        evaluate_norms(engine, year, ["anw"], {})
    return str(caught.value)


def test_what_is_not_one_finding_per_norm_is_refused(year_2027: PolicyYear, results: dict[str, Any]) -> None:
    assert refused(year_2027, []) == "the findings are not an object"
    assert refused(year_2027, {k: v for k, v in results.items() if k != "b1"}) == "B1: no finding"
    assert refused(year_2027, results | {"z1": results["b1"]}).startswith("z1: a finding for a norm that is not")
    assert len(refused(year_2027, {}).split("; ")) == 27


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "VOLDOET",
        {"verdict": "VOLDOET"},
        {"verdict": "PRIMA", "facts": []},
        {"verdict": None, "facts": []},
        {"verdict": "VOLDOET", "facts": {}},
        {"verdict": "VOLDOET", "facts": ["ic.beschikbaar"]},
        {"verdict": "VOLDOET", "facts": [{"question": "ic.beschikbaar"}]},
        {"verdict": "VOLDOET", "facts": [], "extra": 1},
    ],
)
def test_what_is_no_finding_is_refused(year_2027: PolicyYear, results: dict[str, Any], wrong: Any) -> None:
    assert refused(year_2027, results | {"b7": wrong}).startswith("B7: not a finding")


def test_a_fact_with_an_unknown_outcome_is_refused(year_2027: PolicyYear, results: dict[str, Any]) -> None:
    fact = results["b7"]["facts"][0] | {"outcome": "misschien"}
    assert refused(year_2027, results | {"b7": {"verdict": "VOLDOET", "facts": [fact]}}).startswith("B7: not a finding")


def test_unknown_block(engine: EmbeddedEngine, year_2027: PolicyYear) -> None:
    with pytest.raises(ValueError, match="unknown blocks: nacht"):
        evaluate_norms(engine, year_2027, ["anw", "nacht"], {})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        # A threshold that is not there, a check that does not exist for a block: never a pass, never "not applicable".
        ("b10.rego", "thresholds.b10.specialismen", "thresholds.b10.specialisme"),
        ("c2.rego", "thresholds.c2.cursussen", "thresholds.c2.cursus"),
        ("c5.rego", "thresholds.c5.minuten", "thresholds.c5.minuut"),
        ("c5.rego", "thresholds.c5.specialismen", "thresholds.c5.specialisme"),
        ("b1.rego", "some block in lib.open_blocks", 'some block in {"anw"}'),
        ("b7.rego", "finding :=", "bevinding :="),
    ],
)
def test_a_mistake_in_a_norm_is_an_error(year_files: dict[str, bytes], name: str, old: str, new: str) -> None:
    assert old.encode() in year_files[name]
    year_files[name] = year_files[name].replace(old.encode(), new.encode())
    year = read_year(2027, year_files)
    with pytest.raises(InvalidFindingsError, match="no finding"):
        evaluate_norms(EmbeddedEngine(year.modules, year.data), year, ["anw", "kantooruren"], {})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"VOLDOET"}),
        ({"B5": "NIET_VAN_TOEPASSING"}, {"VOLDOET"}),
        ({"C5": "VOLDOET_NIET", "C4": "ONBEKEND"}, {"VOLDOET"}),
        ({"A1-VOORKEUR": "VOLDOET_NIET"}, {"VOLDOET"}),
        ({"A1": "VOLDOET_NIET"}, {"HERSTELTERMIJN"}),
        ({"B1": "VOLDOET_NIET"}, {"VERBETERPLAN"}),
        ({"A2": "ONBEKEND"}, {"ONVOLLEDIG"}),
        ({"D1": "ONBEKEND"}, {"ONVOLLEDIG"}),
        (
            {"A2": "VOLDOET_NIET", "B1": "VOLDOET_NIET", "B2": "ONBEKEND"},
            {"HERSTELTERMIJN", "VERBETERPLAN", "ONVOLLEDIG"},
        ),
    ],
)
def test_routes(year_2027: PolicyYear, changes: dict[str, str], expected: set[str]) -> None:
    findings = [Finding(norm.code, Verdict(changes.get(norm.code, "VOLDOET")), ()) for norm in year_2027.catalogue]
    assert routes(year_2027.catalogue, findings) == expected


def test_routes_of_a_norm_that_is_not_in_the_catalogue(year_2027: PolicyYear) -> None:
    with pytest.raises(KeyError):
        routes(year_2027.catalogue, [Finding("Z9", Verdict.VOLDOET, ())])
