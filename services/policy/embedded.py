"""The engine that runs in this process: regorus.

What to know about it:
- An engine belongs to the thread that made it. Even letting go of one in another thread fails, so each thread keeps its
  own engines and clears them away itself.
- It holds the interpreter lock while it evaluates, and it knows no time limit: a policy that nobody has reviewed
  belongs in a process that can be stopped.
- Numbers are float64: whole numbers are exact up to 2**53.
"""

from __future__ import annotations

import itertools
import json
import threading
import weakref
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TypeVar, cast

import regorus
from pydantic_core import from_json

from services.policy.engine import (
    Evaluation,
    EvaluationError,
    JsonValue,
    PolicyError,
    PolicyLoadError,
    UndefinedResultError,
)

T = TypeVar("T")

_tokens = itertools.count()


class _ThreadEngines(threading.local):
    """The engines of one thread, by the token of their owner.

    Not a WeakKeyDictionary: that lets go of an engine in whichever thread happens to drop the owner.
    """

    def __init__(self) -> None:
        self.by_token: dict[int, tuple[weakref.ref[EmbeddedEngine], regorus.Engine]] = {}

    def clear_away(self) -> None:
        """Let go, in their own thread, of engines whose owner is gone."""
        for token in [token for token, (owner, _) in self.by_token.items() if owner() is None]:
            del self.by_token[token]


_engines = _ThreadEngines()


class EmbeddedEngine:
    """One policy set in regorus. May be called from any thread: each thread loads the policies once."""

    name = "regorus"
    version = version("gordon-to-regorus")

    def __init__(self, modules: Mapping[str, str], data: JsonValue) -> None:
        """Load `modules` (Rego text by file name; `_test.rego` is left out) and `data` (the root of `data`).

        Raises PolicyLoadError when the policies or the data cannot be read.
        """
        self._modules = {name: text for name, text in sorted(modules.items()) if not name.endswith("_test.rego")}
        self._data = json.dumps(data)
        self._token = next(_tokens)
        self._engine()

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """Return the value of the rule at `path` with `document` as its input; see PolicyEngine.evaluate.

        This engine knows no time limit, so `seconds` has no effect.
        """
        return Evaluation(value_of(ask(self._engine(), path, json.dumps(document)), path), self.name, self.version)

    def close(self) -> None:
        """Nothing: each thread clears its engines away itself."""

    def _engine(self) -> regorus.Engine:
        held = _engines.by_token.get(self._token)
        if held is None:
            _engines.clear_away()
            held = (weakref.ref(self), new_engine(self._modules, self._data))
            _engines.by_token[self._token] = held
        return held[1]


def new_engine(modules: Mapping[str, str], data: str) -> regorus.Engine:
    """Return a regorus engine of the calling thread with `modules` and the JSON text `data` loaded.

    Raises PolicyLoadError, with the file at fault, when one of them cannot be read.
    """
    engine = regorus.Engine()
    for name, text in modules.items():
        guarded(PolicyLoadError, lambda name=name, text=text: engine.add_policy(name, text))  # type: ignore[misc]
    guarded(PolicyLoadError, lambda: engine.add_data_json(data))
    return engine


def ask(engine: regorus.Engine, path: str, document: str) -> str:
    """Return what an engine of the calling thread answers about `path`, with the JSON text `document` as its input.

    Raises EvaluationError when evaluation fails.
    """

    def evaluate() -> str:
        engine.set_input_json(document)
        return cast(str, engine.eval_query_as_json(path))

    return guarded(EvaluationError, evaluate)


def value_of(answer: str | bytes, path: str) -> JsonValue:
    """Return the value in what `eval_query_as_json` answered. Raises UndefinedResultError when there is none.

    A query and not `eval_rule_as_json`, which answers the text "<undefined>" where a rule has no value.
    """
    results = from_json(answer).get("result")
    if not results:
        raise UndefinedResultError(path)
    return cast(JsonValue, results[0]["expressions"][0]["value"])


def guarded(error: type[PolicyError], call: Callable[[], T]) -> T:
    """Return what `call` returns, with whatever the engine throws, a panic included, raised as `error`."""
    try:
        return call()
    except RuntimeError as reason:
        raise error(_first_part(reason)) from reason
    except BaseException as reason:
        # A panic in the engine is no Exception. Nothing else that is not one (KeyboardInterrupt) may be caught.
        if type(reason).__name__ != "PanicException":
            raise
        raise error(f"the engine panicked: {_first_part(reason)}") from reason


def _first_part(reason: BaseException) -> str:
    return str(reason).split("\n\nStack backtrace:")[0].strip()
