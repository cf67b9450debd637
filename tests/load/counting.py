"""Counts and times of calls, which can be added up over threads and processes."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

WINDOW_SECONDS = 10.0
"""Over how long a rate is looked at, beside that of a whole run."""
_STEP = math.log(1.02)
"""Times are kept to within two percent."""


@dataclass
class Times:
    """How long calls took: how many of each length, by the logarithm of microseconds."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float) -> None:
        """Counts a call."""
        self.counts[round(math.log(max(seconds * 1e6, 1.0)) / _STEP)] += 1

    def within(self, share: float) -> float:
        """The seconds in which a share of the calls was answered, as in 0.99; 0 without calls."""
        left = share * self.counts.total()
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return math.exp(bucket * _STEP) / 1e6
        return 0.0


@dataclass
class Tally:
    """What became of calls: `ended` counts by method and by what they ended in, `OK` or a code and a reason; of the
    answered ones `times` has how long they took, by method, and `windows` how many there were in each window."""

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    times: dict[str, Times] = field(default_factory=dict)
    windows: Counter[int] = field(default_factory=Counter)

    def answered(self, method: str, seconds: float, at: float) -> None:
        """Counts a call that was answered, `at` so many seconds from the begin."""
        self.ended[method, "OK"] += 1
        self.windows[int(at // WINDOW_SECONDS)] += 1
        self.times.setdefault(method, Times()).add(seconds)

    def failed(self, method: str, how: str) -> None:
        """Counts a call that ended in something else."""
        self.ended[method, how] += 1

    @property
    def total(self) -> int:
        """How many were answered."""
        return sum(count for (_, how), count in self.ended.items() if how == "OK")

    @property
    def failures(self) -> Counter[str]:
        """How many ended in what else."""
        found: Counter[str] = Counter()
        for (_, how), count in self.ended.items():
            if how != "OK":
                found[how] += count
        return found

    @property
    def methods(self) -> list[str]:
        """The methods that were called, in alphabetical order."""
        return sorted({method for method, _ in self.ended})

    def of(self, method: str) -> int:
        """How many calls of a method were answered."""
        return self.ended[method, "OK"]

    def __iadd__(self, other: "Tally") -> Self:
        self.ended.update(other.ended)
        self.windows.update(other.windows)
        for method, times in other.times.items():
            self.times.setdefault(method, Times()).counts.update(times.counts)
        return self

    def write(self) -> dict[str, Any]:
        """A document for another process."""
        return {
            "ended": [[method, how, count] for (method, how), count in self.ended.items()],
            "times": {method: list(times.counts.items()) for method, times in self.times.items()},
            "windows": list(self.windows.items()),
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """What `write` wrote."""
        return cls(
            Counter({(method, how): count for method, how, count in document["ended"]}),
            {method: Times(Counter(dict(counts))) for method, counts in document["times"].items()},
            Counter(dict(document["windows"])),
        )
