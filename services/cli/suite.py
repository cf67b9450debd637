"""The three services as real processes on throw-away storage, for as long as they are needed."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from services.cli.clients import Addresses
from services.cli.processes import start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable

_LONGEST_FOLDER = 80
"""The path of a socket has to fit in 107 bytes."""


@contextmanager
def throw_away_suite(policies: Path | None = None) -> Iterator[Addresses]:
    """Starts the services on empty storage and gives their addresses; afterwards nothing of them is left.

    With `policies` they go by the rules in that folder. They listen on sockets in a folder that only this user can
    enter, so there is no port to compete for.

    Raises:
        Failure: a service does not start; with the end of its log.
    """
    with _terminable(), tempfile.TemporaryDirectory(prefix="spoedkader-", dir=short_folder()) as folder:
        addresses = {name: f"unix:{folder}/{name}.sock" for name in SERVICES}
        children = []
        try:
            for name in SERVICES:
                environment = {
                    variable(name, "address"): addresses[name],
                    variable(name, "database_url"): f"sqlite:///{folder}/{name}.db",
                    variable(name, "drain_seconds"): "2",
                    variable(name, "identity"): "development",
                    # Empty is as if it were not there.
                    **{variable(name, f"tls_{file}"): "" for file in ("certificate", "key", "client_ca")},
                    **({variable(name, "policies_dir"): str(policies.absolute())} if policies else {}),
                    **{variable(name, f"{peer}_address"): addresses[peer] for peer in peers_of(name)},
                }
                children.append(start(name, addresses[name], environment, Path(folder) / f"{name}.log"))
            wait_until_serving(children)
            yield Addresses(**addresses)
        finally:
            stop(children)


def short_folder() -> str | None:
    """Where a folder for sockets can be made whose path is short enough; None for the usual place."""
    return None if len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108 - mode 0700


@contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM unwind the stack like Ctrl-C does, so that what was started is stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
