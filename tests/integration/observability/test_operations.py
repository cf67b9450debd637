"""What operators are told over HTTP, by services that are well and by one that is not."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.cli.service import SERVICES
from tests.support.opa import need_opa
from tests.support.operated_suite import OperatedSuite

ROOT = Path(__file__).parents[3]
TABLE = re.compile(r"^\| `((?:grpc|spoedkader)_\w+)` \|", re.MULTILINE)
OF_OPA = {"spoedkader_opa_up", "spoedkader_opa_current"}
OF_TLS = {"spoedkader_certificate_expiry_timestamp_seconds"}
OF_THE_LIBRARY = ("process_", "python_")


def names(text: str) -> set[str]:
    """Metrics as Prometheus knows them, but for those of the library itself."""
    found = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(text)
        if not family.name.startswith(OF_THE_LIBRARY)
    }
    # When a counter or histogram was made, which the library adds in this form.
    return {name for name in found if not name.endswith("_created")}


def test_every_metric_is_explained_and_no_other(operated: OperatedSuite) -> None:
    found = {name for service in SERVICES for name in names(operated.get(service, "/metrics").text)}
    explained = set(TABLE.findall((ROOT / "docs/operations/observability.md").read_text("utf-8")))
    assert found | OF_TLS | OF_OPA == explained


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("path", ["/live", "/ready", "/fresh"])
def test_a_service_that_is_well_says_so(operated: OperatedSuite, service: str, path: str) -> None:
    answer = operated.get(service, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == ({"live": True} if path == "/live" else {"ready": True, "fresh": True, "problems": {}})


def test_metrics_come_in_the_form_that_is_asked_for(operated: OperatedSuite) -> None:
    assert operated.get("registry", "/metrics").headers["Content-Type"].startswith("text/plain")


def test_there_is_nothing_else(operated: OperatedSuite) -> None:
    assert operated.get("registry", "/").status_code == 404


def test_a_service_whose_opa_is_away_is_stale_and_still_ready(operated: OperatedSuite) -> None:
    need_opa()
    assert operated.opa is not None
    operated.opa.stop()
    try:
        eventually(lambda: operated.get("quality", "/fresh").status_code == 503)
        answer = operated.get("quality", "/ready")
        assert (answer.status_code, answer.json()["problems"]) == (200, {"opa": "does not answer"})
        assert "spoedkader_opa_up 0.0" in operated.get("quality", "/metrics").text
    finally:
        operated.opa.start()
    eventually(lambda: operated.get("quality", "/fresh").status_code == 200)
    assert "spoedkader_opa_current 1.0" in operated.get("quality", "/metrics").text


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)
