"""JSON over HTTP comes to the same as gRPC: what is read, what is changed, and what is refused."""

import csv
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import grpc
import pytest

from services.runtime.errors import REASONS
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from tests.integration.envoy.conftest import EXAMPLE, Door
from tests.support.envoy import running_door
from tests.support.ports import unused_port

LOCATION = "providers/-/locations/L001"
STOP = {
    "startTime": {"year": 2027, "month": 3, "day": 1, "hours": 10},
    "department": "DEPARTMENT_SEH",
    "reason": "voorbeeld",
}


def refusal(answer: Any) -> dict[str, Any]:
    """The details of a refusal, by the last part of their type, and its code and message."""
    document = answer.json()
    details = {detail.pop("@type").rpartition(".")[2]: detail for detail in document.pop("details")}
    return {**document, **details}


def changes(door: Door) -> str:
    """Where the feed of the registry stands, asked without the door."""
    with grpc.insecure_channel(door.services.registry) as channel:
        feed = feed_pb2_grpc.FeedServiceStub(channel)
        cursor, has_more = "", True
        while has_more:
            page = feed.ListChanges(feed_pb2.ListChangesRequest(cursor=cursor, page_size=1000), timeout=10)
            cursor, has_more = page.next_cursor, page.has_more
        return cursor


def test_a_resource_is_read_by_its_name(door: Door) -> None:
    answer = door.call("GET", f"/v1/{LOCATION}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json()
    assert found["name"] == "providers/06992516/locations/L001"
    assert found["openedDate"] == {"year": 1986, "month": 10, "day": 26}
    assert found["careType"] == "CARE_TYPE_SEH"


def test_pages_follow_each_other(door: Door) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = door.call("GET", "/v1/providers/-/locations", params={"pageSize": 30, "pageToken": token}).json()
        names += [location["name"] for location in page["locations"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    with (EXAMPLE / "locations.csv").open(encoding="utf-8") as file:
        assert len(names) == len(set(names)) == len(list(csv.DictReader(file)))


def test_a_stop_is_made_corrected_and_withdrawn(door: Door) -> None:
    parameters = {"stopId": "deur-1", "requestId": "7e0bb0a8-6b3c-4a3b-9d0a-0d2b6f1c2a10"}
    made = door.call("POST", f"/v1/{LOCATION}/stops", params=parameters, json=STOP)
    assert made.status_code == 200, made.text
    again = door.call("POST", f"/v1/{LOCATION}/stops", params=parameters, json=STOP)
    assert again.json() == made.json(), "a repeated request counts once"
    name = made.json()["name"]
    correction = {"endTime": {"year": 2027, "month": 3, "day": 1, "hours": 12}, "etag": made.json()["etag"]}
    corrected = door.call("PATCH", f"/v1/{name}", params={"updateMask": "endTime"}, json=correction)
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["endTime"]["hours"] == 12
    assert corrected.json()["reason"] == "voorbeeld", "what the mask leaves out stays"
    stale = door.call("PATCH", f"/v1/{name}", params={"updateMask": "endTime"}, json=correction)
    assert (stale.status_code, refusal(stale)["ErrorInfo"]["reason"]) == (409, "ETAG_MISMATCH")
    withdrawn = door.call("POST", f"/v1/{name}:withdraw", json={})
    assert withdrawn.json()["state"] == "STATE_WITHDRAWN"


def test_a_budget_is_that_of_the_expected_results(door: Door) -> None:
    with (EXAMPLE / "expected" / "provider_budgets.csv").open(encoding="utf-8") as file:
        expected = next(csv.DictReader(file))
    answer = door.call("POST", f"/v1/providers/{expected['agb']}/budgets/2027:calculate", json={})
    assert answer.status_code == 200, answer.text
    amount = answer.json()["budget"]
    cents = int(amount.get("units", "0")) * 100 + amount.get("nanos", 0) // 10_000_000
    assert cents == int(expected["budget_cents"])
    assert answer.json()["steps"]


def test_a_stream_comes_as_a_list(door: Door) -> None:
    answer = door.call("POST", "/v1/budgets:calculate", json={"budgetYear": 2027, "validateOnly": True})
    with (EXAMPLE / "expected" / "provider_budgets.csv").open(encoding="utf-8") as file:
        assert len(answer.json()) == len(list(csv.DictReader(file)))


def test_each_service_has_its_own_feed(door: Door) -> None:
    kinds = {
        name: {change["type"] for change in door.call("GET", f"/v1/{name}/changes?pageSize=1000").json()["changes"]}
        for name in ("registry", "quality", "budget")
    }
    assert "locations" in kinds["registry"]
    assert "submissions" in kinds["quality"]
    assert not kinds["registry"] & kinds["quality"]


def test_every_wrong_field_is_named(door: Door) -> None:
    before = changes(door)
    wrong = {**STOP, "startTime": {"year": 2027, "month": 13, "day": 1}, "department": "DEPARTMENT_UNSPECIFIED"}
    found = door.call("POST", f"/v1/{LOCATION}/stops", params={"stopId": "een slecht id"}, json=wrong)
    assert found.status_code == 400
    details = refusal(found)
    assert details["ErrorInfo"]["reason"] == "INVALID_INPUT"
    fields = {violation["field"] for violation in details["BadRequest"]["fieldViolations"]}
    assert fields == {"stop_id", "stop.start_time", "stop.department"}
    assert changes(door) == before


@pytest.mark.parametrize(
    ("verb", "path", "more", "status"),
    [
        ("GET", "/v1/providers/-/locations/onbekend", {}, 404),
        ("GET", "/v1/geen/pad", {}, 404),
        ("DELETE", f"/v1/{LOCATION}", {}, 404),
        ("GET", f"/v1/{LOCATION}?kleur=rood", {}, 400),
        ("POST", f"/v1/{LOCATION}/stops?stopId=x", {"json": {"kleur": "rood"}}, 400),
        ("POST", f"/v1/{LOCATION}/stops?stopId=x", {"data": b"{"}, 400),
        ("GET", "/v1/providers/-%2Flocations/L001", {}, 400),
        ("POST", "/v1/rounds:import", {"json": {}}, 404),
    ],
)
def test_what_is_not_in_the_contracts_is_refused(
    door: Door, verb: str, path: str, more: dict[str, Any], status: int
) -> None:
    before = changes(door)
    assert door.call(verb, path, **more).status_code == status
    assert changes(door) == before


def test_a_refusal_of_the_service_has_its_call_id(door: Door) -> None:
    found = door.call("GET", "/v1/providers/-/locations/onbekend", headers={"x-call-id": "deur-7"})
    assert refusal(found)["ErrorInfo"] == {
        "reason": "NOT_FOUND",
        "domain": "spoedkader",
        "metadata": {"resource": "providers/-/locations/onbekend"},
    }
    assert "NOT_FOUND" in {reason.upper() for reason in REASONS}
    assert found.headers["x-call-id"] == "deur-7"


def test_too_much_is_refused_and_stores_nothing(door: Door) -> None:
    before = changes(door)
    answer = door.call("POST", f"/v1/{LOCATION}/stops?stopId=x", json={**STOP, "reason": "x" * (17 * 1024 * 1024)})
    assert answer.status_code in {413, 429}
    assert changes(door) == before


def test_a_deadline_of_the_caller_counts(door: Door) -> None:
    answer = door.call("POST", "/v1/budgets:calculate", json={"budgetYear": 2027}, headers={"grpc-timeout": "1m"})
    assert answer.status_code in {408, 504}


def test_half_a_request_is_closed(door: Door) -> None:
    address = urlparse(door.url)
    before = changes(door)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(f"POST /v1/{LOCATION}/stops?stopId=x HTTP/1.1\r\nHost: deur\r\n".encode())
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408") or not answer
    assert changes(door) == before


def test_a_service_that_is_gone_is_unavailable_and_the_others_go_on(door: Door, tmp_path: Path) -> None:
    with running_door({**asdict(door.services), "quality": f"127.0.0.1:{unused_port()}"}, tmp_path) as url:
        half = Door(url, door.services)
        assert half.call("GET", "/v1/policyStatus").status_code == 503
        assert half.call("GET", f"/v1/{LOCATION}").status_code == 200
