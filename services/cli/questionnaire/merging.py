"""The changes of one form on top of answers that others may have changed in between."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cli.questionnaire.contents import Form, Keys, assemble, leaves
from services.policy.engine import JsonValue


@dataclass(frozen=True)
class Merged:
    """The answers after the changes, and the answers that were changed on both sides, each otherwise."""

    answers: Mapping[str, JsonValue]
    conflicts: tuple[Keys, ...]


def merge(form: Form, current: Mapping[str, JsonValue]) -> Merged:
    """Puts what was changed in a form since it was downloaded on top of the canonical answers that are there now.

    An answer that is in conflict stays as it is there.
    """
    base, own, there = leaves(form.base), leaves(form.answers), leaves(current)
    conflicts = []
    for keys in sorted(base.keys() | own.keys()):
        before, wanted, now = (answers.get(keys) for answers in (base, own, there))
        # Compared with their types: in Python True is 1.
        if _same(wanted, before) or _same(wanted, now):
            continue
        if not _same(now, before):
            conflicts.append(keys)
        elif wanted is None:
            del there[keys]
        else:
            there[keys] = wanted
    return Merged(assemble(there), tuple(conflicts))


def count_of_differences(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> int:
    """In how many answers two canonical documents differ."""
    old, new = leaves(before), leaves(after)
    return sum(not _same(old.get(keys), new.get(keys)) for keys in old.keys() | new.keys())


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
