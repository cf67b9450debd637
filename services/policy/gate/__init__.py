"""The gate that rules have to pass before they can count."""

from services.policy.gate.report import GateLimits, GateReport
from services.policy.gate.running import CHECKS, CONDITION_CHECKS, GateError, run_condition_gate, run_gate

__all__ = ["CHECKS", "CONDITION_CHECKS", "GateError", "GateLimits", "GateReport", "run_condition_gate", "run_gate"]
