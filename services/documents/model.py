"""What a document says, apart from how it looks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class Form(StrEnum):
    """How a document is shown; the value is its media type."""

    HTML = "text/html; charset=utf-8"
    PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 begins a chapter, 2 and 3 divide it."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that has to catch the eye, as in a warning that figures are indicative."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of points."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """The one figure that the document is about, in large."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    The columns whose index is in `right` are aligned to the right, as numbers are. With `total` the last row is the sum
    of the others.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    total: bool = False


Block: TypeAlias = Heading | Paragraph | Notice | Items | Facts | Figure | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A document in Dutch.

    `reference` stands on every page, as in a resource name and a digest; `made_at` is in UTC and is the only time in
    the file, so that the same document gives the same bytes.
    """

    title: str
    subtitle: str
    reference: str
    made_at: datetime
    blocks: tuple[Block, ...]
