"""What is wrong with an exchange folder: one problem per place, and the error that carries all of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that a person has to put right.

    `file` is relative to the folder, with forward slashes; `line` counts from 1 and is the physical line on which the
    row or the JSON key starts; `field` is a column, a key path such as `answers/ic.beschikbaar`, or empty when the
    whole line or file is meant; `reason` is Dutch.
    """

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Return the problem as one line of text, `file:line: field: reason`."""
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.field}: {self.reason}" if self.field else f"{where}: {self.reason}"


class FolderProblems(Exception):  # noqa: N818 - it is all of them, and that is what its name says
    """An exchange folder cannot be used; `problems` holds every problem, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Take the problems in any order."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return every problem on a line of its own."""
        return "\n".join(str(problem) for problem in self.problems)
