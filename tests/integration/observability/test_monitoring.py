"""Alerts and dashboard: tried by promtool, and by a real Prometheus over real services."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from spoedkader.budget.v1 import budget_pb2, condition_pb2
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import assessment_pb2
from spoedkader.registry.v1 import status_feed_pb2
from tests.support.clients import BudgetClient, QualityClient, RegistryClient
from tests.support.operated_suite import OperatedSuite
from tests.support.prometheus import Prometheus, need, running_prometheus

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in RULES]
PANELS = [
    panel
    for panel in json.loads((MONITORING / "dashboard.json").read_text("utf-8"))["panels"]
    if panel["type"] != "row"
]
EXPRESSIONS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
AGB, LOCATION = "06992516", "providers/06992516/locations/L001"

WITHOUT_DATA = {"Dagen tot het certificaat verloopt"}
"""What these services have nothing of: they are without TLS."""
OF_OPA = "OPA antwoordt, en heeft wat geldt"


def expression(text: str) -> str:
    """An expression of the dashboard as Grafana sends it."""
    return text.replace("$__rate_interval", "1m").replace('"$service"', '".*"')


# Without services


def test_every_alert_fires_when_it_should_and_only_then() -> None:
    found = subprocess.run(
        [need("promtool"), "test", "rules", "alerts_test.yaml"],
        cwd=MONITORING,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_promtool_takes_the_configuration_with_its_rules() -> None:
    found = subprocess.run(
        [need("promtool"), "check", "config", "prometheus.yaml"],
        cwd=MONITORING,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_alert_is_tried_both_ways() -> None:
    tests = {test["name"] for test in yaml.safe_load((MONITORING / "alerts_test.yaml").read_text("utf-8"))["tests"]}
    assert {f"{name} {way}" for name in NAMES for way in ("fires", "is silent")} <= tests


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_an_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert rule["alert"] in headings


def test_no_alert_is_explained_that_is_not_there() -> None:
    assert re.findall(r"^## (\w+)$", (ROOT / "docs/operations/alerts.md").read_text("utf-8"), re.MULTILINE) == NAMES


# With services


@pytest.fixture(scope="module")
def prometheus(operated: OperatedSuite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus that saw the services at work."""
    need("prometheus")
    with running_prometheus(
        MONITORING / "prometheus.yaml", operated.metrics, tmp_path_factory.mktemp("prometheus")
    ) as found:
        found.wait_until(lambda: len(found.query("up == 1")) == 3)
        found.wait_until(lambda: is_moving(found, operated))
        yield found


def is_moving(prometheus: Prometheus, operated: OperatedSuite) -> bool:
    """Lets the services work, and says whether that shows: as a rate, once it was seen before and after."""
    work(operated)
    handled = prometheus.query("sum by (service) (rate(grpc_server_handled_total[1m])) > 0")
    return len(handled) == 3 and bool(prometheus.query("rate(spoedkader_refusals_total[1m]) > 0"))


def work(operated: OperatedSuite) -> None:
    """Some of everything."""
    with (
        grpc.insecure_channel(operated.addresses.registry) as registry_channel,
        grpc.insecure_channel(operated.addresses.quality) as quality_channel,
        grpc.insecure_channel(operated.addresses.budget) as budget_channel,
    ):
        registry, quality, budget = (
            RegistryClient(registry_channel),
            QualityClient(quality_channel),
            BudgetClient(budget_channel),
        )
        for _ in range(3):
            event = status_feed_pb2.StatusEvent(sequence=0)
            request = status_feed_pb2.SendStatusEventsRequest(parent=LOCATION, source="epd", events=[event])
            registry.status_feed.SendStatusEvents(request, timeout=20)
            registry.feed.ListChanges(feed_pb2.ListChangesRequest(), timeout=20)
            quality.assessments.AssessLocation(
                assessment_pb2.AssessLocationRequest(name=LOCATION, budget_year=2027), timeout=20
            )
            budget.budgets.CalculateBudget(
                budget_pb2.CalculateBudgetRequest(name=f"providers/{AGB}/budgets/2027"), timeout=20
            )
            budget.conditions.EvaluateConditions(
                condition_pb2.EvaluateConditionsRequest(name=f"providers/{AGB}/conditions/2027"), timeout=20
            )
            with pytest.raises(grpc.RpcError):
                budget.budgets.CalculateBudget(budget_pb2.CalculateBudgetRequest(name="x"), timeout=20)


@pytest.mark.parametrize(
    ("title", "text"), EXPRESSIONS, ids=[f"{title} {place}" for place, (title, _) in enumerate(EXPRESSIONS)]
)
def test_a_panel_shows_something(prometheus: Prometheus, operated: OperatedSuite, title: str, text: str) -> None:
    found = prometheus.query(expression(text))
    if title not in WITHOUT_DATA and (title != OF_OPA or operated.opa is not None):
        assert found
        assert all(sample["value"][1] != "NaN" for sample in found) or "histogram_quantile" in text


def test_every_rule_is_evaluated_and_healthy_services_raise_no_alarm(prometheus: Prometheus) -> None:
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert [rule["name"] for rule in rules] == NAMES
    prometheus.wait_until(
        lambda: all(r["health"] == "ok" for g in prometheus.get("rules")["groups"] for r in g["rules"])
    )
    assert not [alert["labels"] for alert in prometheus.get("alerts")["alerts"] if alert["state"] == "firing"]


def test_an_alert_speaks_of_metrics_that_there_are(prometheus: Prometheus, operated: OperatedSuite) -> None:
    known = set(prometheus.get("label/__name__/values"))
    named = {
        name
        for rule in RULES
        for name in re.findall(r"\b(?:spoedkader|grpc)_\w+", rule["expr"])
        if name not in ("grpc_code", "grpc_type")
    }
    absent = {"spoedkader_certificate_expiry_timestamp_seconds"} | (
        set() if operated.opa else {"spoedkader_opa_up", "spoedkader_opa_current"}
    )
    assert named - absent <= known
