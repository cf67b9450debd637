"""Who a case concerns, as the registry knows them now. It is asked outside transactions, which keep others waiting."""

from dataclasses import dataclass, replace

import grpc

from services.quality.enforcement.model import CareDuty, Surrounding
from services.quality.locations import Locations
from services.runtime import names
from services.runtime.errors import DomainError, Reason
from services.runtime.wire import Fields
from spoedkader.registry.v1 import location_pb2, provider_pb2


@dataclass(frozen=True, slots=True)
class Parties:
    """The provider of a case, with its representatives, and the location."""

    provider: provider_pb2.Provider
    location: location_pb2.Location


def ask_parties(locations: Locations, agb: str, location_id: str, context: grpc.ServicerContext) -> Parties:
    """Provider and location of a case."""
    name = names.LOCATION.format(provider=agb, location=location_id)
    return Parties(locations.provider(agb, context), locations.location(name, context))


def with_names(locations: Locations, care_duty: CareDuty, location_id: str, context: grpc.ServicerContext) -> CareDuty:
    """The same judgement, with the surrounding SEHs as they are called.

    Raises:
        DomainError: INVALID_INPUT, one of them does not exist, is no SEH, or is `location_id` itself.
    """
    fields = Fields()
    known = []
    for index, place in enumerate(care_duty.surrounding):
        field = f"care_duty.surrounding_locations[{index}]"
        try:
            found = locations.location(place.name, context)
        except DomainError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise
            fields.wrong(field, "bestaat niet")
            continue
        if names.parts(names.LOCATION, found.name)[1] == location_id:
            fields.wrong(field, "is de locatie van de zaak zelf")
        elif found.care_type != location_pb2.Location.CARE_TYPE_SEH:
            fields.wrong(field, "is geen SEH")
        known.append(Surrounding(found.name, found.display_name))
    fields.check()
    return replace(care_duty, surrounding=tuple(known))
