"""The engines that judge: regorus in processes of this service, or an OPA server."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from services.policy.engine import PolicyEngine
from services.policy.opa import OpaEngine
from services.policy.opa_trial import try_out
from services.policy.policy_set import PolicySet
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear

MakeEngine: TypeAlias = Callable[[PolicySet, PolicyYear], PolicyEngine]
"""Makes an engine that holds one policy set. Raises PolicyLoadError when the engine does not take it."""
Prove: TypeAlias = Callable[[PolicySet, PolicyYear], None]
"""Has an engine try a policy set before it is active. Raises PolicyError when the engine does not take it."""


@dataclass(frozen=True)
class Engines:
    """`judging` makes the engine that judges by active sets, and `prove` has it try one; `pinned` makes one that takes
    any set."""

    name: str
    judging: MakeEngine
    pinned: MakeEngine
    prove: Prove


def embedded(processes: int) -> Engines:
    """Engines in so many processes for each policy set; 0 means as many as there are processors."""
    make = partial(_workers, processes)
    # Such an engine takes a set when it is made, or does not.
    return Engines(WorkerEngine.name, make, make, lambda policy_set, policies: None)


def opa(url: str, processes: int) -> Engines:
    """The OPA server at a URL, which pulls the active policy sets from this service; other sets are held here."""
    return Engines(
        OpaEngine.name,
        lambda policy_set, _: OpaEngine(url, policy_set.digest, policy_set.year),
        partial(_workers, processes),
        partial(try_out, url),
    )


def _workers(processes: int, _: PolicySet, policies: PolicyYear) -> PolicyEngine:
    return WorkerEngine(policies.modules, policies.data, processes=processes)
