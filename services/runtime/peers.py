"""Calls to other services: the caller's deadline goes along, and what goes wrong names the peer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import grpc
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry

from services.runtime.breaker import Breaker
from services.runtime.call import call_of
from services.runtime.errors import DomainError, Reason
from services.runtime.metrics import PeerMetrics
from services.runtime.settings import ServiceSettings
from services.runtime.status import from_call
from services.runtime.tracing import span, trace_headers
from spoedkader.client import open_channel
from spoedkader.client.calls import ACTOR_KEY, CALL_ID_KEY

FAIR_SECONDS = 2.0
"""A peer that did not answer in less was not given the time to; that says nothing about it."""

Request = TypeVar("Request")
Response = TypeVar("Response")


_OUR_OWN = {Reason.UNEXPECTED, Reason.UNAUTHENTICATED, Reason.PERMISSION_DENIED, Reason.ISSUER_UNAVAILABLE}
"""What a peer says of itself or of this service, and not of the caller, whom this service admitted."""


class Peer:
    """One other service."""

    def __init__(self, name: str, address: str, settings: ServiceSettings, metrics: PeerMetrics | None = None) -> None:
        """`name` is that of the package and of the service, as in `registry`; nothing is connected yet.

        Raises:
            OSError: a file of certificates in the settings of the calling service can't be read.
            ValueError: such a file makes no sense.
        """
        self.name = name
        self.channel = open_channel(address, name, settings.credentials)
        self._timeout = settings.peer_timeout_seconds
        self._metrics = metrics or PeerMetrics(CollectorRegistry())
        self.breaker = Breaker(name, settings.breaker_failures, settings.breaker_seconds)

    def call(
        self,
        method: Callable[..., Response],
        request: Request,
        context: grpc.ServicerContext,
    ) -> Response:
        """Calls a method of the peer on behalf of the call in `context`, within its deadline.

        Raises:
            DomainError: what the peer refused, PEER_UNAVAILABLE when it does not answer properly, or
                DEADLINE_EXCEEDED when the time is up.
        """
        wait = self.breaker.wait()
        if wait:
            raise self._unavailable("antwoordde net ook niet", wait)
        remaining = context.time_remaining()
        seconds = self._timeout if remaining is None else min(remaining, self._timeout)
        call = call_of(context)
        try:
            with self._followed(request):
                response = method(
                    request,
                    timeout=seconds,
                    metadata=((CALL_ID_KEY, call.id), (ACTOR_KEY, call.actor), *trace_headers().items()),
                )
        except grpc.RpcError as error:
            raise self._refusal(error, fair=seconds >= min(FAIR_SECONDS, self._timeout)) from error
        self.breaker.succeeded()
        return response

    def pages(
        self,
        method: Callable[..., Response],
        request: Any,
        context: grpc.ServicerContext,
    ) -> Iterator[Response]:
        """Every page of a list method, from the request for the first one."""
        following = type(request)()
        following.CopyFrom(request)
        while True:
            response: Any = self.call(method, following, context)
            yield response
            if not response.next_page_token:
                return
            following.page_token = response.next_page_token

    def close(self) -> None:
        """Hangs up."""
        self.channel.close()

    @contextmanager
    def _followed(self, request: Any) -> Iterator[None]:
        """Counts a call, and shows it as a part of the call that it is made for."""
        started = time.perf_counter()
        code = "OK"
        try:
            # A method of a stub does not tell its name; that of a request is the same but for its end.
            name = f"{self.name} {type(request).__name__.removesuffix('Request')}"
            with span(name, SpanKind.CLIENT, **{"rpc.system": "grpc", "spoedkader.peer": self.name}):
                yield
        except grpc.RpcError as error:
            code = cast(grpc.Call, error).code().name
            raise
        finally:
            self._metrics.called(self.name, code, time.perf_counter() - started)

    def _refusal(self, error: grpc.RpcError, *, fair: bool) -> DomainError:
        """What to tell the caller, and the breaker: `fair` is whether the peer had time to answer."""
        assert isinstance(error, grpc.Call)
        code = error.code()
        refusal = from_call(error)
        if refusal is not None:
            self.breaker.succeeded()
        elif code is grpc.StatusCode.UNAVAILABLE or (code is grpc.StatusCode.DEADLINE_EXCEEDED and fair):
            self.breaker.failed()
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"De dienst {self.name} antwoordde niet binnen de tijd."
            return DomainError(Reason.DEADLINE_EXCEEDED, message, metadata={"peer": self.name})
        if refusal is not None and refusal.reason not in _OUR_OWN:
            return refusal
        return self._unavailable(f"is niet bereikbaar of antwoordt niet goed ({code.name})")

    def _unavailable(self, problem: str, retry_after: float = 0.0) -> DomainError:
        return DomainError(
            Reason.PEER_UNAVAILABLE,
            f"De dienst {self.name} {problem}.",
            metadata={"peer": self.name},
            retry_after=retry_after,
        )
