"""Our own gate over what the overlays render to: nothing is wrong with them, and it sees everything that could be."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.policy.limited_tests import run_limited_tests
from tests.deploy.manifests import GATE, OVERLAYS, Manifest, Problem, given, one, problems, render
from tests.support.opa import need_opa

Change = Callable[[list[Manifest], Manifest], None]


def pod(objects: list[Manifest], kind: str, name: str) -> Any:
    return one(objects, kind, name)["spec"]["template"]["spec"]


def container(objects: list[Manifest], kind: str, name: str) -> Any:
    return pod(objects, kind, name)["containers"][0]


def on(kind: str, name: str, change: Callable[[Any], object]) -> Change:
    """A change of one object."""
    return lambda objects, there: change(one(objects, kind, name)) and None


def on_pod(kind: str, name: str, change: Callable[[Any], object]) -> Change:
    """A change of the pods of one object."""
    return lambda objects, there: change(pod(objects, kind, name)) and None


def on_container(kind: str, name: str, change: Callable[[Any], object]) -> Change:
    """A change of the first container of one object."""
    return lambda objects, there: change(container(objects, kind, name)) and None


def without(kind: str, name: str) -> Change:
    """One object less."""
    return lambda objects, there: objects.remove(one(objects, kind, name))


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    """Sets what is at a path."""

    def change(target: Any) -> None:
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def drop(*path: Any) -> Callable[[Any], None]:
    """Takes away what is at a path."""

    def change(target: Any) -> None:
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return change


def add(*path: Any, value: Any) -> Callable[[Any], None]:
    """Adds to the list at a path."""

    def change(target: Any) -> None:
        for step in path:
            target = target[step]
        target.append(value)

    return change


LABELS = ("spec", "template", "metadata", "labels", "app.kubernetes.io/component")
ELSEWHERE = {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "elders"}}}

MISTAKES: dict[str, tuple[str, Change]] = {
    # References
    "a Service selects nobody": (
        "service-selects",
        on("Service", "registry", put("spec", "selector", "app.kubernetes.io/component", value="registr")),
    ),
    "a Service leads to a port that is not open": (
        "service-port",
        on("Service", "registry", put("spec", "ports", 0, "targetPort", value="http")),
    ),
    "pods have other labels than their Deployment looks for": (
        "selector",
        on("Deployment", "registry", put(*LABELS, value="registr")),
    ),
    "two Deployments look for the same pods": (
        "selector",
        on("Deployment", "registry", drop("spec", "selector", "matchLabels", "app.kubernetes.io/component")),
    ),
    "a ServiceAccount is not there": ("account", without("ServiceAccount", "quality")),
    "a ConfigMap of settings is not there": ("configmap", without("ConfigMap", "registry-settings")),
    "a ConfigMap that is mounted is not there": ("configmap", without("ConfigMap", "organisations")),
    "a Secret is not there": (
        "secret",
        on_pod("Deployment", "registry", put("volumes", -1, value={"name": "tmp", "secret": {"secretName": "elders"}})),
    ),
    "nobody makes a certificate": ("secret", without("Certificate", "registry")),
    "an issuer is not there": (
        "issuer",
        on("Certificate", "registry", put("spec", "issuerRef", "name", value="niemand")),
    ),
    "a monitor looks at a port that is not open": (
        "monitor",
        on("PodMonitor", "spoedkader", put("spec", "podMetricsEndpoints", 0, "port", value="metric")),
    ),
    "a monitor looks at nobody": (
        "monitor",
        on("PodMonitor", "spoedkader", put("spec", "selector", "matchExpressions", 0, "values", value=["elders"])),
    ),
    "an object is in another namespace": (
        "namespace",
        on("Service", "registry", put("metadata", "namespace", value="default")),
    ),
    "what is expected is not used": (
        "given",
        lambda objects, there: there["secrets"].append({"name": "vergeten", "keys": ["x"]}),
    ),
    # Numbers
    "a PodDisruptionBudget is for nobody": (
        "pdb-target",
        on("PodDisruptionBudget", "quality", put("spec", "selector", "matchLabels", "extra", value="x")),
    ),
    "a PodDisruptionBudget lets nobody go": (
        "pdb-room",
        on("PodDisruptionBudget", "quality", put("spec", "maxUnavailable", value=0)),
    ),
    "a PodDisruptionBudget wants all that there are": (
        "pdb-room",
        on(
            "PodDisruptionBudget",
            "quality",
            lambda each: (drop("spec", "maxUnavailable")(each), put("spec", "minAvailable", value=2)(each)),
        ),
    ),
    "several pods have no PodDisruptionBudget": ("pdb-missing", without("PodDisruptionBudget", "door")),
    "a scaler scales nothing": (
        "hpa-target",
        on("HorizontalPodAutoscaler", "budget", put("spec", "scaleTargetRef", "name", value="budgets")),
    ),
    "a scaler and a fixed number": ("hpa-replicas", on("Deployment", "budget", put("spec", "replicas", value=3))),
    "a scaler wants more than the most": (
        "hpa-range",
        on("HorizontalPodAutoscaler", "budget", put("spec", "minReplicas", value=9)),
    ),
    "a scaler looks at a container that is not there": (
        "hpa-container",
        on(
            "HorizontalPodAutoscaler",
            "budget",
            put("spec", "metrics", 0, "containerResource", "container", value="app"),
        ),
    ),
    "a scaler looks at what is not requested": (
        "hpa-container",
        on_container("Deployment", "budget", drop("resources", "requests", "cpu")),
    ),
    "neither a scaler nor a number": ("replicas", without("HorizontalPodAutoscaler", "budget")),
    "several pods are not spread": ("spread", on_pod("Deployment", "budget", drop("topologySpreadConstraints"))),
    "the pods of another are spread": (
        "spread",
        on_pod(
            "Deployment",
            "budget",
            put(
                "topologySpreadConstraints",
                0,
                "labelSelector",
                "matchLabels",
                "app.kubernetes.io/component",
                value="quality",
            ),
        ),
    ),
    # Pod Security, and what we ask besides
    "the network of the node": ("restricted", on_pod("Deployment", "door", put("hostNetwork", value=True))),
    "a folder of the node": (
        "restricted",
        on_pod("Deployment", "door", put("volumes", 0, value={"name": "door", "hostPath": {"path": "/etc"}})),
    ),
    "settings of the kernel": (
        "restricted",
        on_pod("Deployment", "door", put("securityContext", "sysctls", value=[{"name": "a", "value": "b"}])),
    ),
    "a container that may be root": (
        "restricted",
        on_pod("Deployment", "door", drop("securityContext", "runAsNonRoot")),
    ),
    "a container that is root": (
        "restricted",
        on_container("Deployment", "door", put("securityContext", "runAsUser", value=0)),
    ),
    "no seccomp": ("restricted", on_pod("Deployment", "door", drop("securityContext", "seccompProfile"))),
    "more rights later": (
        "restricted",
        on_container("Deployment", "door", drop("securityContext", "allowPrivilegeEscalation")),
    ),
    "all rights": ("restricted", on_container("Deployment", "door", put("securityContext", "privileged", value=True))),
    "another /proc": (
        "restricted",
        on_container("Deployment", "door", put("securityContext", "procMount", value="Unmasked")),
    ),
    "capabilities are kept": (
        "restricted",
        on_container("Deployment", "door", drop("securityContext", "capabilities")),
    ),
    "capabilities are given": (
        "restricted",
        on_container("Deployment", "door", put("securityContext", "capabilities", "add", value=["SYS_ADMIN"])),
    ),
    "a port of the node": ("restricted", on_container("Deployment", "door", put("ports", 0, "hostPort", value=443))),
    "a sidecar that may do more": (
        "restricted",
        on_pod("Deployment", "quality", drop("initContainers", 0, "securityContext", "capabilities")),
    ),
    "a namespace that allows more": (
        "restricted",
        on(
            "Namespace", "spoedkader", put("metadata", "labels", "pod-security.kubernetes.io/enforce", value="baseline")
        ),
    ),
    "an image that can be written in": (
        "read-only",
        on_container("Deployment", "door", put("securityContext", "readOnlyRootFilesystem", value=False)),
    ),
    "a token of the cluster": ("token", on_pod("Deployment", "door", drop("automountServiceAccountToken"))),
    "a Secret in the environment": (
        "secret-env",
        on_container(
            "Deployment",
            "door",
            add("env", value={"name": "X", "valueFrom": {"secretKeyRef": {"name": "door-tls", "key": "tls.key"}}}),
        ),
    ),
    "a whole Secret in the environment": (
        "secret-env",
        on_container("Deployment", "door", put("envFrom", value=[{"secretRef": {"name": "door-tls"}}])),
    ),
    "an image of no version": ("image", on_container("Deployment", "door", put("image", value="envoyproxy/envoy"))),
    "the latest image": ("image", on_container("Deployment", "door", put("image", value="envoyproxy/envoy:latest"))),
    "an image with half a digest": (
        "image",
        on_container("Deployment", "door", put("image", value="envoyproxy/envoy@sha256:123")),
    ),
    "no limit to memory": ("resources", on_container("Deployment", "door", drop("resources", "limits"))),
    "more is asked than may be had": (
        "resources",
        on_container("Deployment", "door", put("resources", "requests", "memory", value="1Gi")),
    ),
    "a mount without a volume": ("mount", on_pod("Deployment", "registry", drop("volumes", 3))),
    "a volume that nobody mounts": (
        "mount",
        on_pod("Deployment", "registry", add("volumes", value={"name": "over", "emptyDir": {}})),
    ),
    "two volumes in one place": (
        "mount",
        on_container("Deployment", "registry", put("volumeMounts", 0, "mountPath", value="/tmp")),
    ),
    "a port that cannot be": (
        "port",
        on_container("Deployment", "registry", put("ports", 0, "containerPort", value=99999)),
    ),
    "a port of a Service that cannot be": ("port", on("Service", "registry", put("spec", "ports", 0, "port", value=0))),
    "a name of a port that is too long": (
        "port",
        on_container("Deployment", "registry", put("ports", 2, "name", value="metrics-of-the-registry")),
    ),
    "a protocol that cannot be": (
        "port",
        on("Service", "registry", put("spec", "ports", 0, "protocol", value="HTTP")),
    ),
    "a port that is used twice": (
        "port",
        on_container("Deployment", "registry", put("ports", 1, "containerPort", value=50051)),
    ),
    # Life and stopping
    "a probe of a port that is not there": (
        "probe-port",
        on_container("Deployment", "registry", put("livenessProbe", "grpc", "port", value=50061)),
    ),
    "a probe of a sidecar of a port that is not there": (
        "probe-port",
        on_pod("Deployment", "quality", put("initContainers", 0, "readinessProbe", "httpGet", "port", value="health")),
    ),
    "nobody asks whether it is ready": ("probe", on_container("Deployment", "registry", drop("readinessProbe"))),
    "killed before its calls have ended": (
        "grace",
        on_pod("Deployment", "registry", put("terminationGracePeriodSeconds", value=35)),
    ),
    "killed before it has waited": (
        "grace",
        on_container("Deployment", "door", put("lifecycle", "preStop", "sleep", "seconds", value=30)),
    ),
    "a service that asks nobody who it is": (
        "identity",
        on("ConfigMap", "registry-settings", put("data", "SPOEDKADER_REGISTRY_IDENTITY", value="development")),
    ),
    "a service that changes its own tables": (
        "migrations",
        on("ConfigMap", "registry-settings", drop("data", "SPOEDKADER_REGISTRY_MIGRATE_AT_START")),
    ),
    "a job of every version": (
        "job-name",
        on("Job", "registry-migrations", put("metadata", "name", value="registry-migrations")),
    ),
    "a job that never ends": ("job-ends", on("Job", "registry-migrations", drop("spec", "activeDeadlineSeconds"))),
    # Traffic
    "nothing closes the namespace": ("default-deny", without("NetworkPolicy", "default-deny")),
    "a policy closes only one way": (
        "default-deny",
        on("NetworkPolicy", "default-deny", put("spec", "policyTypes", value=["Ingress"])),
    ),
    "a policy is for nobody": (
        "network-pods",
        on("NetworkPolicy", "registry", put("spec", "podSelector", value=ELSEWHERE["podSelector"])),
    ),
    "a policy lets nobody in": (
        "network-peer",
        on("NetworkPolicy", "registry", put("spec", "ingress", 0, "from", 0, value=ELSEWHERE)),
    ),
    "a namespace that nobody told of": (
        "network-peer",
        on(
            "NetworkPolicy",
            "metrics",
            put("spec", "ingress", 0, "from", 0, "namespaceSelector", value={"matchLabels": {"a": "b"}}),
        ),
    ),
    "an address that nobody told of": (
        "network-peer",
        on("NetworkPolicy", "database", put("spec", "egress", 0, "to", 0, "ipBlock", "cidr", value="203.0.113.1/32")),
    ),
    "the port of an address that nobody told of": (
        "network-peer",
        on("NetworkPolicy", "database", put("spec", "egress", 0, "ports", 0, "port", value=22)),
    ),
    "traffic to everyone": ("network-exact", on("NetworkPolicy", "database", drop("spec", "egress", 0, "to"))),
    "traffic to every port": ("network-exact", on("NetworkPolicy", "database", drop("spec", "egress", 0, "ports"))),
    "traffic to many ports": (
        "network-exact",
        on("NetworkPolicy", "database", put("spec", "egress", 0, "ports", 0, "endPort", value=6000)),
    ),
    "traffic to many addresses": (
        "network-exact",
        on("NetworkPolicy", "database", put("spec", "egress", 0, "to", 0, "ipBlock", "cidr", value="0.0.0.0/0")),
    ),
    "traffic with every namespace": (
        "network-exact",
        on("NetworkPolicy", "metrics", put("spec", "ingress", 0, "from", 0, "namespaceSelector", value={})),
    ),
    "traffic out that does not count": (
        "network-types",
        on("NetworkPolicy", "quality", put("spec", "policyTypes", value=["Ingress"])),
    ),
    "traffic into a port that is not open": (
        "network-port",
        on("NetworkPolicy", "metrics", put("spec", "ingress", 0, "ports", 0, "port", value=9090)),
    ),
    "traffic out to a port that is not open": (
        "network-port",
        on("NetworkPolicy", "quality", put("spec", "egress", 0, "ports", 0, "port", value=50052)),
    ),
    "traffic out that is not let in": ("network-both", without("NetworkPolicy", "calls-by-the-door")),
}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_wrong_with_what_is_shipped(overlay: str) -> None:
    assert problems(render(overlay), given(overlay)) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_seen(mistake: str) -> None:
    rule, change = MISTAKES[mistake]
    objects, there = render("production"), given("production")
    change(objects, there)
    assert rule in {problem["rule"] for problem in problems(objects, there)}


def test_every_rule_has_a_mistake_that_it_sees() -> None:
    text = "\n".join(path.read_text("utf-8") for path in GATE.glob("*.rego") if not path.name.endswith("_test.rego"))
    named = {line.split('"')[1] for line in text.splitlines() if line.startswith("deny contains") and '"' in line}
    named = {rule for rule in named if rule != "rule"} | {"given", "default-deny"}
    trial_only = {"set-service"}
    assert named - trial_only == {rule for rule, _ in MISTAKES.values()}


def test_a_set_without_its_service_is_seen() -> None:
    objects = render("trial")
    one(objects, "StatefulSet", "postgres")["spec"]["serviceName"] = "postgresql"
    assert "set-service" in {problem["rule"] for problem in problems(objects, given("trial"))}


def test_the_tests_beside_the_rules_pass() -> None:
    report = run_limited_tests(GATE, coverage=True)
    assert report.failures == ()
    assert len(report.tests) > 15


def test_opa_says_the_same_of_every_mistake(tmp_path: Path) -> None:
    documents = []
    for _, change in MISTAKES.values():
        objects, there = render("production"), given("production")
        change(objects, there)
        documents.append({"objects": objects, "given": there})
    file = tmp_path / "input.json"
    file.write_text(json.dumps(documents), "utf-8")
    each = "[found | some document in input; found := data.uitrol.deny with input as document]"
    command = [
        need_opa(),
        "eval",
        "--strict-builtin-errors",
        "--format=json",
        f"--input={file}",
        f"--data={GATE}",
        each,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    for mistake, document, found in zip(MISTAKES, documents, theirs, strict=True):
        ours = problems(document["objects"], document["given"])
        assert as_set(found) == as_set(ours), mistake


def as_set(found: list[Problem]) -> set[str]:
    return {json.dumps(problem, sort_keys=True) for problem in found}
