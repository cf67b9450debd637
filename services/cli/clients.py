"""The three services as the commands see them: stubs, a deadline on every call, and failures in one Dutch line."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from services.cli.failures import refusal
from spoedkader.client import open_channel
from spoedkader.client.calls import ACTOR_KEY, CALL_ID_KEY
from spoedkader.parts import mark_last

Response = TypeVar("Response")

CALL_SECONDS = 30.0
BULK_SECONDS = 600.0
"""For a stream that takes in or goes through a whole round."""
PAGE_SIZE = 1000
ACTOR = "cli"


@dataclass(frozen=True)
class Addresses:
    """Where the services listen: `host:port` or `unix:/path`."""

    registry: str
    quality: str
    budget: str


class Service:
    """One service; nothing is connected until the first call."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.channel = open_channel(address, name)

    def call(
        self, method: Callable[..., Response], request: Any, *, seconds: float = CALL_SECONDS, actor: str = ACTOR
    ) -> Response:
        """Calls a method with one request and one response, on behalf of a user.

        Raises:
            Failure: it was refused or not answered in time.
        """
        with self._answered(actor) as metadata:
            return method(request, timeout=seconds, metadata=metadata)

    def pages(self, method: Callable[..., Any], request: Any, *, page_size: int = PAGE_SIZE) -> Iterator[Any]:
        """Every page of a list method. Raises what `call` raises."""
        following = type(request)()
        following.CopyFrom(request)
        following.page_size = page_size
        while True:
            response = self.call(method, following)
            yield response
            if not response.next_page_token:
                return
            following.page_token = response.next_page_token

    def send(self, method: Callable[..., Response], requests: Iterable[Any]) -> Response:
        """Calls a method that takes the parts of a load. Raises what `call` raises."""
        with self._answered() as metadata:
            return method(mark_last(requests), timeout=BULK_SECONDS, metadata=metadata)

    def receive(self, method: Callable[..., Iterable[Response]], request: Any) -> Iterator[Response]:
        """Calls a method that answers with a stream. Raises what `call` raises."""
        with self._answered() as metadata:
            yield from method(request, timeout=BULK_SECONDS, metadata=metadata)

    @contextmanager
    def _answered(self, actor: str = ACTOR) -> Iterator[tuple[tuple[str, str], ...]]:
        """The metadata of a call, whose id is in the logs of every service that it reaches."""
        call_id = uuid.uuid4().hex
        try:
            yield ((ACTOR_KEY, actor), (CALL_ID_KEY, call_id))
        except grpc.RpcError as error:
            raise refusal(self.name, self.address, call_id, error) from error


class Services:
    """The three services; hangs up at the end of the `with`."""

    def __init__(self, addresses: Addresses) -> None:
        self.registry = Service("registry", addresses.registry)
        self.quality = Service("quality", addresses.quality)
        self.budget = Service("budget", addresses.budget)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for service in (self.registry, self.quality, self.budget):
            service.channel.close()
