"""What may come of a call, whatever was sent, and what may not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from services.runtime.errors import REASONS, Reason
from spoedkader.client.channel import MAX_MESSAGE_BYTES
from spoedkader.client.refusals import DOMAIN
from tests.security.cases import Case
from tests.support.refusals import Refusal

SLOW_SECONDS = 2.0
SMALL_BYTES = 1_000_000
METADATA_BYTES = 8_000
"""More metadata than this the framework may refuse by itself."""
FAILURES = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.CANCELLED,
}
_INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|\b(SELECT|INSERT INTO|UPDATE \w+ SET|PRAGMA)\b|sqlite|psycopg|sqlalchemy"
    r"|protobuf|\.db\b|unix:|/(home|tmp|usr|var|root|work|opt)/|0x[0-9a-f]{6,}|<class|<built-in|\b(?!EndException)\w+(Error|Exception)\b"
    r"|NoneType|__\w+__"
)
"""What shows the inside of a service."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case: None for an answer, or the refusal."""

    case: Case
    refusal: Refusal | None
    seconds: float
    changed: bool
    """Whether the database of the service is another than before."""

    @property
    def code(self) -> str:
        """As in a report: `OK`, or the code and the reason."""
        if self.refusal is None:
            return "OK"
        return f"{self.refusal.code.name} {self.refusal.reason}".strip()


def is_slow(outcome: Outcome) -> bool:
    """Whether a small request took long, which is told and is no fault: a machine can be busy."""
    return outcome.seconds > SLOW_SECONDS and outcome.case.size < SMALL_BYTES


def faults(outcome: Outcome, *, keeps_nothing: bool) -> Iterator[str]:
    """What is wrong with an outcome; `keeps_nothing` when the call may change nothing even when it is answered."""
    case = outcome.case
    if outcome.changed and (outcome.refusal is not None or keeps_nothing):
        yield f"{outcome.code}, and yet something was stored"
    if outcome.refusal is not None:
        yield from _faults_of(outcome.refusal, case)


def _faults_of(refusal: Refusal, case: Case) -> Iterator[str]:
    if not case.method.path.startswith("/spoedkader.") or _by_framework(refusal, case):
        # Health, reflection and the framework itself speak for themselves; what counts is that they go on.
        return
    if refusal.code in FAILURES:
        yield f"{refusal.code.name} {refusal.reason}: {refusal.message}"
    if refusal.domain != DOMAIN or refusal.reason.lower() not in set(Reason):
        yield f"{refusal.code.name} without a reason of ours: {refusal.message}"
    elif REASONS[Reason(refusal.reason.lower())][0].name != refusal.code.name:
        yield f"{refusal.reason} does not go with {refusal.code.name}"
    sent = b"\x00".join(case.parts).decode("utf-8", "replace")
    said = [refusal.message, *refusal.metadata.values(), *refusal.fields, *refusal.violations.values()]
    for text in said:
        for found in _INSIDE.finditer(text):
            if found[0] not in sent:
                yield f"shows its inside ({found[0]!r}): {text}"


def _by_framework(refusal: Refusal, case: Case) -> bool:
    """Whether the framework refused it before it reached a service."""
    too_large = any(len(part) > MAX_MESSAGE_BYTES for part in case.parts)
    beside = sum(len(key) + len(value) for key, value in case.metadata)
    return refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED and (too_large or beside > METADATA_BYTES)
