"""A stream comes as a list: the whole of it, or a refusal."""

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import grpc
import pytest

from services.runtime.errors import DomainError, Reason, Violation
from services.runtime.status import to_status
from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc
from tests.integration.envoy.conftest import EXAMPLE, Door, of_the_door
from tests.support.envoy import running_door

REFUSALS = [
    DomainError(Reason.PEER_UNAVAILABLE, "De registratie antwoordt niet.", metadata={"peer": "registry"}),
    DomainError(
        Reason.INVALID_INPUT,
        'Eén "fout" \\ en\nnog een.',
        metadata={"a": "\u20ac", "b": ""},
        violations=[Violation("stop.start_time", "is géén tijd"), Violation("stop.reason", "\t")],
    ),
    DomainError(Reason.UNEXPECTED, ""),
]


DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True)
class Unreadable(grpc.Status):
    """A refusal with details that no one can read."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


class Refusing(budget_pb2_grpc.BudgetServiceServicer):
    """A service that gives so many answers and then refuses; keeps how long the caller wanted to wait."""

    seconds: float | None = None
    refusal: DomainError | None = None
    details: bytes | None = None
    """What stands in the place of the details of the refusal."""

    def CalculateBudgets(
        self, request: budget_pb2.CalculateBudgetsRequest, context: grpc.ServicerContext
    ) -> Iterator[budget_pb2.CalculateBudgetsResponse]:
        self.seconds = context.time_remaining()
        for number in range(request.budget_year):
            yield budget_pb2.CalculateBudgetsResponse(done_count=number + 1)
        if self.refusal is not None:
            status = to_status(self.refusal)
            if self.details is not None:
                status = Unreadable(status.code, status.details, ((DETAILS_KEY, self.details),))
            context.abort_with_status(status)
        context.abort(grpc.StatusCode.DATA_LOSS, "één")


@pytest.fixture(scope="module")
def refusing() -> Iterator[tuple[Refusing, str]]:
    """The service, and its address."""
    service = Refusing()
    server = grpc.server(ThreadPoolExecutor(1))
    budget_pb2_grpc.add_BudgetServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield service, f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture(scope="module")
def half(
    door: Door, refusing: tuple[Refusing, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Refusing, Door]]:
    """A door of which the budget service is the one that refuses."""
    folder = tmp_path_factory.mktemp("refusing")
    with running_door({**asdict(door.services), "budget": refusing[1]}, folder) as url:
        yield refusing[0], Door(url, door.services, folder)


def test_a_stream_comes_as_a_list(door: Door) -> None:
    answer = door.call("POST", "/v1/budgets:calculate", json={"budgetYear": 2027, "validateOnly": True})
    with (EXAMPLE / "expected" / "provider_budgets.csv").open(encoding="utf-8") as file:
        assert len(answer.json()) == len(list(csv.DictReader(file)))


@pytest.mark.parametrize("refusal", [*REFUSALS, None])
def test_a_refusal_after_the_first_answers_is_the_same_as_before_them(
    half: tuple[Refusing, Door], refusal: DomainError | None
) -> None:
    service, door = half
    service.refusal = refusal
    before, after = (
        door.call("POST", "/v1/budgets:calculate", json={"budgetYear": answers, "validateOnly": True})
        for answers in (0, 3)
    )
    assert before.status_code == after.status_code >= 400
    assert before.json() == after.json()
    assert after.headers["content-type"] == "application/json"


def test_a_refusal_that_cannot_be_read_is_a_refusal(half: tuple[Refusing, Door]) -> None:
    service, door = half
    service.refusal = DomainError(Reason.PEER_UNAVAILABLE, "weg")
    service.details = b"\x1a\xff"
    answer = door.call("POST", "/v1/budgets:calculate", json={"budgetYear": 3})
    service.details = None
    assert (answer.status_code, answer.json()) == (503, {"code": 14})


def test_the_deadline_goes_along(half: tuple[Refusing, Door]) -> None:
    service, door = half
    door.call("POST", "/v1/budgets:calculate", json={}, headers={"grpc-timeout": "40S"})
    assert service.seconds is not None
    assert 30 < service.seconds <= 40


def test_a_deadline_of_the_caller_counts(door: Door) -> None:
    answer = door.call("POST", "/v1/budgets:calculate", json={"budgetYear": 2027}, headers={"grpc-timeout": "1m"})
    assert answer.status_code == 504
    of_the_door(answer)
