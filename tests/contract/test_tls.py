"""Services and callers that show each other who they are, over real sockets, with certificates that come and go."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import ValidationError

from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.client import Client, Credentials, NotAnswered
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc
from tests.support.access import DECIDE
from tests.support.certificates import DAY, Authority, Issued

SERVICE = round_pb2.DESCRIPTOR.services_by_name["RoundService"].full_name
IDENTITIES = """
organisations:
  - code: "9101"
    name: Verzekeraar
    roles: [verzekeraar]
    certificates: [{common_name: caller, issuer: ca}]
"""
PAUSE = 1.2
"""Files are looked at once a second."""


class Rounds(round_pb2_grpc.RoundServiceServicer, snapshot_pb2_grpc.SnapshotServiceServicer):
    """Says of which certificate the caller was, and with which token it came."""

    def GetRound(self, request: round_pb2.GetRoundRequest, context: Any) -> round_pb2.Round:
        (name,) = context.auth_context()["x509_common_name"]
        token = dict(context.invocation_metadata()).get("authorization", "")
        return round_pb2.Round(name=name.decode(), etag=token)

    def ImportFacts(self, request_iterator: Any, context: Any) -> snapshot_pb2.ImportFactsResponse:
        count = snapshot_pb2.ImportFactsResponse.Count(created=len(list(request_iterator)))
        return snapshot_pb2.ImportFactsResponse(counts=[count])


def _register(server: grpc.Server) -> None:
    round_pb2_grpc.add_RoundServiceServicer_to_server(Rounds(), server)
    snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(Rounds(), server)


class World:
    """An authority, a service that trusts it, and what they are started with."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.authority = Authority(folder, "ca")
        self.stranger = Authority(folder / "elsewhere", "ca")
        self.own = self.authority.server()
        self.caller = self.authority.client("caller")

    def serve(self, **fields: Any) -> Server:
        settings = ServiceSettings(
            **{
                "address": "127.0.0.1:0",
                "database_url": "sqlite://",
                "drain_seconds": 0,
                "tls_certificate": self.own.certificate,
                "tls_key": self.own.key,
                "tls_client_ca": self.authority.ca,
                **fields,
            }
        )
        application = Application(
            "test",
            _register,
            (SERVICE,),
            DECIDE,
        )
        server = Server(application, settings)
        server.start()
        self.stack.callback(server.stop)
        return server

    def credentials(
        self, caller: Issued | None = None, ca: Path | None = None, token: Path | None = None
    ) -> Credentials:
        caller = caller or self.caller
        return Credentials(ca or self.authority.ca, caller.certificate, caller.key, token)

    def client(self, server: Server, credentials: Credentials | None) -> Client:
        return self.stack.enter_context(
            Client("registry", server.address, actor="iemand@9101", seconds=5, credentials=credentials)
        )


def ask(client: Client) -> round_pb2.Round:
    stub = round_pb2_grpc.RoundServiceStub(client.channel)
    found: round_pb2.Round = client.call(stub.GetRound, round_pb2.GetRoundRequest(name="rounds/2027"))
    return found


def cannot_reach(client: Client) -> bool:
    with pytest.raises(NotAnswered) as caught:
        ask(client)
    return caught.value.code == "UNAVAILABLE"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path, stack)


def test_both_ends_see_the_name_of_the_other(world: World) -> None:
    client = world.client(world.serve(), world.credentials())
    assert ask(client) == round_pb2.Round(name="caller")


def test_a_caller_without_tls_or_without_a_certificate_is_not_answered(world: World) -> None:
    server = world.serve()
    assert cannot_reach(world.client(server, None))
    assert cannot_reach(world.client(server, Credentials(world.authority.ca)))


def test_a_caller_of_another_authority_or_out_of_date_is_not_answered(world: World) -> None:
    server = world.serve()
    assert cannot_reach(world.client(server, world.credentials(world.stranger.client("caller"))))
    expired = world.authority.issue("expired", starts_in=-2 * DAY, ends_in=-timedelta(minutes=1))
    assert cannot_reach(world.client(server, world.credentials(expired)))
    early = world.authority.issue("early", starts_in=timedelta(hours=1))
    assert cannot_reach(world.client(server, world.credentials(early)))


def test_a_service_that_is_not_the_one_that_was_called_is_not_believed(world: World) -> None:
    server = world.serve()
    assert cannot_reach(world.client(server, world.credentials(ca=world.stranger.ca)))
    elsewhere = world.authority.server("elsewhere", hosts=("registry.example.nl",))
    other = world.serve(tls_certificate=elsewhere.certificate, tls_key=elsewhere.key)
    assert cannot_reach(world.client(other, world.credentials()))


def test_a_service_that_renews_its_certificate_shows_it_to_whoever_calls_next(world: World) -> None:
    server = world.serve()
    assert server.certificate is not None
    before = server.certificate.expires_at
    assert before is not None
    held = world.client(server, world.credentials())
    ask(held)
    # The new one is of another authority; who believes only the old one has a connection and keeps it.
    renewed = world.stranger.issue("renewed", hosts=("127.0.0.1",), ends_in=20 * DAY)
    assert cannot_reach(world.client(server, world.credentials(ca=world.stranger.ca)))
    world.own.replace_by(renewed)
    time.sleep(PAUSE)
    assert ask(world.client(server, world.credentials(ca=world.stranger.ca))).name == "caller"
    assert ask(held).name == "caller"
    assert server.certificate.expires_at is not None
    assert server.certificate.expires_at - before > 18 * DAY


def test_a_service_believes_an_authority_from_the_moment_that_it_is_in_its_file(world: World) -> None:
    server = world.serve()
    client = world.client(server, world.credentials(world.stranger.client("newcomer")))
    assert cannot_reach(client)
    world.authority.ca.write_bytes(world.authority.ca.read_bytes() + world.stranger.ca.read_bytes())
    time.sleep(PAUSE)
    assert ask(client).name == "newcomer"


@pytest.mark.parametrize("halfway", ["certificate", "key", "cut", "gone"])
def test_a_renewal_that_is_not_whole_changes_nothing(world: World, halfway: str) -> None:
    server = world.serve()
    renewed = world.authority.issue("renewed", hosts=("127.0.0.1",), ends_in=20 * DAY)
    certificate, key = world.own.certificate.read_bytes(), world.own.key.read_bytes()
    if halfway == "certificate":
        world.own.certificate.write_bytes(renewed.pem)
    elif halfway == "key":
        world.own.key.write_bytes(renewed.key.read_bytes())
    elif halfway == "cut":
        world.own.certificate.write_bytes(certificate[:200])
    else:
        world.own.key.unlink()
    time.sleep(PAUSE)
    assert ask(world.client(server, world.credentials())).name == "caller"
    world.own.certificate.write_bytes(certificate)
    world.own.key.write_bytes(key)


def test_a_client_that_renews_its_certificate_is_known_by_it_from_its_next_call(world: World) -> None:
    client = world.client(world.serve(), world.credentials())
    assert ask(client).name == "caller"
    world.caller.replace_by(world.authority.client("renewed"))
    time.sleep(PAUSE)
    assert ask(client).name == "renewed"


def test_a_stream_that_is_under_way_ends_on_the_certificate_with_which_it_began(world: World) -> None:
    client = world.client(world.serve(), world.credentials())
    facts = snapshot_pb2_grpc.SnapshotServiceStub(client.channel)
    more = threading.Event()

    def parts() -> Iterator[snapshot_pb2.ImportFactsRequest]:
        yield snapshot_pb2.ImportFactsRequest()
        assert more.wait(10)
        yield snapshot_pb2.ImportFactsRequest()

    running = facts.ImportFacts.future(parts(), timeout=20)
    channel: Any = client.channel
    before = channel._now
    world.caller.replace_by(world.authority.client("renewed"))
    time.sleep(PAUSE)
    assert ask(client).name == "renewed"
    assert not running.done()
    more.set()
    assert running.result(timeout=10).counts[0].created == 2
    # Nothing needs the first connection any more.
    until = time.monotonic() + 5
    while channel._left:
        assert time.monotonic() < until
        time.sleep(0.01)
    with pytest.raises(ValueError, match="closed"):
        before.channel.unary_unary("/x")(b"")


def test_a_token_goes_along_and_is_the_one_that_is_in_the_file(world: World) -> None:
    token = world.folder / "token"
    token.write_text("een.eerste.token\n")
    client = world.client(world.serve(), world.credentials(token=token))
    assert ask(client).etag == "Bearer een.eerste.token"
    token.write_text("een.tweede.token\n")
    time.sleep(PAUSE)
    assert ask(client).etag == "Bearer een.tweede.token"


def test_what_is_no_pair_of_pem_files_is_refused_before_anything_is_served(world: World) -> None:
    other = world.authority.client("other")
    with pytest.raises(ValueError, match="hoort niet bij"):
        world.serve(tls_key=other.key)
    with pytest.raises(OSError, match="nergens"):
        world.serve(tls_key=world.folder / "nergens.pem")


def test_who_has_to_show_a_certificate_can_come_from_anywhere(world: World) -> None:
    identities = world.folder / "identities.yaml"
    identities.write_text(IDENTITIES)
    server = world.serve(identity="required", address="0.0.0.0:0", identities=identities)
    port = server.address.rpartition(":")[2]
    client = Client("registry", f"localhost:{port}", actor="iemand@9101", seconds=5, credentials=world.credentials())
    with client:
        assert ask(client).name == "caller"


@pytest.mark.parametrize("lacking", ["tls_certificate", "tls_key", "tls_client_ca"])
@pytest.mark.parametrize("identity", ["required", "development"])
def test_tls_is_whole_or_the_service_does_not_start(world: World, lacking: str, identity: str) -> None:
    with pytest.raises(ValidationError, match=lacking):
        world.serve(identity=identity, **{lacking: None})


def test_without_certificates_nobody_is_known(world: World) -> None:
    with pytest.raises(ValidationError, match="tls_certificate, tls_key, tls_client_ca"):
        world.serve(identity="required", tls_certificate=None, tls_key=None, tls_client_ca=None)
    with pytest.raises(ValidationError, match="alleen op loopback"):
        world.serve(address="0.0.0.0:0")
    with pytest.raises(ValidationError, match="geef host:poort"):
        world.serve(identity="required", address=f"unix:{world.folder}/s")
