"""The engine of `embedded`, asked for a rule instead of a query: that costs less, and is all that a norm needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from services.policy.embedded import EmbeddedEngine, guarded, new_engine
from services.policy.engine import Evaluation, EvaluationError, JsonValue, UndefinedResultError

_UNDEFINED = "<undefined>"
"""What the engine says of a rule without a value. No rule that is asked for here has a text as its value."""


class RuleEngine:
    """Modules in regorus, for the thread that made it."""

    name = EmbeddedEngine.name
    version = EmbeddedEngine.version

    def __init__(self, modules: Mapping[str, str], data: JsonValue) -> None:
        """Raises PolicyLoadError when the modules or the data cannot be read."""
        self._engine = new_engine(modules, json.dumps(data))

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """Return the value of the rule at `path`; see PolicyEngine.evaluate. `seconds` has no effect."""
        text = json.dumps(document)

        def evaluate() -> str:
            self._engine.set_input_json(text)
            return cast(str, self._engine.eval_rule_as_json(path))

        value = json.loads(guarded(EvaluationError, evaluate))
        if value == _UNDEFINED:
            raise UndefinedResultError(path)
        return Evaluation(value, self.name, self.version)

    def close(self) -> None:
        """Nothing: the thread lets go of it."""
