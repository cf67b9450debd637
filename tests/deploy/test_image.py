"""The image of the suite, built as it is released but on another base."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.containers import Machine
from tests.deploy.manifests import version

pytestmark = pytest.mark.timeout(600)

INSTALLED = """
import importlib.metadata, json
print(json.dumps(sorted([found.name, found.version] for found in importlib.metadata.distributions())))
"""
TOOLS = ("pip", "pip3", "gcc", "cc", "g++", "make", "ld", "uv", "git", "curl", "wget")
MODULES = ("pip", "ensurepip", "setuptools", "hatchling", "grpc_tools", "pytest", "tests")


def inside(machine: Machine, image: str, *command: str) -> str:
    """What a command writes in a container with nothing but the image."""
    alone = ("run", "--rm", "--network=none", "--read-only", "--cap-drop=all", f"--entrypoint={command[0]}")
    return machine.podman(*alone, image, *command[1:]).stdout


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.fixture(scope="module")
def configuration(machine: Machine, image: str) -> Mapping[str, Any]:
    (found,) = json.loads(machine.podman("image", "inspect", image).stdout)
    return found["Config"]


@pytest.fixture(scope="module")
def materials(machine: Machine, image: str) -> Mapping[str, Any]:
    return json.loads(inside(machine, image, "cat", "/opt/spoedkader/share/sbom.cdx.json"))


def test_it_runs_the_command_as_nobody(configuration: Mapping[str, Any]) -> None:
    assert configuration["User"] == "10001:10001"
    assert configuration["Entrypoint"] == ["spoedkader"]
    labels = configuration["Labels"]
    assert labels["org.opencontainers.image.title"] == "spoedkader"
    assert labels["org.opencontainers.image.version"] == version()
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_command_runs_without_anything_to_write_on(machine: Machine, image: str) -> None:
    assert "serve" in inside(machine, image, "spoedkader", "--help")


def test_nothing_in_it_builds_or_installs(machine: Machine, image: str) -> None:
    script = "; ".join(f"command -v {tool}" for tool in TOOLS) + "; true"
    assert inside(machine, image, "sh", "-c", script) == ""
    looking = f"import importlib.util as u; print([name for name in {MODULES} if u.find_spec(name)])"
    assert inside(machine, image, "/opt/spoedkader/bin/python", "-c", looking) == "[]\n"
    assert inside(machine, image, "sh", "-c", "find / -xdev -perm /6000 -type f 2>/dev/null; true") == ""


def test_nothing_of_the_work_on_it_is_in_it(machine: Machine, image: str) -> None:
    listed = inside(machine, image, "sh", "-c", "ls -d /source /tools /wheels /root/.cache 2>/dev/null; true")
    assert listed == ""


def test_it_has_what_the_services_need(machine: Machine, image: str) -> None:
    looking = """
from importlib.resources import files
from services.runtime.settings import REPOSITORY
print((REPOSITORY / "policies" / "kwaliteitskader" / "2027" / "a1.rego").exists())
print((REPOSITORY / "policies" / "toegang" / "toegang.rego").exists())
print((files("spoedkader.budget.v1") / "budget_grpc_service_config.json").is_file())
import spoedkader.budget.v1.budget_pb2_grpc
"""
    assert inside(machine, image, "/opt/spoedkader/bin/python", "-c", looking) == "True\n" * 3
    assert inside(machine, image, "ls", "/opt/spoedkader/share").split() == ["contracts.binpb", "sbom.cdx.json"]


def test_the_bill_of_materials_lists_what_is_installed(
    machine: Machine, image: str, materials: Mapping[str, Any]
) -> None:
    assert (materials["bomFormat"], materials["metadata"]["component"]["name"]) == ("CycloneDX", "spoedkader")
    installed = json.loads(inside(machine, image, "/opt/spoedkader/bin/python", "-c", INSTALLED))
    wanted = {(normal(name), found) for name, found in installed} - {("spoedkader", version())}
    assert len(wanted) > 50
    pypi = [each for each in materials["components"] if each.get("purl", "").startswith("pkg:pypi/")]
    assert {(normal(each["name"]), each["version"]) for each in pypi} == wanted
    form = "${Package} ${Version}\n"
    packages = inside(machine, image, "dpkg-query", "--show", f"--showformat={form}").splitlines()
    debian = [each for each in materials["components"] if each.get("purl", "").startswith("pkg:deb/")]
    assert sorted(f"{each['name']} {each['version']}" for each in debian) == sorted(packages)
    (python,) = (each for each in materials["components"] if each["type"] == "platform")
    assert f"Python {python['version']}\n" == inside(machine, image, "/opt/spoedkader/bin/python", "--version")


def test_every_material_is_listed_once(materials: Mapping[str, Any]) -> None:
    references = [each["bom-ref"] for each in materials["components"]]
    assert len(references) == len(set(references))
