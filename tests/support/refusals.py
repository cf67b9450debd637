"""What a refused call tells its caller."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(frozen=True)
class Refusal:
    """The status of a call, unpacked."""

    code: grpc.StatusCode
    reason: str
    domain: str
    message: str
    metadata: dict[str, str]
    violations: dict[str, str]
    """Descriptions by field; of several on one field the last."""
    fields: list[str]
    """The wrong fields in the order in which they are named."""
    trailing: dict[str, str | bytes]


def read_refusal(error: grpc.RpcError) -> Refusal:
    """The refusal in an error that a stub raised."""
    assert isinstance(error, grpc.Call)
    info, wrong = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(wrong)
    return Refusal(
        code=error.code(),
        reason=info.reason,
        domain=info.domain,
        message=error.details() or "",
        metadata=dict(info.metadata),
        violations={violation.field: violation.description for violation in wrong.field_violations},
        fields=[violation.field for violation in wrong.field_violations],
        trailing=dict(error.trailing_metadata() or ()),
    )


def refusal(act: Callable[..., object], *arguments: Any, **keywords: Any) -> Refusal:
    """Calls, and returns the refusal that the call must end in."""
    with pytest.raises(grpc.RpcError) as refused:
        act(*arguments, **{"timeout": 10, **keywords})
    return read_refusal(refused.value)
