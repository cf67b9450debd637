"""The closure service and the stop service over a real socket: what holds for both."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.type import datetime_pb2

from services.runtime.server import Application
from spoedkader.registry.v1 import closure_pb2, stop_pb2
from tests.support.clients import RegistryClient
from tests.support.clock import TickingClock
from tests.support.messages import instant, mask, moment, read_instant
from tests.support.refusals import refusal

grpc_max_workers = 8


@dataclass(frozen=True)
class Events:
    """One of the two services, in words that fit both."""

    registry: RegistryClient
    kind: str
    """As in `Closure`."""

    @property
    def field(self) -> str:
        return self.kind.lower()

    @property
    def collection(self) -> str:
        return f"{self.field}s"

    def message(self, **fields: Any) -> Any:
        own = {"department": stop_pb2.Stop.DEPARTMENT_SEH} if self.kind == "Stop" else {"foreseen": False}
        given = {"start_time": moment("2027-03-01T22:00"), "end_time": moment("2027-03-02T06:00"), "reason": "griep"}
        return getattr(self._module, self.kind)(**{**given, **own, **fields})

    def request(self, verb: str, **fields: Any) -> Any:
        plural = "s" if verb == "List" else ""
        return getattr(self._module, f"{verb}{self.kind}{plural}Request")(**fields)

    def method(self, verb: str) -> Any:
        plural = "s" if verb == "List" else ""
        return getattr(getattr(self.registry, self.collection), f"{verb}{self.kind}{plural}")

    def call(self, verb: str, **fields: Any) -> Any:
        return self.method(verb)(self.request(verb, **fields), timeout=10)

    def refused(self, verb: str, **fields: Any) -> Any:
        return refusal(self.method(verb), self.request(verb, **fields))

    def create(self, parent: str = "", event_id: str = "", **fields: Any) -> Any:
        wanted = {
            "parent": parent or self.registry.new_location().name,
            f"{self.field}_id": event_id or self.registry.unused_id("e"),
            self.field: self.message(**fields),
        }
        return self.call("Create", **wanted)

    def listed(self, parent: str, **fields: Any) -> list[Any]:
        return list(getattr(self.call("List", parent=parent, **fields), self.collection))

    @property
    def _module(self) -> Any:
        return {"Closure": closure_pb2, "Stop": stop_pb2}[self.kind]

    @property
    def withdrawn(self) -> int:
        return int(getattr(self._module, self.kind).STATE_WITHDRAWN)


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


@pytest.fixture(params=["Closure", "Stop"])
def events(registry: RegistryClient, request: pytest.FixtureRequest) -> Events:
    return Events(registry, request.param)


def parent_of(name: str) -> str:
    return "/".join(name.split("/")[:4])


def anywhere(name: str) -> str:
    parts = name.split("/")
    parts[1] = parts[3] = "-"
    return "/".join(parts)


# Reporting and reading


def test_an_event_is_reported_and_found_by_any_of_its_names(events: Events, clock: TickingClock) -> None:
    made = events.create()
    assert made.state == 1
    assert (made.start_time, made.end_time) == (moment("2027-03-01T22:00"), moment("2027-03-02T06:00"))
    assert read_instant(made.update_time) == clock.now
    assert events.call("Get", name=made.name) == made
    assert events.call("Get", name=anywhere(made.name)) == made


def test_an_event_can_be_reported_without_knowing_the_provider(events: Events) -> None:
    location = events.registry.new_location().name
    made = events.create(f"providers/-/locations/{location.rpartition('/')[2]}")
    assert parent_of(made.name) == location


def test_an_event_that_lasts_has_no_end_until_it_is_corrected(events: Events) -> None:
    made = events.create(end_time=None)
    assert not made.HasField("end_time")
    wanted = events.message(name=made.name, end_time=moment("2027-03-05T01:00"))
    ended = events.call("Update", **{events.field: wanted, "update_mask": mask("end_time")})
    assert ended.end_time == moment("2027-03-05T01:00")
    assert (ended.start_time, ended.reason) == (made.start_time, made.reason)
    reopened = events.call("Update", **{events.field: type(made)(name=made.name), "update_mask": mask("end_time")})
    assert not reopened.HasField("end_time")


def test_everything_wrong_with_an_event_is_named(events: Events) -> None:
    wrong = events.message(
        start_time=moment("2027-03-01T22:00"), end_time=moment("2027-03-01T22:00"), reason="x" * 2001
    )
    if events.kind == "Stop":
        wrong.department = 0
    found = events.refused(
        "Create", **{"parent": "x", f"{events.field}_id": "", events.field: wrong, "request_id": "x"}
    )
    expected = {"parent", f"{events.field}_id", f"{events.field}.end_time", f"{events.field}.reason", "request_id"}
    assert set(found.fields) == expected | ({"stop.department"} if events.kind == "Stop" else set())
    assert found.violations[f"{events.field}.end_time"] == "ligt niet na het begin"


@pytest.mark.parametrize(
    "time",
    [
        datetime_pb2.DateTime(year=2027, month=3, day=1, seconds=1),
        datetime_pb2.DateTime(year=2027, month=3, day=1, nanos=1),
        datetime_pb2.DateTime(year=2027, month=3, day=1, hours=24),
        datetime_pb2.DateTime(year=2027, month=2, day=29),
        datetime_pb2.DateTime(month=2, day=28),
        datetime_pb2.DateTime(year=2200, month=1, day=1),
        datetime_pb2.DateTime(year=-1, month=1, day=1),
        datetime_pb2.DateTime(year=2027, month=3, day=1, utc_offset=Duration()),
        datetime_pb2.DateTime(year=2027, month=3, day=1, time_zone=datetime_pb2.TimeZone(id="UTC")),
    ],
)
def test_a_time_that_is_no_whole_minute_on_the_clock_of_amsterdam_is_refused(
    events: Events, time: datetime_pb2.DateTime
) -> None:
    parent = events.registry.new_location().name
    wrong = events.message(start_time=time, end_time=None)
    found = events.refused("Create", **{"parent": parent, f"{events.field}_id": "x1", events.field: wrong})
    assert found.fields == [f"{events.field}.start_time"]


@pytest.mark.parametrize("text", ["2027-03-28T02:30", "2027-10-31T02:30"])
def test_the_hours_of_the_change_of_the_clock_are_as_any_other(events: Events, text: str) -> None:
    named = moment(text)
    named.time_zone.id = "Europe/Amsterdam"
    assert events.create(start_time=named, end_time=None).start_time == moment(text)


def test_an_identifier_is_taken_once_and_for_one_location(events: Events) -> None:
    made = events.create()
    event_id = made.name.rpartition("/")[2]
    again = {f"{events.field}_id": event_id, events.field: events.message()}
    found = events.refused("Create", parent=parent_of(made.name), **again)
    assert (found.code, found.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS")
    elsewhere = events.registry.new_location().name
    found = events.refused("Create", parent=elsewhere, **again)
    assert (found.code, found.reason) == (grpc.StatusCode.ALREADY_EXISTS, "IDENTIFIER_TAKEN")
    wanted = events.message(name=f"{elsewhere}/{events.collection}/{event_id}")
    found = events.refused("Update", **{events.field: wanted, "allow_missing": True})
    assert found.reason == "IDENTIFIER_TAKEN"
    assert events.refused("Update", **{events.field: wanted}).reason == "NOT_FOUND"


def test_closures_and_stops_do_not_share_identifiers(registry: RegistryClient) -> None:
    location, event_id = registry.new_location().name, registry.unused_id()
    closure = Events(registry, "Closure").create(location, event_id)
    stop = Events(registry, "Stop").create(location, event_id)
    assert (closure.name, stop.name) == (f"{location}/closures/{event_id}", f"{location}/stops/{event_id}")


def test_an_event_at_a_location_that_is_not_there_is_not_found(events: Events) -> None:
    parent = "providers/-/locations/nergens"
    wanted = {f"{events.field}_id": "x1", events.field: events.message()}
    assert events.refused("Create", parent=parent, **wanted).reason == "NOT_FOUND"
    assert events.refused("Create", parent="providers/-/locations/-", **wanted).code is grpc.StatusCode.NOT_FOUND
    assert events.refused("List", parent=parent).reason == "NOT_FOUND"
    assert events.refused("Get", name=f"{parent}/{events.collection}/x1").reason == "NOT_FOUND"
    assert events.refused("Withdraw", name=f"{parent}/{events.collection}/x1").reason == "NOT_FOUND"


def test_events_are_listed_at_a_location_at_a_provider_and_everywhere(events: Events) -> None:
    first = events.registry.new_location().name
    provider = first.rpartition("/locations/")[0]
    second = events.registry.new_location(provider).name
    made = [events.create(parent).name for parent in (first, second, first)]
    other = events.create().name
    assert [one.name for one in events.listed(first)] == [made[0], made[2]]
    assert [one.name for one in events.listed(f"{provider}/locations/-")] == made
    everywhere = [one.name for one in events.listed("providers/-/locations/-", page_size=1000)]
    assert [name for name in everywhere if name in {*made, other}] == [*made, other]


def test_pages_follow_each_other_and_belong_to_their_request(events: Events) -> None:
    location = events.registry.new_location().name
    made = [events.create(location).name for _ in range(5)]
    first = events.call("List", parent=location, page_size=2)
    token = first.next_page_token
    second = events.call("List", parent=location, page_size=2, page_token=token)
    third = events.call("List", parent=location, page_token=second.next_page_token)
    pages = [first, second, third]
    assert [one.name for page in pages for one in getattr(page, events.collection)] == made
    assert not third.next_page_token
    for changed in ({"parent": "providers/-/locations/-"}, {"parent": location, "show_withdrawn": True}):
        found = events.refused("List", page_token=token, **changed)
        assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])
    assert sorted(events.refused("List", page_size=-5, page_token="?").fields) == ["page_size", "page_token", "parent"]


# Correcting and withdrawing


def test_a_correction_changes_what_its_mask_names(events: Events) -> None:
    made = events.create()
    wanted = events.message(name=made.name, reason="waterschade", start_time=moment("2027-01-01T00:00"))
    corrected = events.call("Update", **{events.field: wanted, "update_mask": mask("reason")})
    assert corrected.reason == "waterschade"
    assert corrected.start_time == made.start_time
    assert corrected.etag != made.etag


def test_a_correction_is_checked_against_what_stays(events: Events) -> None:
    made = events.create()
    wanted = type(made)(name=made.name, end_time=moment("2027-03-01T21:00"))
    found = events.refused("Update", **{events.field: wanted, "update_mask": mask("end_time")})
    assert found.fields == [f"{events.field}.end_time"]


@pytest.mark.parametrize("path", ["state", "name", "etag", "nergens"])
def test_a_field_that_cannot_be_written_is_refused(events: Events, path: str) -> None:
    wanted = events.message(name=events.create().name)
    assert events.refused("Update", **{events.field: wanted, "update_mask": mask(path)}).fields == ["update_mask"]


def test_a_correction_of_another_version_is_aborted(events: Events) -> None:
    made = events.create()
    wanted = events.message(name=made.name, reason="anders", etag=made.etag)
    changed = events.call("Update", **{events.field: wanted})
    found = events.refused("Update", **{events.field: wanted})
    assert (found.code, found.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert events.refused("Withdraw", name=made.name, etag=made.etag).reason == "ETAG_MISMATCH"
    assert events.call("Withdraw", name=made.name, etag=changed.etag).state == events.withdrawn


def test_a_missing_event_is_reported_by_a_correction_only_when_asked(events: Events) -> None:
    location = events.registry.new_location().name
    wanted = events.message(name=f"{location}/{events.collection}/{events.registry.unused_id()}")
    assert events.refused("Update", **{events.field: wanted}).reason == "NOT_FOUND"
    assert events.call("Update", **{events.field: wanted, "allow_missing": True}).name == wanted.name
    wanted.name = f"providers/-/locations/-/{events.collection}/{events.registry.unused_id()}"
    assert events.refused("Update", **{events.field: wanted, "allow_missing": True}).reason == "NOT_FOUND"


def test_a_withdrawn_event_is_listed_only_when_asked_and_stays_as_it_is(events: Events) -> None:
    made = events.create()
    location = parent_of(made.name)
    withdrawn = events.call("Withdraw", name=anywhere(made.name))
    assert withdrawn.state == events.withdrawn
    assert events.listed(location) == []
    assert events.listed(location, show_withdrawn=True) == [withdrawn]
    assert events.call("Get", name=made.name) == withdrawn
    refused = [
        events.refused("Withdraw", name=made.name),
        events.refused("Update", **{events.field: events.message(name=made.name)}),
    ]
    for found in refused:
        assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ILLEGAL_TRANSITION")
        assert found.metadata == {"state": "WITHDRAWN", "open_steps": ""}


def test_a_rehearsal_of_any_step_changes_nothing(events: Events) -> None:
    made = events.create()
    location = parent_of(made.name)
    events.call(
        "Create", **{"parent": location, f"{events.field}_id": "nieuw", events.field: made, "validate_only": True}
    )
    wanted = events.message(name=made.name, reason="anders")
    assert events.call("Update", **{events.field: wanted, "validate_only": True}).reason == "anders"
    assert events.call("Withdraw", name=made.name, validate_only=True).state == events.withdrawn
    assert events.listed(location, show_withdrawn=True) == [made]


def test_a_repeated_report_gets_the_first_answer_and_counts_once(events: Events) -> None:
    location = events.registry.new_location().name
    request = {
        "parent": location,
        f"{events.field}_id": events.registry.unused_id(),
        events.field: events.message(),
        "request_id": str(uuid.uuid4()),
    }
    first = events.call("Create", **request)
    events.call("Withdraw", name=first.name)
    assert events.call("Create", **request) == first
    request[events.field].reason = "anders"
    assert events.refused("Create", **request).reason == "REQUEST_ID_REUSED"


# What was known then


def test_what_was_known_at_a_moment_can_be_asked_again(events: Events, clock: TickingClock) -> None:
    before = clock.now
    made = events.create(end_time=None)
    location = parent_of(made.name)
    reported = clock.now
    wanted = events.message(name=made.name, end_time=moment("2027-03-04T00:00"))
    corrected = events.call("Update", **{events.field: wanted})
    at_correction = clock.now
    withdrawn = events.call("Withdraw", name=made.name)

    def then(at: datetime) -> list[Any]:
        return events.listed(location, show_withdrawn=True, as_of_time=instant(at))

    assert events.refused("Get", name=made.name, as_of_time=instant(before)).reason == "NOT_FOUND"
    assert then(before) == []
    assert then(reported) == [made]
    assert events.call("Get", name=made.name, as_of_time=instant(reported)) == made
    assert events.listed(location, as_of_time=instant(at_correction)) == [corrected]
    assert events.call("Get", name=made.name, as_of_time=instant(clock.now)) == withdrawn
    assert events.listed(location, as_of_time=instant(clock.now + timedelta(days=9999))) == []


def test_pages_of_what_was_known_then_do_not_move(events: Events, clock: TickingClock) -> None:
    location = events.registry.new_location().name
    made = [events.create(location) for _ in range(3)]
    as_of = instant(clock.now)
    first = events.call("List", parent=location, page_size=1, as_of_time=as_of)
    events.call("Withdraw", name=made[1].name)
    events.create(location)
    second = events.call("List", parent=location, page_token=first.next_page_token, as_of_time=as_of)
    assert list(getattr(second, events.collection)) == made[1:]


def test_closures_may_leave_open_whether_they_were_foreseen(registry: RegistryClient) -> None:
    closures = Events(registry, "Closure")
    unknown = closures.create(foreseen=None)
    assert not unknown.HasField("foreseen")
    wanted = closure_pb2.Closure(name=unknown.name, foreseen=False)
    known = closures.call("Update", closure=wanted, update_mask=mask("foreseen"))
    assert known.HasField("foreseen")
    assert known.foreseen is False
