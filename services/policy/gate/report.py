"""What the gate is given to spend, and what it says."""

from dataclasses import dataclass

from services.policy.embedded import EmbeddedEngine
from services.policy.problems import Problem

ENGINE = f"{EmbeddedEngine.name} {EmbeddedEngine.version}"


@dataclass(frozen=True)
class GateLimits:
    """What unreviewed rules may use: `seconds` for the whole gate, `rule_seconds` for one test or one evaluation, and
    `megabytes` of memory."""

    seconds: float = 120.0
    rule_seconds: float = 10.0
    megabytes: int = 1024


@dataclass(frozen=True)
class GateReport:
    """What the gate found: every problem, by file and line, and what it looked at.

    `norm_count` is how many norms or conditions there are. The numbers are 0 as far as the rules could not be run.
    `line_coverage_percent` is that of the rules without tests, rounded down; `seconds` is how long it took.
    """

    problems: tuple[Problem, ...]
    norm_count: int
    test_count: int
    line_coverage_percent: int
    engine: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
