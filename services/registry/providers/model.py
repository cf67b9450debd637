"""Providers of SEH care and the approval of new ones (Inkoopkader, condition 7; AMB-21, AMB-22, AMB-44)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import count

from services.runtime.errors import DomainError, Reason


class Stage(StrEnum):
    """How far people have brought the review of a new provider; the decisions decide the rest."""

    PROPOSED = "PROPOSED"
    UNDER_REVIEW = "UNDER_REVIEW"
    MORE_INFORMATION_NEEDED = "MORE_INFORMATION_NEEDED"


class State(StrEnum):
    """Where a provider stands."""

    ESTABLISHED = "ESTABLISHED"
    PROPOSED = "PROPOSED"
    UNDER_REVIEW = "UNDER_REVIEW"
    MORE_INFORMATION_NEEDED = "MORE_INFORMATION_NEEDED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"


class Decision(StrEnum):
    """What an insurer decided about a new provider."""

    AKKOORD = "AKKOORD"
    AFGEWEZEN = "AFGEWEZEN"


@dataclass(frozen=True, slots=True)
class Review:
    """How far the review is, and what the representatives still want to know when they need more information."""

    stage: Stage = Stage.PROPOSED
    requested_information: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A legal entity; `agb` is 8 digits, `kvk` 8, each of `representatives` 4 (UZOVI)."""

    agb: str
    kvk: str
    name: str
    provides_seh_since: date
    representatives: tuple[str, ...]
    review: Review = Review()


@dataclass(frozen=True, slots=True)
class Approval:
    """One insurer's decision; the insurer need not be a representative (any longer), and then it does not count."""

    agb: str
    approval_id: str
    insurer: str
    decision: Decision
    decided_on: date
    reason: str


def approval_id(insurer: str, decided_on: date, earlier: Iterable[Approval]) -> str:
    """The identifier of an insurer's next decision: its code, the day, and the first number that is free."""
    # Decisions that were imported bear identifiers of their own, which must not be taken for the next one.
    taken = {approval.approval_id for approval in earlier}
    candidates = (f"{insurer}-{decided_on.isoformat()}-{number}" for number in count(1))
    return next(candidate for candidate in candidates if candidate not in taken)


def latest_decisions(approvals: Sequence[Approval]) -> dict[str, Decision]:
    """Each insurer's latest decision by day, and of one day the later one in the sequence."""
    latest: dict[str, Approval] = {}
    for approval in approvals:
        before = latest.get(approval.insurer)
        if before is None or approval.decided_on >= before.decided_on:
            latest[approval.insurer] = approval
    return {insurer: approval.decision for insurer, approval in latest.items()}


def state(provider: Provider, approvals: Sequence[Approval], new_after: date) -> State:
    """Where a provider stands: approved only when every representative's latest decision is AKKOORD (AMB-44).

    `new_after` is the last day on which a provider that delivered SEH care is not new (AMB-22). `approvals` are in the
    order in which they were recorded.
    """
    if provider.provides_seh_since <= new_after:
        return State.ESTABLISHED
    latest = latest_decisions(approvals)
    decisions = [latest.get(insurer) for insurer in provider.representatives]
    if all(decision is Decision.AKKOORD for decision in decisions):
        return State.APPROVED
    if provider.review.stage is Stage.MORE_INFORMATION_NEEDED:
        return State.MORE_INFORMATION_NEEDED
    if Decision.AFGEWEZEN in decisions:
        return State.DECLINED
    if provider.review.stage is Stage.UNDER_REVIEW or approvals:
        return State.UNDER_REVIEW
    return State.PROPOSED


class Step(StrEnum):
    """What people can do with a new provider."""

    SUBMIT = "SubmitProvider"
    REQUEST_INFORMATION = "RequestProviderInformation"
    DECIDE = "ApproveProvider/DeclineProvider"


_OPEN_STEPS = {
    State.ESTABLISHED: (),
    State.PROPOSED: (Step.SUBMIT,),
    State.MORE_INFORMATION_NEEDED: (Step.SUBMIT,),
    State.UNDER_REVIEW: (Step.REQUEST_INFORMATION, Step.DECIDE),
    # A representative may come back on its decision.
    State.APPROVED: (Step.DECIDE,),
    State.DECLINED: (Step.REQUEST_INFORMATION, Step.DECIDE),
}


def require_open(step: Step, current: State) -> None:
    """Refuses a step that is not open in a state, and names those that are."""
    steps = _OPEN_STEPS[current]
    if step not in steps:
        raise DomainError(
            Reason.ILLEGAL_TRANSITION,
            f"{step} kan niet in de toestand {current}; wel mogelijk: {', '.join(steps) or 'niets'}.",
            metadata={"state": current, "open_steps": ",".join(steps)},
        )
