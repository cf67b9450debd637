"""The server that OPA servers take their bundle from, beside the gRPC server of the quality service."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from services.quality.bundles.app import BundleApp, BundleSource
from services.runtime.http_server import HttpServer

log = structlog.get_logger()

THREADS = 32
"""Requests at the same time; an OPA server that waits for another bundle is one of them."""


class BundleServer:
    """Serves the bundle at an address of its own, from `start` to `close`."""

    def __init__(self, address: str, source: BundleSource, signed_by: Callable[[], str] = lambda: "") -> None:
        """Bind `host:port`; port 0 takes any free port. `signed_by` names the key that signs now, empty for none.

        Raises OSError when the address is taken or cannot be bound.
        """
        self._app = BundleApp(source, signed_by)
        self._http = HttpServer(address, self._app, name="bundles", threads=THREADS)
        self.address = self._http.address
        """`host:port` with the real port."""

    @property
    def url(self) -> str:
        """What OPA is given as the URL of its service."""
        return self._http.url

    def start(self) -> None:
        """Answer requests from now on."""
        self._http.start()
        log.info("serving bundles", address=self.address)

    def changed(self) -> None:
        """Tell every OPA server that waits that another set is active. Without it they know within a moment too."""
        self._app.changed()

    def close(self) -> None:
        """Answer what waits, then stop. Also for a server that was never started."""
        self._app.close()
        self._http.stop()
