"""What the gate and its process say to each other. The frames are those of `worker`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from services.policy.policy_set import PolicySet
from services.policy.problems import Problem

OUT_OF_MEMORY = 9
"""The status with which the process ends when Python finds no memory."""
TOO_DEEP = 10
"""The same when something is nested deeper than Python can follow."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the process is told first: what kind of rules to inspect, which, and those of other years."""

    kind: str
    policy_set: PolicySet
    earlier: tuple[PolicySet, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """What the process is about to do, and for which file and line."""

    what: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything was looked at; `norm_count` is how many norms or conditions there are."""

    norm_count: int
    test_count: int
    line_coverage_percent: int


Message = Running | Ended | tuple[Problem, ...]
Tell = Callable[[Message], None]
"""How a check says what it is about to do and what is wrong."""


def write_setup(setup: Setup) -> bytes:
    """As a frame."""
    sets = [_write_set(found) for found in (setup.policy_set, *setup.earlier)]
    return json.dumps([setup.kind, *sets]).encode()


def read_setup(frame: bytes) -> Setup:
    """From a frame."""
    kind, *sets = json.loads(frame)
    first, *earlier = map(_read_set, sets)
    return Setup(kind, first, tuple(earlier))


def write_message(message: Message) -> bytes:
    """As a frame."""
    if isinstance(message, Running):
        return json.dumps(["running", *astuple(message)]).encode()
    if isinstance(message, Ended):
        return json.dumps(["ended", *astuple(message)]).encode()
    return json.dumps(["problems", *map(astuple, message)]).encode()


def read_message(frame: bytes) -> Message:
    """From a frame."""
    kind, *rest = json.loads(frame)
    if kind == "running":
        return Running(*rest)
    if kind == "ended":
        return Ended(*rest)
    return _problems(rest)


def _problems(rest: Sequence[Any]) -> tuple[Problem, ...]:
    return tuple(Problem(*found) for found in rest)


def _write_set(policy_set: PolicySet) -> object:
    files = {name: base64.b64encode(content).decode() for name, content in policy_set.files.items()}
    return [policy_set.year, files]


def _read_set(found: Any) -> PolicySet:
    year, files = found
    return PolicySet(year, {name: base64.b64decode(content) for name, content in files.items()})
