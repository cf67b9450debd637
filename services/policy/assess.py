"""From answers to findings: what each norm says about one location."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from services.policy.engine import JsonValue, PolicyEngine, PolicyError
from services.policy.year import PolicyYear


class Verdict(StrEnum):
    """What a norm says."""

    VOLDOET = "VOLDOET"
    VOLDOET_NIET = "VOLDOET_NIET"
    ONBEKEND = "ONBEKEND"
    NIET_VAN_TOEPASSING = "NIET_VAN_TOEPASSING"


class Outcome(StrEnum):
    """What one fact says, in three-valued logic."""

    WAAR = "waar"
    ONWAAR = "onwaar"
    ONBEKEND = "onbekend"


class Fact(NamedTuple):
    """One answer that a norm read, and what it was held against. Every judgement makes tens, so it is a plain tuple.

    `block` is empty for a question about the location as a whole, `item` is the specialism or empty, `value` is the
    answer or None when unknown, `condition` says in Dutch what was asked of it, with `threshold` as its bare value.
    """

    question: str
    block: str
    item: str
    value: JsonValue
    condition: str
    threshold: JsonValue
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one norm, by its code, with every fact that was read for it."""

    norm: str
    verdict: Verdict
    facts: tuple[Fact, ...]


class InvalidFindingsError(PolicyError):
    """The policies gave something else than exactly one finding for each norm."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def evaluate_norms(
    engine: PolicyEngine, policy_year: PolicyYear, open_blocks: Collection[str], answers: Mapping[str, JsonValue]
) -> tuple[Finding, ...]:
    """Return the finding of every norm of the year, in the order of the catalogue.

    `engine` holds the policies of `policy_year`. Raises what `input_document` and `read_findings` raise, and what the
    engine raises.
    """
    document = input_document(policy_year, open_blocks, answers)
    return read_findings(policy_year, engine.evaluate(policy_year.findings_path, document).value)


def input_document(
    policy_year: PolicyYear, open_blocks: Collection[str], answers: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return what the norms are given to judge on.

    `answers` have passed `check_answers`. Answers for a block that is not in `open_blocks` are ignored by every norm.
    Raises ValueError for a block that the questionnaire does not know.
    """
    unknown = sorted(set(open_blocks) - set(policy_year.questionnaire.block_ids))
    if unknown:
        raise ValueError(f"unknown blocks: {', '.join(unknown)}")
    return {"year": policy_year.year, "open_blocks": sorted(set(open_blocks)), "answers": answers}


def read_findings(policy_year: PolicyYear, results: JsonValue) -> tuple[Finding, ...]:
    """Return the findings in what the engine gave at `findings_path`, in the order of the catalogue.

    Raises InvalidFindingsError when a norm is missing, unknown or malformed.
    """
    if not isinstance(results, Mapping):
        raise InvalidFindingsError(["the findings are not an object"])
    known = {norm.stem for norm in policy_year.catalogue}
    problems = [f"{stem}: a finding for a norm that is not in the catalogue" for stem in sorted(set(results) - known)]
    findings = []
    for norm in policy_year.catalogue:
        if norm.stem not in results:
            problems.append(f"{norm.code}: no finding")
            continue
        try:
            findings.append(_finding(norm.code, results[norm.stem]))
        except (KeyError, TypeError, ValueError) as reason:
            problems.append(f"{norm.code}: not a finding: {reason!r}")
    if problems:
        raise InvalidFindingsError(problems)
    return tuple(findings)


def _finding(code: str, result: JsonValue) -> Finding:
    if not isinstance(result, Mapping) or set(result) != {"verdict", "facts"}:
        raise TypeError("expected an object with verdict and facts")
    facts = result["facts"]
    if not isinstance(facts, list):
        raise TypeError("facts are not a list")
    if any(not isinstance(fact, dict) or fact.keys() != _FACT_KEYS for fact in facts):
        raise TypeError(f"expected facts with {', '.join(Fact._fields)}")
    return Finding(code, _VERDICTS[str(result["verdict"])], tuple(map(_fact, facts)))


def _fact(result: Mapping[str, Any]) -> Fact:
    question, block, item, value, condition, threshold, outcome = _VALUES(result)
    return Fact(question, block, item, value, condition, threshold, _OUTCOMES[outcome])


_FACT_KEYS = set(Fact._fields)
_VALUES = itemgetter(*Fact._fields)
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
