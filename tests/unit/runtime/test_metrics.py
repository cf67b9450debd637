"""What is counted of calls, streams, peers and evaluations, by a server that is called."""

import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from services.policy.engine import (
    EngineUnavailableError,
    Evaluation,
    EvaluationError,
    JsonValue,
    OtherPolicySetError,
    UndefinedResultError,
)
from services.policy.measured import MeasuredEngine
from services.runtime.errors import not_found
from services.runtime.metrics import Metrics
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc
from tests.support.access import DECIDE

SERVICE = assessment_pb2.DESCRIPTOR.services_by_name["AssessmentService"].full_name


class Assessments(assessment_pb2_grpc.AssessmentServiceServicer):
    """Answers, refuses, breaks, and streams without end."""

    def GetAssessment(
        self, request: assessment_pb2.GetAssessmentRequest, context: grpc.ServicerContext
    ) -> assessment_pb2.Assessment:
        if request.name == "kapot":
            raise RuntimeError("kapot")
        if request.name == "weg":
            raise not_found("weg")
        return assessment_pb2.Assessment(name=request.name)

    def AssessLocations(
        self, request: assessment_pb2.AssessLocationsRequest, context: grpc.ServicerContext
    ) -> Iterator[assessment_pb2.AssessLocationsResponse]:
        while True:
            yield assessment_pb2.AssessLocationsResponse()


class Called:
    """A server, its metrics, and a stub."""

    def __init__(self, channel: grpc.Channel, metrics: Metrics) -> None:
        self.stub = assessment_pb2_grpc.AssessmentServiceStub(channel)
        self._registry = metrics.registry

    def value(self, name: str, method: str = "", **labels: str) -> float:
        """The value of a sample; 0 for one that is not there."""
        kind = "server_stream" if method == "AssessLocations" else "unary"
        own = {"grpc_type": kind, "grpc_service": SERVICE, "grpc_method": method} if method else {}
        return self._registry.get_sample_value(name, {**own, **labels}) or 0.0


@pytest.fixture
def called() -> Iterator[Called]:
    metrics = Metrics()
    application = Application(
        "test",
        lambda server: assessment_pb2_grpc.add_AssessmentServiceServicer_to_server(Assessments(), server),
        (SERVICE,),
        DECIDE,
        metrics=metrics,
    )
    server = Server(application, ServiceSettings(address="127.0.0.1:0", database_url="sqlite://", drain_seconds=0))
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        yield Called(channel, metrics)
    server.stop()


def test_an_answer_a_refusal_and_a_fault_are_counted_apart(called: Called) -> None:
    for name in ("a", "b", "weg", "kapot"):
        try:
            called.stub.GetAssessment(assessment_pb2.GetAssessmentRequest(name=name), timeout=5)
        except grpc.RpcError:
            assert name in ("weg", "kapot")
    handled = [
        called.value("grpc_server_handled_total", "GetAssessment", grpc_code=code)
        for code in ("OK", "NOT_FOUND", "INTERNAL")
    ]
    assert handled == [2, 1, 1]
    assert called.value("grpc_server_started_total", "GetAssessment") == 4
    assert called.value("grpc_server_handling_seconds_count", "GetAssessment") == 4
    assert called.value("spoedkader_refusals_total", reason="NOT_FOUND") == 1
    assert called.value("spoedkader_refusals_total", reason="UNEXPECTED") == 1


def test_a_stream_that_its_caller_leaves_ends_too(called: Called) -> None:
    stream = called.stub.AssessLocations(assessment_pb2.AssessLocationsRequest(), timeout=20)
    next(stream)
    stream.cancel()
    with pytest.raises(grpc.RpcError):
        list(stream)
    until = 200
    while called.value("grpc_server_handled_total", "AssessLocations", grpc_code="CANCELLED") == 0:
        until -= 1
        assert until
        time.sleep(0.05)
    assert called.value("grpc_server_started_total", "AssessLocations") == 1


class Engine:
    """Gives what it was told to."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error
        self.closed = False

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        if self._error:
            raise self._error
        return Evaluation(document, "x", "1")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "value"),
        (UndefinedResultError("data.x"), "undefined"),
        (EvaluationError("te lang"), "failed"),
        (EngineUnavailableError("weg"), "unavailable"),
        (OtherPolicySetError("een andere"), "other_set"),
    ],
)
def test_an_evaluation_is_counted_by_what_came_of_it_and_passed_on(error: Any, outcome: str) -> None:
    metrics = Metrics()
    engine = Engine(error)
    measured = MeasuredEngine(engine, "x", metrics.evaluations)
    if error is None:
        assert measured.evaluate("data.x", {"a": 1}).value == {"a": 1}
    else:
        with pytest.raises(type(error)) as raised:
            measured.evaluate("data.x", {"a": 1})
        assert raised.value is error
    labels = {"engine": "x", "outcome": outcome}
    assert metrics.registry.get_sample_value("spoedkader_evaluations_total", labels) == 1
    assert metrics.registry.get_sample_value("spoedkader_evaluation_seconds_count", {"engine": "x"}) == 1
    measured.close()
    assert engine.closed
