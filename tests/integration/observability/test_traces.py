"""One call, followed through the services: by its call id and trace id in their logs, and by its spans."""

import grpc
import pytest

from spoedkader.budget.v1 import budget_pb2
from spoedkader.quality.v1 import assessment_pb2, submission_pb2
from tests.support.clients import BudgetClient, QualityClient
from tests.support.opa import need_opa
from tests.support.operated_suite import OperatedSuite
from tests.support.traces import Received

AGB, LOCATION = "06992516", "providers/06992516/locations/L001"
CALL = "oproep-van-het-spoor"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACED = (("x-call-id", CALL), ("traceparent", f"00-{TRACE}-{PARENT}-01"), ("x-actor", "inkoper@9101"))
SERVICES = {"spoedkader-registry", "spoedkader-quality", "spoedkader-budget"}


@pytest.fixture(scope="module")
def spans(operated: OperatedSuite) -> list[Received]:
    """What one CalculateBudget left, in a trace that its caller began."""
    with grpc.insecure_channel(operated.addresses.budget) as channel:
        request = budget_pb2.CalculateBudgetRequest(name=f"providers/{AGB}/budgets/2027")
        BudgetClient(channel).budgets.CalculateBudget(request, metadata=TRACED, timeout=20)

    def enough(received: list[Received]) -> bool:
        own = [each for each in received if each.trace_id == TRACE]
        return any(each.parent == PARENT for each in own) and {each.service for each in own} >= SERVICES

    return [each for each in operated.traces.wait_for(enough) if each.trace_id == TRACE]


def test_the_spans_of_a_call_form_one_tree_under_the_span_of_the_caller(spans: list[Received]) -> None:
    by_id = {each.id: each for each in spans}
    (root,) = [each for each in spans if each.parent == PARENT]
    assert (root.service, root.span.name) == ("spoedkader-budget", "spoedkader.budget.v1.BudgetService/CalculateBudget")
    assert all(each is root or each.parent in by_id for each in spans)
    # What a peer did is part of the call that the service made for it.
    for each in spans:
        if each is not root and each.span.kind == each.span.SPAN_KIND_SERVER:
            above = by_id[each.parent]
            assert above.span.kind == above.span.SPAN_KIND_CLIENT
            assert above.service != each.service
            assert above.attributes["spoedkader.peer"] in each.service
    assert {
        each.attributes["spoedkader.call_id"] for each in spans if each.span.kind == each.span.SPAN_KIND_SERVER
    } == {CALL}


def test_a_call_leaves_lines_in_three_logs_with_the_same_call_and_trace_id(
    operated: OperatedSuite, spans: list[Received]
) -> None:
    for service in ("registry", "quality", "budget"):
        lines = [line for line in operated.log(service) if line.get("call") == CALL]
        assert lines, service
        assert {line["trace_id"] for line in lines} == {TRACE}
        assert {line["span_id"] for line in lines} <= {each.id for each in spans}
        assert all(line["actor"] == "inkoper@9101" and line["organisation"] for line in lines)


def test_a_refusal_is_in_the_span_and_in_the_log(operated: OperatedSuite) -> None:
    call, trace = "oproep-die-niet-mag", "a" * 32
    metadata = (("x-call-id", call), ("traceparent", f"00-{trace}-{PARENT}-01"))
    request = budget_pb2.CalculateBudgetRequest(name="providers/06999999/budgets/2027")
    with grpc.insecure_channel(operated.addresses.budget) as channel:
        budgets = BudgetClient(channel).budgets
        with pytest.raises(grpc.RpcError):
            budgets.CalculateBudget(request, metadata=metadata, timeout=20)
    found = operated.traces.wait_for(lambda spans: any(s.trace_id == trace and s.parent == PARENT for s in spans))
    (refused,) = [each for each in found if each.trace_id == trace and each.parent == PARENT]
    assert refused.attributes["error.type"] == "NOT_FOUND"
    assert refused.attributes["rpc.response.status_code"] == "NOT_FOUND"
    # It is the caller's mistake, and no fault of the service.
    assert refused.span.status.code == refused.span.status.STATUS_CODE_UNSET
    (line,) = [line for line in operated.log("budget") if line.get("call") == call and line["event"] == "refused"]
    assert (line["reason"], line["trace_id"]) == ("NOT_FOUND", trace)


def test_an_evaluation_is_a_span_and_opa_continues_it(operated: OperatedSuite) -> None:
    need_opa()
    trace = "b" * 32
    with grpc.insecure_channel(operated.addresses.quality) as channel:
        request = assessment_pb2.AssessLocationRequest(name=LOCATION, budget_year=2027)
        metadata = (("traceparent", f"00-{trace}-{PARENT}-01"),)
        QualityClient(channel).assessments.AssessLocation(request, metadata=metadata, timeout=20)
    found = operated.traces.wait_for(lambda spans: any(s.trace_id == trace and s.service == "opa" for s in spans))
    in_opa = [each for each in found if each.trace_id == trace and each.service == "opa"]
    (evaluation,) = [each for each in found if each.trace_id == trace and each.span.name == "evaluate policy"]
    assert evaluation.attributes["spoedkader.engine"] == "opa"
    assert evaluation.id in {each.parent for each in in_opa}


def test_what_is_in_a_questionnaire_is_in_no_log_and_no_span(operated: OperatedSuite) -> None:
    marks = ("TUINKABOUTER", "987654321")
    answers = [
        submission_pb2.Answer(question="arts.als_afgerond", block="dag", choice=marks[0]),
        submission_pb2.Answer(question="arts.als_afgerond", block="dag", number=int(marks[1])),
    ]
    submission = submission_pb2.Submission(
        name=f"{LOCATION}/submissions/2026", policy_year=2027, status="STATUS_VOORLOPIG", answers=answers
    )
    call = "oproep-met-antwoorden"
    metadata = (("x-call-id", call), ("traceparent", f"00-{'c' * 32}-{PARENT}-01"))
    request = submission_pb2.SubmitAnswersRequest(submission=submission)
    with grpc.insecure_channel(operated.addresses.quality) as channel:
        submissions = QualityClient(channel).submissions
        with pytest.raises(grpc.RpcError) as refused:
            submissions.SubmitAnswers(request, metadata=metadata, timeout=20)
    assert isinstance(refused.value, grpc.Call)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    found = operated.traces.wait_for(
        lambda spans: any(each.attributes.get("spoedkader.call_id") == call for each in spans)
    )
    assert any(line.get("call") == call for line in operated.log("quality"))
    for mark in marks:
        assert not [service for service in ("registry", "quality", "budget") if mark in operated.log_text(service)]
        assert not [each.span.name for each in found if mark in str(each.span)]
