"""The gate that a policy set has to pass before it can count."""

from services.policy.gate.report import GateLimits, GateReport
from services.policy.gate.running import CHECKS, GateError, run_gate

__all__ = ["CHECKS", "GateError", "GateLimits", "GateReport", "run_gate"]
