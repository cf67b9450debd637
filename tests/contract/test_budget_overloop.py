"""Declarations of both sides over real sockets."""

import uuid
from typing import Any

import grpc
import pytest

from spoedkader.budget.v1 import overloop_pb2 as pb
from spoedkader.feed.v1 import feed_pb2
from tests.support.clients import acting_as
from tests.support.messages import day, euros
from tests.support.refusals import Refusal, refusal
from tests.support.suite import Suite

PROVIDER, INSURER = pb.OVERLOOP_SIDE_ZORGAANBIEDER, pb.OVERLOOP_SIDE_VERZEKERAAR
ACTORS = {PROVIDER: "financien@wulp", INSURER: "inkoop@9101"}


@pytest.fixture(scope="module", autouse=True)
def _round(suite: Suite) -> None:
    suite.registry.set_round()


@pytest.fixture
def name(suite: Suite) -> str:
    """An overloop of a provider of its own; the insurer does not represent the others."""
    return f"{suite.registry.new_provider(representatives=['9102']).name}/overloops/2027-9101"


def request(name: str, side: int, cents: int = 10_000, **fields: Any) -> pb.DeclareOverloopRequest:
    declaration = pb.OverloopDeclaration(
        amount=euros(cents), trajectory_count=3, declared_date=day("2027-02-01"), document="OVL-1"
    )
    return pb.DeclareOverloopRequest(name=name, side=side, declaration=declaration, **fields)  # type: ignore[arg-type]


def declare(suite: Suite, name: str, side: int, cents: int = 10_000, **fields: Any) -> pb.Overloop:
    actor = fields.pop("actor", ACTORS[side])  # type: ignore[index]
    return suite.budget.overloops.DeclareOverloop(
        request(name, side, cents, **fields), metadata=acting_as(actor), timeout=10
    )


def refused(suite: Suite, asked: pb.DeclareOverloopRequest, actor: str) -> Refusal:
    return refusal(suite.budget.overloops.DeclareOverloop, asked, metadata=acting_as(actor))


def get(suite: Suite, name: str) -> pb.Overloop:
    return suite.budget.overloops.GetOverloop(pb.GetOverloopRequest(name=name), timeout=10)


def test_only_what_both_declare_is_neutralised(suite: Suite, name: str) -> None:
    first = declare(suite, name, PROVIDER, 10_050)
    assert (first.state, first.neutralised) == (pb.Overloop.STATE_ONVOLLEDIG, euros(0))
    assert not first.HasField("insurer")
    assert not first.HasField("difference")
    assert (first.provider.actor, first.provider.trajectory_count) == ("financien@wulp", 3)

    second = declare(suite, name, INSURER, 10_000)
    assert (second.state, second.neutralised, second.difference) == (pb.Overloop.STATE_VERSCHIL, euros(0), euros(50))
    assert second.provider == first.provider

    third = declare(suite, name, PROVIDER, 10_000)
    assert (third.state, third.neutralised, third.difference) == (
        pb.Overloop.STATE_GELIJK,
        euros(10_000),
        euros(0),
    )
    assert [step.rule for step in third.steps] == ["AMB-46", "AMB-46"]
    assert all(step.source for step in third.steps)
    assert get(suite, name) == third
    assert [each.etag for each in (first, second, third)] == ['"1"', '"2"', '"3"']


def test_each_side_declares_by_a_user_of_its_own(suite: Suite, name: str) -> None:
    declare(suite, name, PROVIDER, actor="a")
    declare(suite, name, PROVIDER, 20_000, actor="b")
    for actor in ("a", "b"):
        found = refused(suite, request(name, INSURER), actor)
        assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACTOR_NOT_OWN")
        assert found.metadata == {"actor": actor}
    declare(suite, name, INSURER, actor="c")
    assert refused(suite, request(name, PROVIDER), "c").reason == "ACTOR_NOT_OWN"
    # For another insurer the same user may act.
    other = name.replace("9101", "9103")
    assert declare(suite, other, INSURER, actor="a").insurer.actor == "a"


def test_a_call_without_a_user_does_not_declare(suite: Suite, name: str) -> None:
    found = refusal(suite.budget.overloops.DeclareOverloop, request(name, PROVIDER))
    assert (found.reason, found.metadata) == ("ACTOR_NOT_OWN", {"actor": "ontwikkeling"})
    assert refusal(suite.budget.overloops.GetOverloop, pb.GetOverloopRequest(name=name)).reason == "NOT_FOUND"


def test_changes_are_in_the_feed_and_the_same_again_is_none(suite: Suite, name: str) -> None:
    first = declare(suite, name, PROVIDER)
    assert declare(suite, name, PROVIDER) == first
    declare(suite, name, PROVIDER, 1)
    declare(suite, name, PROVIDER, 2, validate_only=True)
    feed = suite.budget.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000, types=["overloops"]), timeout=10)
    assert [(each.revision, each.actor) for each in feed.changes if each.resource == name] == [
        (1, "financien@wulp"),
        (2, "financien@wulp"),
    ]
    assert get(suite, name).provider.amount == euros(1)


def test_an_etag_and_a_request_id_protect(suite: Suite, name: str) -> None:
    identifier = str(uuid.uuid4())
    first = declare(suite, name, PROVIDER, request_id=identifier)
    declare(suite, name, PROVIDER, 1)
    assert refused(suite, request(name, PROVIDER, 2, etag=first.etag), "x").reason == "ETAG_MISMATCH"
    assert declare(suite, name, PROVIDER, request_id=identifier) == first
    assert get(suite, name).provider.amount == euros(1)


def test_lists_of_one_provider_and_of_all(suite: Suite, name: str) -> None:
    parent = name.partition("/overloops/")[0]
    names = [name.replace("9101", insurer) for insurer in ("9103", "9101", "9102")]
    made = [declare(suite, each, PROVIDER) for each in names]

    def ask(parent: str, **fields: Any) -> pb.ListOverloopsResponse:
        return suite.budget.overloops.ListOverloops(pb.ListOverloopsRequest(parent=parent, **fields), timeout=10)

    assert list(ask(parent).overloops) == made
    first = ask(parent, page_size=2)
    second = ask(parent, page_size=2, page_token=first.next_page_token)
    assert [*first.overloops, *second.overloops] == made
    assert not second.next_page_token
    everything = [each.name for each in ask("providers/-").overloops]
    assert [each for each in everything if each.startswith(parent)] == names
    assert list(ask("providers/99999999").overloops) == []
    wrong = pb.ListOverloopsRequest(parent="providers/-", page_token=first.next_page_token)
    assert refusal(suite.budget.overloops.ListOverloops, wrong).fields == ["page_token"]


def test_provider_and_round_have_to_exist(suite: Suite, name: str) -> None:
    found = refused(suite, request("providers/99999999/overloops/2027-9101", PROVIDER), "a")
    assert (found.reason, found.metadata) == ("NOT_FOUND", {"resource": "providers/99999999"})
    assert refused(suite, request(name.replace("2027-", "2031-"), PROVIDER), "a").reason == "ROUND_UNKNOWN"


@pytest.mark.every_right
def test_every_wrong_field_is_named(suite: Suite) -> None:
    empty = refused(suite, pb.DeclareOverloopRequest(), "a")
    assert empty.fields == ["name", "side", "declaration.amount", "declaration.declared_date"]
    odd = request("providers/06010101/overloops/0027-9101", 7)
    odd.declaration.trajectory_count = -1
    odd.declaration.document = "x" * 501
    odd.declaration.amount.nanos = 1
    assert refused(suite, odd, "a").fields == [
        "name",
        "side",
        "declaration.amount",
        "declaration.trajectory_count",
        "declaration.document",
    ]
