"""Cases, what happened in them, and notices as messages of the contract."""

from collections.abc import Mapping
from datetime import date

from services.quality.enforcement.clocks import due_on, overdue
from services.quality.enforcement.model import (
    CareDuty,
    Case,
    Decision,
    DecisionKind,
    ExceptionTerms,
    Means,
    MeasureStatus,
    Outcome,
    Plan,
    ProgressNote,
    State,
    Track,
    TransparencyRequest,
    Vote,
    Weighing,
    state,
)
from services.quality.enforcement.notices import Recipient
from services.quality.enforcement.steps import open_steps
from services.quality.enforcement.store import Happened, StoredNotice, case_name
from services.quality.enforcement.suggestions import suggestions
from services.runtime import names
from services.runtime.versions import Stored
from services.runtime.wire import to_date, to_timestamp
from spoedkader.quality.v1 import enforcement_pb2 as pb

TRACKS = {Track.HERSTEL: pb.TRACK_HERSTEL, Track.VERBETERPLAN: pb.TRACK_VERBETERPLAN}
STATES = {found: pb.Case.State.Value(f"STATE_{found}") for found in State}
KINDS = {kind: pb.DecisionKind.Value(f"DECISION_KIND_{kind}") for kind in DecisionKind}
KINDS_BY_NUMBER: Mapping[int, DecisionKind] = {number: kind for kind, number in KINDS.items()}
OUTCOMES = {outcome: pb.ProposedDecision.Outcome.Value(f"OUTCOME_{outcome}") for outcome in Outcome}
MEANS = {means: pb.CareDutyJudgement.Means.Value(f"MEANS_{means}") for means in Means}
MEANS_BY_NUMBER: Mapping[int, Means] = {number: means for means, number in MEANS.items()}
STATUSES = {status: pb.Measure.Status.Value(f"STATUS_{status}") for status in MeasureStatus}
STATUSES_BY_NUMBER: Mapping[int, MeasureStatus] = {number: status for status, number in STATUSES.items()}
RECIPIENTS = {Recipient.IGJ: pb.Notice.RECIPIENT_IGJ, Recipient.NZA: pb.Notice.RECIPIENT_NZA}


def write_case(stored: Stored[Case], assessment: str, day: date) -> pb.Case:
    """The message of a case as it stands on a day; `assessment` is the latest of the location in the budget year."""
    case, due = stored.value, due_on(stored.value, day)
    return pb.Case(
        name=case_name(case),
        survey_year=case.survey_year,
        budget_year=case.budget_year,
        track=TRACKS[case.track],
        state=STATES[state(case, day)],
        norms=case.norms,
        unmet_norms=case.unmet,
        opened_by=case.opened_by,
        assessment=assessment,
        delivered_date=to_date(case.terms.delivered_on),
        established_date=None if case.established_on is None else to_date(case.established_on),
        due_date=None if due is None else to_date(due),
        overdue=overdue(case, day),
        plan=None if case.plan is None else _plan(case.plan),
        progress=[_progress(note) for note in case.progress],
        transparency_requests=[_transparency(number, asked) for number, asked in enumerate(case.requests, start=1)],
        weighing=None if case.weighing is None else _weighing(case.weighing),
        proposal=None if case.proposal is None else _decision(len(case.decisions), case.proposal),
        decisions=[
            _decision(number, decision)
            for number, decision in enumerate(case.decisions, start=1)
            if decision.outcome is not Outcome.VOORGELEGD
        ],
        open_steps=open_steps(case, day),
        suggestions=suggestions(case, day),
        etag=stored.etag,
        create_time=to_timestamp(case.opened_at),
        update_time=to_timestamp(stored.recorded_at),
    )


def write_step(happened: Happened) -> pb.CaseStep:
    """The message of one thing that happened."""
    return pb.CaseStep(
        number=happened.number,
        step=happened.step,
        from_state=STATES[State(happened.from_state)] if happened.from_state else pb.Case.STATE_UNSPECIFIED,
        to_state=STATES[State(happened.to_state)],
        reason=happened.reason,
        document=happened.document,
        insurer=happened.insurer,
        actor=happened.actor,
        create_time=to_timestamp(happened.recorded_at),
    )


def notice_name(stored: StoredNotice) -> str:
    """The resource name of a notice."""
    return names.NOTICE.format(
        provider=stored.agb,
        location=stored.location_id,
        case=f"{stored.survey_year}-{stored.track}",
        notice=stored.notice_id,
    )


def recipient_of(stored: StoredNotice) -> Recipient:
    """To whom a notice is."""
    return Recipient(stored.notice_id.rpartition("-")[2])


def write_notice(stored: StoredNotice) -> pb.Notice:
    """The message of a notice, without its printable form."""
    return pb.Notice(
        name=notice_name(stored),
        recipient=RECIPIENTS[recipient_of(stored)],
        subject=stored.subject,
        text=stored.body,
        create_time=to_timestamp(stored.recorded_at),
    )


def _plan(plan: Plan) -> pb.ImprovementPlan:
    return pb.ImprovementPlan(
        submitted_date=to_date(plan.submitted_on),
        summary=plan.summary,
        document=plan.document,
        measures=[
            pb.Measure(
                id=measure.measure_id,
                norms=measure.norms,
                description=measure.description,
                owner_role=measure.owner_role,
                due_date=to_date(measure.due_on),
                status=STATUSES[measure.status],
            )
            for measure in plan.measures
        ],
        agreed_date=None if plan.agreed_on is None else to_date(plan.agreed_on),
        agreed_by=plan.agreed_by,
    )


def _progress(note: ProgressNote) -> pb.ProgressNote:
    return pb.ProgressNote(
        noted_date=to_date(note.noted_on),
        text=note.text,
        measures=[
            pb.MeasureProgress(measure=progress.measure_id, status=STATUSES[progress.status])
            for progress in note.measures
        ],
    )


def _transparency(number: int, asked: TransparencyRequest) -> pb.TransparencyRequest:
    return pb.TransparencyRequest(
        number=number,
        insurer=asked.insurer,
        question=asked.question,
        asked_date=to_date(asked.asked_on),
        answer=asked.answer,
        document=asked.document,
        answered_date=None if asked.answered_on is None else to_date(asked.answered_on),
    )


def _weighing(weighing: Weighing) -> pb.Weighing:
    return pb.Weighing(
        started_date=to_date(weighing.started_on),
        insurer=weighing.insurer,
        access=weighing.access,
        quality=weighing.quality,
        document=weighing.document,
    )


def _decision(number: int, decision: Decision) -> pb.ProposedDecision:
    return pb.ProposedDecision(
        number=number,
        kind=KINDS[decision.kind],
        reason=decision.reason,
        document=decision.document,
        care_duty=None if decision.care_duty is None else _care_duty(decision.care_duty),
        exception=None if decision.exception is None else _exception(decision.exception),
        proposed_date=to_date(decision.proposed_on),
        votes=[_vote(vote) for vote in decision.votes],
        waiting_for=decision.waiting_for,
        outcome=OUTCOMES[decision.outcome],
        concluded_date=None if decision.concluded_on is None else to_date(decision.concluded_on),
    )


def _vote(vote: Vote) -> pb.Vote:
    return pb.Vote(
        insurer=vote.insurer,
        agrees=vote.agrees,
        reason=vote.reason,
        actor=vote.actor,
        create_time=to_timestamp(vote.at),
    )


def _care_duty(care_duty: CareDuty) -> pb.CareDutyJudgement:
    return pb.CareDutyJudgement(
        means=[MEANS[means] for means in care_duty.means],
        surrounding_locations=[place.name for place in care_duty.surrounding],
        reasoning=care_duty.reasoning,
    )


def _exception(terms: ExceptionTerms) -> pb.ExceptionTerms:
    return pb.ExceptionTerms(
        start_date=to_date(terms.start),
        end_date=to_date(terms.end),
        why_this_location=terms.why_this_location,
        agreement=terms.agreement,
        risk_measures=terms.risk_measures,
        igj_conclusion=terms.igj_conclusion,
        ended_date=None if terms.ended_on is None else to_date(terms.ended_on),
    )
