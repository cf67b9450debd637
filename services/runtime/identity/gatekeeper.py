"""Before a servicer hears of a call: who calls, whether it may, and of whom the answer may speak."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

import grpc

from services.runtime.call import Call
from services.runtime.errors import DomainError, Reason
from services.runtime.identity.caller import ANY_PROVIDER, Caller
from services.runtime.identity.identification import Identification, Metadata
from services.runtime.identity.resources import UNREADABLE, Resources, resources_of

_REMEMBERED = 10_000


class Decision(Protocol):
    """What the rules of access say."""

    @property
    def allow(self) -> bool: ...
    @property
    def visible(self) -> frozenset[str] | None: ...


Decide = Callable[[Mapping[str, Any]], Decision]
"""The rules: from `method`, `caller`, `providers`, `parties` and `year` to a decision."""


class Gatekeeper:
    """Admits calls."""

    def __init__(self, identification: Identification, decide: Decide) -> None:
        self._identify = identification.identify

        @lru_cache(maxsize=_REMEMBERED)
        def decided(method: str, caller: Caller, resources: Resources) -> Decision:
            question = {
                "method": method,
                "caller": caller.document(),
                "providers": resources.providers,
                "parties": resources.parties,
                "year": resources.year,
            }
            return decide(question)

        self._decided = decided

    def identify(self, call_id: str, metadata: Metadata, context: grpc.ServicerContext) -> Call:
        """The call, of someone who showed who it is.

        Raises:
            DomainError: UNAUTHENTICATED, or ISSUER_UNAVAILABLE.
        """
        caller, actor = self._identify(metadata, context)
        return Call(call_id, actor, caller)

    def admit(self, method: str, request: Any, call: Call) -> Call:
        """The call, with what of its answer may be seen. `request` is None for a stream.

        What exists has no part in it, so who may not call learns nothing.

        Raises:
            DomainError: PERMISSION_DENIED.
        """
        resources = Resources() if request is None else resources_of(request)
        decision = self._decided(method, call.caller, resources)
        if not decision.allow:
            raise _denied(call.caller, resources)
        return call if decision.visible is None else Call(call.id, call.actor, call.caller, decision.visible)


_WHOM = {ANY_PROVIDER: "elke aanbieder", UNREADABLE: "een aanbieder of partij waarvan de naam niet te lezen is"}


def _denied(caller: Caller, resources: Resources) -> DomainError:
    named = dict.fromkeys((*resources.providers, *resources.parties))
    whom = ", ".join(_WHOM.get(name, name) for name in list(named)[:3])
    message = f"{caller.organisation} mag deze methode niet aanroepen{f' over {whom}' if whom else ''}."
    metadata = {"organisation": caller.organisation, "roles": ",".join(sorted(caller.roles))}
    return DomainError(Reason.PERMISSION_DENIED, message, metadata=metadata)
