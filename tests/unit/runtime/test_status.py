"""Refusals on their way to a caller, and back to the words of the domain."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import REASONS, DomainError, Reason, Violation, already_exists, invalid, not_found
from services.runtime.status import from_call, to_status

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)


class Ended(grpc.RpcError, grpc.Call):
    """A call that ended in a status."""

    def __init__(self, status: grpc.Status) -> None:
        self._status = status

    def code(self) -> Any:
        return self._status.code

    def details(self) -> Any:
        return self._status.details

    def trailing_metadata(self) -> Any:
        return self._status.trailing_metadata

    def initial_metadata(self) -> Any: ...
    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> Any: ...
    def cancel(self) -> Any: ...
    def add_callback(self, callback: Any) -> Any: ...


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_travels_there_and_back(reason: Reason) -> None:
    error = DomainError(reason, "Wat er is.", metadata={"peer": "registry"})
    status = to_status(error)
    assert status.code is grpc.StatusCode[REASONS[reason][0].name]
    assert status.details == "Wat er is."
    found = from_call(Ended(status))
    assert found is not None
    assert (found.reason, found.message, found.metadata) == (reason, "Wat er is.", {"peer": "registry"})


def test_violations_travel_there_and_back_and_are_counted() -> None:
    violations = [Violation("closure.end_time", "ligt niet na het begin"), Violation("", "ü")]
    found = from_call(Ended(to_status(invalid(violations))))
    assert found is not None
    assert list(found.violations) == violations
    assert found.metadata == {"violations": "2"}


@given(texts, st.dictionaries(st.sampled_from(["a", "b"]), texts), st.lists(st.tuples(texts, texts), max_size=150))
def test_no_refusal_is_too_large_for_the_trailers_of_a_call(
    message: str, metadata: dict[str, str], wrong: list[tuple[str, str]]
) -> None:
    violations = [Violation(*one) for one in wrong]
    status = to_status(DomainError(Reason.INVALID_INPUT, message, metadata=metadata, violations=violations))
    assert status.details is not None
    sent = sum(len(str(key)) + len(value) * 4 // 3 + 40 for key, value in status.trailing_metadata or ())
    assert sent + 3 * len(status.details.encode()) < 8000
    found = from_call(Ended(status))
    assert found is not None
    assert [v.field[:5] for v in found.violations] == [v.field[:5] for v in violations[: len(found.violations)]]


def test_a_hundred_ordinary_violations_lose_none_before_the_fiftieth() -> None:
    violations = [Violation(f"submission.answers[{n}]", "arts.als_afgerond: staat dubbel") for n in range(100)]
    found = from_call(Ended(to_status(invalid(violations))))
    assert found is not None
    assert len(found.violations) >= 50
    assert found.metadata["violations"] == "100"


def test_more_metadata_goes_along() -> None:
    status = to_status(not_found("rounds/2027"), [("x-call-id", "abc")])
    assert ("x-call-id", "abc") in (status.trailing_metadata or ())


def test_a_status_of_someone_else_is_not_taken_for_ours() -> None:
    class Foreign(grpc.Status):
        code = grpc.StatusCode.RESOURCE_EXHAUSTED
        details = "full"
        trailing_metadata = ()

    assert from_call(Ended(Foreign())) is None
    info = error_details_pb2.ErrorInfo(reason="ELSEWHERE", domain="elders")
    status = status_pb2.Status(code=8, message="full")
    status.details.add().Pack(info)

    class Unknown(Foreign):
        trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)

    assert from_call(Ended(Unknown())) is None


def test_refusals_name_what_they_are_about() -> None:
    assert not_found("a").metadata == already_exists("a").metadata == {"resource": "a"}
