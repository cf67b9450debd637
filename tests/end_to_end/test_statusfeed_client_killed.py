"""A sender is killed at every step that it takes: its next life sends what is missing, and all counts once."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from services.cli.processes import ServiceProcess
from spoedkader.client import Client, Outbox
from tests.support.clients import RegistryClient
from tests.support.status_feed import SOURCE, check, registry_process, story
from tests.support.status_sending import tell

LENGTH = 7


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with registry_process(tmp_path_factory.mktemp("r")) as found:
        yield found


@pytest.fixture
def registry(child: ServiceProcess) -> Iterator[RegistryClient]:
    with grpc.insecure_channel(child.address) as channel:
        yield RegistryClient(channel)


@pytest.fixture
def client(child: ServiceProcess) -> Iterator[Client]:
    with Client("registry", child.address, actor="test") as found:
        yield found


def sender(address: str, outbox: Path, location: str, length: int, seed: int, step: int) -> subprocess.Popen[str]:
    # Prefixes keep the identifiers of stories at different locations apart.
    prefix = f"p{seed}-"
    arguments = [address, outbox, location, length, seed, prefix, step]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.status_sending", *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.timeout(300)
def test_killed_at_every_step(child: ServiceProcess, registry: RegistryClient, client: Client, tmp_path: Path) -> None:
    statuses: list[int] = []
    while not statuses or statuses[-1] != 0:
        step = len(statuses) + 1
        assert step < 100, "it never came to the end"
        location, path = registry.new_location().name, tmp_path / f"{step}.db"
        statuses.append(ended(sender(child.address, path, location, LENGTH, step, step)))
        with Outbox(path, SOURCE) as outbox:
            tell(client, outbox, location, LENGTH, step, f"p{step}-")
            assert all(said.result is not None for said in outbox.said(location))
        check(registry, location, story(LENGTH, step, f"p{step}-"))
    # Writing down, the cursor, and three batches, each with a call and an answer that is noted.
    assert statuses[:-1] == [-signal.SIGKILL] * (len(statuses) - 1)
    assert len(statuses) > 30


@pytest.mark.timeout(300)
def test_killed_at_any_moment(child: ServiceProcess, registry: RegistryClient, client: Client, tmp_path: Path) -> None:
    chance, length, seed = random.Random(1), 300, 1000
    location, path = registry.new_location().name, tmp_path / "outbox.db"
    for _ in range(12):
        process = sender(child.address, path, location, length, seed, 0)
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        ended(process)
    with Outbox(path, SOURCE) as outbox:
        tell(client, outbox, location, length, seed, f"p{seed}-")
    check(registry, location, story(length, seed, f"p{seed}-"))


@pytest.mark.parametrize("shared", [True, False])
def test_two_senders_at_once(
    shared: bool, child: ServiceProcess, registry: RegistryClient, client: Client, tmp_path: Path
) -> None:
    length, seed = 120, 2000 + shared
    location = registry.new_location().name
    paths = [tmp_path / "one.db", tmp_path / ("one.db" if shared else "two.db")]
    with Outbox(paths[0], SOURCE) as outbox:
        if shared:
            # Two that write down the same at the same time would number it twice; here they share what was written.
            outbox.append(location, *story(length, seed, f"p{seed}-"))
    processes = [sender(child.address, path, location, length, seed, 0) for path in paths]
    assert [ended(process) for process in processes] == [0, 0]
    check(registry, location, story(length, seed, f"p{seed}-"))
