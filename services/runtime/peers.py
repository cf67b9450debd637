"""Calls to other services: the caller's deadline goes along, and what goes wrong names the peer."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc

from services.runtime.call import call_of
from services.runtime.errors import DomainError, Reason
from services.runtime.status import from_call
from spoedkader.client import open_channel
from spoedkader.client.calls import ACTOR_KEY, CALL_ID_KEY

Request = TypeVar("Request")
Response = TypeVar("Response")


class Peer:
    """One other service."""

    def __init__(self, name: str, address: str, timeout_seconds: float) -> None:
        """`name` is that of the package and of the service, as in `registry`; nothing is connected yet."""
        self.name = name
        self.channel = open_channel(address, name)
        self._timeout = timeout_seconds

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
        remaining = context.time_remaining()
        call = call_of(context)
        try:
            return method(
                request,
                timeout=self._timeout if remaining is None else min(remaining, self._timeout),
                metadata=((CALL_ID_KEY, call.id), (ACTOR_KEY, call.actor)),
            )
        except grpc.RpcError as error:
            raise self._refusal(error) from error

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

    def _refusal(self, error: grpc.RpcError) -> DomainError:
        assert isinstance(error, grpc.Call)
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"De dienst {self.name} antwoordde niet binnen de tijd."
            return DomainError(Reason.DEADLINE_EXCEEDED, message, metadata={"peer": self.name})
        refusal = from_call(error)
        if refusal is not None and refusal.reason is not Reason.UNEXPECTED:
            return refusal
        message = f"De dienst {self.name} is niet bereikbaar of antwoordt niet goed ({error.code().name})."
        return DomainError(Reason.PEER_UNAVAILABLE, message, metadata={"peer": self.name})
