"""A real Prometheus for tests."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.support.ports import unused_port

PATIENCE_SECONDS = 40.0


def need(program: str) -> str:
    """Where `prometheus` or `promtool` is; without it the test is skipped, but in CI that is a failure."""
    found = shutil.which(program)
    if found:
        return found
    reason = f"{program} is not installed; Debian's package prometheus has it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Prometheus:
    """A server that is asked for what it collected."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._url = url
        self._process = process
        self._log = log

    def get(self, path: str, **parameters: str) -> Any:
        """What its API answers; fails when that is no success."""
        answer = requests.get(f"{self._url}/api/v1/{path}", params=parameters, timeout=10)
        body = answer.json()
        assert body["status"] == "success", (parameters, body)
        return body["data"]

    def query(self, expression: str) -> list[Any]:
        """The samples that an expression has now."""
        result: list[Any] = self.get("query", query=expression)["result"]
        return result

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Comes back when something is true, and fails when it stays false."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not _holds(true):
            assert self._process.poll() is None, self._log.read_text("utf-8")
            assert time.monotonic() < until, self._log.read_text("utf-8")
            time.sleep(0.2)


def _holds(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except requests.ConnectionError:
        return False


@contextmanager
def running_prometheus(
    configuration: Path, targets: Mapping[str, str], folder: Path, seconds: int = 1
) -> Iterator[Prometheus]:
    """Prometheus with the configuration and the alerts that are shipped, but for the addresses of the services and how
    often it looks: every so many seconds."""
    settings = yaml.safe_load(configuration.read_text("utf-8"))
    settings["global"] = {"scrape_interval": f"{seconds}s", "evaluation_interval": f"{seconds}s"}
    settings["rule_files"] = [str(configuration.parent / name) for name in settings["rule_files"]]
    for target in settings["scrape_configs"][0]["static_configs"]:
        target["targets"] = [targets[target["labels"]["service"]]]
    changed = folder / "prometheus.yaml"
    changed.write_text(yaml.safe_dump(settings), "utf-8")
    address = f"127.0.0.1:{unused_port()}"
    log = folder / "prometheus.log"
    arguments = [
        f"--config.file={changed}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen([need("prometheus"), *arguments], stdout=output, stderr=output)
    try:
        found = Prometheus(f"http://{address}", process, log)
        found.wait_until(lambda: bool(found.get("status/buildinfo")))
        yield found
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
