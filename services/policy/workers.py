"""The engine of `embedded` in processes of its own.

regorus holds the interpreter lock while it evaluates and knows no time limit. In a process of its own it leaves the
rest of a service running, several work side by side, and one that does not come to an end is ended.
"""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, Protocol, cast

from pydantic_core import to_json

from services.policy.embedded import EmbeddedEngine, value_of
from services.policy.engine import EngineUnavailableError, Evaluation, EvaluationError, JsonValue, PolicyLoadError
from services.policy.worker import read_frame, write_frame

START_SECONDS = 30.0
_NICENESS = 10
_ANSWER = b"A"


class ProcessWatch(Protocol):
    """Who is told how many processes there are."""

    def process(self, change: int) -> None:
        """So many more, or fewer."""
        ...

    def process_replaced(self) -> None:
        """One was gone when it was wanted, and got a successor."""
        ...


class WorkerEngine:
    """One policy set in worker processes. May be called from any thread; a call waits for a worker that is free."""

    name = EmbeddedEngine.name
    version = EmbeddedEngine.version

    def __init__(
        self,
        modules: Mapping[str, str],
        data: JsonValue,
        *,
        processes: int = 0,
        seconds: float = 5.0,
        watch: ProcessWatch | None = None,
    ) -> None:
        """Start the workers, as many as there are processors unless `processes` says otherwise.

        `seconds` is how long one evaluation may take. Raises PolicyLoadError when the policies or the data cannot be
        read, and EngineUnavailableError when processes die before they have.
        """
        rules = {name: text for name, text in sorted(modules.items()) if not name.endswith("_test.rego")}
        self._setup = json.dumps({"modules": rules, "data": json.dumps(data)}).encode()
        self._seconds = seconds
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        workers = [_Worker(self._setup) for _ in range(processes or os.cpu_count() or 1)]
        self._workers = set(workers)
        self._watch = watch
        self._tell(len(workers))
        try:
            for worker in workers:
                self._idle.put(self._loaded(worker))
        except BaseException:
            self.close()
            raise

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """Return the value of the rule at `path` with `document` as its input; see PolicyEngine.evaluate.

        Raises EvaluationError too when the evaluation takes too long, or its process and then a second one dies; the
        next evaluation gets another.
        """
        text = to_json(document)
        started = time.monotonic()
        try:
            answer = self._ask(path, text, seconds)
        except _ProcessDiedError:
            # Who killed it need not have meant this evaluation. If it was the evaluation that did it, it does it again.
            left = None if seconds is None else max(0.0, seconds - (time.monotonic() - started))
            answer = self._ask(path, text, left)
        return Evaluation(value_of(answer, path), self.name, self.version)

    def _ask(self, path: str, document: bytes, seconds: float | None) -> bytes:
        try:
            worker = self._idle.get(timeout=seconds)
        except queue.Empty:
            raise EngineUnavailableError(f"no evaluating process was free within {seconds:g} s") from None
        try:
            worker = self._living(worker)
            return worker.ask(path, document, self._seconds)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.end()
        self._tell(-len(self._workers))
        self._workers.clear()

    def _tell(self, change: int) -> None:
        if self._watch is not None:
            self._watch.process(change)

    def _living(self, worker: _Worker) -> _Worker:
        """The worker, or another in its place when it is gone."""
        return worker if worker.lives else self._loaded(self._successor(worker))

    def _loaded(self, worker: _Worker) -> _Worker:
        """The worker once it has read the policies, or another when it died before that. Two do not die by chance."""
        try:
            worker.wait_until_loaded()
        except _ProcessDiedError:
            worker = self._successor(worker)
            try:
                worker.wait_until_loaded()
            except _ProcessDiedError as error:
                self._workers.discard(worker)
                raise EngineUnavailableError("evaluating processes die before they have read the policies") from error
        return worker

    def _successor(self, worker: _Worker) -> _Worker:
        """Another one in the place of one that is gone."""
        worker.end()
        if self._watch is not None:
            self._watch.process_replaced()
        self._workers.discard(worker)
        successor = _Worker(self._setup)
        self._workers.add(successor)
        return successor


class _ProcessDiedError(EvaluationError):
    """The process ended before it gave an answer."""

    def __init__(self) -> None:
        super().__init__("the evaluating process died")


class _Worker:
    """One process."""

    def __init__(self, setup: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.policy.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        # To judge takes longest, so it gives way to the service, whose writers wait for each other.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS)
        # It loads the policies while others start. One that died in the meantime is seen when it should have answered.
        with suppress(BrokenPipeError):
            write_frame(self._input, setup)

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    @property
    def _input(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    @property
    def _output(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdout)

    def wait_until_loaded(self) -> None:
        kind, text = self._read(START_SECONDS)
        if kind != _ANSWER:
            self.end()
            raise PolicyLoadError(text.decode())

    def ask(self, path: str, document: bytes, seconds: float) -> bytes:
        try:
            write_frame(self._input, b"%b\n%b" % (path.encode(), document))
        except OSError as error:
            self.end()
            raise _ProcessDiedError from error
        kind, text = self._read(seconds)
        if kind != _ANSWER:
            raise EvaluationError(text.decode())
        return text

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._input, self._output):
            # What was not sent to a process that is gone need not be.
            with suppress(OSError):
                stream.close()

    def _read(self, seconds: float) -> tuple[bytes, bytes]:
        """The letter and text of the next frame. Raises EvaluationError when it does not come."""
        started = time.monotonic()
        # Not `select.select`, which cannot wait for a file beyond the thousandth that a process has open.
        waiting = select.poll()
        waiting.register(self._output, select.POLLIN)
        frame = read_frame(self._output) if waiting.poll(seconds * 1000) else None
        if frame is None:
            self.end()
            if time.monotonic() - started < seconds:
                raise _ProcessDiedError
            raise EvaluationError(f"no result within {seconds:g} s")
        return frame[:1], frame[1:]
