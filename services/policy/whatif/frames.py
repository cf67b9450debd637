"""What goes between `comparison` and its processes: JSON in the frames of `services.policy.worker`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.policy.assess import Fact, Outcome, Verdict
from services.policy.catalogue import Level
from services.policy.policy_set import PolicySet
from services.policy.routes import Route
from services.policy.whatif.differences import Difference, NormChange, Side
from services.policy.year import is_rule


@dataclass(frozen=True)
class Setup:
    """What a process needs before the first case.

    It tells the facts of the first `explained` changes it finds. Every `check_every`-th case, and each of the first
    `check_first`, is also judged whole. It may hold `memory` bytes.
    """

    bases: tuple[PolicySet, ...]
    draft: PolicySet
    as_of: date
    explained: int
    check_first: int
    check_every: int
    memory: int

    def checks(self, number: int) -> bool:
        """Whether a case, counted from 0, is also judged whole."""
        return number < self.check_first or number % self.check_every == 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a location could not be judged by both sets: blocks that the questionnaire of one does not have, or what went
    wrong in its norms. `draft` tells by which of the two."""

    draft: bool
    blocks: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one case; `checked` when it was also judged whole."""

    result: Difference | Refusal
    checked: bool


def write_setup(setup: Setup) -> bytes:
    """The frame of a set-up; the tests of the sets stay behind."""
    sets = [
        {"year": found.year, "files": {name: text.decode() for name, text in found.files.items() if is_rule(name)}}
        for found in (*setup.bases, setup.draft)
    ]
    content = {
        "sets": sets,
        "as_of": setup.as_of.isoformat(),
        "explained": setup.explained,
        "check_first": setup.check_first,
        "check_every": setup.check_every,
        "memory": setup.memory,
    }
    return json.dumps(content).encode()


def read_setup(frame: bytes) -> Setup:
    """The set-up in a frame."""
    content = json.loads(frame)
    *bases, draft = [
        PolicySet(found["year"], {name: text.encode() for name, text in found["files"].items()})
        for found in content.pop("sets")
    ]
    return Setup(tuple(bases), draft, date.fromisoformat(content.pop("as_of")), **content)


def write_chunk(first: int, cases: Sequence[tuple[int, str]]) -> bytes:
    """The frame of cases, each the index of its base and its input; `first` is the number of the first one.

    Canonical JSON holds no line end, so that each input goes as it is, on a line of its own.
    """
    head = json.dumps({"first": first, "bases": [base for base, _ in cases]})
    return "\n".join([head, *(text for _, text in cases)]).encode()


def read_chunk(frame: bytes) -> tuple[int, list[tuple[int, str]]]:
    """The number of the first case in a frame, and the cases."""
    head, *texts = frame.decode().split("\n")
    content = json.loads(head)
    return content["first"], list(zip(content["bases"], texts, strict=True))


def write_answers(answers: Sequence[Answer]) -> bytes:
    """The frame of answers."""
    return json.dumps([_write_answer(answer) for answer in answers], separators=(",", ":")).encode()


def read_answers(frame: bytes) -> list[Answer]:
    """The answers in a frame."""
    return [_read_answer(*written) for written in json.loads(frame)]


def _write_answer(answer: Answer) -> list[Any]:
    result = answer.result
    if isinstance(result, Refusal):
        return [answer.checked, result.draft, result.blocks, result.problem]
    changes = [[change.norm, _write_side(change.base), _write_side(change.draft)] for change in result.changes]
    return [answer.checked, sorted(result.base_routes), sorted(result.draft_routes), changes]


def _read_answer(checked: bool, first: Any, second: Any, third: Any) -> Answer:
    if isinstance(third, str):
        return Answer(Refusal(first, tuple(second), third), checked)
    changes = tuple(NormChange(norm, _read_side(base), _read_side(draft)) for norm, base, draft in third)
    return Answer(Difference(frozenset(map(Route, first)), frozenset(map(Route, second)), changes), checked)


def _write_side(side: Side | None) -> list[Any] | None:
    return None if side is None else [side.verdict, side.level, side.warning, [fact._asdict() for fact in side.facts]]


def _read_side(written: list[Any] | None) -> Side | None:
    if written is None:
        return None
    verdict, level, warning, facts = written
    read = tuple(Fact(**{**fact, "outcome": Outcome(fact["outcome"])}) for fact in facts)
    return Side(Verdict(verdict), Level(level), warning, read)
