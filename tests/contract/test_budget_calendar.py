"""The calendar over real sockets, with the registry and the quality service beside it."""

import grpc
import pytest
from icalendar import Calendar

from services.runtime.wire import from_date
from spoedkader.budget.v1 import application_pb2, calendar_pb2, obligation_pb2
from spoedkader.quality.v1 import assessment_pb2, submission_pb2
from spoedkader.registry.v1 import attestation_pb2, closure_pb2, location_pb2
from tests.support.answers import answered, example_answers
from tests.support.clients import acting_as
from tests.support.messages import day, moment
from tests.support.refusals import refusal
from tests.support.suite import Suite

Kind = calendar_pb2.Deadline.Kind


def deadlines(suite: Suite, parent: str, **fields: object) -> list[calendar_pb2.Deadline]:
    request = calendar_pb2.ListDeadlinesRequest(parent=parent, budget_year=2027, **fields)  # type: ignore[arg-type]
    return list(suite.budget.calendar.ListDeadlines(request, timeout=20).deadlines)


def kinds(found: list[calendar_pb2.Deadline]) -> list[str]:
    return sorted(Kind.Name(each.kind).removeprefix("KIND_") for each in found)


@pytest.fixture
def location(suite: Suite) -> location_pb2.Location:
    """A location of a provider of its own, in the round of 2027."""
    suite.registry.set_round()
    return suite.registry.new_location()


def provider_of(location: location_pb2.Location) -> str:
    return location.name.partition("/locations/")[0]


def attest_everything(suite: Suite, provider: str) -> None:
    for kind in attestation_pb2.Attestation.Kind.values()[1:]:
        attestation = attestation_pb2.Attestation(
            budget_year=2027, kind=kind, attested_date=day("2026-09-01"), document="verklaring.pdf"
        )
        request = attestation_pb2.RecordAttestationRequest(parent=provider, attestation=attestation)
        suite.registry.attestations.RecordAttestation(request, timeout=10)


def close(suite: Suite, location: location_pb2.Location) -> None:
    request = closure_pb2.CreateClosureRequest(
        parent=location.name,
        closure_id=suite.registry.unused_id("c"),
        closure=closure_pb2.Closure(start_time=moment("2027-01-04T08:00"), end_time=moment("2027-01-04T20:00")),
    )
    suite.registry.closures.CreateClosure(request, timeout=10)


def test_what_a_provider_has_to_do(suite: Suite, location: location_pb2.Location) -> None:
    provider = provider_of(location)
    found = deadlines(suite, provider)
    assert kinds(found) == ["AANVRAAG", *["VERKLARING"] * 4]
    assert {each.provider for each in found} == {provider}
    attest_everything(suite, provider)
    assert kinds(deadlines(suite, provider)) == ["AANVRAAG"]


def test_a_case_that_an_assessment_opens_is_in_the_calendar(suite: Suite, location: location_pb2.Location) -> None:
    # These answers of the example miss a norm, and no conditional one.
    answers = answered(location.name, 2027, example_answers("L006"))
    suite.quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=answers), timeout=20)
    assess = assessment_pb2.AssessLocationRequest(name=location.name, budget_year=2027)
    suite.quality.assessments.AssessLocation(assess, timeout=20)
    (plan,) = [each for each in deadlines(suite, provider_of(location)) if each.kind == Kind.Value("KIND_VERBETERPLAN")]
    assert plan.resource == f"{location.name}/cases/2026-verbeterplan"
    assert (from_date(plan.due_date).isoformat(), plan.overdue) == ("2026-09-15", True)


def test_a_duty_is_late_after_five_working_days_and_gone_when_it_is_done(
    suite: Suite, location: location_pb2.Location
) -> None:
    provider = provider_of(location)
    close(suite, location)
    (late,) = deadlines(suite, provider, overdue_only=True)
    # It became structural on Monday 4 January; the clock of the test stands in March.
    assert (late.kind, from_date(late.due_date).isoformat()) == (Kind.Value("KIND_VERPLICHTING"), "2027-01-11")
    request = obligation_pb2.AcknowledgeObligationRequest(
        name=late.resource,
        kind=obligation_pb2.Duty.KIND_STRUCTURELE_SLUITING,
        acknowledgement=obligation_pb2.Acknowledgement(acknowledged_date=day("2027-02-01"), causes="Ziekte."),
    )
    suite.budget.obligations.AcknowledgeObligation(request, timeout=20)
    assert deadlines(suite, provider, overdue_only=True) == []


def test_a_draft_waits_for_each_signature(suite: Suite, location: location_pb2.Location) -> None:
    provider = provider_of(location)
    attest_everything(suite, provider)
    request = application_pb2.CreateApplicationRequest(
        parent=provider,
        budget_year=2027,
        kind=application_pb2.Application.KIND_EENZIJDIG_AANBIEDER,
        consultation=application_pb2.Consultation(took_place=False),
    )
    application = suite.budget.applications.CreateApplication(request, timeout=20, metadata=acting_as("bestuur@wulp"))
    found = deadlines(suite, provider)
    assert kinds(found) == ["AANVRAAG", "HANDTEKENING"]
    assert [each.resource for each in found if each.kind == Kind.Value("KIND_HANDTEKENING")] == [application.name]


def test_an_insurer_sees_those_that_it_represents(suite: Suite, location: location_pb2.Location) -> None:
    own = suite.registry.new_provider(representatives=["7001"]).name
    suite.registry.new_provider(representatives=["7002"])
    assert {each.provider for each in deadlines(suite, "insurers/7001")} == {own}
    everyone = {each.provider for each in deadlines(suite, "providers/-", page_size=1000)}
    assert {own, provider_of(location)} <= everyone


def test_pages_hold_every_deadline_once(suite: Suite, location: location_pb2.Location) -> None:
    close(suite, location)
    whole = [each.id for each in deadlines(suite, "providers/-", page_size=1000)]
    paged: list[str] = []
    token = ""
    while True:
        request = calendar_pb2.ListDeadlinesRequest(
            parent="providers/-", budget_year=2027, page_size=3, page_token=token
        )
        page = suite.budget.calendar.ListDeadlines(request, timeout=20)
        paged += [each.id for each in page.deadlines]
        token = page.next_page_token
        if not token:
            break
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_the_icalendar_holds_what_has_a_day(suite: Suite, location: location_pb2.Location) -> None:
    close(suite, location)
    provider = provider_of(location)
    request = calendar_pb2.ExportCalendarRequest(parent=provider, budget_year=2027)
    exported = suite.budget.calendar.ExportCalendar(request, timeout=20)
    (event,) = Calendar.from_ical(exported.content).walk("VEVENT")
    assert str(event["SUMMARY"]).startswith("TE LAAT: Informeer de verzekeraars")
    assert exported.file_name == f"spoedkader-{provider.rpartition('/')[2]}-2027.ics"


def test_what_is_wrong_is_named(suite: Suite) -> None:
    request = calendar_pb2.ListDeadlinesRequest(parent="verzekeraars/9101", budget_year=0, page_size=-1)
    found = refusal(suite.budget.calendar.ListDeadlines, request)
    assert sorted(found.fields) == ["budget_year", "page_size", "parent"]
    suite.registry.set_round()
    unknown = calendar_pb2.ListDeadlinesRequest(parent="providers/06999999", budget_year=2027)
    assert refusal(suite.budget.calendar.ListDeadlines, unknown).code is grpc.StatusCode.NOT_FOUND
