"""The bundle that OPA servers take: what is sent, when a request waits, and what it never gets."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from werkzeug.test import Client, TestResponse

from services.policy.engine import PolicyError
from services.quality.bundles.app import CONTENT_TYPE, PATH, Bundle, BundleApp
from services.quality.bundles.server import BundleServer


class Source:
    """Where the bundle comes from, as a test wants it."""

    def __init__(self) -> None:
        self.active = "2027=sha256:a"
        self.error: Exception | None = None
        self.made = 0
        self.looked = 0

    def revision(self) -> str:
        self.looked += 1
        if self.error:
            raise self.error
        return self.active

    def current(self) -> Bundle:
        self.made += 1
        return Bundle(self.active, f"bundel van {self.active}".encode())


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def app(source: Source) -> BundleApp:
    return BundleApp(source)


@pytest.fixture
def client(app: BundleApp) -> Client:
    return Client(app)


def known(revision: str = "2027=sha256:a", wait: str = "") -> dict[str, str]:
    """The headers of an OPA server that holds a revision."""
    prefer = "modes=snapshot,delta" + (f";wait={wait}" if wait else "")
    return {"If-None-Match": f'"{revision}"', "Prefer": prefer}


def test_the_bundle_with_its_revision_as_etag(client: Client) -> None:
    found = client.get(PATH)
    assert (found.status_code, found.data) == (200, b"bundel van 2027=sha256:a")
    assert found.headers["Content-Type"] == CONTENT_TYPE
    assert found.headers["ETag"] == '"2027=sha256:a"'


def test_who_signs_is_part_of_the_etag(source: Source) -> None:
    assert Client(BundleApp(source, lambda: "sleutel-1")).get(PATH).headers["ETag"] == '"2027=sha256:a;sleutel-1"'


def test_another_key_that_signs_makes_another_bundle(source: Source) -> None:
    signers = ["sleutel-1"]
    client = Client(BundleApp(source, lambda: signers[-1]))
    etag = client.get(PATH).headers["ETag"]
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 304
    assert source.made == 1
    signers.append("sleutel-2")
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 200
    assert source.made == 2


def test_several_years_in_one_etag(source: Source, client: Client) -> None:
    source.active = "2027=sha256:a,2028=sha256:b"
    etag = client.get(PATH).headers["ETag"]
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 304


def test_who_has_it_does_not_get_it_again(client: Client) -> None:
    found = client.get(PATH, headers=known())
    assert (found.status_code, found.data) == (304, b"")
    assert found.headers["ETag"] == '"2027=sha256:a"'
    assert client.get(PATH, headers=known("2027=sha256:b")).status_code == 200
    assert client.get(PATH, headers={"If-None-Match": ""}).status_code == 200


def test_head_is_get_without_content(client: Client) -> None:
    found = client.head(PATH)
    assert (found.status_code, found.data) == (200, b"")
    assert found.headers["ETag"] == '"2027=sha256:a"'
    assert client.head(PATH, headers=known()).status_code == 304


@pytest.mark.parametrize("path", ["/", "/bundles", "/bundles/", "/bundles/kwaliteitskader/x", "/bundles/../health/x"])
def test_there_is_nothing_else(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_only_read(client: Client, method: str) -> None:
    assert client.open(PATH, method=method).status_code == 405


def test_health(client: Client, source: Source) -> None:
    found = client.get("/health")
    assert (found.status_code, found.text) == (200, "2027=sha256:a\n")
    source.error = OSError("database is weg")
    assert client.get("/health").status_code == 503


@pytest.mark.parametrize("error", [PolicyError("kapot"), OSError("weg"), RuntimeError("onverwacht")])
def test_a_source_that_fails_gives_no_bundle(client: Client, source: Source, error: Exception) -> None:
    client.get(PATH)
    source.error = error
    for headers in ({}, known(), known(wait="30")):
        found = client.get(PATH, headers=headers)
        assert found.status_code == 503
        assert "ETag" not in found.headers
        assert b"bundel van" not in found.data
    source.error = None
    assert client.get(PATH).status_code == 200


def test_no_active_set_is_no_empty_bundle(client: Client, source: Source) -> None:
    source.active = ""
    assert client.get(PATH).status_code == 503
    assert client.get("/health").status_code == 503


def test_a_bundle_is_made_once(client: Client, source: Source) -> None:
    for _ in range(3):
        client.get(PATH)
    assert source.made == 1
    source.active = "2027=sha256:b"
    assert client.get(PATH).data == b"bundel van 2027=sha256:b"
    assert source.made == 2


class Waiting:
    """A request of an OPA server that holds what is active, and waits for another bundle."""

    def __init__(self, app: BundleApp, source: Source, wait: str = "60") -> None:
        self._found: list[TestResponse] = []
        before = source.looked
        headers = known(wait=wait)
        self._thread = threading.Thread(target=lambda: self._found.append(Client(app).get(PATH, headers=headers)))
        self._thread.start()
        while source.looked == before:
            time.sleep(0.01)

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()

    def result(self) -> TestResponse:
        self._thread.join(timeout=30)
        return self._found[0]


def test_a_request_waits_for_another_set(app: BundleApp, source: Source) -> None:
    waiting = Waiting(app, source)
    time.sleep(0.1)
    assert waiting.waits
    source.active = "2027=sha256:b"
    app.changed()
    found = waiting.result()
    assert (found.status_code, found.data) == (200, b"bundel van 2027=sha256:b")
    assert found.headers["Content-Type"] == CONTENT_TYPE


def test_what_another_replica_activates_is_seen_too(app: BundleApp, source: Source) -> None:
    waiting = Waiting(app, source)
    source.active = "2027=sha256:b"
    assert waiting.result().status_code == 200


def test_a_change_that_changed_nothing_is_no_reason_to_answer(app: BundleApp, source: Source) -> None:
    waiting = Waiting(app, source)
    looked = source.looked
    app.changed()
    while source.looked <= looked:
        time.sleep(0.01)
    assert waiting.waits
    app.close()
    assert waiting.result().status_code == 304


def test_a_source_that_fails_meanwhile(app: BundleApp, source: Source) -> None:
    waiting = Waiting(app, source)
    source.error = OSError("database is weg")
    assert waiting.result().status_code == 503


def test_the_time_is_over(app: BundleApp, source: Source) -> None:
    assert Waiting(app, source, "1").result().status_code == 304


def test_nobody_waits_longer_than_the_limit(app: BundleApp, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.quality.bundles.app.MAX_WAIT_SECONDS", 0.1)
    assert Waiting(app, source, "999999999").result().status_code == 304


@pytest.mark.parametrize("prefer", ["", "wait", "wait=", "wait=-1", "wait=x", "await=60", "wait=0", "wait=1.5"])
def test_who_does_not_ask_for_it_does_not_wait(client: Client, prefer: str) -> None:
    assert client.get(PATH, headers={**known(), "Prefer": prefer}).status_code == 304


def test_who_holds_something_else_does_not_wait(client: Client) -> None:
    assert client.get(PATH, headers=known("2027=sha256:b", wait="60")).status_code == 200
    assert client.get(PATH, headers={"Prefer": "wait=60"}).status_code == 200


@pytest.fixture
def server(source: Source) -> Iterator[BundleServer]:
    found = BundleServer("127.0.0.1:0", source)
    found.start()
    yield found
    found.close()


def test_over_the_network(server: BundleServer, source: Source) -> None:
    first = requests.get(server.url + PATH, timeout=30)
    assert first.content == b"bundel van 2027=sha256:a"
    assert "Server" not in first.headers
    with ThreadPoolExecutor(8) as pool:
        before = source.looked
        waiting = [pool.submit(requests.get, server.url + PATH, headers=known(wait="60"), timeout=30) for _ in range(8)]
        while source.looked < before + 8:
            time.sleep(0.01)
        assert requests.get(server.url + "/health", timeout=30).status_code == 200
        source.active = "2027=sha256:b"
        server.changed()
        assert {request.result().content for request in waiting} == {b"bundel van 2027=sha256:b"}


def test_closing_answers_who_waits(source: Source) -> None:
    server = BundleServer("127.0.0.1:0", source)
    server.start()
    with ThreadPoolExecutor(1) as pool:
        before = source.looked
        waiting = pool.submit(requests.get, server.url + PATH, headers=known(wait="60"), timeout=30)
        while source.looked == before:
            time.sleep(0.01)
        server.close()
        assert waiting.result().status_code == 304
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url + "/health", timeout=5)


def test_who_left_is_not_waited_for(server: BundleServer, source: Source) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + PATH, headers=known(wait="60"), timeout=0.3)
    looked = -1
    while looked != source.looked:
        looked = source.looked
        time.sleep(0.5)


def test_an_address_that_is_taken(server: BundleServer, source: Source) -> None:
    with pytest.raises(OSError):
        BundleServer(server.address, source)


def test_a_server_that_was_never_started_lets_go_of_its_address(source: Source) -> None:
    first = BundleServer("127.0.0.1:0", source)
    first.close()
    second = BundleServer(first.address, source)
    second.close()
