"""A clock for services under test."""

import threading
from datetime import UTC, datetime, timedelta


class TickingClock:
    """A clock that moves on by a second whenever a service reads it, so that no two records bear the same moment."""

    def __init__(self) -> None:
        self._now = datetime(2027, 3, 1, 12, tzinfo=UTC)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self._now += timedelta(seconds=1)
            return self._now

    def travel(self, to: datetime) -> None:
        """Goes to another moment; from there it ticks on."""
        with self._lock:
            self._now = to

    @property
    def now(self) -> datetime:
        """What was read last; everything that is recorded already bears this moment or an earlier one."""
        return self._now
