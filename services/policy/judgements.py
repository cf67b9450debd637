"""What the conditions of the Inkoopkader say about one provider."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.policy.conditions import Condition, ConditionRules
from services.policy.engine import JsonValue, PolicyError


class Status(StrEnum):
    """Whether a condition is met."""

    VOLDAAN = "VOLDAAN"
    NIET_VOLDAAN = "NIET_VOLDAAN"
    ONBEKEND = "ONBEKEND"
    NIET_VAN_TOEPASSING = "NIET_VAN_TOEPASSING"


BLOCKING = frozenset((Status.NIET_VOLDAAN, Status.ONBEKEND))
"""What holds a joint application up (AMB-45)."""


class Actor(StrEnum):
    """Who has to act."""

    ZORGAANBIEDER = "ZORGAANBIEDER"
    VERZEKERAARS = "VERZEKERAARS"
    SAMEN = "SAMEN"


@dataclass(frozen=True, slots=True)
class Item:
    """What is missing for a condition, or deserves attention.

    `location` is its resource name, empty when it is about the provider; `due_on` is the last day, None without a term.
    """

    location: str
    description: str
    actor: Actor
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one condition says. There are shortfalls exactly when it blocks; remarks never do."""

    condition: Condition
    status: Status
    shortfalls: tuple[Item, ...]
    remarks: tuple[Item, ...]


class InvalidJudgementsError(PolicyError):
    """The policies gave something else than exactly one judgement for each condition."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def is_blocked(judgements: Iterable[Judgement]) -> bool:
    """Whether a joint application is held up: a condition is not met or not known (AMB-45)."""
    return any(judgement.status in BLOCKING for judgement in judgements)


def read_judgements(rules: ConditionRules, results: JsonValue) -> tuple[Judgement, ...]:
    """Return the judgements in what an engine gave at `judgements_path`, in the order of the conditions.

    Raises InvalidJudgementsError when one is missing, unknown or malformed: a mistake is never a pass.
    """
    if not isinstance(results, Mapping):
        raise InvalidJudgementsError(["the judgements are not an object"])
    known = {condition.stem for condition in rules.conditions}
    problems = [f"{stem}: a judgement of what is no condition" for stem in sorted(set(results) - known)]
    judgements = []
    for condition in rules.conditions:
        if condition.stem not in results:
            problems.append(f"{condition.stem}: no judgement")
            continue
        try:
            judgements.append(_judgement(condition, results[condition.stem]))
        except (KeyError, TypeError, ValueError) as reason:
            problems.append(f"{condition.stem}: not a judgement: {reason!r}")
    if problems:
        raise InvalidJudgementsError(problems)
    return tuple(judgements)


def _judgement(condition: Condition, result: JsonValue) -> Judgement:
    if not isinstance(result, Mapping) or set(result) != {"status", "shortfalls", "remarks"}:
        raise TypeError("expected an object with status, shortfalls and remarks")
    status = Status(_text(result["status"]))
    shortfalls, remarks = _items(result["shortfalls"]), _items(result["remarks"])
    if (status in BLOCKING) != bool(shortfalls):
        raise ValueError(f"{status} with {len(shortfalls)} shortfalls")
    return Judgement(condition, status, shortfalls, remarks)


def _items(given: JsonValue) -> tuple[Item, ...]:
    if not isinstance(given, list):
        raise TypeError("shortfalls and remarks are lists")
    return tuple(_item(**each) for each in given)


def _item(*, location: JsonValue, description: JsonValue, actor: JsonValue, due_on: JsonValue) -> Item:
    # Keyword arguments are strict both ways: a key too many or too few is a TypeError.
    if not _text(description):
        raise ValueError("an empty description")
    due = _text(due_on)
    return Item(_text(location), _text(description), Actor(_text(actor)), date.fromisoformat(due) if due else None)


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
