"""What can go wrong, in the words of the domain. How it travels over gRPC is `status`'s business."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Code(Enum):
    """The canonical codes that this suite uses; the names are gRPC's."""

    INVALID_ARGUMENT = auto()
    UNAUTHENTICATED = auto()
    PERMISSION_DENIED = auto()
    NOT_FOUND = auto()
    ALREADY_EXISTS = auto()
    FAILED_PRECONDITION = auto()
    RESOURCE_EXHAUSTED = auto()
    ABORTED = auto()
    DEADLINE_EXCEEDED = auto()
    CANCELLED = auto()
    UNAVAILABLE = auto()
    INTERNAL = auto()


class Reason(StrEnum):
    """Machine-readable reasons. One is never used again for another meaning; `REASONS` tells code and meaning."""

    INVALID_INPUT = auto()
    MALFORMED_MESSAGE = auto()
    DEADLINE_REQUIRED = auto()
    OVERLOADED = auto()
    UNAUTHENTICATED = auto()
    PERMISSION_DENIED = auto()
    ISSUER_UNAVAILABLE = auto()
    NOT_FOUND = auto()
    ALREADY_EXISTS = auto()
    IDENTIFIER_TAKEN = auto()
    REQUEST_ID_REUSED = auto()
    ETAG_MISMATCH = auto()
    ILLEGAL_TRANSITION = auto()
    ROUND_UNKNOWN = auto()
    POLICY_YEAR_UNKNOWN = auto()
    NOT_ASSESSABLE = auto()
    NOT_REPRESENTATIVE = auto()
    ACTOR_NOT_OWN = auto()
    CONDITIONS_NOT_MET = auto()
    CONTENT_CHANGED = auto()
    DEADLINE_EXCEEDED = auto()
    CALL_CANCELLED = auto()
    PEER_UNAVAILABLE = auto()
    DATABASE_BUSY = auto()
    POLICY_SET_UNUSABLE = auto()
    ENGINE_UNAVAILABLE = auto()
    POLICY_FAILED = auto()
    UNEXPECTED = auto()


REASONS: Mapping[Reason, tuple[Code, str]] = {
    Reason.INVALID_INPUT: (Code.INVALID_ARGUMENT, "One or more fields are wrong; `BadRequest` names every one."),
    Reason.MALFORMED_MESSAGE: (Code.INVALID_ARGUMENT, "The message is not a valid encoding of its type."),
    Reason.DEADLINE_REQUIRED: (
        Code.INVALID_ARGUMENT,
        "The call has no deadline, or one that is further away than `most_seconds`; nothing was done.",
    ),
    Reason.OVERLOADED: (
        Code.RESOURCE_EXHAUSTED,
        "There are too many calls; nothing was done. `RetryInfo` says when to try again.",
    ),
    Reason.UNAUTHENTICATED: (Code.UNAUTHENTICATED, "The caller does not show who it is, by a certificate or a token."),
    Reason.PERMISSION_DENIED: (
        Code.PERMISSION_DENIED,
        "The caller may not do this, or not about that provider, whether it exists or not.",
    ),
    Reason.ISSUER_UNAVAILABLE: (Code.UNAVAILABLE, "The issuer of tokens does not answer, so a token can't be checked."),
    Reason.NOT_FOUND: (Code.NOT_FOUND, "The resource that the request names does not exist."),
    Reason.ALREADY_EXISTS: (Code.ALREADY_EXISTS, "A resource of that name exists already."),
    Reason.IDENTIFIER_TAKEN: (Code.ALREADY_EXISTS, "The identifier belongs to another parent; it is never used again."),
    Reason.REQUEST_ID_REUSED: (Code.INVALID_ARGUMENT, "The `request_id` was used before for another request."),
    Reason.ETAG_MISMATCH: (Code.ABORTED, "The resource changed since it was read; read it again."),
    Reason.ILLEGAL_TRANSITION: (Code.FAILED_PRECONDITION, "The step is not open in the state of the resource."),
    Reason.ROUND_UNKNOWN: (Code.FAILED_PRECONDITION, "There is no purchasing round for that budget year."),
    Reason.POLICY_YEAR_UNKNOWN: (Code.FAILED_PRECONDITION, "There are no rules for that policy year."),
    Reason.NOT_ASSESSABLE: (Code.FAILED_PRECONDITION, "Only locations of care type SEH are assessed."),
    Reason.NOT_REPRESENTATIVE: (
        Code.FAILED_PRECONDITION,
        "The insurer does not represent the others for that provider, or the party has no part in it.",
    ),
    Reason.ACTOR_NOT_OWN: (
        Code.FAILED_PRECONDITION,
        "Every party acts by a user of its own; this user acted for another party, or the call names no user.",
    ),
    Reason.CONDITIONS_NOT_MET: (
        Code.FAILED_PRECONDITION,
        "A minimum condition is not met or not known, which blocks a joint application.",
    ),
    Reason.CONTENT_CHANGED: (Code.ABORTED, "What would be signed is not what the signer saw; read it again."),
    Reason.DEADLINE_EXCEEDED: (Code.DEADLINE_EXCEEDED, "The caller's deadline passed."),
    Reason.CALL_CANCELLED: (Code.CANCELLED, "The caller went away."),
    Reason.PEER_UNAVAILABLE: (Code.UNAVAILABLE, "A service that this one needs does not answer; `peer` names it."),
    Reason.DATABASE_BUSY: (Code.UNAVAILABLE, "The database is busy, away or full; try again a little later."),
    Reason.POLICY_SET_UNUSABLE: (
        Code.FAILED_PRECONDITION,
        "The policy set is not signed as it must be, not whole, or the engine does not take it; nothing changed.",
    ),
    Reason.ENGINE_UNAVAILABLE: (
        Code.UNAVAILABLE,
        "The policy engine does not answer, or does not have the rules yet; nothing was judged.",
    ),
    Reason.POLICY_FAILED: (Code.INTERNAL, "A policy gave no usable result; no verdict was stored."),
    Reason.UNEXPECTED: (Code.INTERNAL, "A fault of the service; its log has the details under the call id."),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong field: its path in the request, as in `closure.end_time`, and what is wrong with it, in Dutch."""

    field: str
    description: str


class DomainError(Exception):
    """A refusal that the caller is told about in full."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[Violation] = (),
        retry_after: float = 0.0,
    ) -> None:
        """`retry_after` is how many seconds from now the same call may do better; 0 says nothing about that."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after = retry_after

    @property
    def code(self) -> Code:
        """The canonical code that belongs to the reason."""
        return REASONS[self.reason][0]


def invalid(violations: Iterable[Violation]) -> DomainError:
    """The refusal of a request with wrong fields; it names every one."""
    found = tuple(violations)
    summary = "; ".join(f"{violation.field}: {violation.description}" for violation in found[:3])
    rest = f" (en nog {len(found) - 3})" if len(found) > 3 else ""
    return DomainError(Reason.INVALID_INPUT, f"{summary}{rest}", violations=found)


def not_found(name: str) -> DomainError:
    """The refusal of a request that names something that does not exist."""
    return DomainError(Reason.NOT_FOUND, f"{name} bestaat niet.", metadata={"resource": name})


def already_exists(name: str) -> DomainError:
    """The refusal to create something that exists."""
    return DomainError(Reason.ALREADY_EXISTS, f"{name} bestaat al.", metadata={"resource": name})
