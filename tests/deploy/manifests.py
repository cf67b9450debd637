"""What an overlay sends to a cluster, and what our own gate says of it."""

import json
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.policy.embedded import EmbeddedEngine

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
GATE = ROOT / "policies" / "uitrol"
OVERLAYS = ("trial", "production")

Manifest = dict[str, Any]
Problem = dict[str, str]


def render(overlay: str) -> list[Manifest]:
    """The objects of an overlay, as `kubectl kustomize` gives them; each caller has objects of its own."""
    objects: list[Manifest] = json.loads(_rendered(overlay))
    return objects


def given(overlay: str) -> Manifest:
    """What an overlay expects to be there."""
    content: Manifest = yaml.safe_load((KUBERNETES / "overlays" / overlay / "given.yaml").read_text("utf-8"))
    return content


def problems(objects: list[Manifest], there: Manifest) -> list[Problem]:
    """What the gate has against objects in a cluster where some things are there already."""
    found = _gate().evaluate("data.uitrol.deny", {"objects": objects, "given": there}).value
    assert isinstance(found, list)
    return found


def version() -> str:
    """The version of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def one(objects: list[Manifest], kind: str, name: str) -> Manifest:
    """The object of a kind with a name, which starts so when it ends in a hash or a version."""
    (found,) = (each for each in objects if each["kind"] == kind and _is_named(each["metadata"]["name"], name))
    return found


def _is_named(full: str, name: str) -> bool:
    return full == name or (full.startswith(f"{name}-") and "-" not in full.removeprefix(f"{name}-"))


@cache
def _rendered(overlay: str) -> str:
    beside = Path(sys.executable).parent / "kubectl"
    kubectl = str(beside) if beside.exists() else shutil.which("kubectl")
    assert kubectl, "kubectl is not installed: neither beside this Python nor on the PATH"
    command = [kubectl, "kustomize", str(KUBERNETES / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # JSON is read again in a moment.
    return json.dumps([manifest for manifest in yaml.safe_load_all(done.stdout) if manifest])


@cache
def _gate() -> EmbeddedEngine:
    return EmbeddedEngine({path.name: path.read_text("utf-8") for path in GATE.glob("*.rego")}, {})
