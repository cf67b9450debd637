"""What a call can end in when it is not answered: a refusal of the service, or no answer at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

DOMAIN = "spoedkader"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong field of a request, as in `closure.end_time`, and what is wrong with it, in Dutch."""

    field: str
    description: str


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """The service refused. `reason` is one of `docs/errors.md`, as in `ETAG_MISMATCH`; `wrong` names every wrong field
    that fitted in the answer; `call_id` finds the call in the logs; `code` is that of gRPC, as in `ABORTED`;
    `retry_after` is how many seconds to wait before the same call may do better, 0 when that is not said."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        reason: str,
        metadata: Mapping[str, str],
        wrong: Sequence[Wrong],
        call_id: str,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = metadata
        self.wrong = wrong
        self.call_id = call_id
        self.retry_after = retry_after


class NotAnswered(Exception):  # noqa: N818 - what became of the call is not known
    """The service did not answer, or not in time: whether it did what was asked is not known. Send the same request
    with the same `request_id` again. `code` is that of gRPC, as in `UNAVAILABLE`."""

    def __init__(self, code: str, message: str, call_id: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.call_id = call_id


def unanswered(error: grpc.RpcError, call_id: str) -> Refused | NotAnswered:
    """What an error of gRPC means."""
    assert isinstance(error, grpc.Call)
    status = rpc_status.from_call(error)
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details if status else ():
        for message in (info, bad_request, retry):
            detail.Unpack(message)
    if info.domain != DOMAIN:
        return NotAnswered(error.code().name, error.details() or "", call_id)
    return Refused(
        error.details() or "",
        code=error.code().name,
        reason=info.reason,
        metadata=dict(info.metadata),
        wrong=[Wrong(found.field, found.description) for found in bad_request.field_violations],
        call_id=call_id,
        retry_after=retry.retry_delay.ToMilliseconds() / 1000,
    )
