"""A way to read a file: the parts that it comes in, and what makes raw values of a part."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import polars as pl

Part = TypeVar("Part")


class NotPlain(Exception):  # noqa: N818 - no error: the exact way reads the file
    """A file is not written as exports are; raised by a fast way, at any point."""


@dataclass(frozen=True)
class Way(Generic[Part]):
    """Parts of a file in order, and a function that gives the raw values (`encounter.RAW_COLUMNS`) of one.

    The function can be called in any thread. Both raise `FileProblem`, or `NotPlain`.
    """

    parts: Iterator[Part]
    raw: "Callable[[Part], pl.DataFrame]"
