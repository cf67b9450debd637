"""A stretch of network that breaks: a TCP proxy whose first connection is cut after so many bytes."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

UNCUT = 10**9


class CuttingProxy:
    """Passes connections on to a Unix socket, for as long as a `with` lasts.

    The first connection is reset in both directions as soon as `up` bytes went to the server, or `down` came back;
    later ones are left alone.
    """

    def __init__(self, path: str, *, up: int = UNCUT, down: int = UNCUT) -> None:
        self.cuts = 0
        self.went_up = 0
        self.came_down = 0
        """Bytes of the first connection."""
        self._path = path
        self._limits = (up, down)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Shut down first, for a thread that waits in accept or recv does not notice that a socket is closed.
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._sockets):
            each.close()

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        first = True
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            self._sockets += (near, far)
            far.connect(self._path)
            up, down = self._limits if first else (UNCUT, UNCUT)
            self._run(self._pass_on, near, far, up, first, "went_up")
            self._run(self._pass_on, far, near, down, first, "came_down")
            first = False

    def _pass_on(self, source: socket.socket, target: socket.socket, limit: int, first: bool, counted: str) -> None:
        passed = 0
        with suppress(OSError):
            while passed < limit:
                part = source.recv(min(65536, limit - passed))
                if not part:
                    break
                target.sendall(part)
                passed += len(part)
                if first:
                    setattr(self, counted, passed)
            self.cuts += passed == limit
        for each in (source, target):
            with suppress(OSError):
                # What was not read yet is lost, as when a cable is cut.
                if passed == limit and each.family == socket.AF_INET:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.shutdown(socket.SHUT_RDWR)
