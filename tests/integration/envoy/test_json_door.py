"""JSON over HTTP comes to the same as gRPC: what is read, what is changed, and who did it."""

import csv
import json

from tests.integration.envoy.conftest import EXAMPLE, LOCATION, STOP, STOPS, Door, changes, refusal


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
    assert isinstance(amount["units"], str), "no language rounds a number of 64 bits"
    cents = int(amount["units"]) * 100 + amount.get("nanos", 0) // 10_000_000
    assert cents == int(expected["budget_cents"])
    assert answer.json()["steps"]


def test_each_service_has_its_own_feed(door: Door) -> None:
    kinds = {
        name: {change["type"] for change in door.call("GET", f"/v1/{name}/changes?pageSize=1000").json()["changes"]}
        for name in ("registry", "quality", "budget")
    }
    assert "locations" in kinds["registry"]
    assert "submissions" in kinds["quality"]
    assert not kinds["registry"] & kinds["quality"]


def test_each_service_has_its_own_ledger(door: Door) -> None:
    methods = {}
    for name in ("registry", "quality", "budget"):
        entries = door.call("GET", f"/v1/{name}/auditEntries?pageSize=200").json()["entries"]
        assert entries[0]["number"] == "1"
        methods[name] = {entry["method"] for entry in entries}
        rows = door.call("GET", f"/v1/{name}/auditEntries/{entries[-1]['number']}/rows").json().get("rows", [])
        assert all(row["afterJson"] for row in rows)
        assert rows or entries[-1]["kind"] == "KIND_SEAL"
        (*_, last) = door.call("POST", f"/v1/{name}/auditEntries:verify", json={}).json()
        assert last["verdict"]["whole"]
    assert "/spoedkader.registry.v1.SnapshotService/ImportFacts" in methods["registry"]
    assert "/spoedkader.quality.v1.SubmissionService/ImportSubmissions" in methods["quality"]


def test_both_names_of_a_field_and_both_forms_of_a_number_are_taken(door: Door) -> None:
    made = door.call("POST", STOPS, json={"start_time": STOP["startTime"], "department": STOP["department"]})
    assert made.json()["startTime"] == STOP["startTime"]
    assert "reason" not in made.json(), "what has its default is left out"
    spoken = [
        door.call("POST", "/v1/providers/06992516/settlements/2027:estimate", json={"declaredRevenue": revenue})
        for revenue in ({"currencyCode": "EUR", "units": 4600000}, {"currencyCode": "EUR", "units": "4600000"})
    ]
    assert spoken[0].json() == spoken[1].json()


def test_texts_go_through_unharmed(door: Door) -> None:
    text = '\u00eb "x" \\ {[,:]} \U0001f691'
    for sent in (json.dumps({**STOP, "reason": text}), json.dumps({**STOP, "reason": text}, ensure_ascii=False)):
        assert door.call("POST", STOPS, data=sent.encode()).json()["reason"] == text


def test_who_calls_is_who_did_it(door: Door) -> None:
    headers = {"x-actor": "epd@deur"}
    before = changes(door)
    made = door.call("POST", f"/v1/{LOCATION}/stops?stopId=deur-2", json=STOP, headers=headers)
    assert made.status_code == 200, made.text
    since = door.call("GET", "/v1/registry/changes", params={"cursor": before, "types": "stops"}).json()["changes"]
    assert [(one["resource"].rpartition("/")[2], one["actor"]) for one in since] == [("deur-2", "epd@deur")]


def test_every_answer_has_its_call_id(door: Door) -> None:
    found = door.call("GET", "/v1/providers/-/locations/onbekend", headers={"x-call-id": "deur-7"})
    assert refusal(found)["ErrorInfo"] == {
        "reason": "NOT_FOUND",
        "domain": "spoedkader",
        "metadata": {"resource": "providers/-/locations/onbekend"},
    }
    assert found.headers["x-call-id"] == "deur-7"
    answered = door.call("GET", f"/v1/{LOCATION}", headers={"x-call-id": "deur-8"})
    assert answered.headers["x-call-id"] == "deur-8"
    line = door.logged("deur-8")
    assert (line["status"], line["service"]) == (200, "registry")
    made = door.call("GET", f"/v1/{LOCATION}").headers["x-call-id"]
    assert door.logged(made)["path"] == f"/v1/{LOCATION}"
