"""What stands in files that others renew: certificates, tokens, passwords."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

LOOK_SECONDS = 1.0
"""Files are read again at most so often, and only when somebody asks."""

Value = TypeVar("Value")
Warn = Callable[[str, Mapping[str, Any]], None]
"""Is told what happened, and facts about it."""


def log_warning(event: str, facts: Mapping[str, Any]) -> None:
    """A line in the standard log of this module."""
    logging.getLogger(__name__).warning("%s: %s", event, facts)


class Watched(Generic[Value]):
    """What files mean, as long as they mean something. May be used from any thread.

    When their new content can't be read or makes no sense, what they meant before stays. So files can be replaced one
    after the other, and a mistake ends nothing before its time.
    """

    def __init__(
        self, files: Sequence[Path], load: Callable[[Sequence[bytes]], Value], warn: Warn = log_warning
    ) -> None:
        """`load` is given the content of each file, and raises ValueError when it makes no sense.

        Raises:
            OSError: a file can't be read.
            ValueError: they make no sense.
        """
        self._files = tuple(files)
        self._load = load
        self._warn = warn
        self._lock = threading.Lock()
        self._seen = self._read()
        self._value = load(self._seen)
        self._next = time.monotonic() + LOOK_SECONDS
        self._problem = ""

    @property
    def value(self) -> Value:
        """What the files mean; the same object as long as their content is."""
        # Whoever comes while another looks gets what there is.
        if time.monotonic() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._value

    def _look(self) -> None:
        self._next = time.monotonic() + LOOK_SECONDS
        try:
            found = self._read()
            if found != self._seen:
                self._seen = found
                self._value = self._load(found)
                self._problem = ""
        except (OSError, ValueError) as error:
            if str(error) != self._problem:
                self._problem = str(error)
                self._warn("not renewed", {"files": ", ".join(map(str, self._files)), "problem": self._problem})

    def _read(self) -> tuple[bytes, ...]:
        return tuple(file.read_bytes() for file in self._files)
