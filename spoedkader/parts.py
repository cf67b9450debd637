"""Loads in parts: the last part says that it is the last, so that a stream that broke off is never taken for whole."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class _Part(Protocol):
    last: bool


Part = TypeVar("Part", bound=_Part)


def mark_last(parts: Iterable[Part]) -> Iterator[Part]:
    """The same parts, of `ImportFacts` or `ImportSubmissions`, with `last` set on the last one."""
    waiting: Part | None = None
    for part in parts:
        if waiting is not None:
            waiting.last = False
            yield waiting
        waiting = part
    if waiting is not None:
        waiting.last = True
        yield waiting
