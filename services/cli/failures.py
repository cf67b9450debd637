"""Why a command cannot go on, in one Dutch line with details below it, and how a refusal over gRPC becomes that."""

from typing import Any

import grpc

from services.runtime.status import from_call


class Failure(Exception):  # noqa: N818 - a command that cannot go on is no mistake of the program
    """A command ends with status 1. `details` are lines of their own; `facts` go into the JSON."""

    def __init__(self, message: str, details: tuple[str, ...] = (), **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.facts = facts

    def __str__(self) -> str:
        """The message and its details, each on a line."""
        return "\n".join((self.message, *self.details))

    def to_json(self) -> dict[str, Any]:
        """The failure as a JSON document."""
        return {"error": {"message": self.message, "details": list(self.details), **self.facts}}


def refusal(service: str, address: str, call_id: str, error: grpc.RpcError) -> Failure:
    """The failure of a call to a service at an address; `call_id` is what the call was sent with."""
    assert isinstance(error, grpc.Call)
    code = error.code()
    facts: dict[str, Any] = {"service": service, "code": code.name, "call_id": call_id}
    refused = from_call(error)
    if refused is None:
        return Failure(_unanswered(service, address, code, error.details() or ""), address=address, **facts)
    facts["reason"] = refused.reason.upper()
    facts["metadata"] = refused.metadata
    violations = [{"field": found.field, "description": found.description} for found in refused.violations]
    details = tuple(f"{found['field']}: {found['description']}" for found in violations)
    total = int(refused.metadata.get("violations", len(details)))
    if total > len(details):
        details = (*details, f"… en nog {total - len(details)}")
    if violations:
        facts["violations"] = violations
    # With violations the message only repeats the first ones.
    message = "het verzoek is niet goed" if violations else refused.message.rstrip(".")
    return Failure(f"De dienst {service} meldt: {message} ({facts['reason']}, aanroep {call_id}).", details, **facts)


def _unanswered(service: str, address: str, code: grpc.StatusCode, details: str) -> str:
    if code is grpc.StatusCode.UNAVAILABLE:
        return f"De dienst {service} op {address} is niet bereikbaar (UNAVAILABLE)."
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"De dienst {service} op {address} antwoordde niet binnen de tijd (DEADLINE_EXCEEDED)."
    return f"De dienst {service} op {address} antwoordt niet goed ({code.name}): {' '.join(details.split())[:300]}"
