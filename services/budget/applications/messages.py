"""The messages of applications."""

from collections.abc import Iterable
from datetime import date

from services.budget.applications.content import Consultation, Content
from services.budget.applications.drafting import calculation_of, conditions_of
from services.budget.applications.model import Application as Model
from services.budget.applications.model import Kind, NzaDecision, Party, Role, Signature, State
from services.budget.applications.store import StoredStep
from services.runtime.versions import Stored
from services.runtime.wire import to_date, to_money, to_timestamp
from spoedkader.budget.v1 import application_pb2 as pb
from spoedkader.budget.v1 import budget_pb2, condition_pb2


def write_application(
    stored: Stored[Model],
    content: Content,
    newer_calculation: str,
    deadline: date | None,
    warnings: Iterable[str],
) -> pb.Application:
    """The whole message of an application; the last three were looked up when it was read."""
    application = stored.value
    consultation, decision = content.consultation, application.decision
    return pb.Application(
        name=application.name,
        budget_year=application.budget_year,
        kind=KINDS[application.kind],
        state=STATES[application.state],
        amount=to_money(application.terms.amount_cents),
        lines=[
            pb.ApplicationLine(
                location=line.location,
                amount=to_money(line.amount_cents),
                excluded_because=line.excluded_because,
                decided_against=line.decided_against,
            )
            for line in content.lines
        ],
        calculation=calculation_of(content),
        conditions=conditions_of(content),
        consultation=_write_consultation(consultation) if consultation else None,
        amends=content.amends,
        follows=content.follows,
        explanation=content.explanation,
        content_digest=application.terms.digest,
        signatures=[_write_signature(signature) for signature in application.signatures],
        waiting_for=[_write_party(party) for party in application.waiting_for],
        submitted_date=to_date(application.submitted_on) if application.submitted_on else None,
        nza_reference=application.nza_reference,
        nza_decision=_write_decision(decision) if decision else None,
        newer_calculation=newer_calculation,
        filing_deadline_date=to_date(deadline) if deadline else None,
        warnings=warnings,
        open_steps=application.open_steps,
        etag=stored.etag,
        create_time=to_timestamp(application.created_at),
        update_time=to_timestamp(stored.recorded_at),
    )


def shorten(application: pb.Application) -> pb.Application:
    """The application as a list shows it: of calculation and conditions the names only."""
    calculation, conditions = application.calculation.name, application.conditions.name
    application.calculation.CopyFrom(budget_pb2.Calculation(name=calculation))
    application.conditions.CopyFrom(condition_pb2.Conditions(name=conditions))
    return application


def write_step(step: StoredStep) -> pb.ApplicationStep:
    """The message of a step."""
    return pb.ApplicationStep(
        number=step.number,
        step=step.step,
        from_state=STATES[step.from_state] if step.from_state else pb.Application.STATE_UNSPECIFIED,
        to_state=STATES[step.to_state],
        content_digest=step.digest,
        note=step.note,
        actor=step.actor,
        create_time=to_timestamp(step.recorded_at),
    )


def _write_consultation(consultation: Consultation) -> pb.Consultation:
    return pb.Consultation(
        took_place=consultation.took_place,
        last_date=to_date(consultation.last_on) if consultation.last_on else None,
        summary=consultation.summary,
        document=consultation.document,
    )


def _write_party(party: Party) -> pb.Party:
    return pb.Party(provider=party.code) if party.role is Role.PROVIDER else pb.Party(insurer=party.code)


def _write_signature(signature: Signature) -> pb.Signature:
    return pb.Signature(
        party=_write_party(signature.party),
        content_digest=signature.digest,
        actor=signature.actor,
        create_time=to_timestamp(signature.signed_at),
    )


def _write_decision(decision: NzaDecision) -> pb.NzaDecision:
    return pb.NzaDecision(
        outcome=pb.NzaDecision.Outcome.Value(f"OUTCOME_{decision.outcome}"),
        amount=to_money(decision.amount_cents),
        decided_date=to_date(decision.decided_on),
        document=decision.document,
        reason=decision.reason,
    )


KINDS = {kind: pb.Application.Kind.Value(f"KIND_{kind}") for kind in Kind}
STATES = {state: pb.Application.State.Value(f"STATE_{state}") for state in State}
