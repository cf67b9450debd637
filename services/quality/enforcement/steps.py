"""The steps that people take in a case: which are open on a day, and what each of them changes (bijlage A; AMB-43, 44).

A step is a function from a case to a case. Each one first asks whether it is open, so that no order of calls brings a
case anywhere else. What goes by the facts of a request, as in a day or a code, was checked before.

A provider can hand in a plan while a decision is before the representatives or an exception holds: the first must not
keep it from being in time, and the second suspends terms, not work. So these steps go by the stage.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from enum import StrEnum

from services.quality.enforcement.clocks import overdue
from services.quality.enforcement.model import (
    Case,
    Decision,
    DecisionKind,
    MeasureStatus,
    Outcome,
    Plan,
    ProgressNote,
    Stage,
    TransparencyRequest,
    Vote,
    Weighing,
    state,
)
from services.runtime.errors import DomainError, Reason


class Step(StrEnum):
    """What people can do; the values are the names of the methods."""

    ESTABLISH = "EstablishFinding"
    SUBMIT_PLAN = "SubmitImprovementPlan"
    RETURN_PLAN = "ReturnImprovementPlan"
    AGREE_PLAN = "AgreeImprovementPlan"
    RECORD_PROGRESS = "RecordProgress"
    REQUEST_TRANSPARENCY = "RequestTransparency"
    ANSWER_TRANSPARENCY = "AnswerTransparency"
    START_WEIGHING = "StartWeighing"
    PROPOSE = "ProposeDecision"
    VOTE = "VoteOnDecision"
    WITHDRAW = "WithdrawProposal"
    END_EXCEPTION = "EndException"


_WEIGHED_FROM = (Stage.VERBETERPLAN_OPSTELLEN, Stage.VERBETERPLAN_INGEDIEND, Stage.VERBETERPLAN_LOOPT)


def open_kinds(case: Case, day: date) -> tuple[DecisionKind, ...]:
    """What can be decided about a case on a day; nothing while a decision is before the representatives.

    No negative decision comes beside an exception that holds or is agreed: who wants one ends the exception first.
    """
    if case.proposal is not None:
        return ()
    if case.negative is not None:
        return (DecisionKind.INTREKKING,)
    if not case.unmet or case.exception_ahead(day) is not None:
        return ()
    kinds = []
    if case.stage is Stage.HERSTELTERMIJN and overdue(case, day):
        kinds.append(DecisionKind.GEEN_AANVRAAG)
    if case.stage is Stage.AFWEGING:
        kinds.append(DecisionKind.GEEN_BUDGET)
    return (*kinds, DecisionKind.TIJDELIJKE_UITZONDERING)


def open_steps(case: Case, day: date) -> tuple[Step, ...]:
    """The steps that can be taken on a day, in the order of the contract."""
    return tuple(step for step, is_open in _OPEN.items() if is_open(case, day))


def require_open(step: Step, case: Case, day: date) -> None:
    """Refuses a step that is not open, and names those that are."""
    if not _OPEN[step](case, day):
        raise illegal(case, day, f"{step} kan niet in de toestand {state(case, day)}")


def illegal(case: Case, day: date, message: str) -> DomainError:
    """The refusal of a step, with the state and the steps that are open; `message` is a sentence without its stop."""
    steps = open_steps(case, day)
    return DomainError(
        Reason.ILLEGAL_TRANSITION,
        f"{message}; wel mogelijk: {', '.join(steps) or 'niets'}.",
        metadata={"state": state(case, day), "open_steps": ",".join(steps)},
    )


def require_representative(insurer: str, representatives: Collection[str]) -> None:
    """Refuses an insurer that is not among the representatives of the provider."""
    if insurer not in representatives:
        raise DomainError(
            Reason.NOT_REPRESENTATIVE,
            f"Verzekeraar {insurer} is geen representerende zorgverzekeraar van deze zorgaanbieder.",
            metadata={"insurer": insurer, "representatives": ",".join(representatives)},
        )


def establish(case: Case, day: date, established_on: date) -> Case:
    """The finding that a conditional norm is not met; the cure period runs from its day (AMB-40)."""
    require_open(Step.ESTABLISH, case, day)
    return replace(case, stage=Stage.HERSTELTERMIJN, established_on=established_on)


def submit_plan(case: Case, day: date, plan: Plan) -> Case:
    """The provider hands in a plan, or a better one than was sent back."""
    require_open(Step.SUBMIT_PLAN, case, day)
    return replace(case, stage=Stage.VERBETERPLAN_INGEDIEND, plan=plan)


def return_plan(case: Case, day: date) -> Case:
    """A plan is sent back; the term goes on."""
    require_open(Step.RETURN_PLAN, case, day)
    return replace(case, stage=Stage.VERBETERPLAN_OPSTELLEN)


def agree_plan(case: Case, day: date, insurer: str) -> Case:
    """A representative agrees with the plan that was handed in."""
    require_open(Step.AGREE_PLAN, case, day)
    assert case.plan is not None
    plan = replace(case.plan, agreed_on=day, agreed_by=insurer)
    return replace(case, stage=Stage.VERBETERPLAN_LOOPT, plan=plan)


def record_progress(case: Case, day: date, note: ProgressNote) -> Case:
    """How far the measures of the agreed plan are; those that the note does not name stay as they were."""
    require_open(Step.RECORD_PROGRESS, case, day)
    assert case.plan is not None
    changed: dict[str, MeasureStatus] = {progress.measure_id: progress.status for progress in note.measures}
    measures = tuple(
        replace(measure, status=changed.get(measure.measure_id, measure.status)) for measure in case.plan.measures
    )
    return replace(case, plan=replace(case.plan, measures=measures), progress=(*case.progress, note))


def request_transparency(case: Case, day: date, insurer: str, question: str) -> Case:
    """A representative asks what the provider has agreed with the IGJ (bijlage A, rol IGJ)."""
    require_open(Step.REQUEST_TRANSPARENCY, case, day)
    return replace(case, requests=(*case.requests, TransparencyRequest(insurer, question, asked_on=day)))


def answer_transparency(case: Case, day: date, number: int, answer: str, document: str) -> Case:
    """The provider answers the question of that number, once."""
    require_open(Step.ANSWER_TRANSPARENCY, case, day)
    index = number - 1
    if not 0 <= index < len(case.requests) or case.requests[index].answered_on is not None:
        raise illegal(case, day, f"Vraag {number} staat niet open")
    answered = replace(case.requests[index], answer=answer, document=document, answered_on=day)
    return replace(case, requests=(*case.requests[:index], answered, *case.requests[index + 1 :]))


def start_weighing(case: Case, day: date, weighing: Weighing) -> Case:
    """Access and quality are weighed against each other, once the term has passed (stap 3)."""
    require_open(Step.START_WEIGHING, case, day)
    return replace(case, stage=Stage.AFWEGING, weighing=weighing)


def propose(case: Case, day: date, decision: Decision, vote: Vote) -> Case:
    """A representative puts a decision before all; `decision` has no votes yet, and `vote` is its own agreement.

    A negative decision has its judgement on the duty of care (AMB-42), an exception its terms (AMB-48).
    """
    require_open(Step.PROPOSE, case, day)
    kinds = open_kinds(case, day)
    if decision.kind not in kinds:
        raise illegal(case, day, f"{decision.kind} kan nu niet worden voorgelegd, alleen {', '.join(kinds)}")
    return _cast(replace(case, decisions=(*case.decisions, decision)), day, vote, decision.representatives)


def vote_on(case: Case, day: date, number: int, vote: Vote, representatives: tuple[str, ...]) -> Case:
    """A representative votes on the proposal of that number; `representatives` are those of the moment.

    The last agreement decides, over those that are registered then; one refusal ends the proposal (AMB-44). A negative
    decision takes two users, so that a sole representative votes once more, by another (AMB-43).
    """
    require_open(Step.VOTE, case, day)
    proposal = case.proposal
    assert proposal is not None
    if number != len(case.decisions):
        raise illegal(case, day, f"Voorstel {number} ligt niet voor, wel voorstel {len(case.decisions)}")
    once_more = vote.insurer in replace(proposal, representatives=representatives).waiting_for
    if any(cast.insurer == vote.insurer for cast in proposal.votes) and not once_more:
        raise illegal(case, day, f"Verzekeraar {vote.insurer} heeft over dit voorstel al gestemd")
    if any(cast.actor == vote.actor for cast in proposal.votes):
        raise DomainError(
            Reason.ACTOR_NOT_OWN,
            f"{vote.actor} stemde al over dit voorstel; elke stem is van een andere gebruiker.",
            metadata={"actor": vote.actor, "insurer": vote.insurer},
        )
    if vote.agrees and proposal.exception is not None and proposal.exception.end < day:
        raise illegal(case, day, "De laatste dag van de voorgestelde uitzondering is voorbij: instemmen kan niet meer")
    return _cast(case, day, vote, representatives)


def withdraw(case: Case, day: date) -> Case:
    """The proposal is withdrawn."""
    require_open(Step.WITHDRAW, case, day)
    return conclude(case, day, Outcome.INGETROKKEN)


def end_exception(case: Case, day: date) -> Case:
    """The exception ends early: this is the last day on which it holds; one that has not begun never will."""
    require_open(Step.END_EXCEPTION, case, day)
    ahead = case.exception_ahead(day)
    assert ahead is not None
    ended = replace(ahead, ended_on=day)
    return replace(
        case,
        decisions=tuple(
            replace(decision, exception=ended) if decision.exception is ahead else decision
            for decision in case.decisions
        ),
    )


def conclude(case: Case, day: date, outcome: Outcome) -> Case:
    """The proposal has its outcome."""
    concluded = replace(case.decisions[-1], outcome=outcome, concluded_on=day)
    return replace(case, decisions=(*case.decisions[:-1], concluded))


def _cast(case: Case, day: date, vote: Vote, representatives: tuple[str, ...]) -> Case:
    require_representative(vote.insurer, representatives)
    proposal = case.decisions[-1]
    voted = replace(proposal, votes=(*proposal.votes, vote), representatives=representatives)
    case = replace(case, decisions=(*case.decisions[:-1], voted))
    if not vote.agrees:
        return conclude(case, day, Outcome.VERWORPEN)
    return case if voted.waiting_for else conclude(case, day, Outcome.GENOMEN)


def _live(case: Case) -> bool:
    return case.negative is None and bool(case.unmet)


def _at(*stages: Stage) -> Callable[[Case, date], bool]:
    return lambda case, _: _live(case) and case.stage in stages


def _plan_is_carried_out(case: Case, _: date) -> bool:
    return _live(case) and case.plan is not None and case.plan.agreed_on is not None


def _weighing_can_start(case: Case, day: date) -> bool:
    # An exception that is before the representatives could turn out to have suspended the term.
    return _live(case) and case.proposal is None and case.stage in _WEIGHED_FROM and overdue(case, day)


def _exception_can_end(case: Case, day: date) -> bool:
    ahead = case.exception_ahead(day)
    return ahead is not None and ahead.ended_on is None and day < ahead.end


_OPEN: dict[Step, Callable[[Case, date], bool]] = {
    Step.ESTABLISH: _at(Stage.VASTSTELLING),
    Step.SUBMIT_PLAN: _at(Stage.VERBETERPLAN_OPSTELLEN),
    Step.RETURN_PLAN: _at(Stage.VERBETERPLAN_INGEDIEND),
    Step.AGREE_PLAN: _at(Stage.VERBETERPLAN_INGEDIEND),
    Step.RECORD_PROGRESS: _plan_is_carried_out,
    Step.REQUEST_TRANSPARENCY: lambda case, _: bool(case.unmet),
    Step.ANSWER_TRANSPARENCY: lambda case, _: any(asked.answered_on is None for asked in case.requests),
    Step.START_WEIGHING: _weighing_can_start,
    Step.PROPOSE: lambda case, day: bool(open_kinds(case, day)),
    Step.VOTE: lambda case, _: case.proposal is not None,
    Step.WITHDRAW: lambda case, _: case.proposal is not None,
    Step.END_EXCEPTION: _exception_can_end,
}
