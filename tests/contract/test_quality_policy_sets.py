"""The policy set service over a real socket: publish, validate, activate, roll back, and everything that may not."""

import threading
import time
import uuid
from datetime import UTC, datetime

import grpc
import pytest

from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from services.runtime.server import Application
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2, submission_pb2
from spoedkader.quality.v1 import policy_set_pb2 as pb
from tests.support.answers import answered, example_answers
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.messages import day
from tests.support.policies import POLICIES
from tests.support.policy_sets import WHY, activate, active, publish, state, validated, variant
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture(scope="module", autouse=True)
def rounds(registry_peer: RegistryClient) -> None:
    registry_peer.set_round()


# A life


def test_from_draft_to_active_and_back(quality: QualityClient) -> None:
    before = active(quality)
    draft = publish(quality, variant())
    assert draft.state == pb.PolicySet.STATE_DRAFT
    assert draft.name == f"policyYears/2027/policySets/{draft.digest.removeprefix('sha256:')[:16]}"
    ready = validated(quality, variant())
    assert ready.state == pb.PolicySet.STATE_VALIDATED
    report = ready.report
    assert (report.passed, report.norm_count, report.line_coverage_percent) == (True, 27, 100)
    assert report.test_count > 200
    assert report.engine.startswith("regorus")
    made = activate(quality, ready)
    assert made.state == pb.PolicySet.STATE_ACTIVE
    assert [step.state for step in made.transitions] == [
        pb.PolicySet.STATE_DRAFT,
        pb.PolicySet.STATE_VALIDATED,
        pb.PolicySet.STATE_ACTIVE,
    ]
    assert all(step.actor and step.reason == WHY and step.create_time.seconds for step in made.transitions)
    assert active(quality) == made.name
    back = quality.policy_sets.RollbackPolicySet(
        pb.RollbackPolicySetRequest(name="policyYears/2027", reason="toch niet", etag=made.etag), timeout=30
    )
    assert (back.name, back.state) == (before, pb.PolicySet.STATE_ACTIVE)
    assert back.transitions[-1].reason == "toch niet"
    assert state(quality, made) == pb.PolicySet.STATE_SUPERSEDED
    assert active(quality) == before


def test_the_same_content_is_published_once(quality: QualityClient) -> None:
    found = variant()
    assert publish(quality, found) == publish(quality, found)
    listed = quality.policy_sets.ListPolicySets(pb.ListPolicySetsRequest(parent="policyYears/-", page_size=1000))
    assert [one.digest for one in listed.policy_sets].count(found.digest) == 1


def test_the_bundle_comes_back_as_it_was_published(quality: QualityClient) -> None:
    found = variant()
    made = publish(quality, found)
    bundle = quality.policy_sets.GetPolicySetBundle(pb.GetPolicySetBundleRequest(name=made.name), timeout=10)
    assert bundle.content == pack(found, None)


def test_what_the_gate_refuses_is_rejected_with_every_problem(quality: QualityClient) -> None:
    files = dict(variant().files)
    files["b7.rego"] = files["b7.rego"].replace(b'lib.ja("ic.beschikbaar"', b'lib.ja("ic.weg"')
    files["data.json"] = files["data.json"].replace(b'"c12": {"minuten": 60}', b'"c12": {"minuten": 61}')
    found = validated(quality, PolicySet(2027, files))
    assert found.state == pb.PolicySet.STATE_REJECTED
    assert found.report.problem_count == len(found.report.problems) > 2
    places = {(problem.file, problem.check) for problem in found.report.problems}
    assert {file for file, _ in places} >= {"b7.rego", "c12_test.rego"}
    assert all(problem.message and problem.line for problem in found.report.problems)
    refused = refusal(quality.policy_sets.ActivatePolicySet, pb.ActivatePolicySetRequest(name=found.name, reason=WHY))
    assert (refused.reason, refused.metadata["open_steps"]) == ("ILLEGAL_TRANSITION", "validate")


def test_rules_that_never_end_are_ended(quality: QualityClient) -> None:
    files = dict(variant().files)
    files["b7_test.rego"] += b"""
test_endless if {
	some a in numbers.range(1, 5000)
	some b in numbers.range(1, 5000)
	some c in numbers.range(1, 5000)
	a + b + c < 0
}
"""
    found = validated(quality, PolicySet(2027, files))
    assert found.state == pb.PolicySet.STATE_REJECTED
    assert [problem.file for problem in found.report.problems if problem.check == "looptijd"] == ["b7_test.rego"]


def test_a_draft_judges_nobody_and_cannot_be_activated(quality: QualityClient) -> None:
    before = active(quality)
    draft = publish(quality, variant())
    refused = refusal(quality.policy_sets.ActivatePolicySet, pb.ActivatePolicySetRequest(name=draft.name, reason=WHY))
    assert (refused.reason, refused.metadata["open_steps"]) == ("ILLEGAL_TRANSITION", "validate,reject")
    assert active(quality) == before


def test_what_somebody_rejects_stays_rejected(quality: QualityClient) -> None:
    found = validated(quality, variant())
    request = pb.RejectPolicySetRequest(name=found.name, reason="verkeerde versie")
    assert quality.policy_sets.RejectPolicySet(request).state == pb.PolicySet.STATE_REJECTED
    for method, again in (
        (quality.policy_sets.ActivatePolicySet, pb.ActivatePolicySetRequest(name=found.name, reason=WHY)),
        (quality.policy_sets.ValidatePolicySet, pb.ValidatePolicySetRequest(name=found.name, reason=WHY)),
    ):
        assert refusal(method, again).reason == "ILLEGAL_TRANSITION"


def test_the_active_set_cannot_be_rejected(quality: QualityClient) -> None:
    request = pb.RejectPolicySetRequest(name=active(quality), reason=WHY)
    assert refusal(quality.policy_sets.RejectPolicySet, request).reason == "ILLEGAL_TRANSITION"


def test_there_is_nothing_to_roll_the_first_set_back_to(quality: QualityClient) -> None:
    request = pb.RollbackPolicySetRequest(name="policyYears/2028", reason=WHY)
    assert refusal(quality.policy_sets.RollbackPolicySet, request).reason == "ILLEGAL_TRANSITION"
    request = pb.RollbackPolicySetRequest(name="policyYears/1999", reason=WHY)
    assert refusal(quality.policy_sets.RollbackPolicySet, request).reason == "POLICY_YEAR_UNKNOWN"


# Requests


def test_every_wrong_field_is_named(quality: QualityClient) -> None:
    found = refusal(quality.policy_sets.CreatePolicySet, pb.CreatePolicySetRequest(parent="2027", request_id="x"))
    assert found.fields == ["request_id", "parent", "reason", "bundle"]
    found = refusal(quality.policy_sets.ActivatePolicySet, pb.ActivatePolicySetRequest(name="policyYears/2027"))
    assert set(found.fields) == {"name", "reason"}


def test_the_year_of_the_bundle_must_be_that_of_the_request(quality: QualityClient) -> None:
    request = pb.CreatePolicySetRequest(parent="policyYears/2031", bundle=pack(variant(), None), reason=WHY)
    found = refusal(quality.policy_sets.CreatePolicySet, request)
    assert found.violations == {"bundle": "bevat de regels van 2027"}


@pytest.mark.parametrize("length", [0, 1, 100, 10_000])
def test_a_truncated_bundle_is_refused_and_leaves_nothing(quality: QualityClient, length: int) -> None:
    policy_set = variant()
    content = pack(policy_set, None)
    request = pb.CreatePolicySetRequest(parent="policyYears/2027", bundle=content[:length], reason=WHY)
    assert refusal(quality.policy_sets.CreatePolicySet, request).reason in ("POLICY_SET_UNUSABLE", "INVALID_INPUT")
    listed = quality.policy_sets.ListPolicySets(pb.ListPolicySetsRequest(parent="policyYears/2027", page_size=1000))
    assert policy_set.digest not in [one.digest for one in listed.policy_sets]


def test_validate_only_changes_nothing(quality: QualityClient) -> None:
    before = active(quality)
    policy_set = variant()
    request = pb.CreatePolicySetRequest(
        parent="policyYears/2027", bundle=pack(policy_set, None), reason=WHY, validate_only=True
    )
    made = quality.policy_sets.CreatePolicySet(request)
    assert refusal(quality.policy_sets.GetPolicySet, pb.GetPolicySetRequest(name=made.name)).reason == "NOT_FOUND"
    draft = publish(quality, policy_set)
    gate = pb.ValidatePolicySetRequest(name=draft.name, reason=WHY, validate_only=True)
    assert quality.policy_sets.ValidatePolicySet(gate, timeout=60).state == pb.PolicySet.STATE_VALIDATED
    assert state(quality, draft) == pb.PolicySet.STATE_DRAFT
    ready = validated(quality, policy_set)
    assert activate(quality, ready, validate_only=True).state == pb.PolicySet.STATE_ACTIVE
    assert state(quality, ready) == pb.PolicySet.STATE_VALIDATED
    assert active(quality) == before


def test_an_etag_of_before_is_refused(quality: QualityClient) -> None:
    draft = publish(quality, variant())
    ready = quality.policy_sets.ValidatePolicySet(
        pb.ValidatePolicySetRequest(name=draft.name, reason=WHY, etag=draft.etag), timeout=60
    )
    request = pb.ActivatePolicySetRequest(name=draft.name, reason=WHY, etag=draft.etag)
    assert refusal(quality.policy_sets.ActivatePolicySet, request).reason == "ETAG_MISMATCH"
    rollback = pb.RollbackPolicySetRequest(name="policyYears/2027", reason=WHY, etag='"99"')
    activate(quality, ready, etag=ready.etag)
    assert refusal(quality.policy_sets.RollbackPolicySet, rollback).reason == "ETAG_MISMATCH"


def test_the_same_request_counts_once(quality: QualityClient) -> None:
    ready = validated(quality, variant())
    request = pb.ActivatePolicySetRequest(name=ready.name, reason=WHY, request_id=str(uuid.uuid4()))
    first = quality.policy_sets.ActivatePolicySet(request, timeout=30)
    assert quality.policy_sets.ActivatePolicySet(request, timeout=30) == first
    back = pb.RollbackPolicySetRequest(name="policyYears/2027", reason=WHY, request_id=str(uuid.uuid4()))
    second = quality.policy_sets.RollbackPolicySet(back, timeout=30)
    assert quality.policy_sets.RollbackPolicySet(back, timeout=30) == second
    assert active(quality) == second.name != first.name


def test_sets_come_in_pages(quality: QualityClient) -> None:
    publish(quality, variant())
    whole = quality.policy_sets.ListPolicySets(pb.ListPolicySetsRequest(parent="policyYears/2027", page_size=1000))
    request = pb.ListPolicySetsRequest(parent="policyYears/2027", page_size=1)
    found: list[pb.PolicySet] = []
    while True:
        page = quality.policy_sets.ListPolicySets(request)
        found += page.policy_sets
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == list(whole.policy_sets)


# What judges


def test_an_assessment_is_pinned_to_the_set_that_judged(quality: QualityClient, registry_peer: RegistryClient) -> None:
    place = registry_peer.new_location().name
    ask = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
    before = quality.assessments.AssessLocation(ask, timeout=20)
    ready = validated(quality, variant())
    activate(quality, ready)
    after = quality.assessments.AssessLocation(ask, timeout=20)
    assert before.policy.policy_set != after.policy.policy_set == ready.name
    assert after.policy.digest == ready.digest
    replays = list(
        quality.assessments.ReplayAssessments(assessment_pb2.ReplayAssessmentsRequest(budget_year=2027), timeout=60)
    )
    mine = {one.replay.assessment: one.replay for one in replays}
    assert mine[before.name].same
    assert mine[before.name].policy.digest == before.policy.digest
    assert mine[after.name].policy.digest == after.policy.digest
    assert (replays[-1].done_count, replays[-1].total_count) == (len(replays), len(replays))


def test_evaluations_in_flight_finish_on_the_set_that_they_began_with(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    place = registry_peer.new_location().name
    sets = [validated(quality, variant()) for _ in range(2)]
    stop = threading.Event()
    judged: list[assessment_pb2.Assessment] = []
    failed: list[grpc.RpcError] = []

    def judge() -> None:
        while not stop.is_set():
            try:
                ask = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
                judged.append(quality.assessments.AssessLocation(ask, timeout=20))
            except grpc.RpcError as error:
                failed.append(error)

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        made = activate(quality, sets[turn % 2])
        seen = len(judged)
        until = time.monotonic() + 20
        while time.monotonic() < until and not failed:
            if any(found.policy.policy_set == made.name for found in judged[seen:]):
                break
            time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert {one.name for one in sets} <= {found.policy.policy_set for found in judged}
    replays = quality.assessments.ReplayAssessments(assessment_pb2.ReplayAssessmentsRequest(budget_year=2027))
    assert all(found.replay.same for found in replays)


def test_two_activations_at_once_leave_one_active(quality: QualityClient) -> None:
    sets = [validated(quality, variant()) for _ in range(4)]
    threads = [threading.Thread(target=activate, args=(quality, found)) for found in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = [state(quality, found) for found in sets]
    assert states.count(pb.PolicySet.STATE_ACTIVE) == 1
    assert states.count(pb.PolicySet.STATE_SUPERSEDED) == 3


def test_the_catalogue_follows_the_active_set(quality: QualityClient) -> None:
    policy_set = variant()
    activate(quality, validated(quality, policy_set))
    norms = quality.catalogue.ListNorms(catalogue_pb2.ListNormsRequest(parent="policyYears/2027"))
    assert norms.policy_revision == policy_set.read().revision


def test_a_norm_only_warns_until_the_day_from_which_it_counts(
    quality: QualityClient, registry_peer: RegistryClient, clock: TickingClock
) -> None:
    registry_peer.set_round(name="rounds/2028", policy_year=2028, survey_year=2027)
    activate(quality, validated(quality, load_policy_set(POLICIES, 2028)))
    place = registry_peer.new_location().name
    submission = answered(place, 2028, example_answers("L007"))
    quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=submission), timeout=10)
    found = {}
    today = clock.now
    for as_of in ("2028-06-30", "2028-07-01"):
        ask = assessment_pb2.AssessLocationRequest(name=place, budget_year=2028)
        clock.travel(datetime.fromisoformat(as_of).replace(hour=12, tzinfo=UTC))
        found[as_of] = quality.assessments.AssessLocation(ask, timeout=20)
        clock.travel(today)
        ask.as_of_date.CopyFrom(day(as_of))
        assert quality.assessments.AssessLocation(ask, timeout=20).routes == found[as_of].routes
    before, after = found.values()
    assert list(before.routes) == [assessment_pb2.ROUTE_VOLDOET]
    assert list(after.routes) == [assessment_pb2.ROUTE_ONVOLLEDIG]
    assert [finding.norm for finding in before.findings if finding.warning] == ["C25"]
    assert not [finding.norm for finding in after.findings if finding.warning]
    assert before.input_digest == after.input_digest
    explained = quality.assessments.ExplainFinding(
        assessment_pb2.ExplainFindingRequest(name=before.name, norm="C25"), timeout=10
    )
    assert "waarschuwing" in explained.consequence
    assert explained.norm.effective_date == day("2028-07-01")
    replays = quality.assessments.ReplayAssessments(
        assessment_pb2.ReplayAssessmentsRequest(budget_year=2028), timeout=60
    )
    assert all(found.replay.same for found in replays)
