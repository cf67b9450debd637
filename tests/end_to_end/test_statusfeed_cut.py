"""The connection to the registry is cut after so many bytes, of a request or of an answer: all arrives, and once."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from services.cli.processes import ServiceProcess
from spoedkader.client import Client, Outbox
from tests.support.clients import RegistryClient
from tests.support.cutting_proxy import CuttingProxy
from tests.support.status_feed import SOURCE, check, registry_process, story
from tests.support.status_sending import tell

LENGTH = 30
CUTS = 25
"""In each direction, spread evenly over all bytes."""


class QuickClient(Client):
    """A client that connects again at once, on a connection that it shares with nobody."""

    def __init__(self, address: str) -> None:
        super().__init__("registry", address, actor="test")
        self.channel.close()
        self.channel = grpc.insecure_channel(
            address,
            options=[
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.enable_http_proxy", 0),
            ],
        )


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with registry_process(tmp_path_factory.mktemp("r")) as found:
        yield found


@pytest.fixture(scope="module")
def registry(child: ServiceProcess) -> Iterator[RegistryClient]:
    with grpc.insecure_channel(child.address) as channel:
        yield RegistryClient(channel)


def sent_through(proxy: CuttingProxy, registry: RegistryClient, file: Path, seed: int) -> None:
    """Sends a story from a location of its own through a proxy, and checks what became of it."""
    location, prefix = registry.new_location().name, f"c{seed}-"
    with QuickClient(proxy.address) as client, Outbox(file, SOURCE) as outbox:
        tell(client, outbox, location, LENGTH, seed, prefix)
        assert all(said.result is not None for said in outbox.said(location))
    check(registry, location, story(LENGTH, seed, prefix))


@pytest.fixture(scope="module")
def whole(child: ServiceProcess, registry: RegistryClient, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int]:
    """How many bytes go up and come down when nothing is cut."""
    with CuttingProxy(child.address.removeprefix("unix:")) as proxy:
        sent_through(proxy, registry, tmp_path_factory.mktemp("whole") / "outbox.db", 0)
    assert proxy.cuts == 0
    assert proxy.went_up > 1000
    assert proxy.came_down > 1000
    return proxy.went_up, proxy.came_down


@pytest.mark.timeout(300)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_cut_after_so_many_bytes(
    direction: str, child: ServiceProcess, registry: RegistryClient, whole: tuple[int, int], tmp_path: Path
) -> None:
    total = whole[direction == "down"]
    for number in range(CUTS):
        limit = 1 + number * (total - 200) // (CUTS - 1)
        with CuttingProxy(child.address.removeprefix("unix:"), **{direction: limit}) as proxy:
            seed = 1 + number + CUTS * (direction == "down")
            sent_through(proxy, registry, tmp_path / f"{number}.db", seed)
        assert proxy.cuts == 1, f"{limit} of {total} bytes"
