"""What the contracts do not know is refused by the door, and what the services refuse comes with its reasons."""

import json
import socket
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlparse

import grpc
import pytest

from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from tests.integration.envoy.conftest import LOCATION, STOP, STOPS, Door, changes, of_the_door, refusal
from tests.support.envoy import running_door
from tests.support.ports import unused_port

OTHER = "providers/-/locations/L002"
MIB = 1024 * 1024


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
    ("verb", "path", "status"),
    [
        ("GET", "/v1/geen/pad", 404),
        ("DELETE", f"/v1/{LOCATION}", 404),
        ("POST", f"/v1/{LOCATION}/stops/?stopId=x", 404),
        ("POST", "/v1/providers/06992516/budgets/2027:onbekend", 404),
        ("POST", "/spoedkader.registry.v1.SnapshotService/ImportFacts", 404),
        ("GET", f"/v1/{LOCATION}?kleur=rood", 400),
        ("GET", "/v1/providers/-/locations?pageSize=veel", 400),
        ("GET", "/v1/providers/-%2Flocations/L001", 400),
        # The resource is the one in the path, however another is asked for.
        ("GET", f"/v1/{LOCATION}?name={OTHER}", 400),
        ("GET", f"/v1/{LOCATION}?n%61me={OTHER}", 400),
        ("GET", "/v1/providers/-/locations?pageSize=1&parent=providers/06992516", 400),
        ("PATCH", f"/v1/providers/06992516/locations/L001?updateMask=displayName&location.name={OTHER}", 400),
        ("POST", "/v1/providers/06992516/budgets/2027:calculate?name=providers/06990980/budgets/2027", 400),
    ],
)
def test_a_request_that_is_not_in_the_contracts_is_refused(door: Door, verb: str, path: str, status: int) -> None:
    before = changes(door)
    answer = door.call(verb, path, **({} if verb == "GET" else {"json": {}}))
    assert answer.status_code == status
    of_the_door(answer)
    assert changes(door) == before


BODY = json.dumps(STOP)[1:-1]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f'{{{BODY}, "kleur": "rood"}}', "kleur: dit veld bestaat niet"),
        (f'{{{BODY}, "endtime": {{"year": 2027}}}}', "endtime: dit veld bestaat niet"),
        (
            f'{{{BODY}, "end_time": {{"jaar": 1, "maand": 2}}}}',
            "end_time.jaar: dit veld bestaat niet; end_time.maand: dit veld bestaat niet",
        ),
        (f'{{{BODY}, "a\\u0062c": 1}}', "a\\u0062c: dit veld bestaat niet"),
        (f"{{{BODY},}}", "het bericht is geen JSON"),
        (f"{{{BODY}}} {{}}", "het bericht is geen JSON"),
        ("{reason: 'x'}", "het bericht is geen JSON"),
        ('{"reason": "\x01"}', "het bericht is geen JSON"),
        ('{"reason": "', "het bericht is geen JSON"),
        ('{"reason": "\\', "het bericht is geen JSON"),
        ('{"reason": truth}', "het bericht is geen JSON"),
        ('{"reason" 1}', "het bericht is geen JSON"),
        ("{", "het bericht is geen JSON"),
        ('{"reason": ' + "[" * 100_000 + "]" * 100_000 + "}", "het bericht is te diep genest"),
    ],
    ids=lambda value: value[-30:],
)
def test_a_body_that_is_not_in_the_contracts_is_refused(door: Door, body: str, says: str) -> None:
    answer = door.call("POST", STOPS, data=body)
    assert (answer.status_code, of_the_door(answer)) == (400, says)


@pytest.mark.parametrize(
    "body",
    [
        f'{{{BODY}, "kleurloos": [], "department": "DEPARTMENT_ONBEKEND"}}',
        f'{{{BODY}, "department": "DEPARTMENT_ONBEKEND"}}',
        f'{{{BODY}, "end_time": {{"year": 99999999999}}}}',
        f'{{{BODY}, "end_time": "morgen"}}',
        b'{"reason": "\xff\xfe"}',
        "[]",
        '"tekst"',
    ],
)
def test_a_value_that_its_field_cannot_have_is_refused(door: Door, body: str | bytes) -> None:
    answer = door.call("POST", STOPS, data=body)
    assert answer.status_code == 400
    of_the_door(answer)


def test_much_goes_through_and_too_much_is_refused_and_stores_nothing(door: Door) -> None:
    before = changes(door)
    path = f"/v1/{LOCATION}/stops?stopId=x"
    much = door.call("POST", path, json={**STOP, "reason": "x" * (15 * MIB)})
    assert refusal(much)["BadRequest"]["fieldViolations"][0]["field"] == "stop.reason", "it came to the service"
    too_much = json.dumps({**STOP, "reason": "x" * (16 * MIB)}).encode()
    for body in (too_much, iter([too_much])):
        answer = door.call("POST", path, data=body)
        assert answer.status_code == 413
        of_the_door(answer)
    assert changes(door) == before


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
        half = Door(url, door.services, tmp_path)
        gone = half.call("GET", "/v1/policyStatus")
        assert gone.status_code == 503
        of_the_door(gone)
        assert half.call("GET", "/healthz").status_code == 200
        assert half.call("GET", f"/v1/{LOCATION}").status_code == 200


def test_grpc_does_not_go_through_the_door(door: Door) -> None:
    """Its limits hold for JSON; who speaks gRPC calls the services."""
    address = urlparse(door.url).netloc
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as raised:
        feed_pb2_grpc.FeedServiceStub(channel).ListChanges(
            feed_pb2.ListChangesRequest(), timeout=10, metadata=(("x-envoy-original-path", "/v1/registry/changes"),)
        )
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
