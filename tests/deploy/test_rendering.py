"""What the overlays render to: by the schemas of Kubernetes, and by what the rest of the suite is."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from services.budget.server import BudgetSettings
from services.cli.service import SERVICES, peers_of
from services.policy.access import AccessRules
from services.quality.server import QualitySettings
from services.registry.server import RegistrySettings
from services.runtime.identity.directory import read_organisations
from services.runtime.trace_export import ENDPOINTS
from tests.deploy.manifests import KUBERNETES, OVERLAYS, ROOT, Manifest, given, one, render, version

SETTINGS = {"registry": RegistrySettings, "quality": QualitySettings, "budget": BudgetSettings}
SCHEMAS = Path(__file__).parent / "schemas"
CUSTOM = {"cert-manager.io/v1", "monitoring.coreos.com/v1"}
VERSIONS = ("1.31", "1.34", "1.37")


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_every_object_is_what_kubernetes_knows(overlay: str, kubernetes: str) -> None:
    objects = [each for each in render(overlay) if each["apiVersion"] not in CUSTOM]
    assert len(objects) > 20
    for each in objects:
        kubernetes_validate.validate(each, kubernetes, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_custom_resource_is_what_its_operator_knows(overlay: str) -> None:
    objects = [each for each in render(overlay) if each["apiVersion"] in CUSTOM]
    assert len(objects) >= 4
    for each in objects:
        jsonschema.validate(each, json.loads((SCHEMAS / f"{each['kind'].lower()}.json").read_text("utf-8")))


def test_a_field_that_nobody_knows_is_refused() -> None:
    objects = render("trial")
    deployment = one(objects, "Deployment", "registry")
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePolicy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)
    certificate = one(objects, "Certificate", "registry")
    certificate["spec"]["durations"] = "1h"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(certificate, json.loads((SCHEMAS / "certificate.json").read_text("utf-8")))


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_is_a_setting_of_the_service(
    overlay: str, service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration: dict[str, str] = one(render(overlay), "ConfigMap", f"{service}-settings")["data"]
    prefix = f"SPOEDKADER_{service.upper()}_"
    fields = {variable.removeprefix(prefix).lower() for variable in configuration}
    assert fields <= set(SETTINGS[service].model_fields)
    for variable, value in configuration.items():
        monkeypatch.setenv(variable, value)
    url = tmp_path / "url"
    url.write_text("postgresql+psycopg://host/database", "utf-8")
    monkeypatch.setenv(f"{prefix}DATABASE_URL_FILE", str(url))
    settings: Any = SETTINGS[service].read()
    assert settings.identity == "required"
    assert settings.database_url == url.read_text("utf-8")
    for peer in peers_of(service):
        assert getattr(settings, f"{peer}_address") == f"dns:///{peer}:50051"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_listens_where_its_ports_are(overlay: str) -> None:
    for service in SERVICES:
        objects = render(overlay)
        configuration = one(objects, "ConfigMap", f"{service}-settings")["data"]
        (container,) = one(objects, "Deployment", service)["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: f"0.0.0.0:{port['containerPort']}" for port in container["ports"]}
        prefix = f"SPOEDKADER_{service.upper()}_"
        assert ports == {
            "grpc": configuration[f"{prefix}ADDRESS"],
            "health": configuration[f"{prefix}HEALTH_ADDRESS"],
            "metrics": configuration[f"{prefix}METRICS_ADDRESS"],
        }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_file_that_a_setting_names_is_in_a_mounted_folder(overlay: str) -> None:
    objects = render(overlay)
    for service in SERVICES:
        configuration = one(objects, "ConfigMap", f"{service}-settings")["data"]
        (container,) = one(objects, "Deployment", service)["spec"]["template"]["spec"]["containers"]
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        paths = {value for value in configuration.values() if value.startswith("/")}
        assert len(paths) >= 5
        assert {path for path in paths if not {path, str(Path(path).parent)} & mounted} == set()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_version_is_that_of_the_project(overlay: str) -> None:
    objects = render(overlay)
    images = set(re.findall(r"'image': '([^']*/spoedkader:[^']*)'", str(objects)))
    assert [image.rpartition(":")[2] for image in images] == [version()]
    jobs = {each["metadata"]["name"] for each in objects if each["kind"] == "Job"}
    assert jobs == {f"{service}-migrations-{version()}" for service in SERVICES}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_certificate_has_the_names_by_which_a_service_is_called(overlay: str) -> None:
    objects = render(overlay)
    certificates = {
        each["metadata"]["name"]: each["spec"]
        for each in objects
        if each["kind"] == "Certificate" and not each["spec"].get("isCA")
    }
    assert set(SERVICES) <= set(certificates)
    for name, certificate in certificates.items():
        assert one(objects, "Service", name)
        assert {name, f"{name}.spoedkader.svc"} <= set(certificate["dnsNames"])
        assert certificate["privateKey"]["rotationPolicy"] == "Always"
        assert certificate["duration"] == "72h"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_organisations_are_a_directory_in_which_the_suite_itself_stands(overlay: str) -> None:
    objects = render(overlay)
    text = one(objects, "ConfigMap", "organisations")["data"]["organisations.yaml"]
    read_organisations(text)
    listed = {each["code"]: each for each in yaml.safe_load(text)["organisations"]}
    for name in SERVICES:
        ((certificate,), roles) = listed[name]["certificates"], listed[name]["roles"]
        assert roles == ["dienst"]
        assert certificate["dns"] in one(objects, "Certificate", name)["spec"]["dnsNames"]


def test_the_alerts_are_those_that_were_tried() -> None:
    rule = one(render("production"), "PrometheusRule", "spoedkader")
    tried = yaml.safe_load((ROOT / "deploy" / "monitoring" / "alerts.yaml").read_text("utf-8"))
    assert rule["spec"] == tried, "run deploy/kubernetes/components/monitoring/alerts.sh"


def test_a_pod_is_known_in_prometheus_by_the_label_of_the_alerts() -> None:
    (endpoint,) = one(render("production"), "PodMonitor", "spoedkader")["spec"]["podMetricsEndpoints"]
    (relabeling,) = endpoint["relabelings"]
    assert relabeling["targetLabel"] == "service"
    # As Prometheus writes the label app.kubernetes.io/component of a pod, by which a service is told from another.
    assert relabeling["sourceLabels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    pods = [one(render("production"), "Deployment", service)["spec"]["template"] for service in SERVICES]
    assert [pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in pods] == list(SERVICES)


def test_traces_go_where_the_network_lets_them() -> None:
    objects = render("production")
    (rule,) = one(objects, "NetworkPolicy", "traces")["spec"]["egress"]
    namespace = rule["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    receiver = f"traces.{namespace}:{rule['ports'][0]['port']}"
    for name in SERVICES:
        (service,) = one(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"]
        assert {"name": ENDPOINTS[1], "value": f"http://{receiver}"} in service["env"]
    (opa,) = one(objects, "Deployment", "quality")["spec"]["template"]["spec"]["initContainers"]
    assert f"--set=distributed_tracing.address={receiver}" in opa["args"]


def test_the_rules_of_access_let_no_service_write() -> None:
    """What a pod can do with its certificate alone: read for others, and nothing else."""
    rules = AccessRules(ROOT / "policies" / "toegang")
    question = {
        "method": "spoedkader.registry.v1.ClosureService/CreateClosure",
        "caller": {"organisation": "budget", "roles": ["dienst"], "codes": [], "providers": [], "represents": {}},
        "providers": ["06010101"],
        "parties": [],
        "year": 2027,
    }
    assert not rules.decide(question).allow


def test_the_secrets_of_a_trial_are_those_that_it_expects() -> None:
    script = KUBERNETES / "overlays" / "trial" / "secrets.sh"
    written = [each for _ in range(2) for each in secrets_of(script)]
    assert [{"name": each["metadata"]["name"], "keys": sorted(each["stringData"])} for each in written[:4]] == sorted(
        ({"name": each["name"], "keys": sorted(each["keys"])} for each in given("trial")["secrets"]),
        key=lambda each: (
            [f"{name}-database" for name in SERVICES].index(each["name"]) if each["name"] != "postgres-passwords" else 9
        ),
    )
    passwords = [
        password
        for each in written
        if each["metadata"]["name"] == "postgres-passwords"
        for password in each["stringData"].values()
    ]
    assert len(set(passwords)) == len(passwords) == 8
    for service in SERVICES:
        (password,) = (each["stringData"][service] for each in written[:4] if service in each["stringData"])
        (url,) = (
            each["stringData"]["url"] for each in written[:4] if each["metadata"]["name"] == f"{service}-database"
        )
        assert url == f"postgresql+psycopg://{service}:{password}@postgres:5432/{service}"


def secrets_of(script: Path) -> list[Manifest]:
    done = subprocess.run([script], capture_output=True, text=True, check=True)
    return [each for each in yaml.safe_load_all(done.stdout) if each]
