"""Audits what the suite and its examples depend on: `python -m tests.security.audit`, a part of `make check`.

That every dependency is pinned, to one version with digests of its files, is known without asking anybody. Whether one
has a known weakness is asked of the registry that it comes from, by the registry's own client: `pip-audit` for Python,
`npm audit` for the example in TypeScript. (The example in Java has no client for that; its versions are pinned.) A
registry that does not tell is told about, and the audit goes on; with `SPOEDKADER_AUDIT=required`, for pipelines that
are sure to reach them, it fails. Ends with 1 when it fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-dev.lock"
NODE = ROOT / "examples" / "typescript"
JAVA = ROOT / "examples" / "java" / "pom.xml"
SECONDS = 300
BESIDE = {"pip", "setuptools", "spoedkader"}
"""In the environment, and not in the lock: what installs, and what is installed."""


class UntoldError(Exception):
    """A registry does not tell what weaknesses are known."""


def unpinned(lock: str) -> Iterator[str]:
    """What is wrong with the pins in a lock of Python packages."""
    for requirement in re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", lock)):
        name = re.match(r"[\w.-]+(\[[\w,.-]+\])?", requirement)
        if name and not re.match(r"[\w.-]+(\[[\w,.-]+\])?==[\w.!+]+", requirement):
            yield f"{LOCK.name}: {name[0]} has no version"
        elif name and "--hash=sha256:" not in requirement:
            yield f"{LOCK.name}: {name[0]} has no digest"


def strangers(lock: str) -> Iterator[str]:
    """What is in this environment and not in the lock, or is there in another version."""
    pinned = {_plain(name): version for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", lock)}
    for found in metadata.distributions():
        name = _plain(found.metadata["Name"])
        if name not in BESIDE and pinned.get(name) != found.version:
            yield f"the environment has {name} {found.version}, the lock {pinned.get(name, 'none')}"


def unpinned_node(lock: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the pins in a lock of npm."""
    for place, package in lock["packages"].items():
        if place and not package.get("link") and not package.get("integrity", "").startswith("sha512-"):
            yield f"{NODE.name}: {place} has no digest"


def unpinned_java(pom: ElementTree.Element) -> Iterator[str]:
    """What is wrong with the versions in a project of Maven."""
    for version in pom.iter("{http://maven.apache.org/POM/4.0.0}version"):
        if not re.fullmatch(r"[\w.-]+|\$\{[\w.]+\}", version.text or "") or "SNAPSHOT" in (version.text or ""):
            yield f"{JAVA.name}: {version.text} is not one version"


def weaknesses() -> Iterator[str]:
    """The known weaknesses of the Python packages. Raises UntoldError."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--disable-pip", "--require-hashes"]
    told = _told([*command, "--progress-spinner=off", "--format=json"])
    packages = told.get("dependencies", [])
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if not packages or skipped:
        raise UntoldError(f"of {len(skipped)} of {len(packages)} Python packages nothing is told")
    for package in packages:
        for weakness in package["vulns"]:
            fixed = ", ".join(weakness["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {weakness['id']}, fixed in {fixed}"


def weaknesses_node() -> Iterator[str]:
    """The known weaknesses of the npm packages. Raises UntoldError."""
    npm = shutil.which("npm")
    if npm is None:
        raise UntoldError("there is no npm")
    told = _told([npm, "audit", "--package-lock-only", "--json"], cwd=NODE)
    if "vulnerabilities" not in told:
        raise UntoldError("of the npm packages nothing is told")
    for name, found in told["vulnerabilities"].items():
        yield f"{NODE.name}: {name} {found['range']}: {found['severity']}"


def _told(command: list[Any], cwd: Path = ROOT) -> dict[str, Any]:
    try:
        ended = subprocess.run(command, cwd=cwd, capture_output=True, timeout=SECONDS, check=False)
        found = json.loads(ended.stdout or b"{}")
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise UntoldError(f"{Path(str(command[0])).name} says nothing that can be read") from error
    return found if isinstance(found, dict) else {}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Runs it from the command line."""
    lock = LOCK.read_text("utf-8")
    wrong = [*unpinned(lock), *strangers(lock)]
    wrong += unpinned_node(json.loads((NODE / "package-lock.json").read_text("utf-8")))
    wrong += unpinned_java(ElementTree.parse(JAVA).getroot())
    untold = []
    for ask in (weaknesses, weaknesses_node):
        try:
            wrong += ask()
        except UntoldError as error:
            untold.append(str(error))
    for text in wrong:
        print(f"wrong: {text}")
    for text in untold:
        print(f"not audited: {text}")
    print(f"{len(wrong)} wrong, {len(untold)} not audited")
    return 1 if wrong or (untold and os.environ.get("SPOEDKADER_AUDIT") == "required") else 0


if __name__ == "__main__":
    raise SystemExit(main())
