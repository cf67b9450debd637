"""How many calls a server has at a time, and what becomes of the rest.

A call waits for a thread, and holds it until it ends. Calls with one request and one response share the threads of a
service. Streams have threads of their own: whoever sends or reads slowly keeps no other call waiting. Above what may
wait a call is refused at once, on a thread that does nothing else, with how long to wait before the next try.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
import structlog

from services.runtime.call import call_id
from services.runtime.errors import DomainError, Reason
from services.runtime.settings import ServiceSettings
from services.runtime.status import to_status
from spoedkader.client.calls import CALL_ID_KEY

log = structlog.get_logger()

RETRY_SECONDS = 1.0
"""About how long a refused caller waits; chance spreads them over half to one and a half of it."""
MORE_CALLS = 1000
"""Calls that may wait to be refused; beyond them gRPC refuses by itself, without saying why."""
_PUSHBACK_KEY = "grpc-retry-pushback-ms"
"""By this gRPC itself waits, where its retry policy names RESOURCE_EXHAUSTED."""


class CallPool(ThreadPoolExecutor):
    """Threads that know how many calls they have, waiting ones included."""

    def __init__(self, threads: int, most: int, name: str) -> None:
        super().__init__(threads, thread_name_prefix=name)
        self.most = most
        """Calls above which one more is too many."""
        self._lock = threading.Lock()
        self.calls = 0

    @property
    def full(self) -> bool:
        """Whether one more is too many."""
        return self.calls >= self.most

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        with self._lock:
            self.calls += 1
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: "Future[Any]") -> None:
        with self._lock:
            self.calls -= 1


class Limits(grpc.ServerInterceptor):
    """The threads of one server. It comes before any other interceptor; gRPC asks it for one call at a time."""

    def __init__(self, settings: ServiceSettings, name: str) -> None:
        self.calls = CallPool(settings.workers, settings.max_calls, name)
        self.streams = CallPool(settings.stream_workers, settings.max_streams, f"{name}-stream")
        self.most = settings.max_calls + settings.max_streams + MORE_CALLS
        """For `maximum_concurrent_rpcs`."""
        self.shed = 0
        """Calls that were refused because there were too many."""
        self._quick = ThreadPoolExecutor(2, thread_name_prefix=f"{name}-quick")
        # An iterator as request: nothing of the message is waited for.
        self._refusal: Any = grpc.stream_unary_rpc_method_handler(_on(self._quick, _refuse))

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        if method.startswith("/grpc.health."):
            # Who is asked whether it is well is not to answer that it is busy.
            return _placed(handler, self._quick)
        streams = handler.request_streaming or handler.response_streaming
        if (self.streams if streams else self.calls).full:
            if not self.shed:
                log.warning("too many calls", method=method)
            self.shed += 1
            return self._refusal
        return _placed(handler, self.streams) if streams else handler

    def close(self) -> None:
        """Lets the threads go."""
        for pool in (self.calls, self.streams, self._quick):
            pool.shutdown(wait=False)


def _placed(handler: Any, pool: ThreadPoolExecutor) -> Any:
    """A handler that runs on the threads of a pool."""
    kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
    return handler._replace(**{kind: _on(pool, getattr(handler, kind))})


def _on(pool: ThreadPoolExecutor, act: Callable[..., Any]) -> Callable[..., Any]:
    placed = partial(act)
    placed.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return placed


def _refuse(_: Any, context: grpc.ServicerContext) -> None:
    wait = random.uniform(RETRY_SECONDS / 2, RETRY_SECONDS * 1.5)  # noqa: S311 - nothing secret
    error = DomainError(
        Reason.OVERLOADED, "De dienst heeft te veel aanroepen; probeer het zo opnieuw.", retry_after=wait
    )
    known = (CALL_ID_KEY, call_id(dict(context.invocation_metadata())))
    context.abort_with_status(to_status(error, [known, (_PUSHBACK_KEY, str(round(wait * 1000)))]))


def check_deadline(context: grpc.ServicerContext, most_seconds: float) -> None:
    """Lets a call through that ends in time: nobody waits for one without end, and neither does a thread.

    Raises:
        DomainError: DEADLINE_REQUIRED.
    """
    remaining = context.time_remaining()
    # What travels is rounded up.
    if remaining is None or remaining > most_seconds * 1.01:
        raise DomainError(
            Reason.DEADLINE_REQUIRED,
            f"De aanroep heeft een deadline nodig, die hooguit {most_seconds:g} seconden weg is.",
            metadata={"most_seconds": f"{most_seconds:g}"},
        )
