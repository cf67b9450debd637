"""The engines that judge conditions: processes of this service, one set of them for each revision of the rules."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.policy.conditions import ConditionRules, read_conditions
from services.policy.engine import PolicyEngine
from services.policy.measured import MeasuredEngine
from services.policy.purchasing import PurchasingYear
from services.policy.workers import WorkerEngine
from services.runtime.metrics import EvaluationMetrics


@dataclass(frozen=True, slots=True)
class Loaded:
    """The conditions of a revision, and an engine that holds them."""

    rules: ConditionRules
    engine: PolicyEngine


class ConditionEngines:
    """What judges now keeps its engine, what judged once gets one for a while. May be used from any thread."""

    def __init__(self, processes: int, metrics: EvaluationMetrics) -> None:
        self._processes = processes
        self._metrics = metrics
        self._held: dict[str, Loaded] = {}
        self._making = threading.Lock()

    def of(self, purchasing: PurchasingYear) -> Loaded:
        """An engine with the rules, which stays; it starts when it is first needed.

        Raises InvalidYearError when there are no conditions that can be used, PolicyLoadError when the engine does not
        take them.
        """
        with self._making:
            found = self._held.get(purchasing.revision)
            if found is None:
                found = self._held[purchasing.revision] = self._load(purchasing)
            return found

    @contextmanager
    def for_now(self, purchasing: PurchasingYear) -> Iterator[Loaded]:
        """An engine with the rules, for as long as the `with` lasts. Raises as `of`."""
        held = self._held.get(purchasing.revision)
        if held is not None:
            yield held
            return
        loaded = self._load(purchasing)
        try:
            yield loaded
        finally:
            loaded.engine.close()

    def close(self) -> None:
        """Ends every engine."""
        with self._making:
            for loaded in self._held.values():
                loaded.engine.close()
            self._held.clear()

    def _load(self, purchasing: PurchasingYear) -> Loaded:
        rules = read_conditions(purchasing.year, purchasing.files)
        engine = WorkerEngine(rules.modules, rules.data, processes=self._processes, watch=self._metrics)
        return Loaded(rules, MeasuredEngine(engine, WorkerEngine.name, self._metrics))
