"""A sender in a process of its own, which can be killed at any step that it takes.

    python -m tests.support.status_sending ADDRESS OUTBOX LOCATION LENGTH SEED PREFIX STEP

It writes a story down, as far as it is not there, and sends it. A step is a statement of the outbox's database, or the
begin, the middle or the end of a call; before step number STEP it kills itself. With 0 it never does.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spoedkader.client import Client, Outbox, Patience, deliver
from spoedkader.client import status as status_module
from tests.support.status_feed import SOURCE, story

PATIENCE = Patience(seconds=60, first=0.01, longest=0.2)
WRITTEN_TOGETHER = 4
BATCH = 3


class Steps:
    """Counts steps, and kills this process before one of them."""

    def __init__(self, last: int) -> None:
        self._left = last

    def take(self, _: object = None) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class SteppingClient(Client):
    """A client of which each call takes three steps."""

    def __init__(self, address: str, steps: Steps) -> None:
        super().__init__("registry", address, actor="test")
        self._steps = steps

    def call(self, method: Callable[..., Any], request: Any, **options: Any) -> Any:
        def in_two(request: Any, **options: Any) -> Any:
            future = method.future(request, **options)  # type: ignore[attr-defined]
            time.sleep(0.002)
            self._steps.take()
            return future.result()

        self._steps.take()
        answer = super().call(in_two, request, **options)
        self._steps.take()
        return answer


class SteppingOutbox(Outbox):
    """An outbox of which each statement is a step."""

    def __init__(self, path: Path, steps: Steps) -> None:
        super().__init__(path, SOURCE)
        self._connection.set_trace_callback(steps.take)


def tell(client: Client, outbox: Outbox, location: str, length: int, seed: int, prefix: str = "e") -> None:
    """Writes down what is not in the outbox yet of a story, and sends all of it."""
    left = story(length, seed, prefix)[outbox.last_sequence(location) :]
    for first in range(0, len(left), WRITTEN_TOGETHER):
        outbox.append(location, *left[first : first + WRITTEN_TOGETHER])
    for _ in deliver(client, outbox, location, patience=PATIENCE):
        pass


def main() -> None:
    """Runs one sender."""
    address, path, location, length, seed, prefix, last = sys.argv[1:]
    status_module.MAX_EVENTS = BATCH
    steps = Steps(int(last))
    print("ready", flush=True)
    with SteppingClient(address, steps) as client, SteppingOutbox(Path(path), steps) as outbox:
        tell(client, outbox, location, int(length), int(seed), prefix)


if __name__ == "__main__":
    main()
