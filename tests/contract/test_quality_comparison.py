"""The comparison service over a real socket: a draft against what judged before, and nothing stored."""

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.type import date_pb2

from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from services.runtime.server import Application
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2, policy_set_pb2, policy_set_pb2_grpc, submission_pb2
from spoedkader.quality.v1 import comparison_pb2 as pb
from spoedkader.quality.v1 import comparison_pb2_grpc as rpc
from tests.support.answers import cells, example_answers
from tests.support.clients import QualityClient, RegistryClient
from tests.support.messages import day
from tests.support.policies import POLICIES, copy_rules
from tests.support.refusals import refusal

grpc_max_workers = 4
_years = itertools.count(2040)
MET, UNMET = assessment_pb2.VERDICT_VOLDOET, assessment_pb2.VERDICT_VOLDOET_NIET
STRICTER = ("data.json", '"c4": {"minuten": 5}', '"c4": {"minuten": 2}')
A_NORM = ("c4.rego", "level: aanbeveling", "level: norm")


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture(scope="module")
def policies_dir(folder: Path) -> Path:
    """The rules of 2027, and the same for 2028 with a month more for an improvement plan."""
    path = folder / "policies"
    copy_rules(path, 2027)
    copy_rules(path, 2028)
    parameters = path / "inkoopkader" / "2028" / "parameters.yaml"
    text = parameters.read_text("utf-8")
    head, _, tail = text.partition("plan_term_months:\n    value: ")
    assert tail.startswith("3\n")
    parameters.write_text(f"{head}plan_term_months:\n    value: 4{tail[1:]}", "utf-8")
    return path


@pytest.fixture(scope="module")
def comparisons(grpc_channel: grpc.Channel) -> rpc.ComparisonServiceStub:
    return rpc.ComparisonServiceStub(grpc_channel)


@pytest.fixture(scope="module")
def publish(grpc_channel: grpc.Channel) -> Callable[..., str]:
    """Publishes the rules of 2027 with texts replaced in some files, perhaps as those of 2028; gives their name."""
    sets = policy_set_pb2_grpc.PolicySetServiceStub(grpc_channel)

    def create(*changes: tuple[str, str, str], year: int = 2027) -> str:
        files = dict(load_policy_set(POLICIES, 2027).files)
        for name, before, after in changes:
            assert before.encode() in files[name]
            files[name] = files[name].replace(before.encode(), after.encode())
        if year != 2027:
            files = {
                name: content.replace(b"y2027", f"y{year}".encode())
                .replace(b"year: 2027", f"year: {year}".encode())
                .replace(b"survey_year: 2026", f"survey_year: {year - 1}".encode())
                for name, content in files.items()
            }
        bundle = pack(PolicySet(year, files), None)
        request = policy_set_pb2.CreatePolicySetRequest(parent=f"policyYears/{year}", bundle=bundle, reason="een proef")
        return sets.CreatePolicySet(request, timeout=20).name

    return create


@pytest.fixture
def judged(quality: QualityClient, registry_peer: RegistryClient) -> Callable[..., tuple[int, list[str]]]:
    """Judges locations of a budget year of their own, one for each set of answers; gives the year and their names."""

    def judge(*answers: dict[str, Any], year: int = 0, **round_fields: Any) -> tuple[int, list[str]]:
        year = year or next(_years)
        registry_peer.set_round(**{"name": f"rounds/{year}", **round_fields})
        policy_year = round_fields.get("policy_year", 2027)
        names = []
        for changed in answers:
            place = registry_peer.new_location().name
            wanted = submission_pb2.Submission(
                name=f"{place}/submissions/{round_fields.get('survey_year', 2026)}",
                policy_year=policy_year,
                status=submission_pb2.Submission.STATUS_VOORLOPIG,
                delivered_date=day("2026-06-10"),
                answers=cells({**example_answers("L008"), **changed}),
            )
            quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=wanted))
            request = assessment_pb2.AssessLocationRequest(name=place, budget_year=year)
            names.append(quality.assessments.AssessLocation(request, timeout=20).name)
        return year, names

    return judge


def minutes(number: int | None) -> dict[str, Any]:
    return {"luchtweg.maximaal_minuten": number}


def compare(
    stub: rpc.ComparisonServiceStub, draft: str, year: int, *, timeout: float = 60, **fields: Any
) -> tuple[list[pb.ComparePolicySetsResponse], pb.ComparisonTotals]:
    request = pb.ComparePolicySetsRequest(draft=draft, budget_year=year, **fields)
    *told, last = stub.ComparePolicySets(request, timeout=timeout)
    assert last.HasField("totals")
    assert last.done_count == last.total_count == last.totals.location_count + last.totals.refused_count
    return told, last.totals


def route(totals: pb.ComparisonTotals, wanted: int) -> tuple[int, int, int, int]:
    (found,) = [count for count in totals.routes if count.route == wanted]
    return found.base_count, found.draft_count, found.entered_count, found.left_count


# What differs


def test_every_location_that_changes_and_then_the_totals(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any
) -> None:
    draft = publish(STRICTER)
    year, (fast, slow, slower, _) = judged(minutes(1), minutes(3), minutes(9), minutes(None))
    told, totals = compare(comparisons, draft, year)
    (response,) = told
    assert (response.done_count, response.total_count) == (2, 4)
    assert response.location.assessment == slow != slower != fast
    (change,) = response.location.changes
    assert (change.norm, change.base_verdict, change.draft_verdict) == ("C4", MET, UNMET)
    assert change.base_level == change.draft_level == catalogue_pb2.Norm.LEVEL_AANBEVELING
    assert not change.base_warning
    assert not change.draft_warning
    assert [(fact.value_json, fact.threshold_json) for fact in change.base_facts] == [("3", "5")]
    assert [(fact.value_json, fact.threshold_json) for fact in change.draft_facts] == [("3", "2")]
    assert list(response.location.base_routes) == list(response.location.draft_routes)
    assert (totals.location_count, totals.changed_count, totals.refused_count, totals.checked_count) == (4, 1, 0, 4)
    assert [(flip.norm, flip.base_verdict, flip.draft_verdict, flip.location_count) for flip in totals.flips] == [
        ("C4", MET, UNMET, 1)
    ]
    assert {count.route for count in totals.routes} == set(assessment_pb2.Route.values()) - {0}
    assert totals.draft.policy_set == draft
    assert (totals.base.year, totals.base.policy_set != draft) == (2027, True)
    assert totals.draft.revision != totals.base.revision


def test_routes_and_the_term_of_a_plan(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, (slow,) = judged(minutes(9))
    told, totals = compare(comparisons, publish(A_NORM), year)
    (found,) = [response.location for response in told]
    assert found.assessment == slow
    plan = assessment_pb2.ROUTE_VERBETERPLAN
    assert plan not in found.base_routes
    assert plan in found.draft_routes
    assert not found.HasField("base_plan_due_date")
    assert found.draft_plan_due_date == day("2026-09-15")
    assert route(totals, plan) == (0, 1, 1, 0)
    (change,) = found.changes
    assert (change.base_verdict, change.draft_verdict) == (UNMET, UNMET)
    assert (change.base_level, change.draft_level) == (
        catalogue_pb2.Norm.LEVEL_AANBEVELING,
        catalogue_pb2.Norm.LEVEL_NORM,
    )
    assert list(totals.flips) == []


def test_rules_of_another_year_go_by_their_own_parameters(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any
) -> None:
    unmet = {"arts.herkent_vitale_bedreiging": {"anw": False, "kantooruren": True}}
    year, _ = judged(unmet, {})
    told, totals = compare(comparisons, publish(year=2028), year)
    (found,) = [response.location for response in told]
    assert list(found.changes) == []
    assert list(found.base_routes) == list(found.draft_routes)
    assert (found.base_plan_due_date, found.draft_plan_due_date) == (day("2026-09-15"), day("2026-10-15"))
    assert (totals.base.year, totals.draft.year) == (2027, 2028)


def test_a_norm_that_counts_from_a_later_day(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    later = ("c4.rego", "#   per_block", "#   effective_on: 2027-07-01\n#   per_block")
    draft = publish(A_NORM, later)
    year, _ = judged(minutes(9))
    told, totals = compare(comparisons, draft, year, as_of_date=day("2027-06-30"))
    (change,) = told[0].location.changes
    assert (change.base_warning, change.draft_warning) == (False, True)
    assert route(totals, assessment_pb2.ROUTE_VERBETERPLAN) == (0, 0, 0, 0)
    told, totals = compare(comparisons, draft, year, as_of_date=day("2027-07-01"))
    assert not told[0].location.changes[0].draft_warning
    assert route(totals, assessment_pb2.ROUTE_VERBETERPLAN) == (0, 1, 1, 0)


def test_a_base_by_name(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, _ = judged(minutes(3))
    draft = publish(STRICTER)
    told, totals = compare(comparisons, draft, year, base=draft)
    assert told == []
    assert totals.changed_count == 0
    assert totals.base == totals.draft
    _, totals = compare(comparisons, draft, year, base=publish(A_NORM))
    assert totals.changed_count == 1


def test_the_facts_of_the_first_changes(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, _ = judged(minutes(3), minutes(4), minutes(5))
    told, _ = compare(comparisons, publish(STRICTER), year, explained_count=2)
    facts = [len(response.location.changes[0].draft_facts) for response in told]
    assert facts == [1, 1, 0]


def test_the_latest_assessments_only_and_nothing_is_stored(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any, quality: QualityClient
) -> None:
    year, (first,) = judged(minutes(3))
    place = first.rpartition("/assessments/")[0]
    again = quality.assessments.AssessLocation(assessment_pb2.AssessLocationRequest(name=place, budget_year=year))
    request = assessment_pb2.ListAssessmentsRequest(parent=place, show_superseded=True)
    before = quality.assessments.ListAssessments(request)
    told, totals = compare(comparisons, publish(STRICTER), year)
    assert [response.location.assessment for response in told] == [again.name]
    assert totals.location_count == 1
    assert quality.assessments.ListAssessments(request) == before


def test_assessments_by_rules_of_several_years(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any
) -> None:
    year, _ = judged(minutes(3))
    judged(minutes(3), year=year, policy_year=2028, survey_year=2027)
    told, totals = compare(comparisons, publish(STRICTER), year)
    assert len(told) == 2
    assert not totals.HasField("base")
    assert [flip.location_count for flip in totals.flips] == [2]


def test_a_round_without_assessments(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, _ = judged()
    told, totals = compare(comparisons, publish(STRICTER), year)
    assert told == []
    assert totals.location_count == 0


# What cannot be compared


def test_a_location_open_in_a_block_that_the_draft_does_not_have(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any, registry_peer: RegistryClient
) -> None:
    year, (night_too,) = judged(minutes(3))
    draft = publish(("questionnaire.yaml", "id: anw", "id: nacht"))
    told, totals = compare(comparisons, draft, year)
    (found,) = [response.refusal for response in told]
    assert night_too.startswith(f"{found.location}/")
    assert "anw" in found.status.message
    assert (totals.location_count, totals.refused_count) == (0, 1)


def test_a_draft_that_gives_no_verdict(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, _ = judged(minutes(3), {})
    told, totals = compare(comparisons, publish(("data.json", '"c4": {"minuten": 5}', '"c4": {}')), year)
    assert [response.HasField("refusal") for response in told] == [True, True]
    assert "c4" in told[0].refusal.status.message
    assert totals.refused_count == 2


def test_a_norm_that_reads_what_it_does_not_name(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any
) -> None:
    year, _ = judged(minutes(3))
    curious = ("c24.rego", '"huisarts.bericht_24_uur", lib', '"triage.start_binnen_5_minuten", lib')
    found = refusal(compare, comparisons, publish(curious), year)
    assert (found.code, found.reason) == (grpc.StatusCode.INTERNAL, "POLICY_FAILED")
    assert found.metadata["norms"] == "C24"


def test_requests_that_are_wrong(comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any) -> None:
    year, _ = judged()
    draft = publish(STRICTER)
    odd = {"base": "policyYears/2027/policySets/nieuw", "explained_count": -1, "as_of_date": date_pb2.Date(year=2027)}
    found = refusal(compare, comparisons, "2028", 0, **odd)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert sorted(found.fields) == ["as_of_date", "base", "budget_year", "draft", "explained_count"]
    unknown = "policyYears/2027/policySets/0123456789abcdef"
    for found in (
        refusal(compare, comparisons, unknown, year),
        refusal(compare, comparisons, draft, year, base=unknown),
        refusal(compare, comparisons, draft, 2199),
    ):
        assert found.code is grpc.StatusCode.NOT_FOUND


def test_a_set_that_was_rejected(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any, grpc_channel: grpc.Channel
) -> None:
    year, _ = judged()
    draft = publish(("data.json", '"c4": {"minuten": 5}', '"c4": {"minuten": 77}'))
    sets = policy_set_pb2_grpc.PolicySetServiceStub(grpc_channel)
    sets.RejectPolicySet(policy_set_pb2.RejectPolicySetRequest(name=draft, reason="vergissing"), timeout=20)
    assert refusal(compare, comparisons, draft, year).reason == "ILLEGAL_TRANSITION"


def test_no_process_is_left_when_the_caller_goes_away(
    comparisons: rpc.ComparisonServiceStub, publish: Any, judged: Any
) -> None:
    year, _ = judged(minutes(3))
    every_three = "nooit := [x | some x in veel; some y in veel; some z in veel; x + y + z < 0]"
    runaway = f"veel := numbers.range(1, 5000)\n\n{every_three}\n\nfinding := lib.whole_location("
    draft = publish(
        ("c4.rego", "finding := lib.whole_location(", runaway), ("c4.rego", "lib.locatie))", "lib.locatie)) if nooit")
    )
    stream = comparisons.ComparePolicySets(pb.ComparePolicySetsRequest(draft=draft, budget_year=year), timeout=60)
    assert soon(lambda: bool(comparing_processes()))
    stream.cancel()
    assert soon(lambda: not comparing_processes())


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something holds within twenty seconds."""
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def comparing_processes() -> list[str]:
    """The processes that compare and that this one started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_text("utf-8")
            parent = f"PPid:\t{os.getpid()}\n" in status.read_text("utf-8")
        except (FileNotFoundError, ProcessLookupError):
            # It ended just now.
            continue
        if parent and "services.policy.whatif.process" in command:
            found.append(command)
    return found
