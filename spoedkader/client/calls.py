"""Calls to one service."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from spoedkader.client.channel import open_channel
from spoedkader.client.credentials import Credentials
from spoedkader.client.refusals import unanswered
from spoedkader.parts import mark_last

ACTOR_KEY = "x-actor"
CALL_ID_KEY = "x-call-id"
DEFAULT_SECONDS = 30.0
BULK_SECONDS = 600.0
"""For a stream that takes in or goes through a whole round."""

Response = TypeVar("Response")


class Client:
    """One service, as a user of it; hangs up at the end of a `with`. May be used from any thread."""

    def __init__(
        self,
        package: str,
        address: str,
        *,
        actor: str,
        seconds: float = DEFAULT_SECONDS,
        credentials: Credentials | None = None,
    ) -> None:
        """`package` is `registry`, `quality` or `budget`; `seconds` is how long a call may take, retries included;
        `credentials` are for a service that wants to know who calls. Raises as `open_channel`."""
        self.channel = open_channel(address, package, credentials)
        self._actor = actor
        self._seconds = seconds

    def call(
        self, method: Callable[..., Response], request: Any, *, seconds: float | None = None, actor: str = ""
    ) -> Response:
        """Calls a method with one request and one response; on behalf of another user with `actor`.

        A request that can have a `request_id` and has none gets one, in the object itself: when the call ends in
        NotAnswered, the same object can be sent again and counts once.

        Raises:
            Refused: the service refused.
            NotAnswered: it did not answer, or not in time.
        """
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = str(uuid.uuid4())
        with self._answered(actor) as metadata:
            return method(request, timeout=self._seconds if seconds is None else seconds, metadata=metadata)

    def pages(self, method: Callable[..., Response], request: Any) -> Iterator[Response]:
        """Every page of a list method, from the request for the first one, which stays as it is. Raises as `call`."""
        following = type(request)()
        following.CopyFrom(request)
        while True:
            page: Any = self.call(method, following)
            yield page
            if not page.next_page_token:
                return
            following.page_token = page.next_page_token

    def send(self, method: Callable[..., Response], parts: Iterable[Any], *, seconds: float = BULK_SECONDS) -> Response:
        """Calls a method that takes the parts of a load and stores all of them or none. Raises as `call`."""
        with self._answered() as metadata:
            return method(mark_last(parts), timeout=seconds, metadata=metadata)

    def receive(
        self, method: Callable[..., Iterable[Response]], request: Any, *, seconds: float = BULK_SECONDS
    ) -> Iterator[Response]:
        """The parts of what a method answers as a stream, as they come in. Raises as `call`."""
        with self._answered() as metadata:
            yield from method(request, timeout=seconds, metadata=metadata)

    @contextmanager
    def _answered(self, actor: str = "") -> Iterator[tuple[tuple[str, str], ...]]:
        """The metadata of a call, whose id is in the logs of every service that it reaches."""
        call_id = uuid.uuid4().hex
        try:
            yield ((ACTOR_KEY, actor or self._actor), (CALL_ID_KEY, call_id))
        except grpc.RpcError as error:
            raise unanswered(error, call_id) from error

    def close(self) -> None:
        """Hangs up."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
