"""The feed of changes over real sockets: nothing skipped, nothing repeated."""

import base64
import threading
from collections.abc import Iterator

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.feed.v1 import feed_pb2 as pb
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2
from tests.support.clients import RegistryClient, acting_as, provider
from tests.support.messages import moment
from tests.support.refusals import refusal
from tests.support.suite import Suite

grpc_max_workers = 16


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


def pages(registry: RegistryClient, cursor: str = "", size: int = 100, *types: str) -> Iterator[pb.ListChangesResponse]:
    while True:
        page = registry.feed.ListChanges(pb.ListChangesRequest(cursor=cursor, page_size=size, types=types), timeout=10)
        yield page
        if not page.has_more:
            return
        cursor = page.next_cursor


def end(registry: RegistryClient) -> str:
    """The cursor behind everything that happened so far."""
    return list(pages(registry, size=1000))[-1].next_cursor


def test_what_happened_comes_in_order_with_who_and_what(registry: RegistryClient) -> None:
    start = end(registry)
    made = registry.new_location()
    request = closure_pb2.CreateClosureRequest(
        parent=made.name,
        closure_id=registry.unused_id("c"),
        closure=closure_pb2.Closure(start_time=moment("2027-02-01T00:00"), end_time=moment("2027-02-02T00:00")),
    )
    registry.closures.CreateClosure(request, metadata=acting_as("rooster@wulp"), timeout=10)
    (page,) = pages(registry, start)
    owner, _, _ = made.name.partition("/locations/")
    assert [(change.type, change.revision) for change in page.changes] == [
        ("providers", 1),
        ("locations", 1),
        ("closures", 1),
    ]
    assert [change.resource for change in page.changes[:2]] == [owner, made.name]
    assert page.changes[2].resource.endswith(f"/closures/{request.closure_id}")
    assert page.changes[2].actor == "rooster@wulp"
    positions = [change.position for change in page.changes]
    assert positions == list(range(positions[0], positions[0] + 3))


def test_a_cursor_at_the_end_stays_good_until_something_happens(registry: RegistryClient) -> None:
    cursor = end(registry)
    (nothing,) = pages(registry, cursor)
    assert (list(nothing.changes), nothing.next_cursor, nothing.has_more) == ([], cursor, False)
    made = registry.new_provider()
    (page,) = pages(registry, nothing.next_cursor)
    assert [change.resource for change in page.changes] == [made.name]


def test_what_is_refused_only_tried_or_the_same_already_does_not_happen(registry: RegistryClient) -> None:
    made = registry.new_provider()
    cursor = end(registry)
    agb = registry.unused_agb()
    refusal(registry.providers.CreateProvider, provider_pb2.CreateProviderRequest(provider_id=agb))
    request = provider_pb2.CreateProviderRequest(provider_id=agb, provider=provider(), validate_only=True)
    registry.providers.CreateProvider(request, timeout=10)
    registry.providers.UpdateProvider(provider_pb2.UpdateProviderRequest(provider=made), timeout=10)
    (page,) = pages(registry, cursor)
    assert list(page.changes) == []


def test_a_request_that_is_repeated_happens_once(registry: RegistryClient) -> None:
    cursor = end(registry)
    request = provider_pb2.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id="2b2f8b5e-3d0e-4f0a-9d0c-2f9d5b1c7a11"
    )
    for _ in range(2):
        registry.providers.CreateProvider(request, timeout=10)
    (page,) = pages(registry, cursor)
    assert len(page.changes) == 1


def test_pages_of_one_type_go_on_where_they_were(registry: RegistryClient) -> None:
    cursor = end(registry)
    names = [registry.new_location().name for _ in range(5)]
    found = list(pages(registry, cursor, 2, "locations"))
    assert [change.resource for page in found for change in page.changes] == names
    assert [len(page.changes) for page in found] == [2, 2, 1]
    # The last page also saw what is of another type.
    assert found[-1].next_cursor == end(registry)


def test_a_reader_beside_eight_writers_skips_and_repeats_nothing(registry: RegistryClient) -> None:
    cursor = end(registry)
    made: list[str] = []
    done = threading.Event()
    seen: list[str] = []

    def write() -> None:
        made.extend(registry.new_provider().name for _ in range(12))

    def read() -> None:
        nonlocal cursor
        while True:
            last_round = done.is_set()
            for page in pages(registry, cursor, 7):
                seen.extend(change.resource for change in page.changes)
                cursor = page.next_cursor
            if last_round:
                return

    writers = [threading.Thread(target=write) for _ in range(8)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(made) == 96
    assert sorted(seen) == sorted(made)


def test_a_cursor_that_is_none_is_refused(registry: RegistryClient) -> None:
    for cursor in ("x", "bmE6LTE=", "bmE6MDE=", "é"):
        found = refusal(registry.feed.ListChanges, pb.ListChangesRequest(cursor=cursor, page_size=-1, types=["?"]))
        assert found.code is grpc.StatusCode.INVALID_ARGUMENT
        assert sorted(found.fields) == ["cursor", "page_size", "types[0]"]


def test_every_service_serves_its_own(suite: Suite) -> None:
    suite.registry.new_provider()
    for client in (suite.registry, suite.quality, suite.budget):
        answer = client.feed.ListChanges(pb.ListChangesRequest(), timeout=10)
        assert answer.next_cursor
    shipped = suite.quality.feed.ListChanges(pb.ListChangesRequest(types=["policySets"]), timeout=10).changes
    assert {change.resource.split("/")[1] for change in shipped} == {"2027", "2028"}


def test_a_cursor_from_before_a_restore_is_not_passed_over(registry: RegistryClient) -> None:
    behind = base64.urlsafe_b64encode(b"na:1000000000").decode()
    found = refusal(registry.feed.ListChanges, pb.ListChangesRequest(cursor=behind), timeout=10)
    assert (found.reason, found.fields) == ("INVALID_INPUT", ["cursor"])
    assert "teruggezet" in found.message


def test_what_is_recorded_by_location_has_its_provider_in_the_feed(registry: RegistryClient) -> None:
    made = registry.new_location()
    start = end(registry)
    hours = location_pb2.OpeningHours(name=f"{made.name}/openingHours")
    registry.locations.UpdateOpeningHours(location_pb2.UpdateOpeningHoursRequest(opening_hours=hours), timeout=10)
    (page,) = pages(registry, start)
    assert [change.resource for change in page.changes] == [hours.name]
