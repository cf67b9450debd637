"""The ledger over real sockets: an entry for each change, by whom and for whom, and none for what changed nothing."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from services.runtime.server import Application
from spoedkader.audit.v1 import audit_pb2 as pb
from spoedkader.client.calls import CALL_ID_KEY
from spoedkader.feed.v1 import feed_pb2
from spoedkader.parts import mark_last
from spoedkader.quality.v1 import enforcement_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2, snapshot_pb2, status_feed_pb2
from tests.support.clients import QualityClient, RegistryClient, acting_as, location, provider
from tests.support.clock import TickingClock
from tests.support.messages import moment
from tests.support.refusals import refusal
from tests.support.suite import Suite

Client = RegistryClient | QualityClient


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


def entries(client: Client, size: int = 0, **wanted: str) -> Iterator[pb.AuditEntry]:
    token = ""
    while True:
        request = pb.ListAuditEntriesRequest(page_size=size, page_token=token, **wanted)
        page = client.audit.ListAuditEntries(request, timeout=20)
        yield from page.entries
        token = page.next_page_token
        if not token:
            return


def rows(client: Client, entry: pb.AuditEntry, size: int = 0) -> Iterator[pb.AuditRow]:
    token = ""
    while True:
        request = pb.ListAuditRowsRequest(entry=entry.number, page_size=size, page_token=token)
        page = client.audit.ListAuditRows(request, timeout=20)
        yield from page.rows
        token = page.next_page_token
        if not token:
            return


def verdict(client: Client, head: str = "") -> pb.LedgerVerdict:
    *_, last = client.audit.VerifyLedger(pb.VerifyLedgerRequest(head=head), timeout=60)
    assert last.HasField("verdict")
    found: pb.LedgerVerdict = last.verdict
    return found


@pytest.mark.every_right
def test_a_change_tells_who_for_whom_how_and_what(registry: RegistryClient, clock: TickingClock) -> None:
    request = provider_pb2.CreateProviderRequest(provider_id=registry.unused_agb(), provider=provider())
    metadata = (*acting_as("inkoper@9101"), (CALL_ID_KEY, "aanroep-1"))
    made = registry.providers.CreateProvider(request, metadata=metadata, timeout=10)
    *_, entry = entries(registry)
    assert (entry.kind, entry.call_id, entry.actor, entry.on_behalf_of) == (
        pb.AuditEntry.KIND_CHANGE,
        "aanroep-1",
        "inkoper@9101",
        "9101",
    )
    assert entry.method == "/spoedkader.registry.v1.ProviderService/CreateProvider"
    assert (entry.caller, list(entry.roles)) == ("ontwikkeling", ["ontwikkeling"])
    assert entry.create_time.ToDatetime(UTC) == clock.now
    assert list(entry.changes) == [
        pb.AuditedChange(resource=made.name, revision=1, action=pb.AuditedChange.ACTION_CREATED)
    ]
    (change, row) = rows(registry, entry)
    assert (change.table, row.table, row.before_json) == ("change", "provider", "")
    assert json.loads(row.after_json)["name"] == made.display_name


def test_before_and_after_stand_beside_each_other(registry: RegistryClient) -> None:
    made = registry.new_location()
    made.display_name = "Anders"
    registry.locations.UpdateLocation(location_pb2.UpdateLocationRequest(location=made), timeout=10)
    *_, entry = entries(registry, resource=made.name)
    row = next(row for row in rows(registry, entry) if row.table == "location")
    before, after = json.loads(row.before_json), json.loads(row.after_json)
    assert (before["name"], after["name"]) == (location().display_name, "Anders")
    assert {name for name in after if before[name] != after[name]} == {"name", "revision", "recorded_at"}
    assert entry.changes[0].action == pb.AuditedChange.ACTION_UPDATED
    # The digest in the entry is that of the row as it is told here.
    told = json.loads(entry.contents_json)["tables"]["location"]
    assert told["count"] == 1
    assert told["sha256"] == _digest(list(after.values()))


def _digest(*found: list[object]) -> str:
    text = "".join(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "," for values in found)
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_changed_nothing_has_no_entry(registry: RegistryClient) -> None:
    made = registry.new_location()
    before = len(list(entries(registry)))
    agb = registry.unused_agb()
    tried = provider_pb2.CreateProviderRequest(provider_id=agb, provider=provider(), validate_only=True)
    registry.providers.CreateProvider(tried, timeout=10)
    refusal(registry.providers.CreateProvider, provider_pb2.CreateProviderRequest(provider_id="x"))
    taken = location_pb2.CreateLocationRequest(
        parent=made.name.rpartition("/locations/")[0], location_id=made.name.rpartition("/")[2], location=location()
    )
    refusal(registry.locations.CreateLocation, taken)
    registry.locations.UpdateLocation(location_pb2.UpdateLocationRequest(location=made), timeout=10)
    assert len(list(entries(registry))) == before


def test_a_request_that_is_repeated_has_one_entry(registry: RegistryClient) -> None:
    before = len(list(entries(registry)))
    request = provider_pb2.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id=str(uuid.uuid4())
    )
    for _ in range(3):
        registry.providers.CreateProvider(request, timeout=10)
    assert len(list(entries(registry))) == before + 1


def test_a_stream_that_is_imported_has_one_entry(registry: RegistryClient) -> None:
    owner = registry.new_provider()
    before = len(list(entries(registry)))
    made = [location(name=f"{owner.name}/locations/{registry.unused_id('I')}") for _ in range(60)]
    parts = [snapshot_pb2.ImportFactsRequest(locations=made[:30]), snapshot_pb2.ImportFactsRequest(locations=made[30:])]
    registry.snapshots.ImportFacts(mark_last(parts), timeout=20)
    *_, entry = entries(registry)
    assert len(list(entries(registry))) == before + 1
    assert (entry.change_count, len(entry.changes)) == (60, 50)
    assert [row.table for row in rows(registry, entry, 7)] == ["change"] * 60 + ["location"] * 60


def test_what_a_source_said_has_an_entry_also_when_nothing_follows_from_it(registry: RegistryClient) -> None:
    place = registry.new_location()
    end = status_feed_pb2.StatusEvent(
        sequence=1,
        kind=status_feed_pb2.StatusEvent.KIND_CLOSURE,
        event_id="c1",
        end_time=moment("2027-02-02T00:00"),
    )
    request = status_feed_pb2.SendStatusEventsRequest(parent=place.name, source="epd", events=[end])
    registry.status_feed.SendStatusEvents(request, timeout=10)
    *_, entry = entries(registry)
    (row,) = rows(registry, entry)
    assert (entry.change_count, row.table, json.loads(row.after_json)["event_id"]) == (0, "status_event", "c1")


def test_entries_are_found_by_who_when_and_what(registry: RegistryClient) -> None:
    place = registry.new_location()
    request = closure_pb2.CreateClosureRequest(
        parent=place.name,
        closure_id=registry.unused_id("c"),
        closure=closure_pb2.Closure(start_time=moment("2027-02-01T00:00"), end_time=moment("2027-02-02T00:00")),
    )
    registry.closures.CreateClosure(request, metadata=acting_as("rooster@alleen"), timeout=10)
    (mine,) = entries(registry, actor="rooster@alleen")
    assert [found.number for found in entries(registry, resource=place.name)] == [mine.number - 1, mine.number]
    assert [found.number for found in entries(registry, resource=mine.changes[0].resource)] == [mine.number]
    since = pb.ListAuditEntriesRequest(start_time=mine.create_time, actor="rooster@alleen")
    until = pb.ListAuditEntriesRequest(end_time=mine.create_time, actor="rooster@alleen")
    assert len(registry.audit.ListAuditEntries(since, timeout=10).entries) == 1
    assert not registry.audit.ListAuditEntries(until, timeout=10).entries


def test_pages_give_every_entry_once(registry: RegistryClient) -> None:
    every = list(entries(registry, 200))
    assert [entry.number for entry in every] == list(range(1, len(every) + 1))
    assert list(entries(registry, 3)) == every
    assert every[0].kind == pb.AuditEntry.KIND_SEAL
    assert [entry.previous_hash for entry in every] == ["", *(entry.hash for entry in every[:-1])]


def test_every_change_in_the_feed_is_in_an_entry(registry: RegistryClient) -> None:
    cursor, fed = "", []
    while True:
        page = registry.feed.ListChanges(feed_pb2.ListChangesRequest(cursor=cursor, page_size=1000), timeout=20)
        fed += [(change.position, change.type, change.revision) for change in page.changes]
        cursor = page.next_cursor
        if not page.has_more:
            break
    rows_of_feed = (
        (row.number, json.loads(row.after_json))
        for entry in entries(registry, 200)
        for row in rows(registry, entry, 200)
        if row.table == "change"
    )
    assert [(number, told["type"], told["revision"]) for number, told in rows_of_feed] == fed


def test_the_ledger_is_whole_and_keeps_the_head_that_was_kept(registry: RegistryClient) -> None:
    first = verdict(registry)
    assert first.whole, first.findings
    registry.new_provider()
    assert verdict(registry, first.head).whole
    number, _, _ = first.head.partition(":")
    other = verdict(registry, f"{number}:{'0' * 64}")
    assert [finding.entry for finding in other.findings] == [int(number)]
    assert not other.whole


def test_what_is_asked_for_wrongly_is_refused(registry: RegistryClient) -> None:
    assert refusal(registry.audit.ListAuditRows, pb.ListAuditRowsRequest(entry=0)).reason == "INVALID_INPUT"
    assert refusal(registry.audit.ListAuditRows, pb.ListAuditRowsRequest(entry=10**9)).reason == "NOT_FOUND"
    assert refusal(registry.audit.ListAuditEntries, pb.ListAuditEntriesRequest(page_size=-1)).reason == "INVALID_INPUT"
    with pytest.raises(grpc.RpcError) as wrong:
        list(registry.audit.VerifyLedger(pb.VerifyLedgerRequest(head="x"), timeout=10))
    assert wrong.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_rules_that_a_service_activates_by_itself_are_in_its_ledger(suite: Suite) -> None:
    shipped = [entry for entry in entries(suite.quality) if entry.method == "eigen beweging"]
    assert {entry.changes[0].resource.split("/")[1] for entry in shipped} == {"2027", "2028"}
    assert all(not entry.call_id for entry in shipped)
    tables = {row.table for row in rows(suite.quality, shipped[0])}
    assert tables == {"change", "policy_set", "policy_set_transition"}
    for client in (suite.registry, suite.quality, suite.budget):
        assert verdict(client).whole


def reads(logged: list[Any]) -> list[Any]:
    return [line for line in logged if line["event"] == "audit.read"]


@pytest.mark.every_right
def test_a_read_of_a_sensitive_part_is_logged(suite: Suite) -> None:
    with capture_logs() as logged:
        request = enforcement_pb2.ListCasesRequest(parent="providers/-/locations/-")
        metadata = (*acting_as("inkoper@9101"), (CALL_ID_KEY, "aanroep-2"))
        suite.quality.enforcement.ListCases(request, metadata=metadata, timeout=10)
        suite.registry.providers.ListProviders(provider_pb2.ListProvidersRequest(), timeout=10)
        case = enforcement_pb2.GetCaseRequest(name="providers/-/locations/x/cases/2026-herstel")
        refusal(suite.quality.enforcement.GetCase, case)
    (line,) = reads(logged)
    assert line == {
        "event": "audit.read",
        "log_level": "info",
        "logger": "audit.read",
        "action": "R",
        "actor": "inkoper@9101",
        "on_behalf_of": "9101",
        "caller": "ontwikkeling",
        "roles": ["ontwikkeling"],
        "call": "aanroep-2",
        "method": "/spoedkader.quality.v1.EnforcementService/ListCases",
        "resource": "providers/-/locations/-",
        "outcome": "success",
    }


def test_a_read_of_the_ledger_is_logged_too(registry: RegistryClient) -> None:
    registry.new_provider()
    with capture_logs() as logged:
        registry.audit.ListAuditRows(pb.ListAuditRowsRequest(entry=2), timeout=10)
        registry.audit.ListAuditEntries(pb.ListAuditEntriesRequest(), timeout=10)
        verdict(registry)
    told = [(line["method"].rpartition("/")[2], line["resource"]) for line in reads(logged)]
    assert told == [("ListAuditRows", "entry 2"), ("ListAuditEntries", ""), ("VerifyLedger", "")]
