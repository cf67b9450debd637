"""The gate: the rules of a year are inspected in a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import math
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self, cast

from services.policy.catalogue import METADATA
from services.policy.engine import PolicyError
from services.policy.gate import subset, testing, thresholds, verdicts
from services.policy.gate.messages import (
    OUT_OF_MEMORY,
    TOO_DEEP,
    Ended,
    Message,
    Running,
    Setup,
    read_message,
    write_setup,
)
from services.policy.gate.report import ENGINE, GateLimits, GateReport
from services.policy.model_problems import READING
from services.policy.parameters import KIND as CONDITIONS
from services.policy.policy_set import PolicySet
from services.policy.problems import Problem
from services.policy.worker import read_frame, write_frame
from services.policy.year import KIND, QUESTIONS

TIME = "looptijd"
MEMORY = "geheugen"
CRASH = "afgebroken"
CHECKS = (
    *(READING, subset.CHECK, METADATA, verdicts.CHECK),
    *(testing.CHECK, testing.COVERAGE, QUESTIONS, thresholds.CHECK),
)
"""What is checked of norms, besides that they come to an end."""
CONDITION_CHECKS = (READING, subset.CHECK, METADATA, testing.CHECK, testing.COVERAGE, thresholds.CHECK)
"""The same of conditions, which have no questionnaire to try answers from."""
START_SECONDS = 30.0
"""What the process may take to begin, however little one rule may take."""
_SPARE_SECONDS = 10
"""What the process has more than the gate, which ends it first."""
DEFAULT = GateLimits()


class GateError(PolicyError):
    """The gate itself failed; nothing is known about the policy set."""


def run_gate(policy_set: PolicySet, earlier: Sequence[PolicySet] = (), *, limits: GateLimits = DEFAULT) -> GateReport:
    """Return everything that is wrong with a policy set; it may count when that is nothing.

    `earlier` are sets of other years, whose codes must keep their meaning. What does not end in time, or asks for too
    much memory, is a problem that names what was running; what comes after it has then not been looked at. Raises
    GateError when the gate itself fails.
    """
    return _run(Setup(KIND, policy_set, tuple(earlier)), limits)


def run_condition_gate(year: int, files: Mapping[str, bytes], *, limits: GateLimits = DEFAULT) -> GateReport:
    """Return everything that is wrong with the conditions and parameters in the files of a year, as `run_gate` does."""
    return _run(Setup(CONDITIONS, PolicySet(year, files)), limits)


def _run(setup: Setup, limits: GateLimits) -> GateReport:
    started = time.monotonic()
    with _Process(setup, limits) as process:
        following = _Following(limits, started)
        while following.goes_on:
            following.take(process)
    return GateReport(
        tuple(sorted(_told_once(following.problems))),
        following.ended.norm_count,
        following.ended.test_count,
        following.ended.line_coverage_percent,
        ENGINE,
        time.monotonic() - started,
    )


class _Following:
    """What the process has told so far."""

    def __init__(self, limits: GateLimits, started: float) -> None:
        self.problems: list[Problem] = []
        self.ended = Ended(0, 0, 0)
        self.goes_on = True
        self._limits = limits
        self._until = started + limits.seconds
        self._running = Running("het begin", ".", 0)
        self._patience = max(START_SECONDS, limits.rule_seconds)

    def take(self, process: _Process) -> None:
        """Takes one message, or the end of the process."""
        left = self._until - time.monotonic()
        try:
            message = process.next(min(left, self._patience))
        except TimeoutError:
            self._stop(TIME, self._too_long(whole=left <= self._patience))
            return
        self._patience = self._limits.rule_seconds
        match message:
            case None:
                self._stop(*process.why_gone())
            case Running():
                self._running = message
            case Ended():
                self.ended = message
                self.goes_on = False
            case _:
                self.problems += message

    def _stop(self, check: str, message: str) -> None:
        self.goes_on = False
        running = self._running
        rest = "; wat daarna komt is niet bekeken"
        self.problems.append(Problem(running.file, running.line, check, f"{running.what} {message}{rest}"))

    def _too_long(self, *, whole: bool) -> str:
        if whole:
            return f"is afgebroken, omdat de hele controle langer duurde dan {_shown(self._limits.seconds)} s"
        return f"liep langer dan {_shown(self._limits.rule_seconds)} s en is afgebroken"


class _Process:
    """The inspecting process."""

    def __init__(self, setup: Setup, limits: GateLimits) -> None:
        self._limits = limits
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        most = [str(limits.megabytes * 1024 * 1024), str(math.ceil(limits.seconds) + _SPARE_SECONDS)]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and this package
            [
                sys.executable,
                "-m",
                "services.policy.limited",
                *most,
                "services.policy.gate.process",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name="policy-gate", daemon=True)
        self._listener.start()
        # A process that is gone already says why in how it ended.
        with suppress(BrokenPipeError):
            write_frame(self._input, write_setup(setup))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        with suppress(BrokenPipeError):
            self._input.close()
        self._output.close()
        self._log.close()

    @property
    def _input(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    @property
    def _output(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdout)

    def next(self, seconds: float) -> Message | None:
        """The next message, or None when the process is gone. Raises TimeoutError."""
        try:
            return self._messages.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise TimeoutError from None

    def why_gone(self) -> tuple[str, str]:
        """The check and the message for what ended the process. Raises GateError when that was its own mistake."""
        status = self._process.wait()
        self._log.seek(0)
        said = self._log.read().decode(errors="replace")
        if status == TOO_DEEP:
            return CRASH, "ging niet, want iets is te diep genest"
        # The engine and Python each say it in their own way, and the machine says nothing.
        if status in (OUT_OF_MEMORY, -signal.SIGKILL) or re.search(r"memory allocation of|MemoryError", said):
            return MEMORY, f"vroeg meer dan {self._limits.megabytes} MB en is afgebroken"
        if status == -signal.SIGXCPU:
            return TIME, "gebruikte alle rekentijd van de controle en is afgebroken"
        if status < 0:
            return CRASH, f"deed de engine omvallen ({signal.Signals(-status).name})"
        raise GateError(f"the gate ended with status {status}: {said[-2000:]}")

    def _listen(self) -> None:
        while (frame := read_frame(self._output)) is not None:
            self._messages.put(read_message(frame))
        self._messages.put(None)


def _shown(seconds: float) -> str:
    return f"{seconds:g}".replace(".", ",")


def _told_once(problems: Iterable[Problem]) -> set[Problem]:
    """The problems without those that only show that something of which more is known does not work.

    An evaluation that fails tells less than what is wrong on its line, and a test that runs into it tells no more.
    """
    evaluated: dict[str, set[Problem]] = {verdicts.CHECK: set(), testing.CHECK: set()}
    told: set[Problem] = set()
    for problem in problems:
        evaluated.get(problem.check, told).add(problem)
    for found in evaluated.values():
        known = {(problem.file, problem.line) for problem in told}
        told |= {problem for problem in found if (problem.file, problem.line) not in known}
    return told
