"""The client library against a real registry: retries, refusals, repeated requests, and a feed that goes on."""

from pathlib import Path

import grpc
import pytest

from services.registry.server import RegistrySettings, build
from services.runtime.server import Server
from spoedkader.client import Client, NotAnswered, Refused, follow
from spoedkader.registry.v1 import provider_pb2, provider_pb2_grpc
from tests.support.clients import provider
from tests.support.clock import TickingClock
from tests.support.databases import database_url


def start(folder: Path) -> Server:
    settings = RegistrySettings(
        address=f"unix:{folder}/client.sock", database_url=database_url(folder / "client.db"), drain_seconds=0.0
    )
    server = Server(build(settings, TickingClock()), settings)
    server.start()
    return server


@pytest.fixture(scope="module")
def server(folder: Path) -> Server:
    return start(folder)


@pytest.fixture
def client(server: Server) -> Client:
    return Client("registry", server.address, actor="epd@wulp", seconds=10)


def stub(client: Client) -> provider_pb2_grpc.ProviderServiceStub:
    return provider_pb2_grpc.ProviderServiceStub(client.channel)


def creation(agb: str) -> provider_pb2.CreateProviderRequest:
    return provider_pb2.CreateProviderRequest(provider_id=agb, provider=provider())


def test_a_request_gets_an_id_and_counts_once_when_it_is_sent_again(client: Client) -> None:
    request = creation("06111111")
    made = client.call(stub(client).CreateProvider, request)
    assert request.request_id
    assert client.call(stub(client).CreateProvider, request) == made


def test_a_refusal_tells_the_reason_and_every_wrong_field(client: Client) -> None:
    wrong = provider_pb2.CreateProviderRequest(provider_id="1", provider=provider(kvk="2"))
    with pytest.raises(Refused) as caught:
        client.call(stub(client).CreateProvider, wrong)
    assert caught.value.reason == "INVALID_INPUT"
    assert [found.field for found in caught.value.wrong] == ["provider_id", "provider.kvk"]
    assert len(caught.value.call_id) == 32


def test_pages_go_on_to_the_end_and_leave_the_request_alone(client: Client) -> None:
    names = {client.call(stub(client).CreateProvider, creation(f"0622222{digit}")).name for digit in range(5)}
    request = provider_pb2.ListProvidersRequest(page_size=2)
    pages = list(client.pages(stub(client).ListProviders, request))
    assert names <= {found.name for page in pages for found in page.providers}
    assert len(pages) >= 3
    assert not request.page_token


def test_a_feed_goes_on_from_the_cursor_that_was_kept(client: Client) -> None:
    kept = list(follow(client, size=2))[-1].cursor
    made = client.call(stub(client).CreateProvider, creation("06333333"))
    (part,) = follow(client, kept)
    assert [(change.resource, change.actor) for change in part.changes] == [(made.name, "epd@wulp")]
    (nothing,) = follow(client, part.cursor, types=["providers"])
    assert (list(nothing.changes), nothing.cursor) == ([], part.cursor)


def test_a_service_that_is_away_for_a_moment_is_asked_again(folder: Path, server: Server, client: Client) -> None:
    made = client.call(stub(client).CreateProvider, creation("06444444"))
    server.stop()
    request = provider_pb2.GetProviderRequest(name=made.name)
    with pytest.raises(NotAnswered) as caught:
        client.call(stub(client).GetProvider, request, seconds=1)
    assert caught.value.code in {grpc.StatusCode.UNAVAILABLE.name, grpc.StatusCode.DEADLINE_EXCEEDED.name}
    again = start(folder)
    try:
        # It has what was acknowledged, and the client finds it by itself.
        grpc.channel_ready_future(client.channel).result(timeout=10)
        assert client.call(stub(client).GetProvider, request).name == made.name
    finally:
        again.stop()
