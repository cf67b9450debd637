"""The assessment service over a real socket, with a real registry behind it."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.quality.assessments.model import digest
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.runtime.server import Application, Server
from spoedkader.quality.v1 import assessment_pb2 as pb
from spoedkader.quality.v1 import submission_pb2
from spoedkader.registry.v1 import location_pb2, location_pb2_grpc
from tests.support.access import DECIDE
from tests.support.answers import cells, example_answers
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url, run_sql
from tests.support.messages import day, read_instant, time_of_day
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture(scope="module", autouse=True)
def rounds(registry_peer: RegistryClient) -> None:
    registry_peer.set_round()
    registry_peer.set_round(name="rounds/2028", policy_year=2028)
    registry_peer.set_round(name="rounds/2029", policy_year=2029, survey_year=2028)
    registry_peer.set_round(name="rounds/2030", policy_year=1999)


@pytest.fixture
def place(registry_peer: RegistryClient) -> str:
    return registry_peer.new_location().name


def submit(quality: QualityClient, place: str, changed: dict[str, Any] | None = None, **fields: Any) -> None:
    answers = {**example_answers(), **(changed or {})}
    wanted = submission_pb2.Submission(
        **{
            "name": f"{place}/submissions/2026",
            "policy_year": 2027,
            "status": submission_pb2.Submission.STATUS_VOORLOPIG,
            "delivered_date": day("2026-06-10"),
            "answers": cells(answers),
            **fields,
        }
    )
    quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=wanted))


def assess(quality: QualityClient, place: str, year: int = 2027, **fields: Any) -> pb.Assessment:
    return quality.assessments.AssessLocation(
        pb.AssessLocationRequest(name=place, budget_year=year, **fields), timeout=20
    )


def listed(quality: QualityClient, parent: str, **fields: Any) -> list[pb.Assessment]:
    return list(quality.assessments.ListAssessments(pb.ListAssessmentsRequest(parent=parent, **fields)).assessments)


def verdicts(assessment: pb.Assessment) -> dict[str, int]:
    return {finding.norm: finding.verdict for finding in assessment.findings}


def evidence(folder: Path, name: str) -> dict[str, Any]:
    _, _, _, location, _, number = name.split("/")
    year, _, which = number.partition("-")
    (found,) = run_sql(
        folder / "quality.db",
        "SELECT * FROM assessment WHERE location_id = :location AND budget_year = :year AND number = :number",
        location=location,
        year=int(year),
        number=int(which),
    )
    return dict(found._mapping)


# Judging


def test_a_location_is_judged_on_every_norm(quality: QualityClient, place: str, clock: TickingClock) -> None:
    submit(quality, place)
    found = quality.assessments.AssessLocation(
        pb.AssessLocationRequest(name=place, budget_year=2027), metadata=(("x-actor", "inkoper@zv"),)
    )
    assert found.name == f"{place}/assessments/2027-1"
    assert (found.budget_year, found.survey_year, found.submission_revision) == (2027, 2026, 1)
    assert list(found.open_blocks) == ["anw", "kantooruren"]
    assert len(found.findings) == 27
    assert found.findings[0].norm == "A1"
    assert verdicts(found)["A1"] == pb.VERDICT_VOLDOET
    assert found.policy.year == 2027
    assert found.policy.revision.startswith("sha256:")
    assert found.policy.engine
    assert found.policy.engine_version
    assert found.actor == "inkoper@zv"
    assert read_instant(found.create_time) == clock.now
    assert found.evaluation_duration.ToMicroseconds() > 0
    assert quality.assessments.GetAssessment(pb.GetAssessmentRequest(name=found.name)) == found


def test_what_a_judgement_rests_on_is_kept(quality: QualityClient, place: str, folder: Path) -> None:
    submit(quality, place)
    metadata = (("x-call-id", "oproep-7"), ("x-actor", "inkoper"))
    request = pb.AssessLocationRequest(name=place, budget_year=2027)
    found = quality.assessments.AssessLocation(request, metadata=metadata)
    row = evidence(folder, found.name)
    assert row["input_digest"] == found.input_digest == digest(row["input"])
    document = json.loads(row["input"])
    assert json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == row["input"]
    assert document["year"] == 2027
    assert document["open_blocks"] == ["anw", "kantooruren"]
    assert document["answers"]["trauma.level"] == "3"
    assert (row["policy_revision"], row["engine"]) == (found.policy.revision, found.policy.engine)
    assert (row["call_id"], row["actor"]) == ("oproep-7", "inkoper")


def test_the_same_facts_give_the_same_findings_and_digest(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    places = [registry_peer.new_location().name for _ in range(2)]
    for place in places:
        submit(quality, place)
    first, second = (assess(quality, place) for place in places)
    assert first.input_digest == second.input_digest
    assert list(first.findings) == list(second.findings)


def test_nothing_submitted_means_nothing_known(quality: QualityClient, place: str) -> None:
    found = assess(quality, place)
    assert found.submission_revision == 0
    assert pb.VERDICT_VOLDOET not in verdicts(found).values()
    assert pb.VERDICT_VOLDOET_NIET not in verdicts(found).values()
    assert verdicts(found)["A1"] == pb.VERDICT_ONBEKEND
    assert list(found.routes) == [pb.ROUTE_ONVOLLEDIG]
    assert not found.HasField("plan_due_date")
    assert not found.HasField("comply_by_date")


def test_a_norm_that_is_not_met_brings_the_terms_of_a_plan(quality: QualityClient, place: str) -> None:
    submit(quality, place, {"specialismen.bereikbaar_aantal": 3})
    found = assess(quality, place)
    assert pb.ROUTE_VERBETERPLAN in found.routes
    assert found.plan_due_date == day("2026-09-15")
    assert found.comply_by_date == day("2027-06-01")


def test_a_conditional_norm_that_is_not_met_brings_a_term_to_cure(quality: QualityClient, place: str) -> None:
    none = {"kantooruren": "niet_altijd", "anw": "altijd"}
    submit(quality, place, {"arts.specialist_aanwezig": none, "arts.ervaren_arts_aanwezig": none})
    found = assess(quality, place)
    assert verdicts(found)["A1"] == pb.VERDICT_VOLDOET_NIET
    assert pb.ROUTE_HERSTELTERMIJN in found.routes


def test_answers_for_a_block_in_which_a_location_is_closed_do_not_count(
    quality: QualityClient, registry_peer: RegistryClient, place: str
) -> None:
    hours = location_pb2.OpeningHours(
        name=f"{place}/openingHours",
        periods=[
            location_pb2.OpeningHours.Period(
                valid_from_date=day("2020-01-01"),
                weekdays=[1, 2, 3, 4, 5],
                opens=time_of_day("08:00"),
                closes=time_of_day("18:00"),
            )
        ],
    )
    registry_peer.locations.UpdateOpeningHours(location_pb2.UpdateOpeningHoursRequest(opening_hours=hours), timeout=10)
    at_night = {"kantooruren": "altijd", "anw": "niet_altijd"}
    submit(quality, place, {"arts.specialist_aanwezig": at_night, "arts.ervaren_arts_aanwezig": at_night})
    found = assess(quality, place)
    assert list(found.open_blocks) == ["kantooruren"]
    assert verdicts(found)["A1"] == pb.VERDICT_VOLDOET
    hours.periods[0].valid_until_date.CopyFrom(day("2027-01-01"))
    registry_peer.locations.UpdateOpeningHours(location_pb2.UpdateOpeningHoursRequest(opening_hours=hours), timeout=10)
    closed = assess(quality, place)
    assert list(closed.open_blocks) == []
    assert verdicts(closed)["A1"] == pb.VERDICT_NIET_VAN_TOEPASSING


def test_a_repeated_request_makes_one_assessment(quality: QualityClient, place: str) -> None:
    request_id = str(uuid.uuid4())
    first = assess(quality, place, request_id=request_id)
    submit(quality, place)
    assert assess(quality, place, request_id=request_id) == first
    assert len(listed(quality, place, show_superseded=True)) == 1


def test_a_new_assessment_supersedes_the_one_before(quality: QualityClient, place: str) -> None:
    first = assess(quality, place)
    submit(quality, place)
    second = assess(quality, place)
    assert second.name == f"{place}/assessments/2027-2"
    assert second.submission_revision == 1
    assert listed(quality, place) == [second]
    assert listed(quality, place, show_superseded=True) == [first, second]
    assert quality.assessments.GetAssessment(pb.GetAssessmentRequest(name=first.name)) == first


# What is not judged


def test_an_urgent_outpatient_clinic_is_not_judged(quality: QualityClient, registry_peer: RegistryClient) -> None:
    place = registry_peer.new_location(care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI).name
    found = refusal(quality.assessments.AssessLocation, pb.AssessLocationRequest(name=place, budget_year=2027))
    assert found.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (found.reason, found.metadata) == ("NOT_ASSESSABLE", {"location": place})
    assert listed(quality, place, show_superseded=True) == []


def test_answers_to_the_questions_of_another_year_are_not_judged(quality: QualityClient, place: str) -> None:
    submit(quality, place)
    found = refusal(quality.assessments.AssessLocation, pb.AssessLocationRequest(name=place, budget_year=2028))
    assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_ASSESSABLE")
    assert found.metadata == {"policy_year": "2028", "answered_year": "2027"}
    assert "vragenlijst van 2027" in found.message


@pytest.mark.parametrize(
    ("year", "reason"), [(2099, "ROUND_UNKNOWN"), (2030, "POLICY_YEAR_UNKNOWN"), (2029, "POLICY_FAILED")]
)
def test_a_year_without_round_rules_or_result_gives_no_assessment(
    quality: QualityClient, place: str, year: int, reason: str
) -> None:
    request = pb.AssessLocationRequest(name=place, budget_year=year)
    found = refusal(quality.assessments.AssessLocation, request)
    assert (found.reason, found.domain) == (reason, "spoedkader")
    assert found.code is (
        grpc.StatusCode.INTERNAL if reason == "POLICY_FAILED" else grpc.StatusCode.FAILED_PRECONDITION
    )
    assert listed(quality, place, show_superseded=True) == []


def test_a_policy_that_gives_no_result_is_named_with_its_revision(quality: QualityClient, place: str) -> None:
    request = pb.AssessLocationRequest(name=place, budget_year=2029)
    found = refusal(quality.assessments.AssessLocation, request)
    assert found.metadata["policy_year"] == "2029"
    assert found.metadata["policy_revision"].startswith("sha256:")


def test_everything_wrong_with_a_request_is_named(quality: QualityClient) -> None:
    request = pb.AssessLocationRequest(name="x", budget_year=-1, request_id="x")
    assert sorted(refusal(quality.assessments.AssessLocation, request).fields) == ["budget_year", "name", "request_id"]
    explain = pb.ExplainFindingRequest(name="x", norm="?")
    assert sorted(refusal(quality.assessments.ExplainFinding, explain).fields) == ["name", "norm"]
    missing = pb.AssessLocationRequest(name="providers/-/locations/nergens", budget_year=2027)
    assert refusal(quality.assessments.AssessLocation, missing).reason == "NOT_FOUND"


# Reading


@pytest.mark.parametrize("identifier", ["2027-99", "2027", "2027-x", "2027-1-1", "1" * 63, "2027-9999999999"])
def test_an_assessment_that_is_not_there_is_not_found(quality: QualityClient, place: str, identifier: str) -> None:
    request = pb.GetAssessmentRequest(name=f"{place}/assessments/{identifier}")
    assert refusal(quality.assessments.GetAssessment, request).code is grpc.StatusCode.NOT_FOUND


def test_an_assessment_is_found_only_under_its_own_provider(quality: QualityClient, place: str) -> None:
    made = assess(quality, place)
    _, _, rest = made.name.split("/", 2)
    assert quality.assessments.GetAssessment(pb.GetAssessmentRequest(name=f"providers/-/{rest}")) == made
    other = pb.GetAssessmentRequest(name=f"providers/99999999/{rest}")
    assert refusal(quality.assessments.GetAssessment, other).reason == "NOT_FOUND"


def test_a_basic_view_leaves_out_the_findings_and_nothing_else(quality: QualityClient, place: str) -> None:
    whole = assess(quality, place)
    (basic,) = listed(quality, place, view=pb.ASSESSMENT_VIEW_BASIC)
    assert not basic.findings
    whole.ClearField("findings")
    assert basic == whole


def test_assessments_are_listed_by_parent_and_year_in_pages(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    provider = registry_peer.new_provider().name
    places = [registry_peer.new_location(provider).name for _ in range(3)]
    made = [assess(quality, place) for place in places]
    other_year = assess(quality, places[0], 2028)
    request = pb.ListAssessmentsRequest(parent=f"{provider}/locations/-", page_size=3)
    first = quality.assessments.ListAssessments(request)
    request.page_token = first.next_page_token
    second = quality.assessments.ListAssessments(request)
    assert [*first.assessments, *second.assessments] == [*made, other_year]
    assert not second.next_page_token
    request.view = pb.ASSESSMENT_VIEW_BASIC
    assert refusal(quality.assessments.ListAssessments, request).fields == ["page_token"]
    assert listed(quality, f"{provider}/locations/-", budget_year=2028) == [other_year]
    everywhere = listed(quality, "providers/-/locations/-", budget_year=2027, page_size=1000)
    assert [one for one in everywhere if one.name.startswith(f"{provider}/")] == made
    assert listed(quality, "providers/-/locations/nergens") == []
    wrong = pb.ListAssessmentsRequest(parent="x", budget_year=-1, page_size=-1, page_token="x")
    assert sorted(refusal(quality.assessments.ListAssessments, wrong).fields) == [
        "budget_year",
        "page_size",
        "page_token",
        "parent",
    ]


def test_a_finding_is_explained_in_dutch(quality: QualityClient, place: str) -> None:
    submit(quality, place, {"specialismen.bereikbaar_aantal": 3, "ic.beschikbaar": None})
    made = assess(quality, place)
    by_norm = {finding.norm: finding for finding in made.findings}
    found = quality.assessments.ExplainFinding(pb.ExplainFindingRequest(name=made.name, norm="B10"))
    assert found.finding == by_norm["B10"]
    assert found.norm.code == "B10"
    assert found.norm.remedy
    assert found.policy == made.policy
    assert len(found.sentences) == len(found.finding.facts)
    assert any(sentence.endswith("antwoord 3: voldoet niet.") for sentence in found.sentences)
    assert "verbeterplan" in found.consequence
    assert by_norm["B7"].verdict == pb.VERDICT_ONBEKEND
    found = quality.assessments.ExplainFinding(pb.ExplainFindingRequest(name=made.name, norm="B7"))
    assert any(sentence.endswith("geen antwoord: niet bekend.") for sentence in found.sentences)
    met = quality.assessments.ExplainFinding(pb.ExplainFindingRequest(name=made.name, norm="A1"))
    assert met.consequence == "Er volgt niets uit dit oordeel."
    request = pb.ExplainFindingRequest(name=made.name, norm="Z9")
    assert refusal(quality.assessments.ExplainFinding, request).metadata["resource"] == "policyYears/2027/norms/Z9"


def test_every_finding_of_every_norm_can_be_explained(quality: QualityClient, place: str) -> None:
    submit(quality, place)
    made = assess(quality, place)
    for finding in made.findings:
        found = quality.assessments.ExplainFinding(pb.ExplainFindingRequest(name=made.name, norm=finding.norm))
        assert found.consequence
        assert len(found.sentences) == len(finding.facts)


# Everyone at once


def test_every_emergency_department_of_a_round_is_judged(quality: QualityClient, registry_peer: RegistryClient) -> None:
    registry_peer.set_round(name="rounds/2035", survey_year=2034)
    own = [registry_peer.new_location().name for _ in range(2)]
    clinic = registry_peer.new_location(care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI).name
    answers = list(quality.assessments.AssessLocations(pb.AssessLocationsRequest(budget_year=2035), timeout=60))
    assert [answer.done_count for answer in answers] == list(range(1, len(answers) + 1))
    assert {answer.total_count for answer in answers} == {len(answers)}
    judged = [answer.assessment.name.rpartition("/assessments/")[0] for answer in answers]
    assert [name for name in judged if name in own] == own
    assert clinic not in judged
    for answer in answers:
        found = quality.assessments.GetAssessment(pb.GetAssessmentRequest(name=answer.assessment.name))
        assert found == answer.assessment


def test_a_location_that_cannot_be_judged_does_not_stop_the_others(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    # Two rounds on one survey: the answers are to the questions of 2027, and 2028 has questions of its own.
    place, other = (registry_peer.new_location().name for _ in range(2))
    submit(quality, place)
    answers = list(quality.assessments.AssessLocations(pb.AssessLocationsRequest(budget_year=2028), timeout=60))
    refused = {answer.refusal.location: answer.refusal.status for answer in answers if answer.HasField("refusal")}
    assert refused[place].code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert "vragenlijst van 2027" in refused[place].message
    assert any(answer.assessment.name.startswith(f"{other}/") for answer in answers)
    assert answers[-1].done_count == answers[-1].total_count == len(answers)
    assert listed(quality, place, show_superseded=True) == []


def test_a_round_that_cannot_be_judged_is_refused(quality: QualityClient) -> None:
    def judge(request: pb.AssessLocationsRequest, timeout: float) -> list[pb.AssessLocationsResponse]:
        return list(quality.assessments.AssessLocations(request, timeout=timeout))

    assert refusal(judge, pb.AssessLocationsRequest()).fields == ["budget_year"]
    found = refusal(judge, pb.AssessLocationsRequest(budget_year=2099))
    assert found.reason == "ROUND_UNKNOWN"
    assert found.trailing["x-call-id"]


# The registry behind it


class SlowRegistry(location_pb2_grpc.LocationServiceServicer):
    """A registry that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.metadata: dict[str, str | bytes] = {}

    def ListLocations(
        self, request: location_pb2.ListLocationsRequest, context: grpc.ServicerContext
    ) -> location_pb2.ListLocationsResponse:
        self.metadata = dict(context.invocation_metadata())
        self.answers.wait(5)
        return location_pb2.ListLocationsResponse()


@contextmanager
def quality_beside(address: str, folder: Path) -> Iterator[QualityClient]:
    settings = QualitySettings(
        address=f"unix:{folder / 'beside.sock'}",
        database_url=database_url(folder / "beside.db"),
        registry_address=address,
        drain_seconds=0.0,
    )
    server = Server(build_quality(settings), settings)
    server.start()
    try:
        with grpc.insecure_channel(server.address) as channel:
            yield QualityClient(channel)
    finally:
        server.stop()


EVERYWHERE = submission_pb2.ListSubmissionsRequest(parent="providers/-/locations/-")


def test_a_registry_that_is_down_is_named(folder: Path) -> None:
    with quality_beside(f"unix:{folder / 'nobody.sock'}", folder) as quality:
        started = time.monotonic()
        found = refusal(quality.submissions.ListSubmissions, EVERYWHERE)
    assert found.code is grpc.StatusCode.UNAVAILABLE
    assert (found.reason, found.metadata) == ("PEER_UNAVAILABLE", {"peer": "registry"})
    assert time.monotonic() - started < 5


def test_the_deadline_of_a_caller_reaches_the_registry(folder: Path) -> None:
    slow = SlowRegistry()
    settings = QualitySettings(address=f"unix:{folder / 'slow.sock'}", drain_seconds=0.0)
    application = Application(
        "slow", lambda server: location_pb2_grpc.add_LocationServiceServicer_to_server(slow, server), (), DECIDE
    )
    server = Server(application, settings)
    server.start()
    try:
        with quality_beside(server.address, folder) as quality:
            metadata = (("x-call-id", "oproep-1"), ("x-actor", "inkoper"))
            found = refusal(quality.submissions.ListSubmissions, EVERYWHERE, timeout=0.3, metadata=metadata)
            assert found.code is grpc.StatusCode.DEADLINE_EXCEEDED
            assert (slow.metadata["x-call-id"], slow.metadata["x-actor"]) == ("oproep-1", "inkoper")
    finally:
        slow.answers.set()
        server.stop()


# Proof


def replays(quality: QualityClient, **fields: Any) -> list[pb.Replay]:
    request = pb.ReplayAssessmentsRequest(**fields)
    return [response.replay for response in quality.assessments.ReplayAssessments(request, timeout=60)]


def test_what_was_judged_comes_out_again(quality: QualityClient, place: str) -> None:
    submit(quality, place)
    found = assess(quality, place)
    (replay,) = replays(quality, name=found.name)
    assert (replay.assessment, replay.same, list(replay.differences)) == (found.name, True, [])
    assert replay.policy.digest == found.policy.digest


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("input", """replace(input, '"altijd"', '"niet_altijd"')""", "de invoer is niet die van haar digest"),
        ("input", """replace(input, '"altijd"', '"niet_altijd"')""", "A1: VOLDOET is nu VOLDOET_NIET"),
        ("findings", "substr(findings, 1, 0)", "B1: geen bevinding is nu VOLDOET"),
        ("policy_digest", "(SELECT digest FROM policy_set WHERE policy_year = 2029)", "geven geen oordeel"),
    ],
)
def test_evidence_that_was_changed_is_found(
    quality: QualityClient, place: str, folder: Path, column: str, value: str, text: str
) -> None:
    submit(quality, place)
    found = assess(quality, place)
    location_id = place.split("/")[3]
    spoil = f"UPDATE assessment SET {column} = {value} WHERE location_id = :location"
    run_sql(folder / "quality.db", spoil, location=location_id)
    (replay,) = replays(quality, name=found.name)
    assert not replay.same
    assert [difference for difference in replay.differences if text in difference]
    run_sql(folder / "quality.db", "DELETE FROM assessment WHERE location_id = :location", location=location_id)


def test_every_decision_is_kept_however_many_ask_at_once(quality: QualityClient, registry_peer: RegistryClient) -> None:
    places = [registry_peer.new_location().name for _ in range(4)]
    made: list[pb.Assessment] = []
    threads = [
        threading.Thread(target=lambda place=place: made.extend(assess(quality, place) for _ in range(10)))
        for place in places * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decisions: list[pb.Decision] = []
    request = pb.ListDecisionsRequest(budget_year=2027, page_size=7)
    while True:
        page = quality.assessments.ListDecisions(request, timeout=10)
        decisions += page.decisions
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    by_name = {decision.assessment: decision for decision in decisions}
    assert len(by_name) == len(decisions)
    assert len(made) == 80
    for one in made:
        decision = by_name[one.name]
        assert (decision.input_digest, decision.policy, decision.actor) == (one.input_digest, one.policy, one.actor)
        assert list(decision.findings) == list(one.findings)
        assert digest(decision.input_json) == decision.input_digest


def test_a_replay_is_of_one_or_of_a_year(quality: QualityClient, place: str) -> None:
    name = assess(quality, place).name
    for fields in ({"name": name, "budget_year": 2027}, {}, {"name": "x"}):
        with pytest.raises(grpc.RpcError) as refused:
            replays(quality, **fields)
        assert isinstance(refused.value, grpc.Call)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
