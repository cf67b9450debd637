"""A real Envoy as the JSON door, started as people start it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.support.ports import unused_port

ROOT = Path(__file__).parents[2]
START = ROOT / "deploy" / "envoy" / "start.sh"
LOG = "envoy.log"
PATIENCE_SECONDS = 30.0


def need_envoy() -> str:
    """Where `envoy` is; without it the test is skipped, but in CI that is a failure."""
    beside = Path(sys.executable).parent / "envoy"
    found = str(beside) if beside.exists() else shutil.which("envoy")
    if found:
        return found
    reason = "envoy is not installed: not beside this Python and not on the PATH"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running_door(addresses: dict[str, str], folder: Path, certificates: Path | None = None) -> Iterator[str]:
    """The JSON door of services, by name, each at `host:port`; gives where it answers, as in `http://127.0.0.1:8080`,
    or `https://localhost:8080` with a folder of certificates.

    Its log is the file `LOG` in the folder.
    """
    door, admin = unused_port(), unused_port()
    environment = {
        **os.environ,
        "ENVOY": need_envoy(),
        "SPOEDKADER_DOOR_ADDRESS": f"127.0.0.1:{door}",
        "SPOEDKADER_DOOR_ADMIN_PORT": str(admin),
        "SPOEDKADER_DOOR_CERTIFICATES": str(certificates or ""),
        **{f"SPOEDKADER_{name.upper()}_ADDRESS": address for name, address in addresses.items()},
    }
    with (folder / LOG).open("wb") as log:
        # Doors of several test processes must not find each other's shared memory; tests read the log at once.
        command = [str(START), "--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "20"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{admin}/ready", folder / LOG)
            yield f"https://localhost:{door}" if certificates else f"http://127.0.0.1:{door}"
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8"))
