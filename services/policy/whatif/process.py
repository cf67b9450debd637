"""One comparing process: loads the sets, then compares chunk by chunk until its input ends.

It is started by `comparison`. Each frame out is a letter and a text: `A` with answers, `L` with why a set could not be
loaded, `U` with the norms that read what they do not name.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace

from services.policy.assess import Finding
from services.policy.engine import PolicyError
from services.policy.policy_set import PolicySet
from services.policy.whatif.differences import Differ, Difference
from services.policy.whatif.engine import RuleEngine
from services.policy.whatif.frames import (
    Answer,
    Refusal,
    Setup,
    read_chunk,
    read_setup,
    write_answers,
)
from services.policy.whatif.judging import Filled, Judge, UnknownBlocksError, read_filled
from services.policy.worker import read_frame, write_frame


class UndeclaredReadingError(PolicyError):
    """Judged alone, norms said something else than judged whole: they read a question that they do not name."""

    def __init__(self, norms: tuple[str, ...]) -> None:
        super().__init__(f"these norms read questions that their METADATA does not name: {', '.join(norms)}")
        self.norms = norms


class Comparer:
    """Compares case by case."""

    def __init__(self, setup: Setup) -> None:
        """Raises PolicyLoadError or InvalidYearError when a set cannot be used."""
        self._setup = setup
        self._draft = _judge_of(setup.draft)
        self._bases = [_judge_of(base, self._draft) for base in setup.bases]
        draft = self._draft.policies.catalogue
        self._differs = [Differ(base.policies.catalogue, draft, setup.as_of) for base in self._bases]
        self._explained = 0

    def answers(self, first: int, cases: list[tuple[int, str]]) -> Iterator[Answer]:
        """What comes of cases; `first` is the number of the first one. Raises UndeclaredReadingError."""
        for number, (base, text) in enumerate(cases, start=first):
            yield self._answer(base, read_filled(text), checked=self._setup.checks(number))

    def _answer(self, base: int, filled: Filled, *, checked: bool) -> Answer:
        sides = []
        for judge in (self._bases[base], self._draft):
            try:
                sides.append(_findings(judge, filled, checked=checked))
            except UnknownBlocksError as error:
                return Answer(Refusal(judge is self._draft, error.blocks, ""), checked=False)
            except UndeclaredReadingError:
                raise
            except PolicyError as error:
                return Answer(Refusal(judge is self._draft, (), str(error)), checked=False)
        found = self._differs[base].difference(*sides)
        return Answer(self._explaining(found) if found.changes else found, checked)

    def _explaining(self, found: Difference) -> Difference:
        """The difference with the facts of as many changes as may still be explained."""
        room = max(0, self._setup.explained - self._explained)
        self._explained += min(room, len(found.changes))
        short = (change.without_facts() for change in found.changes[room:])
        return replace(found, changes=(*found.changes[:room], *short))


def _judge_of(policy_set: PolicySet, other: Judge | None = None) -> Judge:
    policies = policy_set.read()
    return Judge(policies, RuleEngine, other)


def _findings(judge: Judge, filled: Filled, *, checked: bool) -> tuple[Finding, ...]:
    findings = judge.judge(filled)
    if checked:
        whole = judge.judge_whole(filled)
        differing = tuple(mine.norm for mine, other in zip(findings, whole, strict=True) if mine != other)
        if differing:
            raise UndeclaredReadingError(differing)
    return findings


def main() -> None:
    """Answers on standard output until standard input ends."""
    # Ctrl-C is for whoever started this, and ends it by ending its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    frame = read_frame(source)
    if frame is None:
        return
    setup = read_setup(frame)
    # A rule that nobody has reviewed may ask for more than there is.
    resource.setrlimit(resource.RLIMIT_AS, (setup.memory, setup.memory))
    try:
        comparer = Comparer(setup)
    except PolicyError as error:
        write_frame(target, b"L" + str(error).encode())
        return
    write_frame(target, b"A")
    while (frame := read_frame(source)) is not None:
        try:
            answers = list(comparer.answers(*read_chunk(frame)))
        except UndeclaredReadingError as error:
            write_frame(target, b"U" + json.dumps(error.norms).encode())
            return
        write_frame(target, b"A" + write_answers(answers))


if __name__ == "__main__":
    main()
