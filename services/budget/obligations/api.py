"""The obligation service."""

from datetime import date

import grpc
from sqlalchemy import Connection

from services.budget.facts import CareType
from services.budget.messages import write_steps
from services.budget.obligations.duties import Acknowledged, KnownDuty, acknowledged, known_duties
from services.budget.obligations.model import Acknowledgement, DutyKind, Obligations, StopStatus, obligations
from services.budget.obligations.store import ACKNOWLEDGEMENTS
from services.budget.peers import Facts
from services.runtime import names
from services.runtime.call import call_of
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Clock, Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, to_date, to_timestamp, to_wall_clock
from spoedkader.amsterdam import day_of
from spoedkader.budget.v1 import obligation_pb2 as pb
from spoedkader.budget.v1 import obligation_pb2_grpc as rpc
from spoedkader.wallclock.intervals import to_moment

SERVICE = pb.DESCRIPTOR.services_by_name["ObligationService"].full_name

MAX_TEXT = 2000
MAX_DOCUMENT = 500


class ObligationServicer(rpc.ObligationServiceServicer):
    """`spoedkader.budget.v1.ObligationService`."""

    def __init__(self, facts: Facts, transactions: Transactions, clock: Clock) -> None:
        self._facts = facts
        self._transactions = transactions
        self._clock = clock

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
        with self._transactions.read_one() as connection:
            done = acknowledged(connection, (each.provider.agb for each in known), year)
        today = day_of(self._clock())
        found = [
            obligations(location, year, each.parameters)
            for each in known
            for location in each.provider.locations
            if location.care_type is CareType.SEH
        ]
        return pb.ListObligationsResponse(
            obligations=[write_obligations(each, done, today) for each in found],
            next_page_token=page.token(peer_token) if peer_token else "",
        )

    def AcknowledgeObligation(
        self, request: pb.AcknowledgeObligationRequest, context: grpc.ServicerContext
    ) -> pb.Obligations:
        today = day_of(self._clock())
        fields = Fields(request)
        agb, location_id, year_text = fields.name("name", names.OBLIGATIONS, request.name, allow_any=False)
        year = fields.year("name", int(year_text)) if year_text else 0
        fields.one_of("kind", request.kind, list(_KINDS))
        kind = _KINDS.get(request.kind, DutyKind.STRUCTURELE_SLUITING)
        said = _read(fields, request, kind, today)
        fields.check()
        before = self._transactions.answered(request, context, pb.Obligations)
        if before is not None:
            return before
        name = names.LOCATION.format(provider=agb, location=location_id)
        known = self._facts.location_with_stops(name, year, context)
        if known.location.care_type is not CareType.SEH:
            raise not_found(request.name)
        found = obligations(known.location, year, known.parameters)
        duty = found.duty(kind)
        done = Acknowledgement(
            agb, location_id, year, kind, duty.raised_on, duty.weight, *said, actor=call_of(context).actor
        )

        def act(connection: Connection, stamp: Stamp) -> pb.Obligations:
            ACKNOWLEDGEMENTS.put(connection, done, stamp)
            return write_obligations(found, acknowledged(connection, [agb], year), today)

        return self._transactions.write(request, context, pb.Obligations, act)


def _read(
    fields: Fields, request: pb.AcknowledgeObligationRequest, kind: DutyKind, today: date
) -> tuple[date, str, date | None, str, str]:
    """What was done: the day, the causes, the day in the ROAZ, the regional effects and the document."""
    if not request.HasField("acknowledgement"):
        fields.wrong("acknowledgement", "is verplicht")
    message, path = request.acknowledgement, "acknowledgement"
    stops = kind is DutyKind.SEH_STOPS
    acknowledged_on = fields.date(f"{path}.acknowledged_date", message)
    causes = fields.text(f"{path}.causes", message.causes, MAX_TEXT, required=True)
    discussed_on = fields.optional_date(f"{path}.roaz_discussed_date", message)
    if stops and not message.HasField("roaz_discussed_date"):
        fields.wrong(f"{path}.roaz_discussed_date", "is verplicht bij SEH-stops")
    effects = fields.text(f"{path}.regional_effects", message.regional_effects, MAX_TEXT, required=stops)
    document = fields.text(f"{path}.document", message.document, MAX_DOCUMENT)
    for field, day in (("acknowledged_date", acknowledged_on), ("roaz_discussed_date", discussed_on)):
        if day is not None and day > today:
            fields.wrong(f"{path}.{field}", "mag niet na vandaag liggen")
    return acknowledged_on, causes, discussed_on, effects, document


def write_obligations(found: Obligations, done: Acknowledged, today: date) -> pb.Obligations:
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
        raised_duties=[_write_duty(duty) for duty in known_duties(found, done, today)],
    )


def _write_duty(known: KnownDuty) -> pb.Duty:
    return pb.Duty(
        kind=_NUMBERS[known.duty.kind],
        raised_date=to_date(known.duty.raised_on),
        due_date=to_date(known.duty.due_on),
        overdue=known.overdue,
        acknowledgement=_write_acknowledgement(known.acknowledgement) if known.acknowledgement else None,
    )


def _write_acknowledgement(stored: Stored[Acknowledgement]) -> pb.Acknowledgement:
    found = stored.value
    return pb.Acknowledgement(
        acknowledged_date=to_date(found.acknowledged_on),
        causes=found.causes,
        roaz_discussed_date=to_date(found.roaz_discussed_on) if found.roaz_discussed_on else None,
        regional_effects=found.regional_effects,
        document=found.document,
        actor=found.actor,
        create_time=to_timestamp(stored.recorded_at),
    )


_STATUSES = {
    StopStatus.GEEN: pb.Obligations.STOP_STATUS_GEEN,
    StopStatus.NADERT: pb.Obligations.STOP_STATUS_NADERT,
    StopStatus.OVERSCHRIJDT: pb.Obligations.STOP_STATUS_OVERSCHRIJDT,
}
_NUMBERS = {
    DutyKind.STRUCTURELE_SLUITING: pb.Duty.KIND_STRUCTURELE_SLUITING,
    DutyKind.SEH_STOPS: pb.Duty.KIND_SEH_STOPS,
}
_KINDS = {number: kind for kind, number in _NUMBERS.items()}
