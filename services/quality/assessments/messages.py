"""Findings, routes and assessments as messages of the contract."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from services.policy.assess import Fact, Finding, Outcome, Verdict
from services.policy.catalogue import Norm
from services.policy.engine import JsonValue
from services.policy.routes import Route, warns
from services.quality.assessments.model import canonical
from spoedkader.quality.v1 import assessment_pb2 as pb


def write_findings(catalogue: Collection[Norm], findings: Iterable[Finding], as_of: date) -> pb.Assessment:
    """The findings of a day, in a message without anything else: so they are stored, and compared to the byte."""
    norms = {norm.code: norm for norm in catalogue}
    written = pb.Assessment()
    for finding in findings:
        written.findings.add(
            norm=finding.norm,
            verdict=VERDICTS[finding.verdict],
            warning=warns(norms[finding.norm], finding.verdict, as_of),
        ).facts.extend(map(write_fact, finding.facts))
    return written


def write_fact(fact: Fact) -> pb.Fact:
    """The message of one fact. Nobody may change it."""
    # Hospitals give the same answers to the same questions. The types tell `1` from `true`, which are equal in Python.
    types: Any = (type(fact.value), type(fact.threshold))
    return _fact(fact) if _NOT_KEPT.intersection(types) else _kept_fact(fact, *types)


_NOT_KEPT = frozenset({list, dict})


@lru_cache(maxsize=16384)
def _kept_fact(fact: Fact, value_type: type[Any], threshold_type: type[Any]) -> pb.Fact:
    return _fact(fact)


def _fact(fact: Fact) -> pb.Fact:
    return pb.Fact(
        question=fact.question,
        block=fact.block,
        item=fact.item,
        value_json=_json(fact.value),
        condition=fact.condition,
        threshold_json="" if fact.threshold is None else _json(fact.threshold),
        outcome=_OUTCOMES[fact.outcome],
    )


def read_finding(message: pb.Finding) -> Finding:
    """The finding of a message."""
    return Finding(
        norm=message.norm,
        verdict=VERDICTS_BY_NUMBER[message.verdict],
        facts=tuple(
            Fact(
                question=fact.question,
                block=fact.block,
                item=fact.item,
                value=json.loads(fact.value_json),
                condition=fact.condition,
                threshold=json.loads(fact.threshold_json) if fact.threshold_json else None,
                outcome=_OUTCOMES_BY_NUMBER[fact.outcome],
            )
            for fact in message.facts
        ),
    )


def write_routes(routes: Iterable[Route]) -> list[pb.Route.ValueType]:
    """The routes in alphabetical order."""
    return [ROUTES[route] for route in sorted(routes)]


def _json(value: JsonValue) -> str:
    return canonical(value) if isinstance(value, list | dict) else _scalar_json(value)


@lru_cache(maxsize=4096, typed=True)
def _scalar_json(value: JsonValue) -> str:
    return canonical(value)


VERDICTS = {
    Verdict.VOLDOET: pb.VERDICT_VOLDOET,
    Verdict.VOLDOET_NIET: pb.VERDICT_VOLDOET_NIET,
    Verdict.ONBEKEND: pb.VERDICT_ONBEKEND,
    Verdict.NIET_VAN_TOEPASSING: pb.VERDICT_NIET_VAN_TOEPASSING,
}
VERDICTS_BY_NUMBER: dict[int, Verdict] = {number: verdict for verdict, number in VERDICTS.items()}
_OUTCOMES = {
    Outcome.WAAR: pb.Fact.OUTCOME_WAAR,
    Outcome.ONWAAR: pb.Fact.OUTCOME_ONWAAR,
    Outcome.ONBEKEND: pb.Fact.OUTCOME_ONBEKEND,
}
_OUTCOMES_BY_NUMBER: dict[int, Outcome] = {number: outcome for outcome, number in _OUTCOMES.items()}
ROUTES = {
    Route.HERSTELTERMIJN: pb.ROUTE_HERSTELTERMIJN,
    Route.VERBETERPLAN: pb.ROUTE_VERBETERPLAN,
    Route.ONVOLLEDIG: pb.ROUTE_ONVOLLEDIG,
    Route.VOLDOET: pb.ROUTE_VOLDOET,
}
