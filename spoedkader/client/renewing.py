"""A channel over TLS that lives longer than its certificate.

A channel of gRPC keeps the certificates with which it was opened. This one opens another when the files changed; calls
that are under way end on the one on which they began.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from spoedkader.client.credentials import Credentials, Pem


class _Opened:
    """A channel, and how many calls it has; when it is left, the last call closes it."""

    def __init__(self, channel: grpc.Channel, pem: Pem) -> None:
        self.channel = channel
        self.pem = pem
        self.calls = 0
        self.left = False
        self.methods: dict[tuple[str, str], Any] = {}


class RenewingChannel(grpc.Channel):
    """Calls over TLS with the certificates and the token that the files of `credentials` have now."""

    def __init__(
        self, open_channel: Callable[[grpc.ChannelCredentials], grpc.Channel], credentials: Credentials
    ) -> None:
        """Nothing is connected until the first call.

        Raises:
            OSError: a file can't be read.
            ValueError: a file makes no sense.
        """
        self._open = open_channel
        self._pem = credentials.pem()
        self._token = credentials.token()
        self._lock = threading.Lock()
        self._subscriptions: list[tuple[Callable[[grpc.ChannelConnectivity], None], bool]] = []
        self._left: set[_Opened] = set()
        pem = self._pem.value
        self._now = _Opened(open_channel(pem.for_client()), pem)

    def begin(self) -> _Opened:
        """The channel for a call, which tells `end` when it is over."""
        pem = self._pem.value
        with self._lock:
            idle = self._replace(pem) if pem is not self._now.pem else None
            found = self._now
            found.calls += 1
        if idle is not None:
            idle.channel.close()
        return found

    def end(self, opened: _Opened) -> None:
        """A call on a channel is over."""
        with self._lock:
            opened.calls -= 1
            last = opened.left and not opened.calls
            self._left.discard(opened) if last else None
        if last:
            opened.channel.close()

    def metadata(self, own: Sequence[tuple[str, str | bytes]] | None) -> Sequence[tuple[str, str | bytes]] | None:
        """The metadata of a call, with the token."""
        if self._token is None:
            return own
        return (*(own or ()), ("authorization", f"Bearer {self._token.value}"))

    def _replace(self, pem: Pem) -> _Opened | None:
        """Opens another channel, and gives the one before when it has no calls."""
        before = self._now
        self._now = _Opened(self._open(pem.for_client()), pem)
        for callback, connect in self._subscriptions:
            before.channel.unsubscribe(callback)
            self._now.channel.subscribe(callback, connect)
        before.left = True
        if not before.calls:
            return before
        self._left.add(before)
        return None

    def subscribe(self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False) -> None:
        with self._lock:
            self._subscriptions.append((callback, try_to_connect))
            self._now.channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        with self._lock:
            self._subscriptions = [kept for kept in self._subscriptions if kept[0] is not callback]
            self._now.channel.unsubscribe(callback)

    def unary_unary(self, method: str, *arguments: Any, **options: Any) -> Any:
        return _Blocking(self, "unary_unary", method, arguments, options)

    def stream_unary(self, method: str, *arguments: Any, **options: Any) -> Any:
        return _Blocking(self, "stream_unary", method, arguments, options)

    def unary_stream(self, method: str, *arguments: Any, **options: Any) -> Any:
        return _Streaming(self, "unary_stream", method, arguments, options)

    def stream_stream(self, method: str, *arguments: Any, **options: Any) -> Any:
        return _Streaming(self, "stream_stream", method, arguments, options)

    def close(self) -> None:
        with self._lock:
            opened = [self._now, *self._left]
        for each in opened:
            each.channel.close()

    def __enter__(self) -> "RenewingChannel":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Method:
    """A method, on whichever channel is open now."""

    def __init__(
        self, owner: RenewingChannel, kind: str, method: str, arguments: Sequence[Any], options: dict[str, Any]
    ) -> None:
        self._owner = owner
        self._kind = kind
        self._name = method
        self._arguments = arguments
        self._options = options

    def _on(self, opened: _Opened) -> Any:
        key = (self._kind, self._name)
        found = opened.methods.get(key)
        if found is None:
            make = getattr(opened.channel, self._kind)
            found = opened.methods[key] = make(self._name, *self._arguments, **self._options)
        return found

    def _start(self, call: Callable[[Any], Any]) -> Any:
        """Starts a call that goes on behind our back."""
        opened = self._owner.begin()
        try:
            started = call(self._on(opened))
        except BaseException:
            self._owner.end(opened)
            raise
        if not started.add_callback(lambda: self._owner.end(opened)):
            self._owner.end(opened)
        return started


class _Blocking(_Method):
    """One response, which the caller waits for or not."""

    def __call__(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        opened = self._owner.begin()
        try:
            return self._on(opened)(request, timeout, self._owner.metadata(metadata), **options)
        finally:
            self._owner.end(opened)

    def with_call(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        opened = self._owner.begin()
        try:
            return self._on(opened).with_call(request, timeout, self._owner.metadata(metadata), **options)
        finally:
            self._owner.end(opened)

    def future(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        return self._start(lambda on: on.future(request, timeout, self._owner.metadata(metadata), **options))


class _Streaming(_Method):
    """Many responses, as they come in."""

    def __call__(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        return self._start(lambda on: on(request, timeout, self._owner.metadata(metadata), **options))
