"""A mutant: one small fault in one file of a year."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters from `start` up to `end` become `new`; `kind` says in Dutch what sort of fault that is."""

    kind: str
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with a fault, as its whole `text`.

    `before` and `after` are the lines that the fault touches, as they were and as they are now, with single spaces;
    `line` is the first of them, from 1.
    """

    file: str
    line: int
    kind: str
    before: str
    after: str
    text: str


def mutants_of(file: str, text: str, edits: Iterable[Edit]) -> Iterator[Mutant]:
    """The mutants that the edits give, each text once, without those that change nothing."""
    seen = {text}
    for edit in edits:
        mutant = _mutant(file, text, edit)
        if mutant.text not in seen:
            seen.add(mutant.text)
            yield mutant


def _mutant(file: str, text: str, edit: Edit) -> Mutant:
    changed = text[: edit.start] + edit.new + text[edit.end :]
    first = text.rfind("\n", 0, edit.start) + 1
    after_last = text.find("\n", edit.end)
    rest = 0 if after_last < 0 else len(text) - after_last
    return Mutant(
        file,
        text.count("\n", 0, edit.start) + 1,
        edit.kind,
        _compact(text[first : len(text) - rest]),
        _compact(changed[first : len(changed) - rest]),
        changed,
    )


def _compact(lines: str) -> str:
    return " ".join(lines.split())
