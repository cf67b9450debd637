"""An engine that tells what its evaluations cost and what came of them, and shows each as a span of its call."""

from __future__ import annotations

import time
from typing import Protocol

from opentelemetry.trace import SpanKind

from services.policy.engine import (
    EngineUnavailableError,
    Evaluation,
    JsonValue,
    OtherPolicySetError,
    PolicyEngine,
    PolicyError,
    UndefinedResultError,
)
from services.runtime.tracing import span


class Evaluated(Protocol):
    """Who is told."""

    def evaluated(self, engine: str, outcome: str, seconds: float) -> None:
        """`outcome` is `value`, `undefined`, `failed`, `unavailable` or `other_set`."""
        ...


class MeasuredEngine:
    """Another engine, measured."""

    def __init__(self, engine: PolicyEngine, name: str, told: Evaluated) -> None:
        """`name` is that of the engine."""
        self._engine = engine
        self._name = name
        self._told = told

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """As the engine does; see PolicyEngine.evaluate."""
        started = time.perf_counter()
        outcome = "value"
        try:
            with span("evaluate policy", SpanKind.CLIENT, **{"spoedkader.engine": self._name, "spoedkader.rule": path}):
                return self._engine.evaluate(path, document, seconds=seconds)
        except PolicyError as error:
            outcome = _outcome(error)
            raise
        finally:
            self._told.evaluated(self._name, outcome, time.perf_counter() - started)

    def close(self) -> None:
        """As the engine does."""
        self._engine.close()


def _outcome(error: PolicyError) -> str:
    match error:
        case UndefinedResultError():
            return "undefined"
        case OtherPolicySetError():
            return "other_set"
        case EngineUnavailableError():
            return "unavailable"
        case _:
            return "failed"
