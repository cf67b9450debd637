"""The indicator service."""

import grpc
from google.protobuf.message import Message
from sqlalchemy import Connection

from services.quality.indicators.model import Indicators
from services.quality.indicators.store import INDICATORS, INDICATORS_IN_YEAR, INDICATORS_OF_LOCATIONS
from services.quality.locations import Locations
from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, to_timestamp
from spoedkader.quality.v1 import indicator_pb2 as pb
from spoedkader.quality.v1 import indicator_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["IndicatorService"].full_name


class IndicatorServicer(rpc.IndicatorServiceServicer):
    """`spoedkader.quality.v1.IndicatorService`."""

    def __init__(self, transactions: Transactions, locations: Locations) -> None:
        self._transactions = transactions
        self._locations = locations

    def UpdateIndicators(self, request: pb.UpdateIndicatorsRequest, context: grpc.ServicerContext) -> pb.Indicators:
        fields = Fields(request)
        provider, indicators = read_indicators(fields, "indicators", request.indicators)
        fields.check()
        owner = self._locations.owner(provider, indicators.location_id, context)

        def act(connection: Connection, stamp: Stamp) -> pb.Indicators:
            stored = INDICATORS.get(connection, indicators.location_id, indicators.year)
            if stored is not None:
                stored.require(request.indicators.etag)
            return _write(owner, INDICATORS.put(connection, indicators, stamp))

        return self._transactions.write(request, context, pb.Indicators, act)

    def GetIndicators(self, request: pb.GetIndicatorsRequest, context: grpc.ServicerContext) -> pb.Indicators:
        fields = Fields(request)
        provider, location_id, year = fields.name("name", names.INDICATORS, request.name)
        fields.check()
        owner = self._locations.owner(provider, location_id, context)
        with self._transactions.read() as connection:
            stored = INDICATORS.get(connection, location_id, int(year))
        if stored is None:
            raise not_found(request.name)
        return _write(owner, stored)

    def ListIndicators(
        self, request: pb.ListIndicatorsRequest, context: grpc.ServicerContext
    ) -> pb.ListIndicatorsResponse:
        fields = Fields(request)
        provider, location_id = fields.name("parent", names.LOCATION, request.parent)
        year = fields.count("year", request.year)
        fields.check()
        page = read_page(request)
        if provider == location_id == names.ANY:
            with self._transactions.read() as connection:
                shown, token = INDICATORS_IN_YEAR.page(connection, page, in_year=year)
            # Afterwards, so that a location that was registered in between is among them.
            owners = self._locations.owners(context)
        else:
            owners = self._locations.selected(provider, location_id, context)
            with self._transactions.read() as connection:
                shown, token = INDICATORS_OF_LOCATIONS.page(connection, page, in_year=year, location_ids=list(owners))
        return pb.ListIndicatorsResponse(
            indicators=[_write(owners[stored.value.location_id], stored) for stored in shown], next_page_token=token
        )


def read_indicators(fields: Fields, path: str, message: pb.Indicators) -> tuple[str, Indicators]:
    """Indicators from their message, with the provider that their name states, which may be `-`."""
    provider, location_id, year = fields.name(f"{path}.name", names.INDICATORS, message.name)
    if location_id == names.ANY:
        fields.wrong(f"{path}.name", "moet een locatie noemen")
    return provider, Indicators(
        location_id=location_id,
        year=fields.year(f"{path}.name", int(year or 0)),
        seh_visits=_count(fields, path, "seh_visits", message),
        ehh_visits=_count(fields, path, "ehh_visits", message),
        seh_stops=_count(fields, path, "seh_stops", message),
        mean_stay_tenths=_count(fields, path, "mean_length_of_stay_tenths", message),
        median_stay_tenths=_count(fields, path, "median_length_of_stay_tenths", message),
    )


def _count(fields: Fields, path: str, field: str, message: Message) -> int | None:
    return fields.count(f"{path}.{field}", getattr(message, field)) if message.HasField(field) else None


def _write(owner: str, stored: Stored[Indicators]) -> pb.Indicators:
    indicators = stored.value
    return pb.Indicators(
        name=names.INDICATORS.format(provider=owner, location=indicators.location_id, year=indicators.year),
        seh_visits=indicators.seh_visits,
        ehh_visits=indicators.ehh_visits,
        seh_stops=indicators.seh_stops,
        mean_length_of_stay_tenths=indicators.mean_stay_tenths,
        median_length_of_stay_tenths=indicators.median_stay_tenths,
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )
