"""The status feed over a real socket: every event once, whatever the order, the cuts and the repeats."""

import itertools
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.server import Application
from spoedkader.feed.v1 import feed_pb2
from spoedkader.registry.v1 import closure_pb2, snapshot_pb2, stop_pb2
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.clients import RegistryClient, acting_as
from tests.support.clock import TickingClock
from tests.support.messages import instant, mask, moment, read_instant
from tests.support.refusals import refusal

grpc_max_workers = 8

CLOSURE, STOP = pb.StatusEvent.KIND_CLOSURE, pb.StatusEvent.KIND_STOP
SEH, EHH = stop_pb2.Stop.DEPARTMENT_SEH, stop_pb2.Stop.DEPARTMENT_EHH
TEN, NOON, TWO, FOUR = (moment(f"2027-03-01T{hour}:00") for hour in ("10", "12", "14", "16"))


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


class Feed:
    """A source that reports of a location of its own."""

    def __init__(self, registry: RegistryClient, location: str = "", source: str = "") -> None:
        self.registry = registry
        self.location = location or registry.new_location().name
        self.source = source or registry.unused_id("epd-")

    def send(self, *events: pb.StatusEvent, **fields: Any) -> pb.SendStatusEventsResponse:
        return self.registry.status_feed.SendStatusEvents(self.request(*events, **fields), timeout=20)

    def request(self, *events: pb.StatusEvent, **fields: Any) -> pb.SendStatusEventsRequest:
        given = {"parent": self.location, "source": self.source, **fields}
        return pb.SendStatusEventsRequest(events=events, **given)

    def refused(self, *events: pb.StatusEvent, **fields: Any) -> Any:
        return refusal(self.registry.status_feed.SendStatusEvents, self.request(*events, **fields))

    def outcomes(self, *events: pb.StatusEvent) -> list[str]:
        return [outcome(result) for result in self.send(*events).results]

    def cursor(self) -> pb.StatusCursor:
        request = pb.GetStatusCursorRequest(parent=self.location, source=self.source)
        return self.registry.status_feed.GetStatusCursor(request, timeout=10)

    def closure(self, event_id: str, **fields: Any) -> closure_pb2.Closure:
        name = f"{self.location}/closures/{self.source}.{event_id}"
        return self.registry.closures.GetClosure(closure_pb2.GetClosureRequest(name=name, **fields), timeout=10)

    def everything(self) -> list[Any]:
        """All closures and stops of the location, without what may differ: the source, and when it was recorded."""
        closures = self.registry.closures.ListClosures(
            closure_pb2.ListClosuresRequest(parent=self.location, show_withdrawn=True, page_size=1000), timeout=10
        )
        stops = self.registry.stops.ListStops(
            stop_pb2.ListStopsRequest(parent=self.location, show_withdrawn=True, page_size=1000), timeout=10
        )
        assert not closures.next_page_token
        assert not stops.next_page_token
        found: list[Any] = [*closures.closures, *stops.stops]
        for event in found:
            event.name = event.name.removeprefix(self.location).replace(f"/{self.source}.", "/")
            event.ClearField("etag")
            event.ClearField("update_time")
        return sorted(found, key=lambda event: event.name)


def outcome(result: pb.SendStatusEventsResponse.Result) -> str:
    return pb.SendStatusEventsResponse.Result.Outcome.Name(result.outcome).removeprefix("OUTCOME_")


def start(sequence: int, event_id: str = "7", **fields: Any) -> pb.StatusEvent:
    return pb.StatusEvent(**{"sequence": sequence, "kind": CLOSURE, "event_id": event_id, "start_time": TEN, **fields})


def end(sequence: int, event_id: str = "7", **fields: Any) -> pb.StatusEvent:
    return pb.StatusEvent(**{"sequence": sequence, "kind": CLOSURE, "event_id": event_id, "end_time": NOON, **fields})


def withdrawal(sequence: int, event_id: str = "7", kind: pb.StatusEvent.Kind.ValueType = CLOSURE) -> pb.StatusEvent:
    return pb.StatusEvent(sequence=sequence, kind=kind, event_id=event_id, withdrawn=True)


@pytest.fixture
def feed(registry: RegistryClient) -> Feed:
    return Feed(registry)


def test_a_batch_becomes_closures_and_stops(feed: Feed) -> None:
    sent = feed.send(
        start(1, end_time=NOON, foreseen=True, reason="verbouwing"),
        start(2, "7", kind=STOP, department=EHH, reason="vol"),
        end(3, "7", kind=STOP, end_time=TWO),
    )
    assert [outcome(result) for result in sent.results] == ["STORED"] * 3
    assert [result.sequence for result in sent.results] == [1, 2, 3]
    assert [result.name.removeprefix(feed.location) for result in sent.results] == [
        f"/closures/{feed.source}.7",
        f"/stops/{feed.source}.7",
        f"/stops/{feed.source}.7",
    ]
    assert sent.last_sequence == 3
    closure, stop = feed.everything()
    assert (closure.start_time, closure.end_time, closure.foreseen, closure.reason) == (TEN, NOON, True, "verbouwing")
    assert (stop.start_time, stop.end_time, stop.department, stop.reason) == (TEN, TWO, EHH, "vol")


def test_what_was_sent_twice_counts_once(feed: Feed) -> None:
    batch = [start(1), start(2, "8"), end(3, "9")]
    assert feed.outcomes(*batch) == ["STORED", "STORED", "PENDING"]
    before = feed.closure("7")
    assert feed.outcomes(*batch, batch[0]) == ["UNCHANGED", "UNCHANGED", "PENDING", "UNCHANGED"]
    assert feed.closure("7") == before
    assert feed.outcomes(start(4, "10"), start(4, "10")) == ["STORED", "UNCHANGED"]


def test_an_end_waits_for_its_start(feed: Feed) -> None:
    assert feed.outcomes(end(2)) == ["PENDING"]
    assert feed.everything() == []
    assert feed.outcomes(start(1)) == ["STORED"]
    assert feed.closure("7").end_time == NOON
    assert feed.outcomes(end(2)) == ["UNCHANGED"]


def test_an_end_that_does_not_fit_waits_for_a_correction(feed: Feed) -> None:
    sent = feed.send(start(1), end(2, end_time=TEN))
    assert [outcome(result) for result in sent.results] == ["STORED", "PENDING"]
    assert "2027-03-01 10:00" in sent.results[1].warnings[0]
    assert not feed.closure("7").HasField("end_time")
    assert feed.outcomes(end(3)) == ["STORED"]
    assert feed.closure("7").end_time == NOON


def test_what_comes_too_late_does_not_count(feed: Feed) -> None:
    assert feed.outcomes(start(5, end_time=FOUR)) == ["STORED"]
    assert feed.outcomes(start(2, end_time=TWO), end(3)) == ["SUPERSEDED", "SUPERSEDED"]
    assert feed.closure("7").end_time == FOUR


def test_a_correction_keeps_what_was_known(feed: Feed, clock: TickingClock) -> None:
    feed.send(start(1, end_time=NOON))
    known = read_instant(feed.closure("7").update_time)
    feed.send(start(2, end_time=TWO))
    feed.send(withdrawal(3))
    assert feed.closure("7").state == closure_pb2.Closure.STATE_WITHDRAWN
    assert feed.closure("7").etag == '"3"'
    before = feed.closure("7", as_of_time=instant(known))
    assert (before.end_time, before.state) == (NOON, closure_pb2.Closure.STATE_ACTIVE)
    sent = feed.send(start(4))
    assert outcome(sent.results[0]) == "OVERRULED"
    assert "ingetrokken" in sent.results[0].warnings[0]
    assert feed.closure("7").state == closure_pb2.Closure.STATE_WITHDRAWN


def test_a_withdrawal_that_comes_late_still_withdraws(feed: Feed) -> None:
    assert feed.outcomes(start(2)) == ["STORED"]
    assert feed.outcomes(withdrawal(1)) == ["STORED"]
    assert feed.closure("7").state == closure_pb2.Closure.STATE_WITHDRAWN


def test_changes_come_in_the_feed_under_the_actor(feed: Feed) -> None:
    latest = feed.registry.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10)
    while latest.has_more:
        request = feed_pb2.ListChangesRequest(page_size=1000, cursor=latest.next_cursor)
        latest = feed.registry.feed.ListChanges(request, timeout=10)
    feed.registry.status_feed.SendStatusEvents(
        feed.request(start(1), end(2)), timeout=10, metadata=acting_as("koppeling@wulp.example")
    )
    request = feed_pb2.ListChangesRequest(page_size=1000, cursor=latest.next_cursor)
    changes = feed.registry.feed.ListChanges(request, timeout=10).changes
    assert [(change.resource.rpartition("/")[2], change.revision, change.actor) for change in changes] == [
        (f"{feed.source}.7", 1, "koppeling@wulp.example")
    ]


WRONG = {
    "no sequence": ({"sequence": 0}, "sequence"),
    "no kind": ({"kind": 0}, "kind"),
    "an unknown kind": ({"kind": 9}, "kind"),
    "no id": ({"event_id": ""}, "event_id"),
    "an id with a space": ({"event_id": "a b"}, "event_id"),
    "an id that is too long with the source": ({"event_id": "x" * 63}, "event_id"),
    "neither start, end nor withdrawal": ({"start_time": None}, "start_time"),
    "an end that is not after the start": ({"end_time": TEN}, "end_time"),
    "withdrawn with a start": ({"withdrawn": True}, "withdrawn"),
    "a department of a closure": ({"department": SEH}, "department"),
    "a stop without a department": ({"kind": STOP}, "department"),
    "foreseen of a stop": ({"kind": STOP, "department": SEH, "foreseen": False}, "foreseen"),
    "a reason with an end": ({"start_time": None, "end_time": NOON, "reason": "griep"}, "reason"),
    "a reason that is too long": ({"reason": "x" * 2001}, "reason"),
}


@pytest.mark.parametrize(("fields", "field"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_event_does_not_hold_up_the_others(feed: Feed, fields: dict[str, Any], field: str) -> None:
    sent = feed.send(start(1, "8"), start(**{"sequence": 2, **fields}), start(3, "9"))
    assert [outcome(result) for result in sent.results] == ["STORED", "REJECTED", "STORED"]
    assert f"events[1].{field}" in [violation.field for violation in sent.results[1].violations]
    assert all(violation.description for violation in sent.results[1].violations)
    assert [event.name for event in feed.everything()] == ["/closures/8", "/closures/9"]


def test_times_fall_on_whole_minutes_of_the_clock(feed: Feed) -> None:
    odd = moment("2027-03-01T12:00")
    odd.seconds = 1
    (result,) = feed.send(start(1, start_time=odd, end_time=moment("2027-03-01T14:00"))).results
    assert [violation.field for violation in result.violations] == ["events[0].start_time"]


def test_every_wrong_field_is_named_and_can_be_sent_right_later(feed: Feed) -> None:
    (result,) = feed.send(start(1, kind=STOP, event_id="?", end_time=TEN)).results
    assert {violation.field.partition(".")[2] for violation in result.violations} == {
        "event_id",
        "end_time",
        "department",
    }
    assert feed.cursor().last_sequence == 0
    assert feed.outcomes(start(1)) == ["STORED"]


def test_a_sequence_means_one_event_for_good(feed: Feed) -> None:
    assert feed.outcomes(start(1), start(1, "8")) == ["STORED", "REJECTED"]
    (result,) = feed.send(start(1, end_time=NOON)).results
    assert outcome(result) == "REJECTED"
    assert [violation.field for violation in result.violations] == ["events[0].sequence"]
    assert not feed.closure("7").HasField("end_time")


def test_the_cursor_tells_what_is_missing(feed: Feed) -> None:
    assert feed.cursor() == pb.StatusCursor()
    feed.send(start(2), start(3, "8"))
    assert feed.cursor() == pb.StatusCursor(
        last_sequence=3, gaps=[pb.StatusCursor.Gap(first_sequence=1, last_sequence=1)]
    )
    assert feed.send(start(1, "9"), start(7, "10"), start(9, "11"), end(2**63 - 1, "12")).last_sequence == 2**63 - 1
    assert feed.cursor() == pb.StatusCursor(
        last_sequence=2**63 - 1,
        contiguous_sequence=3,
        gaps=[
            pb.StatusCursor.Gap(first_sequence=first, last_sequence=last)
            for first, last in ((4, 6), (8, 8), (10, 2**63 - 2))
        ],
    )


def test_at_most_a_hundred_gaps_are_told(feed: Feed) -> None:
    feed.send(*(start(2 * number, f"e{number}") for number in range(1, 151)))
    cursor = feed.cursor()
    assert [gap.first_sequence for gap in cursor.gaps] == list(range(1, 200, 2))


def test_sources_and_locations_have_numbers_of_their_own(feed: Feed) -> None:
    other_source = Feed(feed.registry, location=feed.location)
    other_location = Feed(feed.registry, source=feed.source)
    feed.send(start(1))
    assert other_source.outcomes(start(1, end_time=NOON)) == ["STORED"]
    assert other_location.outcomes(start(1, "8", end_time=TWO)) == ["STORED"]
    assert not feed.closure("7").HasField("end_time")
    assert other_source.closure("7").end_time == NOON


def test_an_event_stays_at_its_location(feed: Feed) -> None:
    other = Feed(feed.registry, source=feed.source)
    feed.send(start(1), end(2, "8"))
    sent = other.send(start(1, end_time=NOON), start(2, "8"), start(3, "9"))
    assert [outcome(result) for result in sent.results] == ["REJECTED", "REJECTED", "STORED"]
    assert [violation.field for violation in sent.results[0].violations] == ["events[0].event_id"]
    assert [event.name for event in feed.everything()] == ["/closures/7"]
    assert not feed.closure("7").HasField("end_time")


def test_what_a_person_made_changed_or_withdrew_stands(feed: Feed) -> None:
    closures = feed.registry.closures
    closures.CreateClosure(
        closure_pb2.CreateClosureRequest(
            parent=feed.location,
            closure_id=f"{feed.source}.made",
            closure=closure_pb2.Closure(start_time=TEN, end_time=FOUR),
        )
    )
    feed.send(start(1, "changed"), start(2, "withdrawn"))
    name = f"{feed.location}/closures/{feed.source}"
    corrected = closure_pb2.Closure(name=f"{name}.changed", end_time=TWO)
    closures.UpdateClosure(closure_pb2.UpdateClosureRequest(closure=corrected, update_mask=mask("end_time")))
    closures.WithdrawClosure(closure_pb2.WithdrawClosureRequest(name=f"{name}.withdrawn"))
    before = feed.everything()
    batch = [start(3, "made"), end(4, "changed"), end(5, "withdrawn"), start(6, "new")]
    sent = feed.send(*batch)
    assert [outcome(result) for result in sent.results] == ["OVERRULED"] * 3 + ["STORED"]
    assert all("een mens" in result.warnings[0] for result in sent.results[:3])
    assert [event for event in feed.everything() if event.name != "/closures/new"] == before
    assert feed.outcomes(*batch) == ["UNCHANGED"] * 4
    assert feed.cursor().contiguous_sequence == 6
    # When source and person come to agree, there is nothing left to overrule.
    assert feed.outcomes(end(7, "changed", end_time=TWO)) == ["STORED"]


def test_an_identifier_of_a_person_at_another_location_is_refused(feed: Feed) -> None:
    feed.registry.closures.CreateClosure(
        closure_pb2.CreateClosureRequest(
            parent=feed.registry.new_location().name,
            closure_id=f"{feed.source}.7",
            closure=closure_pb2.Closure(start_time=TEN),
        )
    )
    assert feed.outcomes(start(1)) == ["REJECTED"]


def test_overlaps_are_stored_with_a_warning(feed: Feed) -> None:
    feed.send(start(1, "7", end_time=TWO))
    sent = feed.send(
        start(2, "8", start_time=NOON, end_time=FOUR),
        start(3, "9", start_time=FOUR),
        start(4, "10", kind=STOP, department=SEH, end_time=NOON),
        start(5, "11", kind=STOP, department=EHH, end_time=NOON),
    )
    assert [outcome(result) for result in sent.results] == ["STORED"] * 4
    assert [bool(result.warnings) for result in sent.results] == [True, False, False, False]
    assert f"{feed.source}.7" in sent.results[0].warnings[0]
    feed.send(withdrawal(6, "7"))
    (again,) = feed.send(start(2, "8", start_time=NOON, end_time=FOUR)).results
    assert not again.warnings


def test_validate_only_changes_nothing(feed: Feed) -> None:
    sent = feed.send(start(1), end(2, "8"), validate_only=True)
    assert [outcome(result) for result in sent.results] == ["STORED", "PENDING"]
    assert feed.everything() == []
    assert feed.cursor() == pb.StatusCursor()


def test_a_location_of_another_provider_does_not_exist(feed: Feed) -> None:
    other = feed.registry.new_provider()
    location = feed.location.rpartition("/")[2]
    refused = feed.refused(start(1), parent=f"{other.name}/locations/{location}")
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert feed.outcomes(start(1)) == ["STORED"]
    request = pb.GetStatusCursorRequest(parent=f"{other.name}/locations/{location}", source=feed.source)
    assert refusal(feed.registry.status_feed.GetStatusCursor, request).reason == "NOT_FOUND"


@pytest.mark.every_right
def test_a_batch_has_a_source_a_location_and_a_size(feed: Feed) -> None:
    refused = feed.refused(parent="providers/1/locations/x", source="epd.wulp")
    assert refused.reason == "INVALID_INPUT"
    assert refused.fields == ["parent", "source", "events"]
    assert feed.refused(start(1), parent="providers/-/locations/-").fields == ["parent"]
    many = [start(number, f"e{number}") for number in range(1, 502)]
    assert feed.refused(*many).fields == ["events"]
    assert feed.outcomes(*many[:500]) == ["STORED"] * 500
    large = [start(number, f"e{number}", reason="é" * 2000) for number in range(1, 251)]
    assert "1000000 bytes" in feed.refused(*large).violations["events"]


def test_they_are_among_the_facts_of_a_budget(feed: Feed) -> None:
    feed.registry.set_round()
    feed.send(start(1, end_time=NOON), start(2, "8", kind=STOP, department=SEH, end_time=TWO))
    request = snapshot_pb2.GetLocationSnapshotRequest(
        name=feed.location, budget_year=2027, view=snapshot_pb2.SNAPSHOT_VIEW_FULL
    )
    snapshot = feed.registry.snapshots.GetLocationSnapshot(request, timeout=10)
    assert [closure.end_time for closure in snapshot.closures] == [NOON]
    assert [stop.end_time for stop in snapshot.stops] == [TWO]


@st.composite
def stories(draw: st.DrawFn) -> list[pb.StatusEvent]:
    """Everything that a source says, in the order of its sequences."""
    hours = st.integers(0, 8)
    said = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ssseeew"),
                st.sampled_from([CLOSURE, STOP]),
                st.sampled_from("abc"),
                hours,
                st.integers(0, 3),
            ),
            min_size=1,
            max_size=24,
        )
    )
    events = []
    for sequence, (form, kind, event_id, hour, length) in enumerate(said, start=1):
        begins, ends = (moment(f"2027-03-01T{each:02d}:00") for each in (hour, hour + length))
        department = SEH if kind == STOP else 0
        if form == "s":
            until = ends if length else None
            event = start(sequence, event_id, kind=kind, start_time=begins, end_time=until, department=department)
        elif form == "e":
            event = end(sequence, event_id, kind=kind, end_time=begins)
        else:
            event = withdrawal(sequence, event_id, kind)
        events.append(event)
    return events


def cut(events: Sequence[pb.StatusEvent], chance: random.Random) -> list[list[pb.StatusEvent]]:
    """Batches of any size that together hold all events, of which some are sent again, in any order."""
    shuffled = chance.sample(list(events), len(events))
    places = sorted({0, len(shuffled), *(chance.randint(0, len(shuffled)) for _ in range(4))})
    batches = [shuffled[one:other] for one, other in itertools.pairwise(places)]
    batches += chance.choices(batches, k=3)
    chance.shuffle(batches)
    return batches


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(), chance=st.randoms(use_true_random=False))
def test_any_batches_in_any_order_by_two_at_once_come_to_the_same(
    registry: RegistryClient, story: list[pb.StatusEvent], chance: random.Random
) -> None:
    in_order, scattered = Feed(registry), Feed(registry)
    for event in story:
        in_order.send(event)
    batches = cut(story, chance)
    half = chance.randint(0, len(batches))

    def send_all(own: list[list[pb.StatusEvent]]) -> None:
        for batch in own:
            results = scattered.send(*batch).results
            assert "REJECTED" not in [outcome(result) for result in results]

    with ThreadPoolExecutor(2) as clients:
        list(clients.map(send_all, (batches[:half], batches[half:])))
    assert scattered.everything() == in_order.everything()
    assert scattered.cursor() == in_order.cursor()
    assert scattered.cursor().contiguous_sequence == len(story)
    last = {outcome(result) for result in scattered.send(*story).results}
    assert last <= {"UNCHANGED", "PENDING"}
