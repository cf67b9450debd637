"""Who starts a service again when its process has ended, as Kubernetes or systemd does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.processes import wait_until_serving
from tests.support.replicas import Replicas, Slot


class Supervisor:
    """Looks after every place of a process, each in a thread of its own."""

    def __init__(self, replicas: Replicas) -> None:
        self.seconds: list[float] = []
        """How long it took each time from the end of a process until the next one served."""
        self.failed: list[str] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._look_after, args=(slot,)) for slot in replicas.slots]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Comes back when what it was starting serves."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _look_after(self, slot: Slot) -> None:
        # Once more behind the end: what was killed last has to be there again too.
        while not self._stopping.wait(0.02) or slot.now.ended is not None:
            if slot.now.ended is None:
                continue
            began = time.monotonic()
            slot.let_go()
            slot.start()
            try:
                wait_until_serving([slot.now])
            except Exception as error:  # noqa: BLE001 - a process may be killed while it starts; the drill tells of others
                if slot.now.ended is None:
                    self.failed.append(f"{slot.name} does not serve: {error!r}")
                    return
                continue
            self.seconds.append(time.monotonic() - began)


@contextmanager
def supervised(replicas: Replicas) -> Iterator[Supervisor]:
    """Starts again what ends, for as long as the `with` lasts."""
    supervisor = Supervisor(replicas)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
