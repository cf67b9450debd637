"""What processes use while a load lasts, and whether that stays as it is."""

import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.process_use import use_of

EVERY_SECONDS = 5.0
MEGABYTE = 1_000_000
FLAT_MB_PER_MINUTE = 0.5
"""Memory that grows by less over the last two thirds of a run is flat."""
FLAT_NEEDS_SECONDS = 300.0
"""A shorter run says nothing about it."""


@dataclass
class Used:
    """One process, with those below it, over time: seconds since the start, megabytes, processor seconds."""

    moments: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    @property
    def most(self) -> float:
        """The most memory, in MB."""
        return max(self.megabytes)

    @property
    def last(self) -> float:
        """The memory at the end, in MB."""
        return self.megabytes[-1]

    @property
    def cores(self) -> float:
        """How many processors it kept busy, on average."""
        return (self.cpu_seconds[-1] - self.cpu_seconds[0]) / (self.moments[-1] - self.moments[0])

    @property
    def growth(self) -> float:
        """By how many MB a minute the memory grew over the last two thirds."""
        first = len(self.moments) // 3
        return 60 * statistics.linear_regression(self.moments[first:], self.megabytes[first:]).slope

    @property
    def is_flat(self) -> bool | None:
        """Whether memory stays as it is; None when that is too early to say."""
        if self.moments[-1] - self.moments[0] < FLAT_NEEDS_SECONDS:
            return None
        return self.growth < FLAT_MB_PER_MINUTE


class Watch:
    """Looks every few seconds, from the begin to the end of a `with`."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        """`processes` has their ids by name."""
        self.used = {name: Used() for name in processes}
        self._processes = processes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._started = time.monotonic()

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self._note()
            if self._stopping.wait(EVERY_SECONDS):
                break
        self._note()

    def _note(self) -> None:
        for name, process_id in self._processes.items():
            found = use_of(process_id)
            used = self.used[name]
            used.moments.append(time.monotonic() - self._started)
            used.megabytes.append(found.memory / MEGABYTE)
            used.cpu_seconds.append(found.cpu_seconds)
