"""The engine that judges: regorus in processes of this service, or an OPA server."""

from collections.abc import Callable
from typing import TypeAlias

from services.policy.engine import PolicyEngine
from services.policy.opa import OpaEngine
from services.policy.policy_set import PolicySet
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear

MakeEngine: TypeAlias = Callable[[PolicySet, PolicyYear], PolicyEngine]
"""Makes an engine that holds one policy set. Raises PolicyLoadError when the engine does not take it."""


def embedded(processes: int) -> MakeEngine:
    """Makes engines in so many processes for each policy set; 0 means as many as there are processors."""
    return lambda _, policies: WorkerEngine(policies.modules, policies.data, processes=processes)


def opa(url: str) -> MakeEngine:
    """Makes engines that ask the OPA server at a URL, which pulls the active policy sets from this service."""
    return lambda policy_set, _: OpaEngine(url, policy_set.digest, policy_set.year)
