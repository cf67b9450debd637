"""The three services as the commands see them: stubs, a deadline on every call, and failures in one Dutch line."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from services.cli.failures import Failure, failure
from spoedkader.client import Client, Credentials, NotAnswered, Refused

Response = TypeVar("Response")

PAGE_SIZE = 1000
ACTOR = "cli"


@dataclass(frozen=True)
class Addresses:
    """Where the services listen: `host:port` or `unix:/path`."""

    registry: str
    quality: str
    budget: str


def connect(name: str, address: str, actor: str) -> Client:
    """A client of a service, with the certificates and the token that the environment names.

    Not so over a socket in a folder: whoever may enter the folder may call.

    Raises:
        Failure: there is something wrong with them.
    """
    try:
        credentials = None if address.startswith("unix:") else Credentials.from_environment()
        return Client(name, address, actor=actor, credentials=credentials)
    except (OSError, ValueError) as error:
        raise Failure(f"De certificaten of het token voor de dienst {name} zijn niet bruikbaar: {error}.") from error


class Service:
    """One service; nothing is connected until the first call. Every call raises Failure when it is refused, or not
    answered in time."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self._client = connect(name, address, ACTOR)
        self.channel = self._client.channel

    def call(
        self, method: Callable[..., Response], request: Any, *, seconds: float | None = None, actor: str = ACTOR
    ) -> Response:
        """Calls a method with one request and one response, on behalf of a user."""
        with self._failures():
            return self._client.call(method, request, seconds=seconds, actor=actor)

    def pages(self, method: Callable[..., Any], request: Any, *, page_size: int = PAGE_SIZE) -> Iterator[Any]:
        """Every page of a list method."""
        first = type(request)()
        first.CopyFrom(request)
        first.page_size = page_size
        with self._failures():
            yield from self._client.pages(method, first)

    def send(self, method: Callable[..., Response], requests: Iterable[Any]) -> Response:
        """Calls a method that takes the parts of a load."""
        with self._failures():
            return self._client.send(method, requests)

    def receive(self, method: Callable[..., Iterable[Response]], request: Any) -> Iterator[Response]:
        """Calls a method that answers with a stream."""
        with self._failures():
            yield from self._client.receive(method, request)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (Refused, NotAnswered) as ended:
            raise failure(self.name, self.address, ended) from ended


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
