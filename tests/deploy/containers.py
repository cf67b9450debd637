"""Images and pods for real, with podman and buildah as root, in a network of their own and without any registry.

`deploy/check/prepare.sh` makes a machine fit for it. What is built stays in the cache folder, for the next time.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deploy.manifests import ROOT
from tests.support.opa import need_opa

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spoedkader"
BASE_TAR = CACHE / "base.tar"
BASE = "localhost/base:bookworm"
IMAGES = Path(__file__).parent / "images"
NETWORK = "suite"
_PROGRAMS = ("podman", "buildah", "runc", "conmon", "ip", "nsenter", "iptables")
_PATIENCE_SECONDS = 600


def need_machine() -> None:
    """Skips the test where images and pods can't be made; in CI that is a failure."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    reason = ""
    if os.geteuid() != 0:
        reason = "only root builds images and runs pods"
    elif missing:
        reason = f"not installed: {', '.join(missing)}; run deploy/check/prepare.sh"
    elif not BASE_TAR.exists():
        reason = f"there is no {BASE_TAR}; run deploy/check/prepare.sh"
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


class Machine:
    """Runs podman and buildah with storage, settings and a network namespace that are not those of the machine."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for what ends with this machine."""
        self._namespace = f"spoedkader-{os.getpid()}"
        for name, content in _configuration(folder).items():
            (folder / name).write_text(content, "utf-8")
        self._environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def open(self) -> None:
        """Makes the network, in which pods find each other by name."""
        self._run("ip", "netns", "add", self._namespace)
        self._run("nsenter", f"--net=/run/netns/{self._namespace}", "ip", "link", "set", "lo", "up")
        self.podman("network", "create", NETWORK)

    def close(self) -> None:
        """Ends every pod, and the network."""
        self.podman("pod", "rm", "--all", "--force", "--time", "1", check=False)
        self.podman("rm", "--all", "--force", "--volumes", check=False)
        self.podman("volume", "rm", "--all", "--force", check=False)
        self.podman("network", "rm", "--force", NETWORK, check=False)
        # What was built lately is built upon the next time.
        self.podman("image", "prune", "--force", "--filter=until=168h", check=False)
        self._run("ip", "netns", "delete", self._namespace, check=False)

    def podman(self, *arguments: str, check: bool = True, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs podman inside the network; `text` is what it reads."""
        inside = ("nsenter", f"--net=/run/netns/{self._namespace}", "podman")
        return self._run(*inside, *arguments, check=check, text=text)

    def build(self, tag: str, file: Path, context: Path, *arguments: str) -> None:
        """Builds an image with buildah, out of what was built before as far as that is the same."""
        # What is installed comes from the package index, of which this machine may know the certificate.
        here = (
            "--isolation=chroot",
            "--network=host",
            "--pull-never",
            "--layers",
            "--volume=/etc/ssl/certs:/etc/ssl/certs:ro",
        )
        self._run("buildah", "bud", "--quiet", *here, *arguments, "--file", str(file), "--tag", tag, str(context))

    def has_image(self, tag: str) -> bool:
        """Whether an image is there."""
        return self._run("podman", "image", "exists", tag, check=False).returncode == 0

    def import_image(self, tar: Path, tag: str) -> None:
        """Makes an image of one layer out of a file."""
        self._run("podman", "import", "--quiet", str(tar), tag)

    def _run(self, *command: str, check: bool = True, text: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            env=self._environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done


@contextmanager
def opened_machine() -> Iterator[Machine]:
    """A machine with its network, closed afterwards."""
    with TemporaryDirectory(prefix="spoedkader-") as folder:
        machine = Machine(Path(folder))
        try:
            machine.open()
            yield machine
        finally:
            machine.close()


def build_suite(machine: Machine, tag: str) -> None:
    """Builds the image of the suite, on the Debian of the check."""
    if not machine.has_image(BASE):
        machine.import_image(BASE_TAR, BASE)
    file = ROOT / "deploy" / "image" / "Containerfile"
    machine.build(tag, file, ROOT, f"--ignorefile={file}.dockerignore", f"--build-arg=BASE={BASE}")


def build_stand_in(machine: Machine, name: str, tag: str, *content: Path) -> None:
    """Builds what stands in for an official image, out of programs that this machine has."""
    with TemporaryDirectory(prefix="spoedkader-") as context:
        for path in (*content, *IMAGES.glob(f"{name}.*")):
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, Path(context) / path.name)
        machine.build(tag, IMAGES / f"{name}.Containerfile", Path(context))


def opa_program() -> Path:
    """The OPA that Go built; without it the test is skipped, but in CI that is a failure."""
    return Path(need_opa())


def _configuration(folder: Path) -> dict[str, str]:
    return {
        "containers.conf": f"""
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "{folder}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
""",
        "storage.conf": f"""
[storage]
driver = "overlay"
graphroot = "{CACHE}/containers"
runroot = "{folder}/run"
""",
    }
