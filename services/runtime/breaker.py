"""Stops asking what does not answer, so that nobody waits for it and it gets time to come back.

Libraries for this were looked at: one holds a lock for as long as a call takes, so that calls wait for each other, and
others let every caller through at once to find out whether the other side is back.
"""

import threading
import time
from collections.abc import Callable
from enum import StrEnum, auto

import structlog

log = structlog.get_logger()


class BreakerState(StrEnum):
    """What happens to the next call."""

    CLOSED = auto()
    """It goes."""
    OPEN = auto()
    """It is refused."""
    HALF_OPEN = auto()
    """It goes, to find out, and those that come beside it are refused."""


class Breaker:
    """Between callers and one other side. May be used from any thread.

    It opens after `failures` in a row. From then on one call goes every `seconds`, until one succeeds. A call of which
    the end says nothing tells it nothing.
    """

    def __init__(self, name: str, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`name` is that of the other side, for logs and metrics."""
        self.name = name
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next = 0.0

    @property
    def state(self) -> BreakerState:
        """What happens to the next call."""
        if self._failures < self._most:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < self._next else BreakerState.HALF_OPEN

    def wait(self) -> float:
        """0 when a call may go, which then has to tell how it went; else in how many seconds one may."""
        if self._failures < self._most:
            return 0.0
        with self._lock:
            left = self._next - self._clock()
            if left > 0 and self._failures >= self._most:
                return left
            # This one finds out; if nothing is heard of it, another may after as long.
            self._next = self._clock() + self._seconds
            return 0.0

    def succeeded(self) -> None:
        """The other side answered, whatever it said."""
        if not self._failures:
            return
        with self._lock:
            if self._failures >= self._most:
                log.info("answers again", peer=self.name)
            self._failures = 0

    def failed(self) -> None:
        """The other side did not answer, although it had time to."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._next = self._clock() + self._seconds
            if self._failures == self._most:
                log.warning("does not answer and is not asked for a while", peer=self.name, seconds=self._seconds)
