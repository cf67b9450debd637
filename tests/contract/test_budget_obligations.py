"""Obligations that stay open until they are met, beside the real registry."""

import uuid
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from spoedkader.budget.v1 import obligation_pb2 as pb
from spoedkader.feed.v1 import feed_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2, stop_pb2
from tests.support.clients import acting_as
from tests.support.messages import day, mask, moment
from tests.support.refusals import refusal
from tests.support.suite import Suite

SLUITING, STOPS = pb.Duty.KIND_STRUCTURELE_SLUITING, pb.Duty.KIND_SEH_STOPS
NADERT, OVERSCHRIJDT = pb.Obligations.STOP_STATUS_NADERT, pb.Obligations.STOP_STATUS_OVERSCHRIJDT


@pytest.fixture
def place(suite: Suite) -> location_pb2.Location:
    """An SEH that was closed on the night of 7 March 2027 (T11), seen on 10 March."""
    suite.registry.set_round()
    suite.clock.travel(datetime(2027, 3, 10, 12, tzinfo=UTC))
    found = suite.registry.new_location()
    close(suite, found, "2027-03-07T22:00", "2027-03-08T07:00")
    return found


def close(suite: Suite, place: location_pb2.Location, start: str, end: str) -> closure_pb2.Closure:
    closure = closure_pb2.Closure(start_time=moment(start), end_time=moment(end))
    request = closure_pb2.CreateClosureRequest(
        parent=place.name, closure_id=suite.registry.unused_id("C"), closure=closure
    )
    return suite.registry.closures.CreateClosure(request, timeout=10)


def stop(suite: Suite, place: location_pb2.Location, start: str, end: str) -> None:
    found = stop_pb2.Stop(start_time=moment(start), end_time=moment(end), department=stop_pb2.Stop.DEPARTMENT_SEH)
    request = stop_pb2.CreateStopRequest(parent=place.name, stop_id=suite.registry.unused_id("S"), stop=found)
    suite.registry.stops.CreateStop(request, timeout=10)


def obligations(suite: Suite, place: location_pb2.Location) -> pb.Obligations:
    request = pb.ListObligationsRequest(parent=place.name.partition("/locations/")[0], budget_year=2027)
    (found,) = suite.budget.obligations.ListObligations(request, timeout=10).obligations
    return found


def told(**fields: Any) -> pb.Acknowledgement:
    return pb.Acknowledgement(**{"acknowledged_date": day("2027-03-09"), "causes": "Ziekte in het team.", **fields})


def accounted(**fields: Any) -> pb.Acknowledgement:
    discussed = {"roaz_discussed_date": day("2027-03-09"), "regional_effects": "Meer drukte bij de buren."}
    return told(**{**discussed, **fields})


def request_of(
    place: location_pb2.Location, kind: Any = SLUITING, said: pb.Acknowledgement | None = None, **fields: Any
) -> pb.AcknowledgeObligationRequest:
    return pb.AcknowledgeObligationRequest(
        name=f"{place.name}/obligations/2027", kind=kind, acknowledgement=said or told(), **fields
    )


def acknowledge(suite: Suite, *arguments: Any, **fields: Any) -> pb.Obligations:
    request = request_of(*arguments, **fields)
    return suite.budget.obligations.AcknowledgeObligation(
        request, timeout=10, metadata=acting_as("manager.spoed@wulp.example")
    )


def test_a_duty_has_its_term_and_passes_it(suite: Suite, place: location_pb2.Location) -> None:
    (duty,) = obligations(suite, place).raised_duties
    assert (duty.kind, duty.raised_date, duty.due_date) == (SLUITING, day("2027-03-08"), day("2027-03-15"))
    assert not duty.overdue
    assert not duty.HasField("acknowledgement")
    # In Amsterdam it is the 16th an hour before it is in Greenwich.
    suite.clock.travel(datetime(2027, 3, 15, 22, 59, tzinfo=UTC))
    assert not obligations(suite, place).raised_duties[0].overdue
    suite.clock.travel(datetime(2027, 3, 15, 23, 0, tzinfo=UTC))
    assert obligations(suite, place).raised_duties[0].overdue


def test_what_was_done_closes_the_duty(suite: Suite, place: location_pb2.Location) -> None:
    answer = acknowledge(suite, place, said=told(document="Mail van 9 maart"))
    assert answer == obligations(suite, place)
    done = answer.raised_duties[0].acknowledgement
    assert (done.acknowledged_date, done.causes, done.document) == (
        day("2027-03-09"),
        "Ziekte in het team.",
        "Mail van 9 maart",
    )
    assert done.actor == "manager.spoed@wulp.example"
    assert done.create_time.ToDatetime(tzinfo=UTC).date().isoformat() == "2027-03-10"
    # What was found about the closures does not change, and its term no longer matters.
    assert answer.structural_closure
    assert len(answer.duties) == 1
    suite.clock.travel(datetime(2027, 6, 1, tzinfo=UTC))
    assert not obligations(suite, place).raised_duties[0].overdue


def test_another_day_of_structural_closure_opens_the_duty_again(suite: Suite, place: location_pb2.Location) -> None:
    acknowledge(suite, place)
    later = close(suite, place, "2027-03-20T00:00", "2027-03-21T00:00")
    assert obligations(suite, place).raised_duties[0].HasField("acknowledgement")
    correction = closure_pb2.Closure(name=later.name, start_time=moment("2027-02-20T00:00"))
    suite.registry.closures.UpdateClosure(
        closure_pb2.UpdateClosureRequest(closure=correction, update_mask=mask("start_time")), timeout=10
    )
    (duty,) = obligations(suite, place).raised_duties
    assert (duty.raised_date, duty.HasField("acknowledgement")) == (day("2027-02-20"), False)
    assert duty.overdue
    assert acknowledge(suite, place).raised_duties[0].HasField("acknowledgement")


def test_stops_that_come_to_a_heavier_status_open_the_duty_again(suite: Suite) -> None:
    suite.registry.set_round()
    suite.clock.travel(datetime(2027, 3, 10, 12, tzinfo=UTC))
    place = suite.registry.new_location()
    stop(suite, place, "2027-02-01T00:00", "2027-02-04T00:00")
    near = obligations(suite, place)
    assert near.stop_status == NADERT
    (duty,) = near.raised_duties
    assert (duty.kind, duty.raised_date, duty.due_date) == (STOPS, day("2027-02-03"), day("2027-03-03"))
    assert duty.overdue
    closed = acknowledge(suite, place, STOPS, accounted()).raised_duties[0]
    assert closed.acknowledgement.regional_effects == "Meer drukte bij de buren."
    assert closed.acknowledgement.roaz_discussed_date == day("2027-03-09")
    assert not closed.overdue
    stop(suite, place, "2027-03-01T00:00", "2027-03-02T00:00")
    above = obligations(suite, place)
    assert above.stop_status == OVERSCHRIJDT
    (duty,) = above.raised_duties
    assert (duty.raised_date, duty.HasField("acknowledgement")) == (day("2027-03-01"), False)
    assert acknowledge(suite, place, STOPS, accounted()).raised_duties[0].HasField("acknowledgement")
    # More of the same status does not ask for more.
    stop(suite, place, "2027-03-05T00:00", "2027-03-06T00:00")
    assert obligations(suite, place).raised_duties[0].HasField("acknowledgement")


def test_a_duty_that_was_not_raised_is_refused(suite: Suite, place: location_pb2.Location) -> None:
    act = suite.budget.obligations.AcknowledgeObligation
    found = refusal(act, request_of(place, STOPS, accounted()))
    assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ILLEGAL_TRANSITION")
    assert found.metadata == {"state": "NIET_ONTSTAAN", "open_steps": ""}


@pytest.mark.every_right
def test_every_wrong_field_is_named(suite: Suite, place: location_pb2.Location) -> None:
    act = suite.budget.obligations.AcknowledgeObligation
    empty = refusal(act, pb.AcknowledgeObligationRequest())
    assert empty.fields == [
        "name",
        "kind",
        "acknowledgement",
        "acknowledgement.acknowledged_date",
        "acknowledgement.causes",
    ]
    stops = refusal(act, request_of(place, STOPS, told(causes="x" * 2001)))
    assert sorted(stops.fields) == [
        "acknowledgement.causes",
        "acknowledgement.regional_effects",
        "acknowledgement.roaz_discussed_date",
    ]
    tomorrow = told(acknowledged_date=day("2027-03-11"), roaz_discussed_date=day("2027-03-12"))
    assert refusal(act, request_of(place, SLUITING, tomorrow)).fields == [
        "acknowledgement.acknowledged_date",
        "acknowledgement.roaz_discussed_date",
    ]
    assert acknowledge(suite, place, said=told(acknowledged_date=day("2027-03-10")))
    for name in (f"{place.name}/obligations/27", place.name, place.name.replace("providers/0", "providers/-/0")):
        assert refusal(act, pb.AcknowledgeObligationRequest(name=name, kind=SLUITING, acknowledgement=told())).fields


def test_a_location_without_obligations_has_none_to_meet(suite: Suite) -> None:
    suite.registry.set_round()
    clinic = suite.registry.new_location(care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI)
    close(suite, clinic, "2027-03-01T00:00", "2027-03-02T00:00")
    act = suite.budget.obligations.AcknowledgeObligation
    found = refusal(act, request_of(clinic))
    assert (found.reason, found.metadata) == ("NOT_FOUND", {"resource": f"{clinic.name}/obligations/2027"})
    absent = pb.AcknowledgeObligationRequest(
        name="providers/06999999/locations/nergens/obligations/2027", kind=SLUITING, acknowledgement=told()
    )
    assert refusal(act, absent).reason == "NOT_FOUND"


def test_validate_only_and_repeated_requests(suite: Suite, place: location_pb2.Location) -> None:
    shown = acknowledge(suite, place, validate_only=True)
    assert shown.raised_duties[0].HasField("acknowledgement")
    assert not obligations(suite, place).raised_duties[0].HasField("acknowledgement")
    identifier = str(uuid.uuid4())
    first = acknowledge(suite, place, request_id=identifier)
    # Even when the registry has moved on.
    close(suite, place, "2027-02-01T00:00", "2027-02-02T00:00")
    assert acknowledge(suite, place, request_id=identifier) == first
    act = suite.budget.obligations.AcknowledgeObligation
    other = request_of(place, SLUITING, told(causes="Iets anders."), request_id=identifier)
    found = refusal(act, other, metadata=acting_as("manager.spoed@wulp.example"))
    assert found.reason == "REQUEST_ID_REUSED"


def test_an_acknowledgement_is_in_the_feed(suite: Suite, place: location_pb2.Location) -> None:
    acknowledge(suite, place)
    changes = suite.budget.feed.ListChanges(feed_pb2.ListChangesRequest(), timeout=10).changes
    named = [change for change in changes if change.resource == f"{place.name}/obligations/2027"]
    assert [change.actor for change in named] == ["manager.spoed@wulp.example"]
