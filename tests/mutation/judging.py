"""Whether the Rego tests notice a mutant. Each is tried in a process that can be ended, for it may run away."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from types import TracebackType

import regorus

from services.policy.embedded import guarded, new_engine, value_of
from services.policy.engine import EvaluationError, PolicyError, PolicyLoadError
from services.policy.rego_ast import modules_in
from services.policy.rego_tests import TestRule, tests_in
from tests.mutation.mutants import Mutant
from tests.mutation.thresholds import DATA, norm_of

_BASELINE_SECONDS = 120.0
_SPAWN = multiprocessing.get_context("spawn")


class Fate(StrEnum):
    """What came of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a mutant, and by what: the test that failed, or why it could not be loaded."""

    fate: Fate
    by: str = ""


class Judges:
    """As many processes as there are processors, for the files of one year by name.

    `seconds` is how long one mutant may take.
    """

    def __init__(self, files: Mapping[str, str], processes: int = 0) -> None:
        """Raises PolicyLoadError when a file with tests cannot be read."""
        self._files = dict(files)
        self._tests = rego_tests_of(files)
        self._count = processes or os.cpu_count() or 1
        self._free: queue.LifoQueue[_Judge] = queue.LifoQueue()
        self.seconds = _BASELINE_SECONDS

    def __enter__(self) -> Judges:
        for _ in range(self._count):
            self._free.put(_Judge(self._files))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while not self._free.empty():
            self._free.get().end()

    def baseline(self) -> Judgement:
        """What the tests say of the rules as they are; only when they survive does the fate of a mutant say anything.

        How long that takes also says when a mutant has run away.
        """
        started = time.monotonic()
        judgement = self._judge({}, "")
        self.seconds = max(10.0, 20 * (time.monotonic() - started))
        return judgement

    def judge(self, mutants: Sequence[Mutant]) -> Iterator[Judgement]:
        """What comes of each mutant, in their order."""
        threads = ThreadPoolExecutor(self._count)
        try:
            yield from threads.map(self._judge_one, mutants)
        finally:
            threads.shutdown(cancel_futures=True)

    def _judge_one(self, mutant: Mutant) -> Judgement:
        stem = norm_of(mutant, self._files[DATA]) if mutant.file == DATA else mutant.file.removesuffix(".rego")
        return self._judge({mutant.file: mutant.text}, f"{stem}_test.rego")

    def _judge(self, changed: Mapping[str, str], first: str) -> Judgement:
        tests = sorted(self._tests, key=lambda test: test.file != first)
        judge = self._free.get()
        try:
            judgement = judge.ask(changed, tests, self.seconds)
            if judgement is None:
                judge.end()
                judge = _Judge(self._files)
                judgement = Judgement(Fate.KILLED, "geen uitslag: te lang bezig, of omgevallen")
            return judgement
        finally:
            self._free.put(judge)


class _Judge:
    """One process."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._connection, other = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(other, files), daemon=True)
        self._process.start()
        other.close()
        self._ready = False

    def ask(self, changed: Mapping[str, str], tests: Sequence[TestRule], seconds: float) -> Judgement | None:
        """The judgement, or None when there is none in time or the process dies of it."""
        if not self._ready:
            # That a process takes time to start says nothing about a mutant.
            self._connection.recv()
            self._ready = True
        self._connection.send((changed, tests))
        if not self._connection.poll(seconds):
            return None
        try:
            judgement = self._connection.recv()
        except (EOFError, ConnectionResetError):
            return None
        assert isinstance(judgement, Judgement)
        return judgement

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _serve(connection: Connection, files: Mapping[str, str]) -> None:
    # Ctrl-C is for the round, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.send("ready")
    while True:
        try:
            changed, tests = connection.recv()
        except EOFError:
            return
        connection.send(judge({**files, **changed}, tests))


def rego_tests_of(files: Mapping[str, str]) -> list[TestRule]:
    """Every test in files. Raises PolicyLoadError when one of those with tests cannot be read."""
    texts = {name: text for name, text in sorted(files.items()) if name.endswith("_test.rego")}
    return tests_in(modules_in(new_engine(texts, "{}")))


def judge(files: Mapping[str, str], tests: Sequence[TestRule]) -> Judgement:
    """Run the tests on the rules in `files`, one after the other until one fails."""
    try:
        engine = new_engine({name: files[name] for name in sorted(files) if name.endswith(".rego")}, files[DATA])
        # The engine looks through every rule before its first answer; what is unsafe comes out here.
        guarded(PolicyLoadError, lambda: engine.eval_query_as_json("true"))
    except PolicyError as reason:
        return Judgement(Fate.INVALID, str(reason))
    failed = next((test for test in tests if not _passes(engine, f"data.{test.package}.{test.rule}")), None)
    return Judgement(Fate.KILLED, f"{failed.package}.{failed.rule}") if failed else Judgement(Fate.SURVIVED)


def _passes(engine: regorus.Engine, path: str) -> bool:
    try:
        return value_of(guarded(EvaluationError, lambda: engine.eval_query_as_json(path)), path) is True
    except PolicyError:
        return False
