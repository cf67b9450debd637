"""The registry is killed and started again under a sender that goes on; either of them is put back from a backup."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from spoedkader.client import Client, NumberingBehind, Outbox, deliver
from spoedkader.client import status as status_module
from tests.support.clients import RegistryClient
from tests.support.databases import asking, copy_database
from tests.support.status_feed import SOURCE, Standings, check, registry_process, story, what_follows, what_stands
from tests.support.status_sending import PATIENCE, tell

BATCH = 20
KILLS = 4


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "MAX_EVENTS", BATCH)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short path, for a socket lies in it."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.db", SOURCE) as found:
        yield found


def wait_until_stored(folder: Path, sequence: int) -> None:
    """Waits for the moment in which a sequence is in the database of the registry, which may be before its answer."""
    with asking(folder / "registry.db") as ask:
        ends = time.monotonic() + 30
        while not ask("SELECT 1 FROM status_event WHERE sequence = :sequence", sequence=sequence):
            assert time.monotonic() < ends


def in_parallel(address: str, path: Path, location: str, length: int) -> threading.Thread:
    """A sender that goes on by itself."""

    def run() -> None:
        with Client("registry", address, actor="test") as client, Outbox(path, SOURCE) as outbox:
            tell(client, outbox, location, length, 1)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.timeout(300)
def test_a_sender_goes_on_while_the_registry_is_killed(folder: Path, tmp_path: Path) -> None:
    length = (KILLS + 1) * 2 * BATCH
    with registry_process(folder) as child, grpc.insecure_channel(child.address) as channel:
        location = RegistryClient(channel).new_location().name
    sender: threading.Thread | None = None
    for number in range(KILLS):
        # At the end of each `with` it is killed: a batch of the sender was stored just then, answered or not.
        with registry_process(folder) as child:
            if sender is None:
                sender = in_parallel(child.address, tmp_path / "outbox.db", location, length)
            wait_until_stored(folder, (2 * number + 1) * BATCH)
    assert sender is not None
    with registry_process(folder) as child, grpc.insecure_channel(child.address) as channel:
        sender.join(60)
        assert not sender.is_alive()
        check(RegistryClient(channel), location, story(length, 1))


def test_a_registry_from_a_backup_gets_again_what_it_lost(folder: Path, outbox: Outbox, tmp_path: Path) -> None:
    said = story(90, 2)
    with registry_process(folder) as child, grpc.insecure_channel(child.address) as channel:
        location = RegistryClient(channel).new_location().name
        with Client("registry", child.address, actor="test") as client:
            outbox.append(location, *said[:50])
            list(deliver(client, outbox, location, patience=PATIENCE))
    database, backup = folder / "registry.db", tmp_path / "backup.db"
    copy_database(database, backup)
    with registry_process(folder) as child, Client("registry", child.address, actor="test") as client:
        outbox.append(location, *said[50:])
        list(deliver(client, outbox, location, patience=PATIENCE))
    copy_database(backup, database)
    with registry_process(folder) as child, grpc.insecure_channel(child.address) as channel:
        with Client("registry", child.address, actor="test") as client:
            sent = [each for batch in deliver(client, outbox, location, patience=PATIENCE) for each in batch]
        assert [each.event.sequence for each in sent] == list(range(51, 91))
        check(RegistryClient(channel), location, said)


@pytest.mark.parametrize("known", [0, 30])
def test_an_outbox_that_was_lost_or_put_back_goes_on_only_when_told(folder: Path, tmp_path: Path, known: int) -> None:
    said, later = story(60, 3), story(20, 4, "later")
    kept, used = tmp_path / "kept.db", tmp_path / "used.db"
    with (
        registry_process(folder) as child,
        grpc.insecure_channel(child.address) as channel,
        Client("registry", child.address, actor="test") as client,
    ):
        registry = RegistryClient(channel)
        location = registry.new_location().name
        with Outbox(used, SOURCE) as outbox:
            outbox.append(location, *said[:known])
            list(deliver(client, outbox, location, patience=PATIENCE))
            shutil.copy(used, kept)
            outbox.append(location, *said[known:])
            list(deliver(client, outbox, location, patience=PATIENCE))
        with Outbox(kept, SOURCE) as outbox:
            # What it says now would get numbers that the registry knows something else under.
            outbox.append(location, *later)
            with pytest.raises(NumberingBehind) as caught:
                list(deliver(client, outbox, location, patience=PATIENCE))
            assert (caught.value.known, caught.value.received) == (known + 20, 60)
            assert what_stands(registry, location) == what_follows(said)
            outbox.continue_from(location, caught.value.received)
            list(deliver(client, outbox, location, patience=PATIENCE))
            assert outbox.last_sequence(location) == 80
        for event in later:
            event.sequence += 60
        check(registry, location, [*said, *later])


def test_numbers_that_were_used_before_are_rejected_and_can_be_said_anew(folder: Path, tmp_path: Path) -> None:
    said, later = story(20, 5), story(30, 6, "later")
    with (
        registry_process(folder) as child,
        grpc.insecure_channel(child.address) as channel,
        Client("registry", child.address, actor="test") as client,
    ):
        registry = RegistryClient(channel)
        location = registry.new_location().name
        with Outbox(tmp_path / "lost.db", SOURCE) as outbox:
            outbox.append(location, *said)
            list(deliver(client, outbox, location, patience=PATIENCE))
        with Outbox(tmp_path / "new.db", SOURCE) as outbox:
            # It wrote down so much that its numbers are past those of the registry.
            outbox.append(location, *later)
            sent = [each for batch in deliver(client, outbox, location, patience=PATIENCE) for each in batch]
            rejected = [each for each in sent if each.result.violations]
            assert [each.event.sequence for each in rejected] == list(range(1, 21))
            assert {each.result.violations[0].field.partition(".")[2] for each in rejected} == {"sequence"}
            outbox.continue_from(location, 30)
            list(deliver(client, outbox, location, patience=PATIENCE))
            everything = [each.event for each in outbox.said(location)]
        stands = what_stands(registry, location)
        assert stands == what_follows([*said, *everything])
        # Of what was withdrawn, which is final, it depends on what came first which times are shown.
        assert counting(stands) == counting(what_follows(said) | what_follows(later))


def counting(standings: Standings) -> Standings:
    return {subject: standing for subject, standing in standings.items() if not standing.withdrawn}
