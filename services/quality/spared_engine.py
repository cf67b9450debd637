"""An engine on another machine, which is not asked for a while when it does not answer."""

from __future__ import annotations

from services.policy.engine import (
    EngineUnavailableError,
    Evaluation,
    JsonValue,
    NoAnswerError,
    PolicyEngine,
    PolicyError,
)
from services.runtime.breaker import Breaker

FAIR_SECONDS = 1.0
"""An engine that did not answer in less was not given the time to; that says nothing about it."""


class SparedEngine:
    """Another engine, behind a breaker that it shares with every engine on the same machine."""

    def __init__(self, engine: PolicyEngine, breaker: Breaker) -> None:
        self._engine = engine
        self._breaker = breaker

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """As the engine does; see PolicyEngine.evaluate. Raises EngineUnavailableError at once while the breaker is
        open."""
        wait = self._breaker.wait()
        if wait:
            raise EngineUnavailableError(f"{self._breaker.name} did not answer just now", retry_after=wait)
        try:
            evaluation = self._engine.evaluate(path, document, seconds=seconds)
        except NoAnswerError:
            if seconds is None or seconds >= FAIR_SECONDS:
                self._breaker.failed()
            raise
        except PolicyError:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return evaluation

    def close(self) -> None:
        """As the engine does."""
        self._engine.close()
