"""The bundle that OPA servers take, over HTTP: the rules of every active policy set.

An OPA server asks with the ETag of what it holds and how long the answer may take, and it gets an answer as soon as
there is something else: https://www.openpolicyagent.org/docs/management-bundles#http-long-polling.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeAlias
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

log = structlog.get_logger()

PATH = "/bundles/kwaliteitskader"
CONTENT_TYPE = "application/vnd.openpolicyagent.bundles"
"""By this type OPA knows that it can ask with a time to wait."""
MAX_WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.2
"""How often a waiting request looks what is active: another replica may have changed it."""
WAIT = re.compile(r"(?:^|[;,\s])wait=([0-9]{1,9})(?=$|[;,\s])")

View: TypeAlias = Callable[[Request], Response]


class Bundle(NamedTuple):
    """A bundle, and the revision in its manifest, which names every set that is in it."""

    revision: str
    content: bytes


class BundleSource(Protocol):
    """Where the bundle comes from. May be called from any thread."""

    def revision(self) -> str:
        """Return the revision of the bundle that holds now, empty when no set is active. Asked often."""
        ...

    def current(self) -> Bundle:
        """Return the bundle that holds now."""
        ...


class NothingActiveError(Exception):
    """No policy set is active, and a bundle without rules would take the rules away from who has them."""


class BundleApp:
    """The WSGI application."""

    def __init__(self, source: BundleSource, signed_by: Callable[[], str] = lambda: "") -> None:
        """`signed_by` names the key that signs now, empty for none: another signature is another bundle."""
        self._source = source
        self._signed_by = signed_by
        self._made: Bundle | None = None
        self._made_for = ""
        self._news = threading.Condition()
        self._changes = 0
        self._closing = False
        self._views = Map(
            [
                Rule(PATH, endpoint=self._bundle, methods=["GET"]),
                Rule("/health", endpoint=self._health, methods=["GET"]),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; 503 whenever the source cannot say or make what holds now."""
        try:
            response = self._answer(Request(environ))
        except HTTPException as refusal:
            response = refusal.get_response(environ)
        return response(environ, start_response)

    def changed(self) -> None:
        """Let waiting requests look at once: another set is active."""
        with self._news:
            self._changes += 1
            self._news.notify_all()

    def close(self) -> None:
        """Let no request wait any longer."""
        self._closing = True
        self.changed()

    def _answer(self, request: Request) -> Response:
        view, _ = self._views.bind_to_environ(request.environ).match()
        try:
            response: Response = view(request)
        except Exception as error:
            log.error("bundle not available", path=request.path, problem=f"{type(error).__name__}: {error}")
            raise ServiceUnavailable("The bundle is not available.") from error
        return response

    def _health(self, _: Request) -> Response:
        return Response(f"{self._revision()}\n", content_type="text/plain; charset=utf-8")

    def _bundle(self, request: Request) -> Response:
        self._wait(request)
        bundle = self._current()
        response = Response(bundle.content, content_type=CONTENT_TYPE)
        response.set_etag(self._etag(bundle.revision))
        response.cache_control.no_cache = True
        response.make_conditional(request)
        return response

    def _wait(self, request: Request) -> None:
        """Come back when there is another bundle than the one that the caller holds, or its time is over."""
        asked = WAIT.search(request.headers.get("Prefer", ""))
        if asked is None:
            return
        gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
        until = time.monotonic() + min(float(asked[1]), MAX_WAIT_SECONDS)
        while not self._closing:
            changes = self._changes
            left = until - time.monotonic()
            if left <= 0 or gone() or not request.if_none_match.contains(self._etag(self._revision())):
                return
            with self._news:
                self._news.wait_for(lambda seen=changes: self._changes != seen, min(left, LOOK_SECONDS))  # type: ignore[misc]

    def _current(self) -> Bundle:
        revision = self._revision()
        made, etag = self._made, self._etag(revision)
        if made is None or self._made_for != etag:
            made = self._made = self._source.current()
            self._made_for = self._etag(made.revision)
        if not made.revision:
            raise NothingActiveError("no policy set is active")
        return made

    def _revision(self) -> str:
        revision = self._source.revision()
        if not revision:
            raise NothingActiveError("no policy set is active")
        return revision

    def _etag(self, revision: str) -> str:
        signed_by = self._signed_by()
        return f"{revision};{signed_by}" if signed_by else revision
