"""Who calls, which call it is, and what of its answers may be seen."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import grpc

from services.runtime.identity.caller import DEVELOPMENT, Caller
from spoedkader.client.calls import ACTOR_KEY, CALL_ID_KEY

DEVELOPMENT_ACTOR = "ontwikkeling"
"""The actor of a caller that does not say who it is, where nobody has to."""
SYSTEM_USER = "systeem"
"""The part before `@` of an actor that is an organisation's system, when no user is named."""

_TEXT = re.compile(r"[\w.:@/ -]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """The facts of one call that outlive its message.

    `actor` is the user, as in `inkoper@9101`; `caller` is the organisation that was identified; `visible` are the
    providers of whom the answer may speak, None for all.
    """

    id: str
    actor: str
    caller: Caller = DEVELOPMENT
    visible: frozenset[str] | None = None

    def may_see(self, agb: str) -> bool:
        """Whether the answer may speak of a provider."""
        return self.visible is None or agb in self.visible


def is_user(actor: str) -> bool:
    """Whether an actor is a person, who can decide or sign; a system cannot."""
    return actor != DEVELOPMENT_ACTOR and not actor.startswith(f"{SYSTEM_USER}@")


def call_id(metadata: Mapping[str, str | bytes]) -> str:
    """The id that the caller gave its call, or a new one when it is absent or odd."""
    return _text(metadata.get(CALL_ID_KEY)) or uuid.uuid4().hex


def named_actor(metadata: Mapping[str, str | bytes]) -> str:
    """The user that the metadata names; empty when it names none, or in an odd form."""
    return _text(metadata.get(ACTOR_KEY)) or ""


def call_of(context: grpc.ServicerContext) -> Call:
    """The call that a servicer is answering; the interceptor identified it and keeps it on the context."""
    call = context.spoedkader_call  # type: ignore[attr-defined]
    assert isinstance(call, Call)
    return call


def method_of(context: grpc.ServicerContext) -> str:
    """The full name of the method that is answered, as in `/spoedkader.registry.v1.StopService/CreateStop`."""
    return str(context.spoedkader_method)  # type: ignore[attr-defined]


def is_text(value: str) -> bool:
    """Whether a text can stand in logs and records as an actor."""
    return _TEXT.fullmatch(value) is not None


def _text(value: str | bytes | None) -> str | None:
    return value if isinstance(value, str) and _TEXT.fullmatch(value) else None
