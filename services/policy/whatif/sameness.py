"""What a norm can reach: the modules that decide what it says, and whether those of two policy sets are the same.

Told from the text alone, and only when that leaves no doubt. A norm can be judged by an engine that holds no more than
it reaches. And when in two sets the norm and every module that it imports are the same but for the year, as are the
thresholds that they name and the questions that the norm reads, it needs to be judged only once. A norm of which this
cannot be told is judged by whole sets, and by both; that costs time and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from services.policy.year import KIND, Norm, PolicyYear

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_IMPORT = re.compile(rf"^import data\.{KIND}\.y\d+\.(\w+)$", re.MULTILINE)
_HEAD = re.compile(r"^(package .*|import rego\.v1)$", re.MULTILINE)
_UNTOLD = re.compile(r"\b(data|rego|opa)\b|\binput\b(?!\.(open_blocks|answers)\b)|^\s*import\b", re.MULTILINE)
"""What may depend on more than a norm is known to read."""
_THRESHOLD = re.compile(r"\bthresholds\b(?:\.(\w+))?")
_THRESHOLDS = "thresholds"


def same_norm(one: PolicyYear, other: PolicyYear, code: str) -> bool:
    """Whether the norm of a code, in both sets, is certain to say the same of every questionnaire."""
    mine, theirs = one.norm(code), other.norm(code)
    return (
        mine.stem == theirs.stem
        and _asked(one, mine) == _asked(other, theirs)
        and (reached := _reached(one, mine.stem)) is not None
        and reached == _reached(other, theirs.stem)
    )


def _asked(policies: PolicyYear, norm: Norm) -> tuple[object, ...]:
    questionnaire = policies.questionnaire
    questions = [questionnaire.by_id[question] for question in norm.questions]
    return questions, set(questionnaire.block_ids), set(questionnaire.specialisms)


def modules_of(policies: PolicyYear, norm: Norm) -> Mapping[str, str]:
    """The modules that decide what a norm says, by file name: all of them when it can't be told which."""
    reached = _reached(policies, norm.stem)
    if reached is None:
        return policies.modules
    return {f"{name}.rego": policies.modules[f"{name}.rego"] for name in sorted(reached[0])}


def _reached(policies: PolicyYear, stem: str) -> tuple[dict[str, str], dict[str, object]] | None:
    """The text of every module and the value of every threshold that a norm can reach; None when that can't be told."""
    texts: dict[str, str] = {}
    thresholds: dict[str, object] = {}
    waiting = [stem]
    while waiting:
        name = waiting.pop()
        if name in texts:
            continue
        text = policies.modules.get(f"{name}.rego", "")
        code = _HEAD.sub("", _COMMENT.sub("", text))
        waiting += [found for found in _IMPORT.findall(code) if found != _THRESHOLDS]
        body = _IMPORT.sub("", code)
        if not text or _UNTOLD.search(body):
            return None
        texts[name] = text.replace(f"y{policies.year}", "y")
        thresholds |= _thresholds(policies, body)
    return texts, thresholds


def _thresholds(policies: PolicyYear, body: str) -> Iterator[tuple[str, object]]:
    for found in _THRESHOLD.finditer(body):
        key = found[1]
        # Without a name behind it, all of them may be read.
        yield (key, policies.thresholds.get(key)) if key else ("", policies.thresholds)
