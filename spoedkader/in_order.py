"""Work on the parts of a stream, a few at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Outcome = TypeVar("Outcome")

_MAX_WORKERS = 4
"""Each holds a part and what is made of it; more would take more memory than they save time."""


def in_order(work: Callable[[Part], Outcome], stream: Iterable[Part]) -> Iterator[Outcome]:
    """Yield the outcome of each part, in the order of the parts, with only a few of them in memory.

    The work is done in threads, so it gains where it is done outside Python. Raises what the work and the stream raise.
    """
    workers = min(os.cpu_count() or 1, _MAX_WORKERS)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Outcome]] = deque()
        for part in stream:
            waiting.append(pool.submit(work, part))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
