"""Judging a location: from its latest answers and opening hours to findings, and the same again years later."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import grpc

from services.policy.assess import Finding, input_document, read_findings
from services.policy.engine import (
    EngineUnavailableError,
    Evaluation,
    JsonValue,
    OtherPolicySetError,
    PolicyEngine,
    PolicyError,
)
from services.policy.questionnaire import fitting_answers
from services.policy.routes import Route, counting, routes
from services.quality.assessments.model import canonical, open_blocks
from services.quality.locations import Snapshot
from services.quality.rulebook import Rulebook, Rules
from services.quality.submissions.model import Submission
from services.runtime.errors import DomainError, Reason
from services.runtime.versions import Stored

ENGINE_SECONDS = 10.0
"""How long to wait for an engine that is away, or that has not taken the active rules yet."""
_AGAIN_SECONDS = 0.05
_ANSWER_SECONDS = 0.2
"""Left of the caller's time, so that a refusal still arrives."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be judged: a location in a budget year, on its latest answers, on a day."""

    snapshot: Snapshot
    submission: Stored[Submission] | None
    budget_year: int
    asked_at: datetime
    as_of: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """One evaluation: what went in, what came out, and under which rules. `document` is canonical JSON."""

    question: Question
    rules: Rules
    document: str
    blocks: tuple[str, ...]
    evaluation: Evaluation
    findings: tuple[Finding, ...]
    routes: frozenset[Route]
    microseconds: int


def judge(rulebook: Rulebook, question: Question, context: grpc.ServicerContext) -> Judgement:
    """Evaluates the norms of the active rules; outside a transaction, for this takes longest.

    Raises:
        DomainError: NOT_ASSESSABLE, the answers are to the questionnaire of another year; POLICY_YEAR_UNKNOWN;
            ENGINE_UNAVAILABLE, the engine did not answer in time; POLICY_FAILED, the rules gave no verdict.
    """
    policy_year = question.snapshot.round.policy_year
    remaining = context.time_remaining()
    patience = ENGINE_SECONDS if remaining is None else min(ENGINE_SECONDS, remaining - _ANSWER_SECONDS)
    until = time.monotonic() + patience
    while True:
        # Again each time: the engine may hold the rules that have become active since.
        rules = rulebook.active(policy_year)
        try:
            return _judged(rulebook, rules, question, until)
        except OtherPolicySetError as error:
            if time.monotonic() + _AGAIN_SECONDS > until:
                raise _unavailable(rules) from error
            time.sleep(_AGAIN_SECONDS)
        except EngineUnavailableError as error:
            raise _unavailable(rules, error.retry_after) from error
        except PolicyError as error:
            raise DomainError(
                Reason.POLICY_FAILED,
                "De normen gaven geen bruikbaar oordeel; er is niets vastgelegd.",
                metadata={
                    "policy_year": str(policy_year),
                    "policy_set": rules.name,
                    "policy_revision": rules.policies.revision,
                },
            ) from error


def judge_again(
    engine: PolicyEngine, rules: Rules, document: str, as_of: date
) -> tuple[Evaluation, tuple[Finding, ...], frozenset[Route]]:
    """What the rules of then, which the engine holds, say of a document that was judged before.

    Raises:
        PolicyError: they give no verdict.
    """
    evaluation = engine.evaluate(rules.policies.findings_path, json.loads(document))
    findings = read_findings(rules.policies, evaluation.value)
    return evaluation, findings, _routes(rules, findings, as_of)


def _judged(rulebook: Rulebook, rules: Rules, question: Question, until: float) -> Judgement:
    policies = rules.policies
    blocks = open_blocks(policies.questionnaire.blocks, question.snapshot.periods, question.budget_year)
    document = input_document(policies, blocks, _answers(question.submission, rules))
    with rulebook.engine(rules) as engine:
        started = time.perf_counter()
        seconds = max(0.0, until - time.monotonic())
        evaluation = engine.evaluate(policies.findings_path, document, seconds=seconds)
        findings = read_findings(policies, evaluation.value)
        microseconds = round((time.perf_counter() - started) * 1e6)
    return Judgement(
        question=question,
        rules=rules,
        document=canonical(document),
        blocks=blocks,
        evaluation=evaluation,
        findings=findings,
        routes=_routes(rules, findings, question.as_of),
        microseconds=microseconds,
    )


def _routes(rules: Rules, findings: tuple[Finding, ...], as_of: date) -> frozenset[Route]:
    catalogue = rules.policies.catalogue
    return routes(catalogue, counting(catalogue, findings, as_of))


def _answers(submission: Stored[Submission] | None, rules: Rules) -> Mapping[str, JsonValue]:
    """The answers to judge; none when nothing was handed in, for then nothing is known.

    The questionnaire can have changed since they were checked; what no longer fits it is not known.
    """
    if submission is None:
        return {}
    policies = rules.policies
    if submission.value.policy_year != policies.year:
        raise DomainError(
            Reason.NOT_ASSESSABLE,
            f"De antwoorden horen bij de vragenlijst van {submission.value.policy_year}, de ronde bij {policies.year}.",
            metadata={"policy_year": str(policies.year), "answered_year": str(submission.value.policy_year)},
        )
    return fitting_answers(policies.questionnaire, submission.value.answers)


def _unavailable(rules: Rules, retry_after: float = 0.0) -> DomainError:
    return DomainError(
        Reason.ENGINE_UNAVAILABLE,
        "De regelmachine antwoordt niet op tijd, of heeft de regels nog niet; er is niets vastgelegd.",
        metadata={"policy_set": rules.name},
        retry_after=retry_after,
    )
