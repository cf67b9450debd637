"""The snapshot service over a real socket: facts that belong together, and loading a whole round."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.parts import mark_last
from spoedkader.registry.v1 import (
    attestation_pb2,
    closure_pb2,
    location_pb2,
    provider_pb2,
    round_pb2,
    snapshot_pb2,
    stop_pb2,
)
from tests.support.clients import RegistryClient, location, provider, round_2027
from tests.support.clock import TickingClock
from tests.support.messages import day, instant, moment, time_of_day
from tests.support.refusals import refusal

grpc_max_workers = 8

BASIC, CLOSURES, FULL = (
    snapshot_pb2.SNAPSHOT_VIEW_BASIC,
    snapshot_pb2.SNAPSHOT_VIEW_CLOSURES,
    snapshot_pb2.SNAPSHOT_VIEW_FULL,
)


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


@pytest.fixture(scope="module", autouse=True)
def round_(registry: RegistryClient) -> round_pb2.Round:
    return registry.set_round()


def close(registry: RegistryClient, parent: str, start: str, end: str | None) -> closure_pb2.Closure:
    made = closure_pb2.Closure(start_time=moment(start), end_time=moment(end) if end else None)
    request = closure_pb2.CreateClosureRequest(parent=parent, closure_id=registry.unused_id("C"), closure=made)
    return registry.closures.CreateClosure(request)


def stop(registry: RegistryClient, parent: str, start: str, end: str | None) -> stop_pb2.Stop:
    made = stop_pb2.Stop(
        start_time=moment(start), end_time=moment(end) if end else None, department=stop_pb2.Stop.DEPARTMENT_EHH
    )
    request = stop_pb2.CreateStopRequest(parent=parent, stop_id=registry.unused_id("S"), stop=made)
    return registry.stops.CreateStop(request)


def of_provider(registry: RegistryClient, name: str, **fields: Any) -> snapshot_pb2.ProviderSnapshot:
    request = snapshot_pb2.GetProviderSnapshotRequest(**{"name": name, "budget_year": 2027, "view": FULL, **fields})
    return registry.snapshots.GetProviderSnapshot(request, timeout=10)


def of_location(registry: RegistryClient, name: str, **fields: Any) -> snapshot_pb2.LocationSnapshot:
    request = snapshot_pb2.GetLocationSnapshotRequest(**{"name": name, "budget_year": 2027, "view": FULL, **fields})
    return registry.snapshots.GetLocationSnapshot(request, timeout=10)


# Snapshots


def test_a_snapshot_holds_everything_about_a_provider(registry: RegistryClient, round_: round_pb2.Round) -> None:
    owner = registry.new_provider(provides_seh_since=day("2027-04-01"))
    registry.providers.SubmitProvider(provider_pb2.SubmitProviderRequest(name=owner.name))
    registry.providers.ApproveProvider(
        provider_pb2.ApproveProviderRequest(name=owner.name, insurer="9101", decided_date=day("2027-01-05"))
    )
    first, second = registry.new_location(owner.name), registry.new_location(owner.name)
    hours = location_pb2.OpeningHours(
        name=f"{second.name}/openingHours",
        periods=[
            location_pb2.OpeningHours.Period(
                valid_from_date=day("2027-01-01"),
                weekdays=[1],
                opens=time_of_day("08:00"),
                closes=time_of_day("22:00"),
            )
        ],
    )
    hours = registry.locations.UpdateOpeningHours(location_pb2.UpdateOpeningHoursRequest(opening_hours=hours))
    closed = close(registry, first.name, "2027-05-01T00:00", "2027-05-02T00:00")
    stopped = stop(registry, second.name, "2027-05-01T00:00", None)
    found = of_provider(registry, owner.name)
    assert found.round == round_
    assert found.provider == registry.providers.GetProvider(provider_pb2.GetProviderRequest(name=owner.name))
    assert [one.insurer for one in found.approvals] == ["9101"]
    assert [one.location for one in found.locations] == [first, second]
    assert not any(one.HasField("round") for one in found.locations)
    assert [list(one.closures) for one in found.locations] == [[closed], []]
    assert [list(one.stops) for one in found.locations] == [[], [stopped]]
    assert found.locations[1].opening_hours == hours
    assert found.locations[0].opening_hours == location_pb2.OpeningHours(name=f"{first.name}/openingHours")
    single = of_location(registry, second.name.replace(owner.name, "providers/-"))
    assert single.round == round_
    single.ClearField("round")
    assert single == found.locations[1]


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [
        ("2026-12-01T00:00", "2027-01-01T00:00", False),
        ("2026-12-01T00:00", "2027-01-01T00:01", True),
        ("2026-12-01T00:00", None, True),
        ("2027-12-31T23:59", None, True),
        ("2028-01-01T00:00", "2028-01-01T00:01", False),
        ("2025-01-01T00:00", "2030-01-01T00:00", True),
    ],
)
def test_a_snapshot_holds_the_events_that_touch_its_year(
    registry: RegistryClient, start: str, end: str | None, touches: bool
) -> None:
    name = registry.new_location().name
    close(registry, name, start, end)
    stop(registry, name, start, end)
    found = of_location(registry, name)
    assert (len(found.closures), len(found.stops)) == (touches, touches)


@pytest.mark.parametrize(("view", "closures", "stops"), [(0, 0, 0), (BASIC, 0, 0), (CLOSURES, 1, 0), (FULL, 1, 1)])
def test_a_view_says_which_events_a_snapshot_holds(
    registry: RegistryClient, view: int, closures: int, stops: int
) -> None:
    name = registry.new_location().name
    close(registry, name, "2027-05-01T00:00", None)
    stop(registry, name, "2027-05-01T00:00", None)
    found = of_location(registry, name, view=view)
    assert (len(found.closures), len(found.stops)) == (closures, stops)


def test_an_unknown_view_is_refused_rather_than_taken_for_a_smaller_one(registry: RegistryClient) -> None:
    name = registry.new_location().name
    request = snapshot_pb2.GetLocationSnapshotRequest(name=name, budget_year=2027, view=99)  # type: ignore[arg-type]
    assert refusal(registry.snapshots.GetLocationSnapshot, request).fields == ["view"]


def test_withdrawn_events_do_not_stand_in_a_snapshot(registry: RegistryClient) -> None:
    name = registry.new_location().name
    made = close(registry, name, "2027-05-01T00:00", None)
    registry.closures.WithdrawClosure(closure_pb2.WithdrawClosureRequest(name=made.name))
    assert not of_location(registry, name).closures


def test_a_snapshot_shows_what_was_known_at_its_moment(registry: RegistryClient, clock: TickingClock) -> None:
    made = registry.new_location()
    owner = made.name.rpartition("/locations/")[0]
    closed = close(registry, made.name, "2027-05-01T00:00", None)
    then = clock.now
    expected = of_provider(registry, owner)
    registry.closures.UpdateClosure(
        closure_pb2.UpdateClosureRequest(
            closure=closure_pb2.Closure(
                name=closed.name, start_time=moment("2027-05-01T00:00"), end_time=moment("2027-05-02T00:00")
            )
        )
    )
    close(registry, made.name, "2027-06-01T00:00", None)
    registry.locations.UpdateLocation(
        location_pb2.UpdateLocationRequest(location=location(name=made.name, display_name="Later"))
    )
    registry.locations.UpdateOpeningHours(
        location_pb2.UpdateOpeningHoursRequest(
            opening_hours=location_pb2.OpeningHours(name=f"{made.name}/openingHours")
        )
    )
    registry.providers.UpdateProvider(
        provider_pb2.UpdateProviderRequest(provider=provider(name=owner, display_name="Later"))
    )
    registry.new_location(owner)
    assert of_provider(registry, owner) != expected
    assert of_provider(registry, owner, as_of_time=instant(then)) == expected
    single = of_location(registry, made.name, as_of_time=instant(then))
    assert list(single.closures) == [closed]


def test_before_anything_was_known_there_is_no_round_and_no_provider(
    registry: RegistryClient, clock: TickingClock
) -> None:
    before = clock.now
    owner = registry.new_provider().name
    request = snapshot_pb2.GetProviderSnapshotRequest(name=owner, budget_year=2027, as_of_time=instant(before))
    assert refusal(registry.snapshots.GetProviderSnapshot, request).reason == "NOT_FOUND"
    request.as_of_time.CopyFrom(instant(before.replace(year=2020)))
    assert refusal(registry.snapshots.GetProviderSnapshot, request).reason == "ROUND_UNKNOWN"


def test_a_year_without_a_round_is_refused(registry: RegistryClient) -> None:
    name = registry.new_location().name
    requests = [
        (
            registry.snapshots.GetProviderSnapshot,
            snapshot_pb2.GetProviderSnapshotRequest(name=name.rpartition("/locations/")[0], budget_year=2099),
        ),
        (
            registry.snapshots.GetLocationSnapshot,
            snapshot_pb2.GetLocationSnapshotRequest(name=name, budget_year=2099),
        ),
        (registry.snapshots.ListProviderSnapshots, snapshot_pb2.ListProviderSnapshotsRequest(budget_year=2099)),
    ]
    for method, request in requests:
        found = refusal(method, request)
        assert found.code is grpc.StatusCode.FAILED_PRECONDITION
        assert (found.reason, found.metadata) == ("ROUND_UNKNOWN", {"budget_year": "2099"})


def test_everything_wrong_with_a_snapshot_request_is_named(registry: RegistryClient) -> None:
    request = snapshot_pb2.GetLocationSnapshotRequest(name="x", budget_year=0, view=7)  # type: ignore[arg-type]
    request.as_of_time.seconds = 2**62
    found = refusal(registry.snapshots.GetLocationSnapshot, request)
    assert sorted(found.fields) == ["as_of_time", "budget_year", "name", "view"]


def test_all_providers_come_in_pages(registry: RegistryClient) -> None:
    made = [registry.new_location().name for _ in range(3)]
    request = snapshot_pb2.ListProviderSnapshotsRequest(budget_year=2027, page_size=2)
    found: list[str] = []
    while True:
        page = registry.snapshots.ListProviderSnapshots(request)
        assert len(page.snapshots) <= 2
        assert all(one.round.name == "rounds/2027" for one in page.snapshots)
        found += [place.location.name for one in page.snapshots for place in one.locations]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert [name for name in found if name in made] == made
    request.view = FULL
    assert refusal(registry.snapshots.ListProviderSnapshots, request).fields == ["page_token"]


# Loading


class Facts:
    """A small round of its own, as parts to load."""

    def __init__(self, registry: RegistryClient) -> None:
        self.provider = f"providers/{registry.unused_agb()}"
        self.location = f"{self.provider}/locations/{registry.unused_id('L')}"
        self.closure = f"{self.location}/closures/{registry.unused_id('C')}"
        self.stop = f"{self.location}/stops/{registry.unused_id('S')}"

    def parts(self) -> list[snapshot_pb2.ImportFactsRequest]:
        return [
            snapshot_pb2.ImportFactsRequest(
                rounds=[round_2027()],
                providers=[provider(name=self.provider, provides_seh_since=day("2027-02-01"))],
                approvals=[
                    provider_pb2.Approval(
                        name=f"{self.provider}/approvals/9101-2027-01-05-2",
                        insurer="9101",
                        decision=provider_pb2.Approval.DECISION_AKKOORD,
                        decided_date=day("2027-01-05"),
                    )
                ],
            ),
            snapshot_pb2.ImportFactsRequest(
                locations=[location(name=self.location)],
                opening_hours=[location_pb2.OpeningHours(name=f"{self.location}/openingHours")],
                closures=[closure_pb2.Closure(name=self.closure, start_time=moment("2027-05-01T00:00"))],
                stops=[
                    stop_pb2.Stop(
                        name=self.stop,
                        start_time=moment("2027-05-01T00:00"),
                        department=stop_pb2.Stop.DEPARTMENT_SEH,
                    )
                ],
                attestations=[
                    attestation_pb2.Attestation(
                        name=f"{self.provider}/attestations/2027-schoning",
                        budget_year=2027,
                        kind=attestation_pb2.Attestation.KIND_SCHONING,
                        attested_date=day("2026-09-01"),
                    )
                ],
            ),
        ]


def load(registry: RegistryClient, *parts: snapshot_pb2.ImportFactsRequest) -> dict[str, tuple[int, int, int]]:
    answer = registry.snapshots.ImportFacts(mark_last(parts), timeout=10)
    return {one.collection: (one.created, one.updated, one.unchanged) for one in answer.counts}


def nothing_of(registry: RegistryClient, facts: Facts) -> bool:
    request = provider_pb2.GetProviderRequest(name=facts.provider)
    return refusal(registry.providers.GetProvider, request).reason == "NOT_FOUND"


def test_a_round_is_loaded_in_parts_and_loading_it_again_changes_nothing(registry: RegistryClient) -> None:
    facts = Facts(registry)
    created = dict.fromkeys(
        ("rounds", "providers", "approvals", "locations", "opening_hours", "closures", "stops", "attestations"),
        (1, 0, 0),
    )
    assert load(registry, *facts.parts()) == {**created, "rounds": (0, 0, 1)}
    found = of_provider(registry, facts.provider)
    assert [one.name for one in found.locations[0].closures] == [facts.closure]
    assert [one.name for one in found.locations[0].stops] == [facts.stop]
    assert found.provider.state == provider_pb2.Provider.STATE_UNDER_REVIEW
    assert load(registry, *facts.parts()) == dict.fromkeys(created, (0, 0, 1))
    assert of_provider(registry, facts.provider) == found


def test_what_differs_is_changed_and_counted(registry: RegistryClient) -> None:
    facts = Facts(registry)
    first, second = facts.parts()
    load(registry, first, second)
    second.closures[0].end_time.CopyFrom(moment("2027-05-02T00:00"))
    counts = load(registry, first, second)
    assert counts["closures"] == (0, 1, 0)
    assert counts["stops"] == (0, 0, 1)


def test_a_wrong_part_late_in_the_stream_leaves_nothing(registry: RegistryClient) -> None:
    facts = Facts(registry)
    wrong = snapshot_pb2.ImportFactsRequest(
        closures=[
            closure_pb2.Closure(name=facts.closure, start_time=moment("2027-05-01T00:00")),
            closure_pb2.Closure(name="x"),
            closure_pb2.Closure(
                name=f"{facts.provider}/locations/nergens/closures/C1", start_time=moment("2027-05-01T00:00")
            ),
        ]
    )
    found = refusal(registry.snapshots.ImportFacts, mark_last([*facts.parts(), wrong]))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {"closures[1].name", "closures[1].start_time", "closures[2].name"} == set(found.fields)
    assert nothing_of(registry, facts)


def test_a_stream_that_breaks_off_leaves_nothing(registry: RegistryClient) -> None:
    broken = [Facts(registry) for _ in range(60)]
    for facts in broken:
        sent = threading.Event()

        def parts(facts: Facts = facts, sent: threading.Event = sent) -> Iterator[snapshot_pb2.ImportFactsRequest]:
            yield from facts.parts()
            sent.set()
            threading.Event().wait(0.05)

        call = registry.snapshots.ImportFacts.future(parts())
        assert sent.wait(5)
        call.cancel()
    # What a server did after all, it did before this load, for there is one writer at a time.
    load(registry, *Facts(registry).parts())
    assert all(nothing_of(registry, facts) for facts in broken)


def test_a_deadline_in_the_middle_of_a_stream_leaves_nothing(registry: RegistryClient) -> None:
    facts = Facts(registry)

    def parts() -> Iterator[snapshot_pb2.ImportFactsRequest]:
        yield from facts.parts()
        threading.Event().wait(0.4)

    assert refusal(registry.snapshots.ImportFacts, parts(), timeout=0.2).code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert nothing_of(registry, facts)


def test_the_first_part_decides_that_a_load_is_a_rehearsal(registry: RegistryClient) -> None:
    facts = Facts(registry)
    first, second = facts.parts()
    first.validate_only = True
    assert load(registry, first, second)["locations"] == (1, 0, 0)
    assert nothing_of(registry, facts)


def test_a_stream_without_a_last_part_is_refused(registry: RegistryClient) -> None:
    facts = Facts(registry)
    assert refusal(registry.snapshots.ImportFacts, iter(facts.parts())).fields == ["last"]
    assert nothing_of(registry, facts)


def test_an_empty_stream_is_refused(registry: RegistryClient) -> None:
    assert refusal(registry.snapshots.ImportFacts, iter([])).code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_part_that_is_no_message_is_an_invalid_argument(registry: RegistryClient) -> None:
    method = registry.channel.stream_unary("/spoedkader.registry.v1.SnapshotService/ImportFacts")
    assert refusal(method, iter([b"", b"\xff\xff"])).reason == "MALFORMED_MESSAGE"


def test_a_part_that_is_too_large_is_refused(registry: RegistryClient) -> None:
    part = snapshot_pb2.ImportFactsRequest(closures=[closure_pb2.Closure()] * 2001)
    found = refusal(registry.snapshots.ImportFacts, mark_last([part]))
    assert found.violations == {"": "een deel mag hoogstens 2000 gegevens bevatten"}


def test_a_resource_stands_once_in_a_part_under_whichever_name(registry: RegistryClient) -> None:
    facts = Facts(registry)
    load(registry, *facts.parts())
    identifier = facts.location.rpartition("/")[2]
    doubles = snapshot_pb2.ImportFactsRequest(
        opening_hours=[
            location_pb2.OpeningHours(name=f"{facts.location}/openingHours"),
            location_pb2.OpeningHours(name=f"providers/-/locations/{identifier}/openingHours"),
        ],
        closures=[
            closure_pb2.Closure(name=facts.closure, start_time=moment("2027-05-01T00:00")),
            closure_pb2.Closure(
                name=facts.closure.replace(facts.provider, "providers/-"), start_time=moment("2027-05-01T00:00")
            ),
        ],
    )
    found = refusal(registry.snapshots.ImportFacts, mark_last([doubles]))
    assert found.fields == ["opening_hours[1].name", "closures[1].name"]


def test_a_loaded_identifier_stays_where_it_belongs(registry: RegistryClient) -> None:
    facts, other = Facts(registry), Facts(registry)
    load(registry, *facts.parts())
    load(registry, *other.parts())
    moved = snapshot_pb2.ImportFactsRequest(
        locations=[location(name=facts.location.replace(facts.provider, other.provider))],
        closures=[
            closure_pb2.Closure(
                name=facts.closure.replace(facts.location, other.location), start_time=moment("2027-05-01T00:00")
            )
        ],
    )
    assert refusal(registry.snapshots.ImportFacts, mark_last([moved])).fields == [
        "locations[0].name",
        "closures[0].name",
    ]


def test_a_withdrawn_event_does_not_come_back_by_loading(registry: RegistryClient) -> None:
    facts = Facts(registry)
    load(registry, *facts.parts())
    registry.closures.WithdrawClosure(closure_pb2.WithdrawClosureRequest(name=facts.closure))
    assert refusal(registry.snapshots.ImportFacts, mark_last(facts.parts())).fields == ["closures[0].name"]


def test_a_load_leaves_the_stage_of_a_review(registry: RegistryClient) -> None:
    facts = Facts(registry)
    first, second = facts.parts()
    del first.approvals[:]
    load(registry, first, second)
    registry.providers.SubmitProvider(provider_pb2.SubmitProviderRequest(name=facts.provider))
    asked = provider_pb2.RequestProviderInformationRequest(name=facts.provider, reason="x")
    registry.providers.RequestProviderInformation(asked)
    assert load(registry, first, second)["providers"] == (0, 0, 1)
    assert of_provider(registry, facts.provider).provider.state == (provider_pb2.Provider.STATE_MORE_INFORMATION_NEEDED)


def test_a_new_decision_never_takes_the_name_of_a_loaded_one(registry: RegistryClient) -> None:
    facts = Facts(registry)
    load(registry, *facts.parts())
    for verb, request in (
        (registry.providers.DeclineProvider, provider_pb2.DeclineProviderRequest),
        (registry.providers.ApproveProvider, provider_pb2.ApproveProviderRequest),
    ):
        verb(request(name=facts.provider, insurer="9101", decided_date=day("2027-01-05"), reason="x"))
    listed = registry.providers.ListApprovals(provider_pb2.ListApprovalsRequest(parent=facts.provider)).approvals
    assert [(one.name.rpartition("-")[2], one.decision) for one in listed] == [("2", 1), ("1", 2), ("3", 1)]
