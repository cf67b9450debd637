"""The location service: locations, their opening hours, and the regions they lie in."""

from collections.abc import Sequence
from datetime import datetime

import grpc
from google.type import timeofday_pb2
from sqlalchemy import Connection

from services.registry.locations.model import ROAZ_REGIONS, CareType, Location, OpeningHours
from services.registry.locations.store import LOCATIONS, LOCATIONS_OF_PROVIDERS, OPENING_HOURS
from services.registry.providers.store import PROVIDERS
from services.runtime import names
from services.runtime.errors import DomainError, Reason, already_exists, not_found
from services.runtime.masks import merge
from services.runtime.opening import read_period
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import MAX_NAME, Fields, to_date, to_timestamp
from spoedkader.registry.v1 import location_pb2 as pb
from spoedkader.registry.v1 import location_pb2_grpc as rpc
from spoedkader.wallclock.opening import OpeningPeriod

WRITABLE = ("agb_location", "display_name", "roaz_region", "care_type", "opened_date", "closed_date")
MAX_PERIODS = 200
SERVICE = pb.DESCRIPTOR.services_by_name["LocationService"].full_name


class LocationServicer(rpc.LocationServiceServicer):
    """`spoedkader.registry.v1.LocationService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def CreateLocation(self, request: pb.CreateLocationRequest, context: grpc.ServicerContext) -> pb.Location:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent, allow_any=False)
        location_id = fields.identifier("location_id", request.location_id)
        location = read_location(fields, "location", agb, location_id, request.location)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Location:
            if PROVIDERS.get(connection, agb) is None:
                raise not_found(request.parent)
            stored = LOCATIONS.get(connection, location_id)
            if stored is not None:
                require_owner(stored.value, agb)
                raise already_exists(names.LOCATION.format(provider=agb, location=location_id))
            return write_location(LOCATIONS.put(connection, location, stamp))

        return self._transactions.write(request, context, pb.Location, act)

    def GetLocation(self, request: pb.GetLocationRequest, context: grpc.ServicerContext) -> pb.Location:
        fields = Fields(request)
        agb, location_id = fields.name("name", names.LOCATION, request.name)
        fields.check()
        with self._transactions.read_one() as connection:
            return write_location(find_location(connection, agb, location_id))

    def ListLocations(
        self, request: pb.ListLocationsRequest, context: grpc.ServicerContext
    ) -> pb.ListLocationsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            if agb == names.ANY:
                shown, token = LOCATIONS.every.page(connection, page)
            else:
                if PROVIDERS.get(connection, agb) is None:
                    raise not_found(request.parent)
                shown, token = LOCATIONS_OF_PROVIDERS.page(connection, page, agbs=[agb])
        return pb.ListLocationsResponse(locations=[write_location(s) for s in shown], next_page_token=token)

    def UpdateLocation(self, request: pb.UpdateLocationRequest, context: grpc.ServicerContext) -> pb.Location:
        fields = Fields(request)
        agb, location_id = fields.name("location.name", names.LOCATION, request.location.name, allow_any=False)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Location:
            stored = LOCATIONS.get(connection, location_id)
            if stored is None and not request.allow_missing:
                raise not_found(request.location.name)
            wanted = request.location
            if stored is not None:
                require_owner(stored.value, agb)
                stored.require(request.location.etag)
                wanted = merge(write_location(stored), request.location, request.update_mask, WRITABLE)
            elif PROVIDERS.get(connection, agb) is None:
                raise not_found(names.PROVIDER.format(provider=agb))
            changed = Fields()
            location = read_location(changed, "location", agb, location_id, wanted)
            changed.check()
            return write_location(LOCATIONS.put(connection, location, stamp))

        return self._transactions.write(request, context, pb.Location, act)

    def GetOpeningHours(self, request: pb.GetOpeningHoursRequest, context: grpc.ServicerContext) -> pb.OpeningHours:
        fields = Fields(request)
        agb, location_id = fields.name("name", names.OPENING_HOURS, request.name)
        fields.check()
        with self._transactions.read() as connection:
            location = find_location(connection, agb, location_id).value
            return write_opening_hours(location, OPENING_HOURS.get(connection, location_id))

    def UpdateOpeningHours(
        self, request: pb.UpdateOpeningHoursRequest, context: grpc.ServicerContext
    ) -> pb.OpeningHours:
        fields = Fields(request)
        agb, location_id = fields.name("opening_hours.name", names.OPENING_HOURS, request.opening_hours.name)
        hours = read_opening_hours(fields, "opening_hours", location_id, request.opening_hours)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.OpeningHours:
            location = find_location(connection, agb, location_id).value
            stored = OPENING_HOURS.get(connection, location_id)
            if stored is not None:
                stored.require(request.opening_hours.etag)
            return write_opening_hours(location, OPENING_HOURS.put(connection, hours, stamp))

        return self._transactions.write(request, context, pb.OpeningHours, act)

    def ListRoazRegions(
        self, request: pb.ListRoazRegionsRequest, context: grpc.ServicerContext
    ) -> pb.ListRoazRegionsResponse:
        return pb.ListRoazRegionsResponse(regions=ROAZ_REGIONS)


def find_location(
    connection: Connection, agb: str, location_id: str, as_of: datetime | None = None
) -> Stored[Location]:
    """A location by its name, as it is or as it was known at a moment; the provider may be `-`.

    Raises:
        DomainError: there is none of that name.
    """
    stored = LOCATIONS.get(connection, location_id, as_of=as_of)
    if stored is None or agb not in (names.ANY, stored.value.agb):
        raise not_found(names.LOCATION.format(provider=agb, location=location_id))
    return stored


def require_owner(location: Location, agb: str) -> None:
    """Refuses an identifier that belongs to another provider's location: identifiers are never used again."""
    if location.agb != agb:
        raise DomainError(
            Reason.IDENTIFIER_TAKEN,
            f"De identificatie {location.location_id} hoort bij een andere aanbieder.",
            metadata={"identifier": location.location_id},
        )


def read_location(fields: Fields, path: str, agb: str, location_id: str, message: pb.Location) -> Location:
    """A location from its message; `path` is where the message stands in the request."""
    opened_on = fields.date(f"{path}.opened_date", message)
    closed_on = fields.optional_date(f"{path}.closed_date", message)
    if closed_on is not None and closed_on < opened_on:
        fields.wrong(f"{path}.closed_date", "ligt voor de opening")
    if message.roaz_region not in ROAZ_REGIONS:
        fields.wrong(f"{path}.roaz_region", "is geen bekende ROAZ-regio")
    care_type = fields.one_of(f"{path}.care_type", message.care_type, list(_CARE_TYPES))
    return Location(
        agb=agb,
        location_id=location_id,
        agb_location=fields.digits(f"{path}.agb_location", message.agb_location, 8),
        name=fields.text(f"{path}.display_name", message.display_name, MAX_NAME, required=True),
        roaz_region=message.roaz_region,
        care_type=_CARE_TYPES.get(care_type, CareType.SEH),
        opened_on=opened_on,
        closed_on=closed_on,
    )


def read_opening_hours(fields: Fields, path: str, location_id: str, message: pb.OpeningHours) -> OpeningHours:
    """Opening hours from their message; `path` is where the message stands in the request."""
    if len(message.periods) > MAX_PERIODS:
        fields.wrong(f"{path}.periods", f"mogen hoogstens {MAX_PERIODS} perioden zijn")
    periods = [
        read_period(fields, f"{path}.periods[{index}]", period)
        for index, period in enumerate(message.periods[:MAX_PERIODS])
    ]
    return OpeningHours(location_id, tuple(periods))


def write_location(stored: Stored[Location]) -> pb.Location:
    """The message of a location."""
    location = stored.value
    return pb.Location(
        name=names.LOCATION.format(provider=location.agb, location=location.location_id),
        agb_location=location.agb_location,
        display_name=location.name,
        roaz_region=location.roaz_region,
        care_type=_CARE_TYPE_NUMBERS[location.care_type],
        opened_date=to_date(location.opened_on),
        closed_date=to_date(location.closed_on) if location.closed_on else None,
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def write_opening_hours(location: Location, stored: Stored[OpeningHours] | None) -> pb.OpeningHours:
    """The message of a location's opening hours; without any recorded it has no periods, which means 24/7."""
    name = names.OPENING_HOURS.format(provider=location.agb, location=location.location_id)
    if stored is None:
        return pb.OpeningHours(name=name)
    return pb.OpeningHours(
        name=name,
        periods=[_write_period(period) for period in stored.value.periods],
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def _write_period(period: OpeningPeriod) -> pb.OpeningHours.Period:
    weekdays: Sequence[int] = sorted(period.weekdays)
    return pb.OpeningHours.Period(
        valid_from_date=to_date(period.valid_from),
        valid_until_date=to_date(period.valid_until) if period.valid_until else None,
        weekdays=weekdays,
        opens=timeofday_pb2.TimeOfDay(hours=period.opens // 60, minutes=period.opens % 60),
        closes=timeofday_pb2.TimeOfDay(hours=period.closes // 60, minutes=period.closes % 60),
    )


_CARE_TYPE_NUMBERS = {
    CareType.SEH: pb.Location.CARE_TYPE_SEH,
    CareType.SPOEDPOLI: pb.Location.CARE_TYPE_SPOEDPOLI,
}
_CARE_TYPES: dict[int, CareType] = {number: care_type for care_type, number in _CARE_TYPE_NUMBERS.items()}
