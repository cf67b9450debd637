"""A small HTTP server beside the gRPC server of a service, at an address of its own."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class HttpServer:
    """Answers by a WSGI application, from `start` to `stop`."""

    def __init__(self, address: str, app: WSGIApplication, *, name: str, threads: int) -> None:
        """Bind `host:port`; port 0 takes any free port. `name` is that of its thread, `threads` how many requests it
        answers at the same time.

        Raises OSError when the address is taken or cannot be bound.
        """
        host, _, port = address.rpartition(":")
        bound = socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.address = f"{host}:{bound.getsockname()[1]}"
        """`host:port` with the real port."""
        self._sockets: dict[int, object] = {}
        # With a request of lookahead it notices a caller that is gone while its request waits.
        self._server = create_server(
            app, map=self._sockets, sockets=[bound], threads=threads, channel_request_lookahead=1, ident=None
        )
        self._thread = threading.Thread(target=self._server.run, name=name, daemon=True)

    @property
    def url(self) -> str:
        """Where it is found."""
        return f"http://{self.address}"

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then stop. Also for a server that was never started."""
        self._server.task_dispatcher.shutdown()
        if self._thread.is_alive():
            # The sockets belong to the thread that waits on them.
            # When something else wakes it at the same moment, it has closed them before this can.
            with suppress(OSError):
                self._server.trigger.pull_trigger(self._close_sockets)
            self._thread.join()
        else:
            self._close_sockets()

    def _close_sockets(self) -> None:
        wasyncore.close_all(self._sockets, ignore_all=True)
