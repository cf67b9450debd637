"""The enforcement service over a real socket, with a real registry behind it: both tracks from finding to decision."""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import assessment_pb2, submission_pb2
from spoedkader.quality.v1 import enforcement_pb2 as pb
from spoedkader.registry.v1 import location_pb2, provider_pb2
from tests.support.answers import cells, example_answers
from tests.support.clients import QualityClient, RegistryClient, acting_as
from tests.support.clock import TickingClock
from tests.support.messages import day, mask
from tests.support.refusals import Refusal, refusal

grpc_max_workers = 8

NO_DOCTOR = {
    "arts.specialist_aanwezig": {"kantooruren": "niet_altijd", "anw": "altijd"},
    "arts.ervaren_arts_aanwezig": {"kantooruren": "niet_altijd", "anw": "altijd"},
}
NO_NURSE = {"verpleegkundige.aanwezig": {"kantooruren": "niet_altijd", "anw": "altijd"}}
SLOW_TRIAGE = {"triage.start_binnen_5_minuten": "niet_altijd"}
UNKNOWN_TRIAGE = {"triage.start_binnen_5_minuten": None}
GOOD = {
    **example_answers(),
    "trauma.voldoet_aan_level": {"kantooruren": True, "anw": True},
    "kindermishandeling.signalering": True,
}
State = pb.Case.State
CARE_ELSEWHERE = pb.CareDutyJudgement(
    means=[pb.CareDutyJudgement.MEANS_ALTERNATIEVE_VORM], reasoning="De spoedpoli blijft dag en nacht open."
)


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture(scope="module", autouse=True)
def rounds(registry_peer: RegistryClient) -> None:
    registry_peer.set_round()
    registry_peer.set_round(name="rounds/2028", policy_year=2028)


@pytest.fixture(autouse=True)
def in_july(clock: TickingClock) -> None:
    travel(clock, "2026-07-01")


@pytest.fixture
def place(registry_peer: RegistryClient) -> str:
    return registry_peer.new_location().name


def travel(clock: TickingClock, to: str) -> None:
    """Goes to the middle of a day."""
    clock.travel(datetime.fromisoformat(to).replace(hour=10, tzinfo=UTC))


def assess(quality: QualityClient, place: str, changed: dict[str, Any] | None = None, year: int = 2027) -> str:
    """Hands in answers that meet every norm, with changes, and has them judged."""
    wanted = submission_pb2.Submission(
        name=f"{place}/submissions/2026",
        policy_year=year,
        status=submission_pb2.Submission.STATUS_VOORLOPIG,
        delivered_date=day("2026-06-10"),
        answers=cells({**GOOD, **(changed or {})}),
    )
    quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=wanted), timeout=20)
    request = assessment_pb2.AssessLocationRequest(name=place, budget_year=year)
    return quality.assessments.AssessLocation(request, timeout=20, metadata=acting_as("toetser@zv")).name


def get(quality: QualityClient, name: str) -> pb.Case:
    return quality.enforcement.GetCase(pb.GetCaseRequest(name=name), timeout=10)


def cases(quality: QualityClient, parent: str, **fields: Any) -> list[pb.Case]:
    return list(quality.enforcement.ListCases(pb.ListCasesRequest(parent=parent, **fields), timeout=10).cases)


def happened(quality: QualityClient, name: str) -> list[tuple[str, str, str]]:
    """The steps of a case with the states before and after."""
    found = quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=name), timeout=10).steps
    return [(step.step, State.Name(step.from_state)[6:], State.Name(step.to_state)[6:]) for step in found]


def notices(quality: QualityClient, parent: str) -> list[pb.Notice]:
    return list(quality.enforcement.ListNotices(pb.ListNoticesRequest(parent=parent), timeout=10).notices)


def herstel(quality: QualityClient, place: str) -> str:
    """Opens a case about a conditional norm."""
    assess(quality, place, NO_DOCTOR)
    return f"{place}/cases/2026-herstel"


def verbeterplan(quality: QualityClient, place: str) -> str:
    """Opens a case about another norm."""
    assess(quality, place, SLOW_TRIAGE)
    return f"{place}/cases/2026-verbeterplan"


def establish(quality: QualityClient, name: str, on: str = "2026-07-01", insurer: str = "9101") -> pb.Case:
    request = pb.EstablishFindingRequest(
        name=name, insurer=insurer, established_date=day(on), reason="Zo staat het in de vragenlijst."
    )
    return quality.enforcement.EstablishFinding(request, timeout=10, metadata=acting_as(f"inkoper@{insurer}"))


def plan(norms: Sequence[str] = ("B2",), **fields: Any) -> pb.ImprovementPlan:
    measure = pb.Measure(
        id="m1",
        norms=norms,
        description="Een tweede triageplek.",
        owner_role="manager acute zorg",
        due_date=day("2027-03-01"),
    )
    return pb.ImprovementPlan(**{"summary": "Sneller triëren.", "document": "Plan 1", "measures": [measure], **fields})


def submit_plan(quality: QualityClient, name: str, **fields: Any) -> pb.Case:
    request = pb.SubmitImprovementPlanRequest(**{"name": name, "plan": plan(), **fields})
    return quality.enforcement.SubmitImprovementPlan(request, timeout=10, metadata=acting_as("kwaliteit@wulp"))


def start_weighing(quality: QualityClient, name: str) -> pb.Case:
    request = pb.StartWeighingRequest(
        name=name,
        insurer="9101",
        weighing=pb.Weighing(access="Langer rijden.", quality="Te laat gezien.", document="Verslag 1"),
    )
    return quality.enforcement.StartWeighing(request, timeout=10, metadata=acting_as("inkoper@9101"))


def proposal(name: str, kind: int, insurer: str = "9101", **fields: Any) -> pb.ProposeDecisionRequest:
    return pb.ProposeDecisionRequest(
        **{"name": name, "insurer": insurer, "kind": kind, "reason": "Er is geen uitzicht op verbetering.", **fields}
    )


def propose(quality: QualityClient, name: str, kind: int, insurer: str = "9101", **fields: Any) -> pb.Case:
    request = proposal(name, kind, insurer, **fields)
    return quality.enforcement.ProposeDecision(request, timeout=10, metadata=acting_as(f"inkoper@{insurer}"))


def ballot(name: str, insurer: str, number: int = 1, *, agrees: bool = True, **fields: Any) -> pb.VoteOnDecisionRequest:
    return pb.VoteOnDecisionRequest(
        **{"name": name, "number": number, "insurer": insurer, "agrees": agrees, "reason": "Eens.", **fields}
    )


def vote(quality: QualityClient, name: str, insurer: str, number: int = 1, *, agrees: bool = True) -> pb.Case:
    request = ballot(name, insurer, number, agrees=agrees)
    return quality.enforcement.VoteOnDecision(request, timeout=10, metadata=acting_as(f"inkoper@{insurer}"))


def exception(start: str, end: str, **fields: Any) -> pb.ExceptionTerms:
    return pb.ExceptionTerms(
        **{
            "start_date": day(start),
            "end_date": day(end),
            "why_this_location": "Het enige ziekenhuis op het eiland.",
            "agreement": "Afspraak 1",
            "risk_measures": "Extra achterwacht.",
            "igj_conclusion": "Brief 1",
            **fields,
        }
    )


def except_(quality: QualityClient, name: str, start: str, end: str) -> pb.Case:
    """Makes an exception."""
    found = propose(quality, name, pb.DECISION_KIND_TIJDELIJKE_UITZONDERING, exception=exception(start, end))
    return vote(quality, name, "9102", found.proposal.number)


def denied(act: Callable[..., object], *arguments: Any, **fields: Any) -> Refusal:
    """The refusal of a step that one of the above takes."""
    return refusal(lambda timeout: act(*arguments, **fields))


# Assessments open, close and reopen


def test_an_assessment_that_misses_norms_opens_a_case_for_each_track(quality: QualityClient, place: str) -> None:
    name = assess(quality, place, {**NO_DOCTOR, **SLOW_TRIAGE})
    first, second = cases(quality, place)
    assert first.name == f"{place}/cases/2026-herstel"
    assert (first.track, first.state) == (pb.TRACK_HERSTEL, pb.Case.STATE_VASTSTELLING)
    assert (list(first.norms), list(first.unmet_norms)) == (["A1"], ["A1"])
    assert not first.HasField("due_date")
    assert second.name == f"{place}/cases/2026-verbeterplan"
    assert (second.track, second.state) == (pb.TRACK_VERBETERPLAN, pb.Case.STATE_VERBETERPLAN_OPSTELLEN)
    assert list(second.norms) == ["B2"]
    assert second.due_date == day("2026-09-15")
    for found in (first, second):
        assert (found.survey_year, found.budget_year) == (2026, 2027)
        assert (found.opened_by, found.assessment) == (name, name)
        assert found.delivered_date == day("2026-06-15")
        assert get(quality, found.name) == found
    (opened,) = quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=first.name)).steps
    assert (opened.number, opened.step, opened.actor, opened.document) == (1, "Assess", "toetser@zv", name)
    assert opened.reason == "Niet voldaan, of niet bekend: A1."


def test_what_is_unknown_or_met_opens_nothing(quality: QualityClient, place: str) -> None:
    assess(quality, place)
    assess(quality, place, UNKNOWN_TRIAGE)
    assert cases(quality, place) == []


def test_an_assessment_that_changes_nothing_is_no_version_of_a_case(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    before = get(quality, name)
    latest = assess(quality, place, NO_DOCTOR)
    after = get(quality, name)
    assert after.assessment == latest
    assert (after.etag, after.opened_by) == (before.etag, before.opened_by)
    assert len(happened(quality, name)) == 1


def test_a_correction_closes_a_case_and_opens_it_again_with_the_same_clock(
    quality: QualityClient, place: str, clock: TickingClock
) -> None:
    name = herstel(quality, place)
    establish(quality, name)
    travel(clock, "2026-08-01")
    assess(quality, place)
    closed = get(quality, name)
    assert closed.state == pb.Case.STATE_VOLDOET
    assert not closed.HasField("due_date")
    assert list(closed.open_steps) == []
    travel(clock, "2026-09-01")
    assess(
        quality,
        place,
        {
            **NO_NURSE,
            "arts.specialist_aanwezig": {"kantooruren": None, "anw": None},
            "arts.ervaren_arts_aanwezig": {"kantooruren": None, "anw": None},
        },
    )
    again = get(quality, name)
    assert again.state == pb.Case.STATE_HERSTELTERMIJN
    # One is missed now, of the other too little is known: neither is met.
    assert list(again.unmet_norms) == ["A1", "A2"]
    assert again.due_date == day("2026-10-01")
    assert happened(quality, name) == [
        ("Assess", "UNSPECIFIED", "VASTSTELLING"),
        ("EstablishFinding", "VASTSTELLING", "HERSTELTERMIJN"),
        ("Assess", "HERSTELTERMIJN", "VOLDOET"),
        ("Assess", "VOLDOET", "HERSTELTERMIJN"),
    ]


def test_a_round_that_is_corrected_moves_no_clock(
    quality: QualityClient, registry_peer: RegistryClient, place: str
) -> None:
    name = verbeterplan(quality, place)
    registry_peer.set_round(rivm_preliminary_delivered_date=day("2026-06-25"))
    try:
        assess(quality, place, {**SLOW_TRIAGE, "specialismen.bereikbaar_aantal": 3})
        found = get(quality, name)
        assert list(found.norms) == ["B2", "B10"]
        assert (found.delivered_date, found.due_date) == (day("2026-06-15"), day("2026-09-15"))
    finally:
        registry_peer.set_round()


def test_assessments_for_another_budget_year_leave_a_case_alone(quality: QualityClient, place: str) -> None:
    name = verbeterplan(quality, place)
    before = get(quality, name)
    assess(quality, place, year=2028)
    assert get(quality, name) == before


@pytest.mark.parametrize("on", ["2026-01-01", "2026-06-30", "2026-07-02", "2099-01-01"])
def test_a_day_of_the_callers_choice_has_no_consequences(quality: QualityClient, place: str, on: str) -> None:
    """Else whoever chooses a day on which a norm does not count yet would be rid of a case."""
    name = herstel(quality, place)
    before, steps = get(quality, name), happened(quality, name)
    every = assessment_pb2.ListAssessmentsRequest(parent=place, show_superseded=True)
    kept = quality.assessments.ListAssessments(every, timeout=10).assessments
    request = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027, as_of_date=day(on))
    tried = quality.assessments.AssessLocation(request, timeout=20)
    assert (tried.name, tried.as_of_date) == ("", day(on))
    assert tried.findings
    for response in quality.assessments.AssessLocations(
        assessment_pb2.AssessLocationsRequest(budget_year=2027, as_of_date=day(on)), timeout=60
    ):
        assert not response.assessment.name
    assert (get(quality, name), happened(quality, name)) == (before, steps)
    assert quality.assessments.ListAssessments(every, timeout=10).assessments == kept


def test_the_day_of_today_is_no_other_day(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    request = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027, as_of_date=day("2026-07-01"))
    assert quality.assessments.AssessLocation(request, timeout=20).name == get(quality, name).assessment


def test_a_validated_assessment_of_many_opens_cases_too(quality: QualityClient, place: str) -> None:
    herstel(quality, place)
    for response in quality.assessments.AssessLocations(
        assessment_pb2.AssessLocationsRequest(budget_year=2027), timeout=60
    ):
        if response.assessment.name.startswith(f"{place}/"):
            assert get(quality, f"{place}/cases/2026-herstel").assessment == response.assessment.name
            break
    else:
        pytest.fail("the location was not assessed")


# The track of conditional norms


def test_from_finding_to_no_application_and_back(
    quality: QualityClient, place: str, clock: TickingClock, registry_peer: RegistryClient
) -> None:
    name = herstel(quality, place)
    travel(clock, "2026-11-30")
    found = establish(quality, name, "2026-11-30")
    assert found.state == pb.Case.STATE_HERSTELTERMIJN
    assert (found.established_date, found.due_date) == (day("2026-11-30"), day("2027-02-28"))
    travel(clock, "2027-02-28")
    refused = refusal(
        quality.enforcement.ProposeDecision,
        proposal(name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE),
        metadata=acting_as("inkoper@9101"),
    )
    assert refused.reason == "ILLEGAL_TRANSITION"
    travel(clock, "2027-03-01")
    assert get(quality, name).overdue
    other = registry_peer.new_location(display_name="Ziekenhuis De Wulp, Waterbeek").name
    care_duty = pb.CareDutyJudgement(
        means=[pb.CareDutyJudgement.MEANS_OMLIGGENDE_SEHS],
        surrounding_locations=[f"providers/-/locations/{other.rpartition('/')[2]}"],
        reasoning="Binnen 45 minuten bereikbaar.",
    )
    found = propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=care_duty, document="Nota 7")
    assert found.state == pb.Case.STATE_BESLUIT_VOORGELEGD
    assert list(found.proposal.waiting_for) == ["9102"]
    assert found.proposal.care_duty.surrounding_locations == [other]
    assert found.proposal.votes[0].actor == "inkoper@9101"
    assert notices(quality, name) == []
    found = vote(quality, name, "9102")
    assert found.state == pb.Case.STATE_GEEN_AANVRAAG
    assert not found.HasField("proposal")
    assert found.decisions[0].outcome == pb.ProposedDecision.OUTCOME_GENOMEN
    assert found.decisions[0].concluded_date == day("2027-03-01")
    igj, nza = notices(quality, name)
    assert [notice.name for notice in (igj, nza)] == [f"{name}/notices/1-igj", f"{name}/notices/1-nza"]
    assert (igj.recipient, nza.recipient) == (pb.Notice.RECIPIENT_IGJ, pb.Notice.RECIPIENT_NZA)
    for part in (
        "Ziekenhuis De Wulp, Veenrode van Stichting Ziekenhuis De Wulp",
        "- A1: ",
        "antwoord niet altijd",
        "vastgesteld op 30 november 2026",
        "- 9101: Er is geen uitzicht op verbetering.",
        "- 9102: Eens.",
        f"- Ziekenhuis De Wulp, Waterbeek ({other})",
    ):
        assert part in igj.text
    # Meeting the norms does not undo what was decided; the representatives do.
    assess(quality, place)
    found = get(quality, name)
    assert found.state == pb.Case.STATE_GEEN_AANVRAAG
    assert found.suggestions
    found = propose(quality, name, pb.DECISION_KIND_INTREKKING, "9102")
    assert found.state == pb.Case.STATE_GEEN_AANVRAAG
    found = vote(quality, name, "9101", 2)
    assert found.state == pb.Case.STATE_VOLDOET
    assert [notice.name.rpartition("/")[2] for notice in notices(quality, name)] == [
        "1-igj",
        "1-nza",
        "2-igj",
        "2-nza",
    ]
    assert happened(quality, name)[-4:] == [
        ("VoteOnDecision", "BESLUIT_VOORGELEGD", "GEEN_AANVRAAG"),
        ("Assess", "GEEN_AANVRAAG", "GEEN_AANVRAAG"),
        ("ProposeDecision", "GEEN_AANVRAAG", "GEEN_AANVRAAG"),
        ("VoteOnDecision", "GEEN_AANVRAAG", "VOLDOET"),
    ]


def test_the_day_of_a_finding_is_between_the_delivery_and_today(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    for on in ("2026-06-14", "2026-07-02"):
        refused = denied(establish, quality, name, on)
        assert refused.fields == ["established_date"]
    assert establish(quality, name, "2026-06-15").due_date == day("2026-09-15")


# The track of other norms


def test_from_plan_to_no_budget(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = verbeterplan(quality, place)
    found = submit_plan(quality, name)
    assert found.state == pb.Case.STATE_VERBETERPLAN_INGEDIEND
    assert found.plan.submitted_date == day("2026-07-01")
    assert found.due_date == day("2026-09-15")
    returned = pb.ReturnImprovementPlanRequest(name=name, insurer="9102", reason="De nacht ontbreekt.")
    assert quality.enforcement.ReturnImprovementPlan(returned).state == pb.Case.STATE_VERBETERPLAN_OPSTELLEN
    submit_plan(quality, name, plan=plan(submitted_date=day("2026-06-30")))
    agreed = pb.AgreeImprovementPlanRequest(name=name, insurer="9101", reason="Goed zo.", document="Brief 3")
    found = quality.enforcement.AgreeImprovementPlan(agreed)
    assert found.state == pb.Case.STATE_VERBETERPLAN_LOOPT
    assert (found.plan.submitted_date, found.plan.agreed_date) == (day("2026-06-30"), day("2026-07-01"))
    assert found.plan.agreed_by == "9101"
    assert found.due_date == day("2027-06-01")
    note = pb.ProgressNote(
        text="De plek is er.", measures=[pb.MeasureProgress(measure="m1", status=pb.Measure.STATUS_GEREED)]
    )
    found = quality.enforcement.RecordProgress(pb.RecordProgressRequest(name=name, note=note))
    assert found.plan.measures[0].status == pb.Measure.STATUS_GEREED
    assert found.progress[0].noted_date == day("2026-07-01")
    asked = pb.RequestTransparencyRequest(name=name, insurer="9102", question="Wat is er afgesproken?")
    assert quality.enforcement.RequestTransparency(asked).transparency_requests[0].number == 1
    answered = pb.AnswerTransparencyRequest(name=name, number=1, answer="Een termijn.", document="Brief 4")
    found = quality.enforcement.AnswerTransparency(answered)
    assert found.transparency_requests[0].answer == "Een termijn."
    travel(clock, "2027-06-01")
    assert denied(start_weighing, quality, name).reason == "ILLEGAL_TRANSITION"
    travel(clock, "2027-06-02")
    assert get(quality, name).overdue
    found = start_weighing(quality, name)
    assert found.state == pb.Case.STATE_AFWEGING
    assert (found.weighing.started_date, found.weighing.insurer) == (day("2027-06-02"), "9101")
    propose(quality, name, pb.DECISION_KIND_GEEN_BUDGET, care_duty=CARE_ELSEWHERE)
    assert vote(quality, name, "9102").state == pb.Case.STATE_GEEN_BUDGET
    assert "Uitvoeringsbesluit van de Wkkgz" in notices(quality, name)[0].text
    assert [step for step, _, _ in happened(quality, name)] == [
        "Assess",
        "SubmitImprovementPlan",
        "ReturnImprovementPlan",
        "SubmitImprovementPlan",
        "AgreeImprovementPlan",
        "RecordProgress",
        "RequestTransparency",
        "AnswerTransparency",
        "StartWeighing",
        "ProposeDecision",
        "VoteOnDecision",
    ]
    last = quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=name)).steps[-1]
    assert (last.insurer, last.actor, last.reason) == ("9102", "inkoper@9102", "Eens.")


def test_everything_that_is_wrong_with_a_plan_is_told(quality: QualityClient, place: str) -> None:
    name = verbeterplan(quality, place)
    refused = refusal(
        quality.enforcement.SubmitImprovementPlan,
        pb.SubmitImprovementPlanRequest(name=name, plan=pb.ImprovementPlan(measures=[pb.Measure(), pb.Measure()])),
    )
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {"plan.summary", "plan.measures", "plan.measures[1].owner_role", "plan.measures[1].due_date"} <= set(
        refused.fields
    )
    refused = refusal(
        quality.enforcement.SubmitImprovementPlan,
        pb.SubmitImprovementPlanRequest(name=name, plan=plan(["A1"], submitted_date=day("2026-07-02"))),
    )
    assert refused.violations == {
        "plan.submitted_date": "mag niet in de toekomst liggen",
        "plan.measures[0].norms": "horen niet bij deze zaak: A1",
        "plan.measures": "hebben niets voor B2",
    }


def test_progress_is_about_measures_of_the_plan(quality: QualityClient, place: str) -> None:
    name = verbeterplan(quality, place)
    submit_plan(quality, name)
    agreed = pb.AgreeImprovementPlanRequest(name=name, insurer="9101", reason="Goed zo.")
    quality.enforcement.AgreeImprovementPlan(agreed)
    note = pb.ProgressNote(
        noted_date=day("2026-07-02"),
        text="Morgen.",
        measures=[pb.MeasureProgress(measure="m2", status=pb.Measure.STATUS_LOOPT)],
    )
    refused = refusal(quality.enforcement.RecordProgress, pb.RecordProgressRequest(name=name, note=note))
    assert refused.fields == ["note.noted_date", "note.measures[0].measure"]


# Exceptions


def test_an_exception_suspends_the_term_and_what_was_left_runs_on(
    quality: QualityClient, place: str, clock: TickingClock
) -> None:
    name = herstel(quality, place)
    establish(quality, name)
    found = except_(quality, name, "2026-09-22", "2026-12-31")
    assert found.state == pb.Case.STATE_HERSTELTERMIJN
    travel(clock, "2026-09-22")
    found = get(quality, name)
    assert found.state == pb.Case.STATE_TIJDELIJKE_UITZONDERING
    # Ten days were left, and run on after the exception.
    assert found.due_date == day("2027-01-10")
    assert notices(quality, name) == []
    ended = pb.EndExceptionRequest(name=name, insurer="9102", reason="Het is niet meer nodig.")
    travel(clock, "2026-10-10")
    found = quality.enforcement.EndException(ended, metadata=acting_as("inkoper@9102"))
    assert found.state == pb.Case.STATE_TIJDELIJKE_UITZONDERING
    assert found.decisions[0].exception.ended_date == day("2026-10-10")
    assert found.due_date == day("2026-10-20")
    travel(clock, "2026-10-21")
    found = get(quality, name)
    assert (found.state, found.overdue) == (pb.Case.STATE_HERSTELTERMIJN, True)


def test_an_exception_has_terms_and_lies_ahead(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    kind = pb.DECISION_KIND_TIJDELIJKE_UITZONDERING

    def fields(**wrong: Any) -> list[str]:
        request = proposal(name, kind, **wrong)
        return refusal(quality.enforcement.ProposeDecision, request, metadata=acting_as("inkoper@9101")).fields

    assert fields() == ["exception"]
    assert fields(exception=exception("2026-07-02", "2026-08-01"), care_duty=CARE_ELSEWHERE) == ["care_duty"]
    assert fields(exception=exception("2026-06-30", "2026-08-01")) == ["exception.start_date"]
    assert fields(exception=exception("2026-07-01", "2026-07-01")) == ["exception.end_date"]
    assert fields(exception=exception("2026-07-03", "2026-07-02")) == ["exception.end_date"]
    incomplete = exception("2026-07-02", "2026-08-01", igj_conclusion="", agreement="", risk_measures=" ")
    assert fields(exception=incomplete) == [
        "exception.agreement",
        "exception.risk_measures",
        "exception.igj_conclusion",
    ]
    assert except_(quality, name, "2026-07-01", "2026-07-02").state == pb.Case.STATE_TIJDELIJKE_UITZONDERING


def test_a_proposal_lapses_when_the_norms_are_met(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    propose(
        quality,
        name,
        pb.DECISION_KIND_TIJDELIJKE_UITZONDERING,
        exception=exception("2026-07-02", "2026-08-01"),
    )
    assess(quality, place)
    found = get(quality, name)
    assert found.state == pb.Case.STATE_VOLDOET
    assert found.decisions[0].outcome == pb.ProposedDecision.OUTCOME_INGETROKKEN
    last = quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=name)).steps[-1]
    assert last.reason == "Aan alle normen van de zaak wordt voldaan. Voorstel 1 is daarmee vervallen."


# Votes


def overdue_case(quality: QualityClient, place: str, clock: TickingClock) -> str:
    """A case in which no application can be proposed."""
    name = herstel(quality, place)
    establish(quality, name)
    travel(clock, "2026-10-02")
    return name


def test_a_negative_decision_has_a_judgement_on_the_duty_of_care(
    quality: QualityClient, registry_peer: RegistryClient, place: str, clock: TickingClock
) -> None:
    name = overdue_case(quality, place, clock)
    clinic = registry_peer.new_location(care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI).name
    around = pb.CareDutyJudgement.MEANS_OMLIGGENDE_SEHS

    def wrong(care_duty: pb.CareDutyJudgement | None) -> Refusal:
        request = proposal(name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=care_duty)
        return refusal(quality.enforcement.ProposeDecision, request, metadata=acting_as("inkoper@9101"))

    assert wrong(None).fields == ["care_duty"]
    assert wrong(pb.CareDutyJudgement()).fields == ["care_duty.means", "care_duty.reasoning"]
    assert wrong(pb.CareDutyJudgement(means=[around], reasoning="Dichtbij.")).fields == [
        "care_duty.surrounding_locations"
    ]
    elsewhere = pb.CareDutyJudgement(
        means=[around],
        surrounding_locations=[place, "providers/-/locations/nergens", clinic],
        reasoning="Dichtbij.",
    )
    assert wrong(elsewhere).violations == {
        "care_duty.surrounding_locations[0]": "is de locatie van de zaak zelf",
        "care_duty.surrounding_locations[1]": "bestaat niet",
        "care_duty.surrounding_locations[2]": "is geen SEH",
    }
    assert happened(quality, name)[-1][0] == "EstablishFinding"


def test_every_representative_votes_by_a_user_of_its_own(
    quality: QualityClient, place: str, clock: TickingClock
) -> None:
    name = overdue_case(quality, place, clock)
    request = proposal(name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    assert refusal(quality.enforcement.ProposeDecision, request).reason == "ACTOR_NOT_OWN"
    request.insurer = "9199"
    assert (
        refusal(quality.enforcement.ProposeDecision, request, metadata=acting_as("inkoper@9199")).reason
        == "NOT_REPRESENTATIVE"
    )
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    for insurer, actor, reason in (
        ("9102", "inkoper@9101", "ACTOR_NOT_OWN"),
        ("9102", "", "ACTOR_NOT_OWN"),
        ("9101", "ander@9101", "ILLEGAL_TRANSITION"),
        ("9199", "inkoper@9199", "NOT_REPRESENTATIVE"),
    ):
        metadata = acting_as(actor) if actor else ()
        refused = refusal(quality.enforcement.VoteOnDecision, ballot(name, insurer), metadata=metadata)
        assert refused.reason == reason
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert len(get(quality, name).proposal.votes) == 1
    found = vote(quality, name, "9102", agrees=False)
    assert found.state == pb.Case.STATE_HERSTELTERMIJN
    assert found.decisions[0].outcome == pb.ProposedDecision.OUTCOME_VERWORPEN
    assert denied(vote, quality, name, "9102").reason == "ILLEGAL_TRANSITION"


def test_the_representatives_are_those_of_the_moment_of_the_vote(
    quality: QualityClient, registry_peer: RegistryClient, place: str, clock: TickingClock
) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    owner = provider_pb2.Provider(name=place.partition("/locations/")[0], representatives=["9101", "9102", "9103"])
    registry_peer.providers.UpdateProvider(
        provider_pb2.UpdateProviderRequest(provider=owner, update_mask=mask("representatives")), timeout=10
    )
    found = vote(quality, name, "9102")
    assert found.state == pb.Case.STATE_BESLUIT_VOORGELEGD
    assert list(found.proposal.waiting_for) == ["9103"]
    assert vote(quality, name, "9103").state == pb.Case.STATE_GEEN_AANVRAAG


def test_a_proposal_is_withdrawn(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    withdrawn = pb.WithdrawProposalRequest(name=name, insurer="9102", reason="Nog niet.")
    found = quality.enforcement.WithdrawProposal(withdrawn)
    assert found.decisions[0].outcome == pb.ProposedDecision.OUTCOME_INGETROKKEN
    again = propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    assert again.proposal.number == 2
    assert denied(vote, quality, name, "9102", 1).reason == "ILLEGAL_TRANSITION"


def test_two_insurers_vote_at_the_same_time(
    quality: QualityClient, registry_peer: RegistryClient, clock: TickingClock
) -> None:
    for _ in range(5):
        travel(clock, "2026-07-01")
        owner = registry_peer.new_provider(representatives=["9101", "9102", "9103"])
        name = overdue_case(quality, registry_peer.new_location(owner.name).name, clock)
        propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
        together = threading.Barrier(2)

        def cast(insurer: str, name: str = name, together: threading.Barrier = together) -> None:
            together.wait()
            vote(quality, name, insurer)

        threads = [threading.Thread(target=cast, args=(insurer,)) for insurer in ("9102", "9103")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = get(quality, name)
        assert found.state == pb.Case.STATE_GEEN_AANVRAAG
        assert {cast.insurer for cast in found.decisions[0].votes} == {"9101", "9102", "9103"}
        assert len(notices(quality, name)) == 2
        numbers = [
            step.number for step in quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=name)).steps
        ]
        assert numbers == list(range(1, 6))


# Repeated, validated and outdated requests


def test_a_request_counts_once(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    request = ballot(name, "9102", request_id=str(uuid.uuid4()))
    first, second = (quality.enforcement.VoteOnDecision(request, metadata=acting_as("inkoper@9102")) for _ in range(2))
    assert first == second
    assert first.state == pb.Case.STATE_GEEN_AANVRAAG
    assert len(notices(quality, name)) == 2


def test_a_validated_vote_changes_nothing(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = overdue_case(quality, place, clock)
    before = propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    request = ballot(name, "9102", validate_only=True)
    tried = quality.enforcement.VoteOnDecision(request, metadata=acting_as("inkoper@9102"))
    assert tried.state == pb.Case.STATE_GEEN_AANVRAAG
    assert get(quality, name) == before
    assert notices(quality, name) == []


def test_another_version_than_the_caller_saw_is_refused(quality: QualityClient, place: str) -> None:
    name = verbeterplan(quality, place)
    seen = get(quality, name).etag
    assess(quality, place, {**SLOW_TRIAGE, "specialismen.bereikbaar_aantal": 3})
    refused = denied(submit_plan, quality, name, etag=seen)
    assert refused.reason == "ETAG_MISMATCH"


def test_a_step_that_is_not_open_names_those_that_are(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    refused = denied(submit_plan, quality, name)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ILLEGAL_TRANSITION")
    assert refused.metadata["state"] == "VASTSTELLING"
    assert refused.metadata["open_steps"].split(",") == list(get(quality, name).open_steps)
    assert list(get(quality, name).open_steps) == ["EstablishFinding", "RequestTransparency", "ProposeDecision"]


@pytest.mark.parametrize("insurer", ["9103", "0000"])
def test_only_representatives_take_the_steps_of_insurers(quality: QualityClient, place: str, insurer: str) -> None:
    name = herstel(quality, place)
    assert denied(establish, quality, name, insurer=insurer).reason == "NOT_REPRESENTATIVE"
    assert get(quality, name).state == pb.Case.STATE_VASTSTELLING


# Lists and names


def test_cases_are_listed_by_page_and_by_parent(quality: QualityClient, registry_peer: RegistryClient) -> None:
    owner = registry_peer.new_provider().name
    places = [registry_peer.new_location(owner).name for _ in range(3)]
    for place in places:
        assess(quality, place, {**NO_DOCTOR, **SLOW_TRIAGE})
    wanted = [f"{place}/cases/2026-{track}" for place in places for track in ("herstel", "verbeterplan")]
    assert [found.name for found in cases(quality, f"{owner}/locations/-")] == wanted
    assert [found.name for found in cases(quality, f"{owner}/locations/-", budget_year=2027)] == wanted
    assert cases(quality, f"{owner}/locations/-", budget_year=2028) == []
    last = places[2].rpartition("/")[2]
    assert [found.name for found in cases(quality, f"providers/-/locations/{last}")] == wanted[4:]
    every = [found.name for found in cases(quality, "providers/-/locations/-", page_size=1000)]
    assert set(wanted) <= set(every)
    paged: list[str] = []
    token = ""
    while True:
        request = pb.ListCasesRequest(parent=f"{owner}/locations/-", page_size=4, page_token=token)
        page = quality.enforcement.ListCases(request)
        paged += [found.name for found in page.cases]
        token = page.next_page_token
        if not token:
            break
    assert paged == wanted
    other = pb.ListCaseStepsRequest(parent=wanted[0], page_token="x")
    assert refusal(quality.enforcement.ListCaseSteps, other).fields == ["page_token"]


def test_steps_and_notices_are_listed_by_page(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    vote(quality, name, "9102")
    first = quality.enforcement.ListCaseSteps(pb.ListCaseStepsRequest(parent=name, page_size=3))
    rest = quality.enforcement.ListCaseSteps(
        pb.ListCaseStepsRequest(parent=name, page_size=3, page_token=first.next_page_token)
    )
    assert [step.number for step in (*first.steps, *rest.steps)] == [1, 2, 3, 4]
    assert rest.next_page_token == ""
    for parent in (name, f"{place}/cases/-", f"{place.partition('/locations/')[0]}/locations/-/cases/-"):
        page = quality.enforcement.ListNotices(pb.ListNoticesRequest(parent=parent, page_size=1))
        following = pb.ListNoticesRequest(parent=parent, page_size=1, page_token=page.next_page_token)
        found = [*page.notices, *quality.enforcement.ListNotices(following).notices]
        assert [notice.name.rpartition("/")[2] for notice in found] == ["1-igj", "1-nza"]
    assert notices(quality, f"{place}/cases/2026-verbeterplan") == []


def test_where_locations_stand(quality: QualityClient, registry_peer: RegistryClient) -> None:
    owner = registry_peer.new_provider().name
    first, second, third = (registry_peer.new_location(owner).name for _ in range(3))
    assess(quality, third)
    assess(quality, second, NO_DOCTOR)
    latest = assess(quality, third)
    request = pb.ListStandingsRequest(parent=owner, budget_year=2027)
    standings = quality.enforcement.ListStandings(request).standings
    assert [standing.location for standing in standings] == [second, third]
    assert standings[0].cases == cases(quality, second)
    assert standings[1].assessment.name == latest
    assert list(standings[1].assessment.routes) == [assessment_pb2.ROUTE_VOLDOET]
    assert not standings[1].assessment.findings
    assert not standings[1].cases
    every = quality.enforcement.ListStandings(pb.ListStandingsRequest(parent="providers/-", budget_year=2027)).standings
    assert {second, third} <= {standing.location for standing in every}
    assert first not in {standing.location for standing in every}
    assert not quality.enforcement.ListStandings(pb.ListStandingsRequest(parent=owner, budget_year=2028)).standings


@pytest.mark.parametrize(
    "name",
    [
        "{other}/locations/{place}/cases/2026-herstel",
        "providers/-/locations/{place}/cases/2026-verbeterplan",
        "providers/-/locations/{place}/cases/2025-herstel",
        "providers/-/locations/nergens/cases/2026-herstel",
    ],
)
def test_a_case_that_does_not_exist(
    quality: QualityClient, registry_peer: RegistryClient, place: str, name: str
) -> None:
    herstel(quality, place)
    wanted = name.format(other=registry_peer.new_provider().name, place=place.rpartition("/")[2])
    assert refusal(quality.enforcement.GetCase, pb.GetCaseRequest(name=wanted)).reason == "NOT_FOUND"
    assert denied(establish, quality, wanted).reason == "NOT_FOUND"
    steps = pb.ListCaseStepsRequest(parent=wanted)
    assert refusal(quality.enforcement.ListCaseSteps, steps).reason == "NOT_FOUND"
    notice = pb.GetNoticeRequest(name=f"{wanted}/notices/1-igj")
    assert refusal(quality.enforcement.GetNotice, notice).reason == "NOT_FOUND"


@pytest.mark.parametrize(
    "name", ["", "providers/-/locations/-/cases/2026-herstel", "providers/-/locations/x/cases/-", "cases/1"]
)
def test_one_case_has_a_whole_name(quality: QualityClient, name: str) -> None:
    assert refusal(quality.enforcement.GetCase, pb.GetCaseRequest(name=name)).fields == ["name"]


def test_the_provider_in_a_name_may_be_left_out(quality: QualityClient, place: str) -> None:
    name = herstel(quality, place)
    short = f"providers/-/locations/{place.rpartition('/')[2]}/cases/2026-herstel"
    assert get(quality, short) == get(quality, name)
    assert establish(quality, short).name == name


# Notices as documents, and the feed


@pytest.mark.parametrize(
    ("form", "media_type", "begin"),
    [
        (pb.GetNoticeRequest.FORM_HTML, "text/html; charset=utf-8", b"<!"),
        (pb.GetNoticeRequest.FORM_PDF, "application/pdf", b"%PDF"),
    ],
)
def test_a_notice_can_be_printed(
    quality: QualityClient, place: str, clock: TickingClock, form: Any, media_type: str, begin: bytes
) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    vote(quality, name, "9102")
    request = pb.GetNoticeRequest(name=f"{name}/notices/1-igj", form=form)
    found = quality.enforcement.GetNotice(request, timeout=30)
    assert found.media_type == media_type
    assert found.content.startswith(begin)
    assert quality.enforcement.GetNotice(request, timeout=30).content == found.content
    plain = quality.enforcement.GetNotice(pb.GetNoticeRequest(name=f"{name}/notices/1-igj"))
    assert (plain.content, plain.media_type) == (b"", "")
    assert plain == notices(quality, name)[0]
    odd = pb.GetNoticeRequest(name=f"{name}/notices/1-igj", form=9)  # type: ignore[arg-type]
    assert refusal(quality.enforcement.GetNotice, odd).fields == ["form"]


def test_the_feed_tells_what_changed(quality: QualityClient, place: str, clock: TickingClock) -> None:
    name = overdue_case(quality, place, clock)
    propose(quality, name, pb.DECISION_KIND_GEEN_AANVRAAG, care_duty=CARE_ELSEWHERE)
    vote(quality, name, "9102")
    changes: list[feed_pb2.Change] = []
    cursor = ""
    while True:
        request = feed_pb2.ListChangesRequest(cursor=cursor, types=["cases", "notices"], page_size=1000)
        page = quality.feed.ListChanges(request, timeout=10)
        changes += page.changes
        cursor = page.next_cursor
        if not page.has_more:
            break
    own = [change for change in changes if change.resource.startswith(name)]
    assert [(change.resource.removeprefix(name), change.revision) for change in own] == [
        ("", 1),
        ("", 2),
        ("", 3),
        ("", 4),
        ("/notices/1-igj", 0),
        ("/notices/1-nza", 0),
    ]
    assert own[-1].actor == "inkoper@9102"
    assert get(quality, name).etag == '"4"'
