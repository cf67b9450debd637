"""The availability service."""

import grpc

from services.budget.availability.model import Availability, Cause, availability
from services.budget.messages import write_steps
from services.budget.peers import Facts
from services.runtime import names
from services.runtime.wire import Fields, to_fraction, to_wall_clock
from spoedkader.budget.v1 import availability_pb2 as pb
from spoedkader.budget.v1 import availability_pb2_grpc as rpc
from spoedkader.wallclock.intervals import to_moment

SERVICE = pb.DESCRIPTOR.services_by_name["AvailabilityService"].full_name


class AvailabilityServicer(rpc.AvailabilityServiceServicer):
    """`spoedkader.budget.v1.AvailabilityService`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def GetAvailability(self, request: pb.GetAvailabilityRequest, context: grpc.ServicerContext) -> pb.Availability:
        fields = Fields(request)
        agb, location_id, year = fields.name("name", names.AVAILABILITY, request.name)
        if location_id == names.ANY:
            fields.wrong("name", "moet een locatie noemen")
        budget_year = fields.year("name", int(year)) if year else 0
        fields.check()
        name = names.LOCATION.format(provider=agb, location=location_id)
        known = self._facts.location(name, budget_year, context)
        found = availability(known.location, budget_year, known.parameters)
        return write_availability(found, closed_periods=request.show_closed_periods)


def write_availability(found: Availability, *, closed_periods: bool = False) -> pb.Availability:
    """The message of an availability."""
    location = found.location
    return pb.Availability(
        name=names.AVAILABILITY.format(provider=location.agb, location=location.location_id, year=found.year),
        closed_minutes=found.closed_minutes,
        year_minutes=found.year_minutes,
        closed_share=to_fraction(found.closed_share),
        causes=[pb.Availability.CauseMinutes(cause=_CAUSES[cause], minutes=minutes) for cause, minutes in found.causes],
        closed_periods=[
            pb.Availability.ClosedPeriod(
                start_time=to_wall_clock(to_moment(start)), end_time=to_wall_clock(to_moment(end))
            )
            for start, end in (found.closed if closed_periods else ())
        ],
        steps=write_steps(found.steps),
    )


_CAUSES = {
    Cause.OPENING_HOURS: pb.Availability.CAUSE_OPENING_HOURS,
    Cause.NOT_YET_OPENED: pb.Availability.CAUSE_NOT_YET_OPENED,
    Cause.CLOSED_FOR_GOOD: pb.Availability.CAUSE_CLOSED_FOR_GOOD,
    Cause.FORESEEN_CLOSURE: pb.Availability.CAUSE_FORESEEN_CLOSURE,
    Cause.UNFORESEEN_CLOSURE: pb.Availability.CAUSE_UNFORESEEN_CLOSURE,
    Cause.SEH_STOP: pb.Availability.CAUSE_SEH_STOP,
}
