"""Why a command cannot go on, in one Dutch line with details below it, and how a refusal over gRPC becomes that."""

from typing import Any

from spoedkader.client import NotAnswered, Refused


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


def failure(service: str, address: str, ended: Refused | NotAnswered) -> Failure:
    """The failure of a call to a service at an address."""
    facts: dict[str, Any] = {"service": service, "code": ended.code, "call_id": ended.call_id}
    if isinstance(ended, NotAnswered):
        return Failure(_unanswered(service, address, ended), address=address, **facts)
    facts["reason"] = ended.reason
    facts["metadata"] = ended.metadata
    details = tuple(f"{found.field}: {found.description}" for found in ended.wrong)
    total = int(ended.metadata.get("violations", len(details)))
    if total > len(details):
        details = (*details, f"… en nog {total - len(details)}")
    if ended.wrong:
        facts["violations"] = [{"field": found.field, "description": found.description} for found in ended.wrong]
    # With violations the message only repeats the first ones.
    message = "het verzoek is niet goed" if ended.wrong else ended.message.rstrip(".")
    return Failure(f"De dienst {service} meldt: {message} ({ended.reason}, aanroep {ended.call_id}).", details, **facts)


def _unanswered(service: str, address: str, ended: NotAnswered) -> str:
    if ended.code == "UNAVAILABLE":
        return f"De dienst {service} op {address} is niet bereikbaar (UNAVAILABLE)."
    if ended.code == "DEADLINE_EXCEEDED":
        return f"De dienst {service} op {address} antwoordde niet binnen de tijd (DEADLINE_EXCEEDED)."
    return (
        f"De dienst {service} op {address} antwoordt niet goed ({ended.code}): {' '.join(ended.message.split())[:300]}"
    )
