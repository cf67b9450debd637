"""What people send about a case, read into the model; everything that is wrong with it is told at once."""

from collections.abc import Collection
from datetime import date

from services.quality.enforcement.messages import MEANS_BY_NUMBER, STATUSES_BY_NUMBER
from services.quality.enforcement.model import (
    CareDuty,
    Case,
    ExceptionTerms,
    Means,
    Measure,
    MeasureProgress,
    Plan,
    ProgressNote,
    Surrounding,
    Weighing,
)
from services.runtime import names
from services.runtime.wire import MAX_NAME, MAX_REASON, Fields
from spoedkader.quality.v1 import enforcement_pb2 as pb

MAX_DOCUMENT = 500
MAX_MEASURES = 100
MAX_SURROUNDING = 20


def read_place(fields: Fields, field: str, value: str) -> tuple[str, str, str]:
    """Provider, location and identifier of one case by its name; only the provider may be `-`."""
    provider, location_id, case_id = fields.name(field, names.CASE, value)
    if names.ANY in (location_id, case_id):
        fields.wrong(field, "moet de locatie en de zaak noemen")
    return provider, location_id, case_id


def read_document(fields: Fields, field: str, value: str, *, required: bool = False) -> str:
    """The reference of a document."""
    return fields.text(field, value, MAX_DOCUMENT, required=required)


def read_plan(fields: Fields, message: pb.ImprovementPlan, day: date) -> Plan:
    """A plan that is handed in on a day, unless it says another."""
    if not 1 <= len(message.measures) <= MAX_MEASURES:
        fields.wrong("plan.measures", f"moeten 1 tot {MAX_MEASURES} maatregelen zijn")
    _once(fields, "plan.measures", [measure.id for measure in message.measures], "maatregel")
    return Plan(
        submitted_on=fields.optional_date("plan.submitted_date", message) or day,
        summary=fields.text("plan.summary", message.summary, MAX_REASON, required=True),
        document=read_document(fields, "plan.document", message.document),
        measures=tuple(
            _measure(fields, f"plan.measures[{index}]", measure) for index, measure in enumerate(message.measures)
        ),
    )


def check_plan(fields: Fields, plan: Plan, case: Case, day: date) -> None:
    """What a plan must be for this case: each norm that is not met has a measure, and no measure has another norm."""
    check_past(fields, "plan.submitted_date", plan.submitted_on, day)
    for index, measure in enumerate(plan.measures):
        other = [norm for norm in measure.norms if norm not in case.norms]
        if other:
            fields.wrong(f"plan.measures[{index}].norms", f"horen niet bij deze zaak: {', '.join(other)}")
    covered = {norm for measure in plan.measures for norm in measure.norms}
    missing = [norm for norm in case.unmet if norm not in covered]
    if missing:
        fields.wrong("plan.measures", f"hebben niets voor {', '.join(missing)}")


def read_note(fields: Fields, message: pb.ProgressNote, day: date) -> ProgressNote:
    """A note of progress on a day, unless it says another."""
    _once(fields, "note.measures", [progress.measure for progress in message.measures], "maatregel")
    if len(message.measures) > MAX_MEASURES:
        fields.wrong("note.measures", f"mogen hoogstens {MAX_MEASURES} maatregelen zijn")
    measures = []
    for index, progress in enumerate(message.measures):
        status = fields.one_of(f"note.measures[{index}].status", progress.status, [*STATUSES_BY_NUMBER])
        if status in STATUSES_BY_NUMBER:
            measures.append(MeasureProgress(progress.measure, STATUSES_BY_NUMBER[status]))
    return ProgressNote(
        noted_on=fields.optional_date("note.noted_date", message) or day,
        text=fields.text("note.text", message.text, MAX_REASON, required=True),
        measures=tuple(measures),
    )


def check_note(fields: Fields, note: ProgressNote, case: Case, day: date) -> None:
    """What a note must be for this case: about measures of its plan, and of today or before."""
    check_past(fields, "note.noted_date", note.noted_on, day)
    known = {measure.measure_id for measure in case.plan.measures} if case.plan else set()
    for index, progress in enumerate(note.measures):
        if progress.measure_id not in known:
            fields.wrong(f"note.measures[{index}].measure", "staat niet in het verbeterplan")


def read_weighing(fields: Fields, message: pb.Weighing, insurer: str, day: date) -> Weighing:
    """What is weighed, by an insurer that starts it on a day."""
    return Weighing(
        started_on=day,
        insurer=insurer,
        access=fields.text("weighing.access", message.access, MAX_REASON, required=True),
        quality=fields.text("weighing.quality", message.quality, MAX_REASON, required=True),
        document=read_document(fields, "weighing.document", message.document, required=True),
    )


def read_exception(fields: Fields, message: pb.ExceptionTerms) -> ExceptionTerms:
    """The terms of an exception."""
    terms = ExceptionTerms(
        start=fields.date("exception.start_date", message),
        end=fields.date("exception.end_date", message),
        why_this_location=fields.text(
            "exception.why_this_location", message.why_this_location, MAX_REASON, required=True
        ),
        agreement=read_document(fields, "exception.agreement", message.agreement, required=True),
        risk_measures=fields.text("exception.risk_measures", message.risk_measures, MAX_REASON, required=True),
        igj_conclusion=read_document(fields, "exception.igj_conclusion", message.igj_conclusion, required=True),
    )
    if terms.end < terms.start:
        fields.wrong("exception.end_date", "mag niet voor start_date liggen")
    return terms


def check_exception(fields: Fields, terms: ExceptionTerms, day: date) -> None:
    """An exception is made for days to come."""
    if terms.start < day:
        fields.wrong("exception.start_date", "mag niet in het verleden liggen")
    if terms.end <= day:
        fields.wrong("exception.end_date", "moet in de toekomst liggen")


def read_care_duty(fields: Fields, message: pb.CareDutyJudgement) -> CareDuty:
    """The judgement on the duty of care; that the locations exist is not known yet, and they have no other names."""
    if not message.means:
        fields.wrong("care_duty.means", "is verplicht")
    for index, number in enumerate(message.means):
        fields.one_of(f"care_duty.means[{index}]", number, [*MEANS_BY_NUMBER])
    means = tuple(dict.fromkeys(MEANS_BY_NUMBER[number] for number in message.means if number in MEANS_BY_NUMBER))
    places = message.surrounding_locations
    if Means.OMLIGGENDE_SEHS in means and not places:
        fields.wrong("care_duty.surrounding_locations", "is verplicht bij omliggende SEH's")
    if Means.OMLIGGENDE_SEHS not in means and places:
        fields.wrong("care_duty.surrounding_locations", "hoort alleen bij omliggende SEH's")
    if len(places) > MAX_SURROUNDING:
        fields.wrong("care_duty.surrounding_locations", f"mogen hoogstens {MAX_SURROUNDING} locaties zijn")
    _once(fields, "care_duty.surrounding_locations", [name.rpartition("/")[2] for name in places], "locatie")
    for index, name in enumerate(places):
        _, location_id = fields.name(f"care_duty.surrounding_locations[{index}]", names.LOCATION, name)
        if location_id == names.ANY:
            fields.wrong(f"care_duty.surrounding_locations[{index}]", "moet een locatie noemen")
    return CareDuty(
        means=means,
        surrounding=tuple(Surrounding(name, "") for name in places),
        reasoning=fields.text("care_duty.reasoning", message.reasoning, MAX_REASON, required=True),
    )


def check_past(fields: Fields, field: str, value: date, day: date) -> None:
    """What happened did so today or before."""
    if value > day:
        fields.wrong(field, "mag niet in de toekomst liggen")


def _measure(fields: Fields, path: str, message: pb.Measure) -> Measure:
    if not message.norms:
        fields.wrong(f"{path}.norms", "is verplicht")
    _once(fields, f"{path}.norms", message.norms, "norm")
    return Measure(
        measure_id=fields.identifier(f"{path}.id", message.id),
        norms=tuple(message.norms),
        description=fields.text(f"{path}.description", message.description, MAX_REASON, required=True),
        owner_role=fields.text(f"{path}.owner_role", message.owner_role, MAX_NAME, required=True),
        due_on=fields.date(f"{path}.due_date", message),
    )


def _once(fields: Fields, field: str, values: Collection[str], what: str) -> None:
    if len(set(values)) != len(values):
        fields.wrong(field, f"noemt een {what} dubbel")
