"""The port to a Rego engine, and the errors that every engine behind it raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

JsonValue: TypeAlias = bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None


class PolicyError(Exception):
    """Something is wrong with a policy, its data or the engine; never with the answers of a hospital."""


class PolicyLoadError(PolicyError):
    """A policy or its data cannot be read by the engine: it does not parse, or it conflicts with another."""


class EvaluationError(PolicyError):
    """The engine gave up on an evaluation."""


class UndefinedResultError(PolicyError):
    """A policy has no value at the path that was asked for. Never to be read as a pass."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is undefined")
        self.path = path


class PolicyEngine(Protocol):
    """An engine with one policy set loaded. May be called from any thread."""

    @property
    def name(self) -> str:
        """The engine, as recorded with every outcome."""
        ...

    @property
    def version(self) -> str:
        """The version of the engine, as recorded with every outcome."""
        ...

    def evaluate(self, path: str, document: JsonValue) -> JsonValue:
        """Return the value of the rule at `path` (`data.package.rule`) with `document` as its input.

        Raises UndefinedResultError when there is no value, and EvaluationError when evaluation fails.
        """
        ...
