"""A whole population compared, on as many processes as there are processors.

The cases are drawn as they are needed and go to the processes in turn, a chunk at a time; what comes back comes in the
order of the population. At most `AHEAD` chunks wait at each process, so that memory does not grow with the population,
nor with a reader that is slow.
"""

from __future__ import annotations

import itertools
import json
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import BinaryIO, Generic, Self, TypeVar, cast

from services.policy.engine import EvaluationError, PolicyLoadError
from services.policy.policy_set import PolicySet
from services.policy.whatif.differences import Difference
from services.policy.whatif.frames import Answer, Refusal, Setup, read_answers, write_chunk, write_setup
from services.policy.whatif.process import UndeclaredReadingError
from services.policy.worker import read_frame, write_frame

__all__ = ["LIMITS", "Case", "Compared", "Limits", "Refusal", "UndeclaredReadingError", "compare"]

CHUNK = 50
"""Cases that go together: few enough to share a small round among all processes."""
AHEAD = 2
"""One chunk that a process works on, and one that is ready for it."""
CHECK_FIRST, CHECK_EVERY = 20, 500
START_SECONDS = 30.0
_LOOK_SECONDS = 0.5

Tag = TypeVar("Tag")


@dataclass(frozen=True, slots=True)
class Case(Generic[Tag]):
    """A questionnaire of the population: what it is called, the index of the base to judge it by, and the canonical
    JSON that was judged before."""

    tag: Tag
    base: int
    input: str


@dataclass(frozen=True, slots=True)
class Compared(Generic[Tag]):
    """What came of a case; `checked` when it was also judged whole."""

    tag: Tag
    result: Difference | Refusal
    checked: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a rule may go that nobody has reviewed: seconds for a chunk, and bytes of memory for a process."""

    seconds: float = 30.0
    memory: int = 2 * 1024**3


LIMITS = Limits()


def compare(
    bases: Iterable[PolicySet],
    draft: PolicySet,
    cases: Iterable[Case[Tag]],
    *,
    as_of: date,
    processes: int,
    explained: int = 0,
    limits: Limits = LIMITS,
    going_on: Callable[[], bool] = lambda: True,
) -> Generator[Compared[Tag], None, None]:
    """Compares every case, in their order, until `going_on` says that nobody waits for it any more.

    The facts are told of at most the first `explained` changes. Raises PolicyLoadError when a set cannot be used,
    EvaluationError when a process dies or takes too long, and UndeclaredReadingError when a norm reads more than it
    names. Whatever happens, no process is left when the iterator is closed.
    """
    setup = Setup(tuple(bases), draft, as_of, explained, CHECK_FIRST, CHECK_EVERY, limits.memory)
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(setup, limits.seconds)) for _ in range(processes)]
        for answers in _in_order(workers, _chunks(cases), going_on):
            for case, answer in answers:
                result, explained = _limited(answer.result, explained)
                yield Compared(case.tag, result, answer.checked)


def _limited(result: Difference | Refusal, room: int) -> tuple[Difference | Refusal, int]:
    """The result with facts for so many changes, and for how many there is room after that.

    Each process explains the first changes of its own chunks; those that come first of all are among them.
    """
    if isinstance(result, Refusal) or not result.changes:
        return result, room
    kept = [change if index < room else change.without_facts() for index, change in enumerate(result.changes)]
    return Difference(result.base_routes, result.draft_routes, tuple(kept)), max(0, room - len(kept))


@dataclass(frozen=True, slots=True)
class _Chunk(Generic[Tag]):
    first: int
    cases: tuple[Case[Tag], ...]


def _chunks(cases: Iterable[Case[Tag]]) -> Iterator[_Chunk[Tag]]:
    source = iter(cases)
    for first in itertools.count(0, CHUNK):
        chunk = tuple(itertools.islice(source, CHUNK))
        if not chunk:
            return
        yield _Chunk(first, chunk)


def _in_order(
    workers: list[_Worker], chunks: Iterator[_Chunk[Tag]], going_on: Callable[[], bool]
) -> Iterator[Iterator[tuple[Case[Tag], Answer]]]:
    turns = itertools.cycle(workers)
    ahead: deque[tuple[_Chunk[Tag], Future[list[Answer]]]] = deque()
    while going_on():
        room = AHEAD * len(workers) - len(ahead)
        ahead.extend((chunk, next(turns).compare(chunk)) for chunk in itertools.islice(chunks, room))
        if not ahead:
            return
        chunk, answers = ahead[0]
        if wait([answers], _LOOK_SECONDS).done:
            ahead.popleft()
            yield zip(chunk.cases, answers.result(), strict=True)


class _Worker:
    """One process, and the thread that talks with it."""

    def __init__(self, setup: Setup, seconds: float) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.policy.whatif.process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._thread = ThreadPoolExecutor(1)
        self._loaded = self._thread.submit(self._load, write_setup(setup))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # The thread waits for the process, so that one goes first.
        self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        self._process.wait()
        for stream in (self._input, self._output):
            with suppress(OSError):
                stream.close()

    def compare(self, chunk: _Chunk[Tag]) -> Future[list[Answer]]:
        """What is going to come of a chunk."""
        return self._thread.submit(self._compare, write_chunk(chunk.first, [(c.base, c.input) for c in chunk.cases]))

    def _load(self, frame: bytes) -> None:
        self._ask(frame, START_SECONDS)

    def _compare(self, frame: bytes) -> list[Answer]:
        self._loaded.result()
        return read_answers(self._ask(frame, self._seconds))

    def _ask(self, frame: bytes, seconds: float) -> bytes:
        try:
            write_frame(self._input, frame)
        except OSError as error:
            raise EvaluationError("the comparing process died") from error
        # Not `select.select`, which cannot wait for a file beyond the thousandth that a process has open.
        waiting = select.poll()
        waiting.register(self._output, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            self._process.kill()
            raise EvaluationError(f"no result within {seconds:g} s")
        answer = read_frame(self._output)
        if answer is None:
            raise EvaluationError("the comparing process died")
        return _opened(answer)

    @property
    def _input(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    @property
    def _output(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdout)


def _opened(frame: bytes) -> bytes:
    kind, content = frame[:1], frame[1:]
    if kind == b"A":
        return content
    if kind == b"U":
        raise UndeclaredReadingError(tuple(json.loads(content)))
    raise PolicyLoadError(content.decode())
