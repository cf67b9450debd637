"""A server between a program and a service, as a network that does not always carry what it is given."""

from collections import deque
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc


@dataclass(frozen=True)
class Fault:
    """What comes of a call instead of its answer; `done` when the service did what was asked all the same."""

    code: grpc.StatusCode
    done: bool = False


AWAY = Fault(grpc.StatusCode.UNAVAILABLE)
BUSY = Fault(grpc.StatusCode.RESOURCE_EXHAUSTED)
ANSWER_LOST = Fault(grpc.StatusCode.UNAVAILABLE, done=True)


@dataclass(frozen=True)
class Call:
    """A call as it came in: the name of its method, its metadata, and the seconds that its caller gave it."""

    method: str
    metadata: dict[str, str]
    seconds: float

    @property
    def id(self) -> str:
        return self.metadata["x-call-id"]


class Relay(grpc.GenericRpcHandler):
    """Passes calls with one request and one answer on as they are; to the first ones of a method the faults happen."""

    def __init__(self, channel: grpc.Channel, method: str, faults: tuple[Fault, ...]) -> None:
        self._channel = channel
        self._method = method
        self._faults = deque(faults)
        self.address = ""
        self.calls: list[Call] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(partial(self._pass_on, handler_call_details.method))

    def _pass_on(self, path: str, request: bytes, context: grpc.ServicerContext) -> Any:
        method = path.rpartition("/")[2]
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self.calls.append(Call(method, metadata, context.time_remaining()))
        fault = self._faults.popleft() if self._faults and method == self._method else None
        answer = None
        if fault is None or fault.done:
            answer = self._channel.unary_unary(path)(request, timeout=30)
        if fault is not None:
            context.abort(fault.code, "een storing")
        return answer


@contextmanager
def relay(upstream: str, method: str, *faults: Fault) -> Iterator[Relay]:
    """A relay on loopback to a service, closed afterwards."""
    with grpc.insecure_channel(upstream) as channel:
        between = Relay(channel, method, faults)
        server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[between])
        between.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield between
        finally:
            server.stop(None).wait()
