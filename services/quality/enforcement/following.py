"""Cases follow assessments, in the transaction that records the assessment."""

from sqlalchemy import Connection

from services.policy.routes import Route
from services.policy.terms import comply_by
from services.quality.assessments.judging import Judgement
from services.quality.enforcement.assessing import Result, follow, result_of
from services.quality.enforcement.model import FIRST_STAGE, Case, Terms, Track, state
from services.quality.enforcement.store import CASES, add_step, has_case
from services.runtime import names
from services.runtime.versions import Stamp
from services.runtime.wire import from_date
from spoedkader.amsterdam import day_of

STEP = "Assess"
_OPENING = {Route.HERSTELTERMIJN, Route.VERBETERPLAN}


def follow_assessment(connection: Connection, stamp: Stamp, judgement: Judgement, name: str) -> None:
    """Opens, closes and reopens the cases of the location; `name` is that of the assessment.

    A case belongs to the budget year of the assessment that opened it, and assessments for another year leave it alone.
    What changes nothing in a case is no version of it. A location without misses and without a case, as most are, costs
    one look-up of one row.
    """
    location_id = names.parts(names.ASSESSMENT, name)[1]
    survey_year = judgement.question.snapshot.round.survey_year
    if _OPENING.isdisjoint(judgement.routes) and not has_case(connection, location_id, survey_year):
        return
    for track in Track:
        result = result_of(track, judgement.rules.policies.catalogue, judgement.findings, judgement.question.as_of)
        stored = CASES.get(connection, location_id, survey_year, track.value)
        if stored is None:
            if result.missed:
                _record(connection, stamp, None, _opened(stamp, track, judgement, name, result), name)
        elif stored.value.budget_year == judgement.question.budget_year:
            followed = follow(stored.value, result, day_of(stamp.at))
            if followed != stored.value:
                _record(connection, stamp, stored.value, followed, name)


def _opened(stamp: Stamp, track: Track, judgement: Judgement, name: str, result: Result) -> Case:
    agb, location_id, _ = names.parts(names.ASSESSMENT, name)
    round_, parameters = judgement.question.snapshot.round, judgement.rules.parameters
    end = parameters.comply_by.value
    return Case(
        agb=agb,
        location_id=location_id,
        survey_year=round_.survey_year,
        track=track,
        budget_year=judgement.question.budget_year,
        opened_by=name,
        opened_at=stamp.at,
        terms=Terms(
            delivered_on=from_date(round_.rivm_preliminary_delivered_date),
            cure_months=parameters.cure_term_months.value,
            plan_months=parameters.plan_term_months.value,
            comply_by=comply_by(round_.survey_year, end.month, end.day),
        ),
        norms=result.missed,
        unmet=result.missed,
        stage=FIRST_STAGE[track],
    )


def _record(connection: Connection, stamp: Stamp, before: Case | None, after: Case, name: str) -> None:
    day = day_of(stamp.at)
    happened = {
        "step": STEP,
        "from_state": "" if before is None else state(before, day).value,
        "to_state": state(after, day).value,
        "reason": _reason(before, after),
        "document": name,
        "insurer": "",
    }
    add_step(connection, CASES.put(connection, after, stamp), happened, stamp)


def _reason(before: Case | None, after: Case) -> str:
    if after.unmet:
        return f"Niet voldaan, of niet bekend: {', '.join(after.unmet)}."
    lapsed = before is not None and before.proposal is not None and after.proposal is None
    return "Aan alle normen van de zaak wordt voldaan." + (
        f" Voorstel {len(after.decisions)} is daarmee vervallen." if lapsed else ""
    )
