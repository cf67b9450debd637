"""Whom a request is about: the providers and the parties that it names, and the budget year."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.runtime.identity.caller import ANY_PROVIDER
from spoedkader.budget.v1 import overloop_pb2

_PROVIDER = re.compile(r"providers/([0-9]{8}|-)(?:/|$)", re.ASCII)
_INSURER = re.compile(r"insurers/([0-9]{4})", re.ASCII)
_YEAR = re.compile(
    r"/(?:budgets|conditions|outlooks|tariffs|settlements|applications|overloops|obligations|availabilities)/"
    r"([0-9]{4})(?:[/-]|$)",
    re.ASCII,
)
_OVERLOOP = re.compile(r"providers/([0-9]{8})/overloops/[0-9]{4}-([0-9]{4})", re.ASCII)
_PUBLIC = ("rounds/", "policyYears/")
"""Collections that everyone may read."""
UNREADABLE = "?"
"""Stands for a provider or a party that is named in a way that can't be read; nobody's own."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Whom a request is about. `providers` are AGB codes, `-` for any; `parties` are the codes of those on whose behalf
    something is done; `year` is the budget year, 0 when the request names none."""

    providers: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    year: int = 0


def resources_of(request: Any) -> Resources:
    """Whom a request is about, by the fields of its type."""
    return _reader(request.DESCRIPTOR)(request)


@cache
def _reader(descriptor: Descriptor) -> Callable[[Any], Resources]:
    """What reads requests of a type. Resource names are in texts, and in the `name` of a resource to be changed."""
    texts = [field.name for field in descriptor.fields if _is_text(field)]
    resources = [field.name for field in descriptor.fields if _is_resource(field)]
    has_year = "budget_year" in descriptor.fields_by_name
    parties = [read for field, read in _PARTIES.items() if field in descriptor.fields_by_name]
    has_id = "provider_id" in descriptor.fields_by_name
    lists = [field.name for field in descriptor.fields if _is_list_of_providers(field)]

    def read(request: Any) -> Resources:
        names = [getattr(request, text) for text in texts]
        names += [getattr(request, resource).name for resource in resources if request.HasField(resource)]
        names += [item.provider for field in lists for item in getattr(request, field)]
        of_providers = [name for name in names if name.startswith("providers/")]
        providers = [_part(_PROVIDER.match(name)) for name in of_providers]
        if has_id:
            providers.append(request.provider_id or UNREADABLE)
        acting = [_part(_INSURER.fullmatch(name)) for name in names if name.startswith("insurers/")]
        acting += [party(request) or UNREADABLE for party in parties]
        years = {int(found[1]) for name in of_providers if (found := _YEAR.search(name)) is not None}
        if has_year and request.budget_year:
            years.add(request.budget_year)
        return Resources(tuple(providers), tuple(acting), _one(years))

    return read


def _part(found: re.Match[str] | None) -> str:
    return found[1] if found else UNREADABLE


def _one(years: set[int]) -> int:
    """The year, and 0 for none. More than one is none that anybody represents a provider in."""
    return -1 if len(years) > 1 else next(iter(years), 0)


def _is_text(field: FieldDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated


def _is_resource(field: FieldDescriptor) -> bool:
    return field.message_type is not None and not field.is_repeated and "name" in field.message_type.fields_by_name


def _is_list_of_providers(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.is_repeated and "provider" in field.message_type.fields_by_name


def _side(request: overloop_pb2.DeclareOverloopRequest) -> str:
    """Who declares an overloop: of a side there is one, which its name tells."""
    found = _OVERLOOP.fullmatch(request.name)
    if found is None:
        return UNREADABLE
    sides = {
        overloop_pb2.OVERLOOP_SIDE_ZORGAANBIEDER: found[1],
        overloop_pb2.OVERLOOP_SIDE_VERZEKERAAR: found[2],
    }
    return sides.get(request.side, UNREADABLE)


_PARTIES: Mapping[str, Callable[[Any], str]] = {
    "insurer": lambda request: request.insurer,
    "party": lambda request: request.party.provider or request.party.insurer,
    "side": _side,
}
"""The party on whose behalf something is done, by the field that tells it."""


def providers_in(message: Any) -> Iterator[str]:
    """The providers of whom a message in an answer speaks, by the resource names in its texts."""
    for field, value in message.ListFields():
        if _is_text(field) and value.startswith("providers/"):
            found = _PROVIDER.match(value)
            yield found[1] if found else ANY_PROVIDER


def is_public(message: Any) -> bool:
    """Whether a message in an answer names resources that everyone may read, and no others."""
    names = [value for field, value in message.ListFields() if _is_text(field) and "/" in value]
    return bool(names) and all(name.startswith(_PUBLIC) for name in names)
