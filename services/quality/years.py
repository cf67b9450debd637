"""The rules of the years that this service knows, each loaded once, with an engine that holds them."""

import threading
from dataclasses import dataclass
from pathlib import Path

from services.policy.engine import PolicyError
from services.policy.parameters import Parameters, load_parameters
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear, UnknownYearError, load_year
from services.runtime.errors import DomainError, Reason


@dataclass(frozen=True)
class Rules:
    """The rules of one policy year: norms and questionnaire, parameters, and the engine that judges by them."""

    policies: PolicyYear
    parameters: Parameters
    engine: WorkerEngine


class Years:
    """Finds the rules of a policy year."""

    def __init__(self, policies_dir: Path, processes: int) -> None:
        """`processes` evaluate for each year; 0 means as many as there are processors."""
        self._policies_dir = policies_dir
        self._processes = processes
        self._loaded: dict[int, Rules] = {}
        self._loading = threading.Lock()

    def rules(self, policy_year: int) -> Rules:
        """The rules of a year; they are read once, for a year never changes.

        Raises:
            DomainError: POLICY_YEAR_UNKNOWN, there are none, or POLICY_FAILED, they cannot be used.
        """
        found = self._loaded.get(policy_year)
        if found is None:
            with self._loading:
                found = self._loaded.get(policy_year) or self._load(policy_year)
                self._loaded[policy_year] = found
        return found

    def close(self) -> None:
        """Ends the evaluating processes."""
        for rules in self._loaded.values():
            rules.engine.close()

    def _load(self, policy_year: int) -> Rules:
        metadata = {"policy_year": str(policy_year)}
        try:
            policies = load_year(self._policies_dir, policy_year)
            parameters = load_parameters(self._policies_dir, policy_year)
            engine = WorkerEngine(policies.modules, policies.data, processes=self._processes)
            return Rules(policies, parameters, engine)
        except UnknownYearError as error:
            message = f"Er zijn geen regels voor beleidsjaar {policy_year}."
            raise DomainError(Reason.POLICY_YEAR_UNKNOWN, message, metadata=metadata) from error
        except PolicyError as error:
            message = f"De regels van beleidsjaar {policy_year} zijn niet bruikbaar."
            raise DomainError(Reason.POLICY_FAILED, message, metadata=metadata) from error
