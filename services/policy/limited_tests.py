"""Running Rego tests in a process of their own, which is ended when one of them does not come to an end.

The embedded engine cannot be interrupted: in the process of whoever waits for it, not even by Ctrl-C.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from services.policy.engine import PolicyLoadError
from services.policy.rego_tests import FileCoverage, NoTestsError, RegoTest, TestReport, TestRule
from services.policy.worker import read_frame

TEST_SECONDS = 10.0
"""How long one test may take."""
START_SECONDS = 30.0
_MEGABYTES = 1024
_MOST_SECONDS = 3600
"""Of processor time for all tests, for when whoever would end the process is gone."""
Frames: TypeAlias = "queue.SimpleQueue[bytes | None]"


def run_limited_tests(folder: Path, coverage: bool = False, *, seconds: float = TEST_SECONDS) -> TestReport:
    """Return what `run_rego_tests` returns, with a test that runs longer than `seconds` as the last one, not passed.

    Raises PolicyLoadError when a policy or its data cannot be read, or takes too long to read; NoTestsError when there
    is no test.
    """
    told = _Told(folder)
    ended = "deed het proces omvallen"
    with _process(folder, coverage) as frames:
        patience = max(START_SECONDS, seconds)
        while True:
            try:
                frame = frames.get(timeout=patience)
            except queue.Empty:
                ended = f"liep langer dan {seconds:g} s en is afgebroken".replace(".", ",")
                break
            if frame is None:
                break
            told.take(chr(frame[0]), json.loads(frame[1:]))
            patience = seconds
    return told.report(ended)


@dataclass
class _Told:
    """What the process told until now."""

    folder: Path
    running: TestRule | None = None
    tests: list[RegoTest] = field(default_factory=list)
    coverage: list[FileCoverage] = field(default_factory=list)

    def take(self, kind: str, content: object) -> None:
        """Raises NoTestsError or PolicyLoadError when that is what it told."""
        match kind, content:
            case "B", dict():
                self.running = TestRule(**content)
            case "R", dict():
                place = content.pop("error_at")
                self.tests.append(RegoTest(**content, error_at=tuple(place) if place else None))
                self.running = None
            case "C", dict():
                covered, not_covered = tuple(content["covered"]), tuple(content["not_covered"])
                self.coverage.append(FileCoverage(content["file"], covered, not_covered))
            case "N", _:
                raise NoTestsError(self.folder)
            case _:
                raise PolicyLoadError(str(content))

    def report(self, ended: str) -> TestReport:
        """The report; `ended` says what became of the test that was running, if there was one."""
        at = self.running
        if at is not None:
            message = f"de test {ended}; wat daarna komt is niet gedraaid"
            self.tests.append(RegoTest(at.package, at.rule, at.file, at.line, False, message, 0.0))
        elif not self.tests:
            raise PolicyLoadError(f"het lezen van de regels {ended}")
        return TestReport(tuple(self.tests), tuple(self.coverage))


@contextmanager
def _process(folder: Path, coverage: bool) -> Iterator[Frames]:
    """The frames of the process, None behind the last one; it is gone at the end of the `with`."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and this package
        [
            *(sys.executable, "-m", "services.policy.limited", str(_MEGABYTES * 1024 * 1024), str(_MOST_SECONDS)),
            *("services.policy.testing_process", str(folder), "coverage" if coverage else ""),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    output = cast(BinaryIO, process.stdout)
    frames: Frames = queue.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(output, frames), name="rego-tests", daemon=True)
    listener.start()
    try:
        yield frames
    finally:
        process.kill()
        process.wait()
        listener.join()
        output.close()


def _listen(output: BinaryIO, frames: Frames) -> None:
    while (frame := read_frame(output)) is not None:
        frames.put(frame)
    frames.put(None)
