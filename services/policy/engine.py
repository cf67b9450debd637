"""The port to a Rego engine, and the errors that every engine behind it raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

JsonValue: TypeAlias = bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None


class PolicyError(Exception):
    """Something is wrong with a policy, its data or the engine; never with the answers of a hospital."""


class PolicyLoadError(PolicyError):
    """A policy or its data cannot be read by the engine: it does not parse, or it conflicts with another."""


class EvaluationError(PolicyError):
    """The engine gave up on an evaluation."""


class EngineUnavailableError(PolicyError):
    """The engine did not answer, or not in time. Nothing is known about the policy; the same may work later."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        """`retry_after` is in how many seconds it is worth trying; 0 when that is not known."""
        super().__init__(message)
        self.retry_after = retry_after


class NoAnswerError(EngineUnavailableError):
    """The engine was asked, and there was no answer."""


class OtherPolicySetError(EngineUnavailableError):
    """The engine holds another policy set than the one that was asked for; it may be on its way."""


class UndefinedResultError(PolicyError):
    """A policy has no value at the path that was asked for. Never to be read as a pass."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is undefined")
        self.path = path


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an engine gave, and which engine it was.

    `decision_id` and `provenance` are the engine's own, empty for one that has none.
    """

    value: JsonValue
    engine: str
    engine_version: str
    decision_id: str = ""
    provenance: str = ""


class PolicyEngine(Protocol):
    """An engine with one policy set loaded. May be called from any thread."""

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """Return the value of the rule at `path` (`data.package.rule`) with `document` as its input.

        `seconds` is how long the caller can wait, on top of any limit of the engine's own.

        Raises UndefinedResultError when there is no value, EvaluationError when evaluation fails, and
        EngineUnavailableError when there was no answer.
        """
        ...

    def close(self) -> None:
        """Let go of whatever the engine holds."""
        ...
