"""How refusals travel: `google.rpc.Status` with ErrorInfo, and one BadRequest that lists every violation."""

from collections.abc import Sequence

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.runtime.errors import Code, DomainError, Reason, Violation

DOMAIN = "spoedkader"
MAX_VIOLATIONS = 100
"""A status travels in HTTP/2 trailers, which peers limit; more than this many are counted, not listed."""


def to_status(error: DomainError) -> grpc.Status:
    """The gRPC status of a refusal."""
    metadata = {**error.metadata, "violations": str(len(error.violations))} if error.violations else error.metadata
    details = [_pack(error_details_pb2.ErrorInfo(reason=error.reason.upper(), domain=DOMAIN, metadata=metadata))]
    if error.violations:
        details.append(_pack(_bad_request(error.violations[:MAX_VIOLATIONS])))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code.name), message=error.message[:1000], details=details)
    return rpc_status.to_status(status)


def from_call(error: grpc.RpcError) -> DomainError | None:
    """The refusal that a peer sent, or None when it did not send one of ours."""
    assert isinstance(error, grpc.Call)
    status = rpc_status.from_call(error)
    if status is None:
        return None
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad_request)
    try:
        reason = Reason(info.reason.lower())
    except ValueError:
        return None
    return DomainError(
        reason,
        status.message,
        metadata=dict(info.metadata),
        violations=[Violation(v.field, v.description) for v in bad_request.field_violations],
    )


def grpc_code(code: Code) -> grpc.StatusCode:
    """gRPC's own member for a canonical code."""
    return grpc.StatusCode[code.name]


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    bad_request = error_details_pb2.BadRequest()
    for violation in violations:
        bad_request.field_violations.add(field=violation.field[:200], description=violation.description[:300])
    return bad_request


def _pack(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
