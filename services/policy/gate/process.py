"""The process in which a policy set is inspected: unreviewed rules may take all the time and memory of it.

`running` starts it under limits, and ends it when it takes too long.
"""

from __future__ import annotations

import signal
import sys
import time

from services.policy.gate import conditions, inspection
from services.policy.gate.messages import OUT_OF_MEMORY, TOO_DEEP, Message, Running, read_setup, write_message
from services.policy.worker import read_frame, write_frame
from services.policy.year import KIND

TELL_SECONDS = 0.05
"""How often it says at most that it goes on with the same norm; so far off can the time of an evaluation be."""


class _Teller:
    """Sends messages, except for what would only repeat the last one within a moment."""

    def __init__(self) -> None:
        self._last: Message | None = None
        self._told = 0.0

    def __call__(self, message: Message) -> None:
        now = time.monotonic()
        again = isinstance(message, Running) and message == self._last and now - self._told < TELL_SECONDS
        if again or message == ():
            return
        self._last, self._told = message, now
        write_frame(sys.stdout.buffer, write_message(message))


def main() -> None:
    """Inspects the set that comes in on standard input, and tells about it on standard output."""
    # Ctrl-C is for whoever started this, and who ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frame = read_frame(sys.stdin.buffer)
    if frame is None:
        return
    setup = read_setup(frame)
    try:
        if setup.kind == KIND:
            inspection.inspect(setup.policy_set, setup.earlier, _Teller())
        else:
            conditions.inspect(setup.policy_set, _Teller())
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except RecursionError:
        sys.exit(TOO_DEEP)


if __name__ == "__main__":
    main()
