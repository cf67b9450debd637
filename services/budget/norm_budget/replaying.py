"""Calculating again what was calculated before, from the facts and by the rules of then."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.type.money_pb2 import Money
from sqlalchemy import Connection

from services.budget import archive
from services.budget.norm_budget import store
from services.budget.norm_budget.basis import Basis, read_basis
from services.budget.norm_budget.messages import record, write_calculation
from services.budget.norm_budget.model import input_digest, provider_budget
from services.budget.trace import cents_text
from services.policy.parameters import Parameters
from services.policy.purchasing import PurchasingYear
from services.policy.year import InvalidYearError
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.versions import Stamp
from services.runtime.wire import from_money
from spoedkader.budget.v1 import budget_pb2 as pb


@dataclass(frozen=True, slots=True)
class Past:
    """A calculation as it was answered, with the facts and the parameters that it was made from."""

    message: pb.Calculation
    basis: Basis
    parameters: Parameters


class UnusableError(Exception):
    """What a calculation was made from was not kept unharmed, or this version can't read it; says so in Dutch."""


def past(connection: Connection, name: str) -> Past:
    """A calculation with what it was made from.

    Raises:
        DomainError: NOT_FOUND, or POLICY_FAILED when what it was made from cannot be used.
    """
    kept = _evidence(connection, name)
    message = pb.Calculation.FromString(kept.content)
    try:
        rules, basis = _origin(connection, kept, message)
    except UnusableError as error:
        text = f"{name} is niet over te doen: {error}."
        raise DomainError(Reason.POLICY_FAILED, text, metadata={"calculation": name}) from error
    return Past(message, basis, rules.parameters)


def replay(connection: Connection, name: str) -> list[str]:
    """What differs when a calculation is made again, in Dutch; nothing when the same comes out to the byte.

    Raises:
        DomainError: NOT_FOUND.
    """
    kept = _evidence(connection, name)
    message = pb.Calculation.FromString(kept.content)
    try:
        rules, basis = _origin(connection, kept, message)
    except UnusableError as error:
        return [str(error)]
    found = provider_budget(basis.provider, basis.round, basis.standings, rules.parameters)
    again = write_calculation(found, rules, input_digest(kept.facts, rules.parameters))
    if record(again, name, Stamp(kept.created_at, kept.created_by)) == kept.content:
        return []
    return list(_differences(message, again)) or ["het bericht is anders geschreven"]


def _evidence(connection: Connection, name: str) -> store.Evidence:
    """What is kept under a name that is known to be one of a calculation."""
    agb, year, number = names.parts(names.CALCULATION, name)
    kept = store.evidence(connection, agb, int(year), int(number))
    if kept is None:
        raise not_found(name)
    return kept


def _origin(connection: Connection, kept: store.Evidence, message: pb.Calculation) -> tuple[PurchasingYear, Basis]:
    """The rules and the facts of then. Raises UnusableError."""
    try:
        rules = archive.of_revision(connection, message.rules_revision)
    except InvalidYearError as error:
        raise UnusableError(f"de regels van toen kan deze versie van de software niet lezen ({error})") from error
    if rules is None or rules.revision != message.rules_revision:
        raise UnusableError("de bewaarde regels zijn niet die van hun digest")
    if input_digest(kept.facts, rules.parameters) != message.input_digest:
        raise UnusableError("de bewaarde feiten zijn niet die van hun digest")
    return rules, read_basis(kept.facts)


def _differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """The fields that differ, under their names in the contract."""
    for field in before.DESCRIPTOR.fields:
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.name == "locations" and [each.location for each in old] == [each.location for each in new]:
            for one, other in zip(old, new, strict=True):
                yield from _differences(one, other, f"{one.location}, ")
        elif isinstance(old, Money):
            yield f"{where}{field.name} was {cents_text(from_money(old))} en is nu {cents_text(from_money(new))}"
        else:
            yield f"{where}{field.name} is anders"
