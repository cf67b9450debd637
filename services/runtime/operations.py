"""What operators ask a service over HTTP, at an address of its own: `/metrics`, `/live`, `/ready` and `/fresh`.

`/ready` and `/fresh` answer 200 or 503, with everything that is not well as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from services.runtime.health import Health

THREADS = 4


class OperationsApp:
    """The WSGI application."""

    def __init__(self, registry: CollectorRegistry, health: Health) -> None:
        self._registry = registry
        self._health = health
        self._views = Map(
            [
                Rule("/metrics", endpoint=self._metrics, methods=["GET"]),
                Rule("/live", endpoint=self._live, methods=["GET"]),
                Rule("/ready", endpoint=self._ready, methods=["GET"]),
                Rule("/fresh", endpoint=self._fresh, methods=["GET"]),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            view, _ = self._views.bind_to_environ(environ).match()
            response: Response = view(request)
        except HTTPException as refusal:
            return refusal.get_response(environ)(environ, start_response)
        return response(environ, start_response)

    def _metrics(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(self._registry), content_type=content_type)

    def _live(self, _: Request) -> Response:
        return _answer(True, {"live": True})

    def _ready(self, _: Request) -> Response:
        report = self._health.report()
        return _answer(report.ready, {"ready": report.ready, "fresh": report.fresh, "problems": report.problems})

    def _fresh(self, _: Request) -> Response:
        report = self._health.report()
        return _answer(report.fresh, {"ready": report.ready, "fresh": report.fresh, "problems": report.problems})


def _answer(well: bool, body: object) -> Response:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True) + "\n"
    return Response(text, 200 if well else 503, content_type="application/json")
