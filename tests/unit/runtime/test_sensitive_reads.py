"""Which reads are logged, and when."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from services.runtime.call import Call
from services.runtime.identity.caller import Caller, Role
from services.runtime.sensitive_reads import SENSITIVE, log_read

PROTOS = Path(__file__).parents[3] / "protos"
CALL = Call("aanroep", "inkoper@9101", Caller("9101", frozenset({Role.VERZEKERAAR, Role.DIENST})))


def test_every_method_is_one_of_a_contract() -> None:
    methods = set()
    for path in PROTOS.glob("spoedkader/*/v1/*.proto"):
        module = import_module(".".join([*path.relative_to(PROTOS).parts[:-1], f"{path.stem}_pb2"]))
        for service in module.DESCRIPTOR.services_by_name.values():
            methods |= {f"/{service.full_name}/{method.name}" for method in service.methods}
    assert methods > SENSITIVE


@pytest.mark.parametrize(
    ("request_", "resource"),
    [
        (SimpleNamespace(name="providers/06000001"), "providers/06000001"),
        (SimpleNamespace(name="", parent="providers/-"), "providers/-"),
        (SimpleNamespace(entry=12), "entry 12"),
        (SimpleNamespace(budget_year=2027, page_size=3), "budget_year 2027"),
        (SimpleNamespace(), ""),
    ],
)
def test_a_read_names_what_was_asked_for(request_: object, resource: str) -> None:
    with capture_logs() as logged:
        log_read("/spoedkader.quality.v1.AssessmentService/GetAssessment", CALL, request_)
        log_read("/spoedkader.registry.v1.LocationService/GetLocation", CALL, request_)
    (line,) = logged
    assert (line["resource"], line["roles"], line["outcome"]) == (resource, ["dienst", "verzekeraar"], "success")


def test_a_stream_that_was_left_halfway_was_read_in_part() -> None:
    with capture_logs() as logged:
        log_read("/spoedkader.audit.v1.AuditService/VerifyLedger", CALL, SimpleNamespace(), broken_off=True)
    assert logged[0]["outcome"] == "partial"
