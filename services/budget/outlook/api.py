"""The outlook service."""

from zoneinfo import ZoneInfo

import grpc

from services.budget.messages import write_steps
from services.budget.outlook.comparisons import Comparisons
from services.budget.outlook.model import LocationOutlook, Outlook, outlook
from services.budget.peers import Facts
from services.runtime import names
from services.runtime.transactions import Clock
from services.runtime.wire import TIME_ZONE, Fields, to_money, to_wall_clock
from spoedkader.budget.v1 import outlook_pb2 as pb
from spoedkader.budget.v1 import outlook_pb2_grpc as rpc
from spoedkader.wallclock.intervals import day_start, to_minute, to_moment

SERVICE = pb.DESCRIPTOR.services_by_name["OutlookService"].full_name
_ZONE = ZoneInfo(TIME_ZONE)


class OutlookServicer(rpc.OutlookServiceServicer):
    """`spoedkader.budget.v1.OutlookService`."""

    def __init__(self, facts: Facts, comparisons: Comparisons, clock: Clock) -> None:
        self._facts = facts
        self._comparisons = comparisons
        self._clock = clock

    def CompareCalculations(
        self, request: pb.CompareCalculationsRequest, context: grpc.ServicerContext
    ) -> pb.CalculationDifference:
        return self._comparisons.compare(request.from_calculation, request.to_calculation)

    def GetOutlook(self, request: pb.GetOutlookRequest, context: grpc.ServicerContext) -> pb.Outlook:
        fields = Fields(request)
        agb, year_text = fields.name("name", names.OUTLOOK, request.name, allow_any=False)
        year = fields.year("name", int(year_text)) if year_text else 0
        until_date = fields.optional_date("until_date", request)
        fields.check()
        until = day_start(until_date) if until_date else to_minute(self._clock().astimezone(_ZONE))
        known = self._facts.provider(agb, year, context)
        standings = self._facts.standings(agb, year, context)
        return write_outlook(outlook(known.provider, known.round, standings, known.parameters, until))


def write_outlook(found: Outlook) -> pb.Outlook:
    """The message of an outlook."""
    return pb.Outlook(
        name=names.OUTLOOK.format(provider=found.agb, year=found.year),
        until_time=to_wall_clock(to_moment(found.until)),
        locations=[_write_location(location) for location in found.locations],
        prognosis=to_money(found.prognosis_cents),
        realisation=to_money(found.realisation_cents),
    )


def _write_location(found: LocationOutlook) -> pb.LocationOutlook:
    location = found.location
    return pb.LocationOutlook(
        location=names.LOCATION.format(provider=location.agb, location=location.location_id),
        prognosis_closed_minutes=found.prognosis.closed_minutes,
        prognosis=to_money(found.prognosis.cents),
        realisation_closed_minutes=found.realisation.closed_minutes,
        realisation=to_money(found.realisation.cents),
        open_closures=found.open_closures,
        prognosis_steps=write_steps(found.prognosis.steps),
        realisation_steps=write_steps(found.realisation.steps),
    )
