"""The gate that a policy set has to pass before it can count."""

from services.policy.gate.report import GateLimits, GateReport
from services.policy.gate.running import GateError, run_gate

__all__ = ["GateError", "GateLimits", "GateReport", "run_gate"]
