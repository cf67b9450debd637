"""What is attacked: the three services in a process of their own, after a year of purchasing and the walk of the guide.

`python -m tests.security.target` starts them, prints one line of JSON (where they are, and the examples of every
method), and serves until its standard input closes. Everything else that it prints is about calls that failed.
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from docs.examples import walked_suite
from tests.support.databases import database_url

ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Target:
    """A running target; addresses and URLs of databases by service, `examples` by method as in
    `ClosureService.GetClosure`."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    databases: dict[str, str]
    examples: dict[str, list[dict[str, Any]]]
    log: Path

    def memory(self) -> int:
        """What the process has in memory, in MB; 0 where /proc is not there."""
        return self._status("VmRSS")

    def peak(self) -> int:
        """The most that the process has had in memory, in MB; 0 where /proc is not there."""
        return self._status("VmHWM")

    def failures(self) -> str:
        """What the services said about calls that failed."""
        return self.log.read_text("utf-8", errors="replace")

    def _status(self, name: str) -> int:
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(name)), 0)


@contextmanager
def running_target(folder: Path) -> Iterator[Target]:
    """Starts a target that logs into the folder; afterwards nothing of it is left but its log."""
    log = folder / "target.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.target"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin, "it is a pipe"
    assert process.stdout, "it is a pipe"
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the target does not start:\n{log.read_text('utf-8')}")
        begun = json.loads(line)
        yield Target(process, begun["addresses"], begun["databases"], begun["examples"], log)
    finally:
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve(begun: TextIO) -> None:
    """Serves until standard input closes; says on `begun` how to find it."""
    databases: dict[str, str] = {}

    def url(file: Path) -> str:
        databases[file.stem] = database_url(file)
        return databases[file.stem]

    with walked_suite(url) as (addresses, examples):
        line = {
            "addresses": dataclasses.asdict(addresses),
            "databases": databases,
            "examples": {
                method: [dataclasses.asdict(example) for example in made] for method, made in examples.items()
            },
        }
        print(json.dumps(line), file=begun, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    channel, sys.stdout = sys.stdout, sys.stderr
    serve(channel)
