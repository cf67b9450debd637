"""The obligation service."""

import grpc

from services.budget.facts import CareType
from services.budget.messages import write_steps
from services.budget.obligations.model import Obligations, StopStatus, obligations
from services.budget.peers import Facts
from services.runtime import names
from services.runtime.pages import read_page
from services.runtime.wire import Fields, to_wall_clock
from spoedkader.budget.v1 import obligation_pb2 as pb
from spoedkader.budget.v1 import obligation_pb2_grpc as rpc
from spoedkader.wallclock.intervals import to_moment

SERVICE = pb.DESCRIPTOR.services_by_name["ObligationService"].full_name


class ObligationServicer(rpc.ObligationServiceServicer):
    """`spoedkader.budget.v1.ObligationService`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def ListObligations(
        self, request: pb.ListObligationsRequest, context: grpc.ServicerContext
    ) -> pb.ListObligationsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        year = fields.year("budget_year", request.budget_year)
        fields.check()
        page = read_page(request, default=10, most=50)
        # Our token carries the registry's own.
        (peer_token,) = page.behind(str) or ("",)
        if agb == names.ANY:
            known, peer_token = self._facts.page_with_stops(year, page.size, peer_token, context)
        else:
            known, peer_token = [self._facts.provider_with_stops(agb, year, context)], ""
        found = [
            obligations(location, year, each.parameters)
            for each in known
            for location in each.provider.locations
            if location.care_type is CareType.SEH
        ]
        return pb.ListObligationsResponse(
            obligations=[write_obligations(each) for each in found],
            next_page_token=page.token(peer_token) if peer_token else "",
        )


def write_obligations(found: Obligations) -> pb.Obligations:
    """The message of the obligations of one location."""
    location, since = found.location, found.structural_since
    return pb.Obligations(
        name=names.OBLIGATIONS.format(provider=location.agb, location=location.location_id, year=found.year),
        structural_closure=since is not None,
        structural_since_time=None if since is None else to_wall_clock(to_moment(since)),
        stop_minutes=found.stop_minutes,
        stop_status=_STATUSES[found.stop_status],
        steps=write_steps(found.steps),
        duties=found.duties,
    )


_STATUSES = {
    StopStatus.GEEN: pb.Obligations.STOP_STATUS_GEEN,
    StopStatus.NADERT: pb.Obligations.STOP_STATUS_NADERT,
    StopStatus.OVERSCHRIJDT: pb.Obligations.STOP_STATUS_OVERSCHRIJDT,
}
