"""The server that OPA servers take their bundle from, beside the gRPC server of the quality service."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import structlog
from waitress import create_server, wasyncore  # type: ignore[import-untyped]

from services.quality.bundles.app import BundleApp, BundleSource

log = structlog.get_logger()

THREADS = 32
"""Requests at the same time; an OPA server that waits for another bundle is one of them."""


class BundleServer:
    """Serves the bundle at an address of its own, from `start` to `close`."""

    def __init__(self, address: str, source: BundleSource, signed_by: str = "") -> None:
        """Bind `host:port`; port 0 takes any free port. `signed_by` is the id of the key that signs, empty for none.

        Raises OSError when the address is taken or cannot be bound.
        """
        host, _, port = address.rpartition(":")
        bound = socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.address = f"{host}:{bound.getsockname()[1]}"
        """`host:port` with the real port."""
        self._app = BundleApp(source, signed_by)
        self._sockets: dict[int, object] = {}
        # With a request of lookahead it notices a caller that is gone while its request waits.
        self._server = create_server(
            self._app, map=self._sockets, sockets=[bound], threads=THREADS, channel_request_lookahead=1, ident=None
        )
        self._thread = threading.Thread(target=self._server.run, name="bundles", daemon=True)

    @property
    def url(self) -> str:
        """What OPA is given as the URL of its service."""
        return f"http://{self.address}"

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()
        log.info("serving bundles", address=self.address)

    def changed(self) -> None:
        """Tell every OPA server that waits that another set is active. Without it they know within a moment too."""
        self._app.changed()

    def close(self) -> None:
        """Answer what waits, then stop. Also for a server that was never started."""
        self._app.close()
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
