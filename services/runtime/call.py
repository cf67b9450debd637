"""Who calls, which call it is, and until when it may last."""

import re
import uuid
from dataclasses import dataclass

import grpc

from spoedkader.client.calls import ACTOR_KEY, CALL_ID_KEY

DEVELOPMENT_ACTOR = "ontwikkeling"
"""The actor of a caller that does not say who it is; servers without identity listen on loopback only."""

_TEXT = re.compile(r"[\w.:@/ -]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """The facts of one call that outlive its message."""

    id: str
    actor: str


def read_call(metadata: tuple[tuple[str, str | bytes], ...]) -> Call:
    """The call that the metadata describes; anything absent or odd is replaced, never trusted."""
    values = dict(metadata)
    return Call(
        id=_text(values.get(CALL_ID_KEY)) or uuid.uuid4().hex,
        actor=_text(values.get(ACTOR_KEY)) or DEVELOPMENT_ACTOR,
    )


def call_of(context: grpc.ServicerContext) -> Call:
    """The call that a servicer is answering; the interceptor read it once and keeps it on the context."""
    call = getattr(context, "spoedkader_call", None)
    return call if isinstance(call, Call) else read_call(tuple(context.invocation_metadata()))


def _text(value: str | bytes | None) -> str | None:
    return value if isinstance(value, str) and _TEXT.fullmatch(value) else None
