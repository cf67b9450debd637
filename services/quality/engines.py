"""The engines that judge: regorus in processes of this service, or an OPA server."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from services.policy.engine import PolicyEngine
from services.policy.measured import MeasuredEngine
from services.policy.opa import OpaEngine, bundle_held
from services.policy.opa_trial import try_out
from services.policy.policy_set import PolicySet
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear
from services.quality.spared_engine import SparedEngine
from services.runtime.breaker import Breaker
from services.runtime.metrics import EvaluationMetrics

_HELD_SECONDS = 1.0
"""How long OPA may take to say which bundle it has."""

MakeEngine: TypeAlias = Callable[[PolicySet, PolicyYear], PolicyEngine]
"""Makes an engine that holds one policy set. Raises PolicyLoadError when the engine does not take it."""
Prove: TypeAlias = Callable[[PolicySet, PolicyYear], None]
"""Has an engine try a policy set before it is active. Raises PolicyError when the engine does not take it."""


@dataclass(frozen=True)
class Engines:
    """`judging` makes the engine that judges by active sets, and `prove` has it try one; `pinned` makes one that takes
    any set. `held` asks an engine that takes its bundle from elsewhere which revision it has; None for others."""

    name: str
    judging: MakeEngine
    pinned: MakeEngine
    prove: Prove
    held: Callable[[], str] | None = None


def embedded(processes: int, metrics: EvaluationMetrics) -> Engines:
    """Engines in so many processes for each policy set; 0 means as many as there are processors."""
    make = partial(_workers, processes, metrics)

    def judging(policy_set: PolicySet, policies: PolicyYear) -> PolicyEngine:
        return MeasuredEngine(make(policy_set, policies), WorkerEngine.name, metrics)

    # Such an engine takes a set when it is made, or does not.
    return Engines(WorkerEngine.name, judging, make, lambda policy_set, policies: None)


def opa(url: str, processes: int, metrics: EvaluationMetrics, breaker: Breaker) -> Engines:
    """The OPA server at a URL, which pulls the active policy sets from this service; other sets are held here."""

    def judging(policy_set: PolicySet, _: PolicyYear) -> PolicyEngine:
        engine = SparedEngine(OpaEngine(url, policy_set.digest, policy_set.year), breaker)
        return MeasuredEngine(engine, OpaEngine.name, metrics)

    return Engines(
        OpaEngine.name,
        judging,
        partial(_workers, processes, metrics),
        partial(try_out, url),
        partial(bundle_held, url, _HELD_SECONDS),
    )


def _workers(processes: int, metrics: EvaluationMetrics, _: PolicySet, policies: PolicyYear) -> PolicyEngine:
    return WorkerEngine(policies.modules, policies.data, processes=processes, watch=metrics)
