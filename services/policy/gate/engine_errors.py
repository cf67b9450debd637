"""What the engine says about rules, as problems."""

from services.policy.problems import Problem
from services.policy.rego_ast import place_in, reason_in


def engine_problem(said: str, check: str, file: str, line: int) -> Problem:
    """Return the problem in what the engine says, at the place that it names or else at a file and line."""
    at = place_in(said) or (file, line)
    return Problem(*at, check, f"de engine kan dit niet uitvoeren: {reason_in(said)}")
