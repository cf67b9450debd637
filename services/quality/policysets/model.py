"""The life of a policy set: which steps are open in which state, and what they lead to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.runtime.errors import DomainError, Reason


class State(StrEnum):
    """How far a policy set is."""

    DRAFT = "draft"
    VALIDATED = "validated"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class Step(StrEnum):
    """What someone can do with a policy set."""

    VALIDATE = "validate"
    ACTIVATE = "activate"
    REJECT = "reject"


_OPEN = {
    State.DRAFT: (Step.VALIDATE, Step.REJECT),
    State.VALIDATED: (Step.ACTIVATE, Step.REJECT),
    State.ACTIVE: (),
    State.SUPERSEDED: (Step.ACTIVATE, Step.REJECT),
    State.REJECTED: (),
}


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A policy set as it is stored, without its bundle.

    `steps` counts its transitions; `replaced` is the digest of the set whose place it took when it was last activated;
    `passed` is whether it came through the gate, None when it was not put through it.
    """

    digest: str
    policy_year: int
    set_id: str
    label: str
    key_id: str
    state: State
    steps: int
    replaced: str | None
    passed: bool | None

    @property
    def etag(self) -> str:
        """Changes with every step (AIP-154)."""
        return f'"{self.steps}"'

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """The steps that are open. What the gate refused may go through it again: the gate can have been disturbed."""
        if self.state is State.REJECTED and self.passed is False:
            return (Step.VALIDATE,)
        return _OPEN[self.state]

    def require_etag(self, etag: str) -> None:
        """Refuses someone who saw another state; an empty etag saw nothing."""
        if etag and etag != self.etag:
            raise DomainError(
                Reason.ETAG_MISMATCH,
                "De regelset is intussen veranderd; lees haar opnieuw.",
                metadata={"expected": etag, "current": self.etag},
            )

    def require(self, step: Step, etag: str) -> None:
        """Refuses a step that is not open, or that someone takes who saw another state."""
        self.require_etag(etag)
        if step not in self.open_steps:
            possible = ", ".join(self.open_steps) or "geen"
            raise DomainError(
                Reason.ILLEGAL_TRANSITION,
                f"{step} kan niet in de staat {self.state}; open stappen: {possible}.",
                metadata={"state": self.state, "step": step, "open_steps": ",".join(self.open_steps)},
            )


@dataclass(frozen=True, slots=True)
class Transition:
    """One step that was taken: the state from then on, by whom, when and why."""

    state: State
    actor: str
    at: datetime
    reason: str
