"""How refusals travel: `google.rpc.Status` with ErrorInfo, one BadRequest that lists every
violation, and RetryInfo where a later try may do better."""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.runtime.errors import DomainError, Reason, Violation
from spoedkader.client.refusals import DOMAIN

MAX_VIOLATION_BYTES = 4000
"""A status travels in HTTP/2 trailers, of which peers accept 8 KiB; violations beyond this are counted, not listed."""
MAX_MESSAGE_BYTES = 300
"""The message travels twice, once with every byte that is not ASCII written as three."""
MAX_VALUE_BYTES = 200
"""One value of the metadata of a refusal, or one text of a violation."""


@dataclass(frozen=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


def to_status(error: DomainError, trailing: Sequence[tuple[str, str]] = ()) -> grpc.Status:
    """The gRPC status of a refusal, with more trailing metadata beside it."""
    status = rpc_status.to_status(to_message(error))
    return _Status(status.code, status.details, (*status.trailing_metadata, *trailing))


def to_message(error: DomainError) -> status_pb2.Status:
    """The message of a refusal, for one of many items in an answer."""
    metadata = {key: _shorten(value, MAX_VALUE_BYTES) for key, value in error.metadata.items()}
    if error.violations:
        metadata["violations"] = str(len(error.violations))
    details = [_pack(error_details_pb2.ErrorInfo(reason=error.reason.upper(), domain=DOMAIN, metadata=metadata))]
    if error.violations:
        details.append(_pack(_bad_request(error.violations)))
    if error.retry_after:
        details.append(_pack(_retry_info(error.retry_after)))
    message = _shorten(error.message, MAX_MESSAGE_BYTES)
    return status_pb2.Status(code=code_pb2.Code.Value(error.code.name), message=message, details=details)


def from_call(error: grpc.RpcError) -> DomainError | None:
    """The refusal that a peer sent, or None when it did not send one of ours."""
    assert isinstance(error, grpc.Call)
    status = rpc_status.from_call(error)
    if status is None:
        return None
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for message in (info, bad_request, retry):
            detail.Unpack(message)
    try:
        reason = Reason(info.reason.lower())
    except ValueError:
        return None
    return DomainError(
        reason,
        status.message,
        metadata=dict(info.metadata),
        violations=[Violation(v.field, v.description) for v in bad_request.field_violations],
        retry_after=retry.retry_delay.ToMilliseconds() / 1000,
    )


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    bad_request = error_details_pb2.BadRequest()
    size = 0
    for violation in violations:
        field = _shorten(violation.field, MAX_VALUE_BYTES)
        description = _shorten(violation.description, MAX_VALUE_BYTES)
        # Each text costs its bytes and two or three more, and so does the pair.
        size += len(field.encode()) + len(description.encode()) + 9
        if size > MAX_VIOLATION_BYTES:
            break
        bad_request.field_violations.add(field=field, description=description)
    return bad_request


def _shorten(text: str, most: int) -> str:
    """The start of a text, so many bytes in UTF-8 at most."""
    encoded = text.encode()
    return text if len(encoded) <= most else encoded[: most - 3].decode(errors="ignore") + "…"


def _retry_info(seconds: float) -> error_details_pb2.RetryInfo:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromMilliseconds(round(seconds * 1000))
    return info


def _pack(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
