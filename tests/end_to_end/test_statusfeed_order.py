"""Batches come twice, in reverse, shuffled and at the same time: what stands is what was said, each thing once."""

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.processes import ServiceProcess
from spoedkader.client import Client, send
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.clients import RegistryClient
from tests.support.status_feed import SOURCE, check, registry_process, story
from tests.support.status_sending import PATIENCE

_seeds = itertools.count(1)


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with registry_process(tmp_path_factory.mktemp("r")) as found:
        yield found


@pytest.fixture(scope="module")
def registry(child: ServiceProcess) -> Iterator[RegistryClient]:
    with grpc.insecure_channel(child.address) as channel:
        yield RegistryClient(channel)


class Telling:
    """A story at a location of its own, in batches that can be sent in any order."""

    def __init__(self, registry: RegistryClient, length: int, sizes: int = 10) -> None:
        seed = next(_seeds)
        self.registry = registry
        self.said = story(length, seed, f"o{seed}-")
        self.location = registry.new_location().name
        self.batches = [self.said[first : first + sizes] for first in range(0, length, sizes)]

    def send(self, batch: list[pb.StatusEvent]) -> pb.SendStatusEventsResponse:
        request = pb.SendStatusEventsRequest(parent=self.location, source=SOURCE, events=batch)
        return self.registry.status_feed.SendStatusEvents(request, timeout=20)

    def check(self) -> None:
        check(self.registry, self.location, self.said)


def test_the_same_batch_twice(registry: RegistryClient) -> None:
    telling = Telling(registry, 40)
    for batch in telling.batches:
        first, second = telling.send(batch), telling.send(batch)
        new = {pb.SendStatusEventsResponse.Result.OUTCOME_UNCHANGED, pb.SendStatusEventsResponse.Result.OUTCOME_PENDING}
        assert {result.outcome for result in second.results} <= new
        assert first.last_sequence == second.last_sequence
    telling.check()


def test_batches_in_reverse(registry: RegistryClient) -> None:
    telling = Telling(registry, 60)
    for batch in reversed(telling.batches):
        telling.send(batch[::-1])
    telling.check()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), length=st.integers(1, 30))
def test_batches_in_any_order_and_any_number_of_times(
    registry: RegistryClient, data: st.DataObject, length: int
) -> None:
    telling = Telling(registry, length, data.draw(st.integers(1, 8)))
    more = data.draw(st.lists(st.sampled_from(telling.batches), max_size=5))
    order = data.draw(st.permutations([*telling.batches, *more]))
    for batch in order:
        telling.send(data.draw(st.permutations(batch)))
    telling.check()


def test_many_at_the_same_time(registry: RegistryClient) -> None:
    telling = Telling(registry, 200)
    batches = telling.batches * 3
    random.Random(7).shuffle(batches)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(telling.send, batches))
    telling.check()


def test_what_came_in_is_not_sent_again(child: ServiceProcess, registry: RegistryClient) -> None:
    telling = Telling(registry, 50)
    for batch in telling.batches[1::2]:
        telling.send(batch)
    with Client("registry", child.address, actor="test") as client:
        sent = [
            each.event
            for batch in send(client, telling.location, SOURCE, telling.said, patience=PATIENCE)
            for each in batch
        ]
    assert sent == [event for batch in telling.batches[::2] for event in batch]
    telling.check()
