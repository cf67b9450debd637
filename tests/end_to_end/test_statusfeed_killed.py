"""The registry is killed while it takes in batches: what it answered is there, and what is sent again counts once."""

import os
import signal
import threading
from pathlib import Path

import grpc

from spoedkader.registry.v1 import closure_pb2, stop_pb2
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.clients import RegistryClient
from tests.support.databases import asking
from tests.support.messages import moment
from tests.support.status_feed import SOURCE, registry_process

LEAST_KILLS, MOST_KILLS = 6, 40
BATCH = 40


def batch_from(first: int) -> list[pb.StatusEvent]:
    """The next batch: closures that start in it, of which every second one also ends in it."""
    events = []
    for sequence in range(first, first + BATCH):
        event_id, hour = str((sequence + 1) // 2), f"2027-03-{sequence % 28 + 1:02d}T"
        event = pb.StatusEvent(sequence=sequence, kind=pb.StatusEvent.KIND_CLOSURE, event_id=event_id)
        if sequence % 2:
            event.start_time.CopyFrom(moment(f"{hour}10:00"))
        else:
            event.end_time.CopyFrom(moment("2027-04-01T00:00"))
        events.append(event)
    return events


def kill_once_stored(folder: Path, process_id: int, sequence: int, given_up: threading.Event) -> None:
    """Kills the service in the moment in which a sequence is in its database."""
    with asking(folder / "registry.db") as ask:
        while not given_up.is_set():
            if ask("SELECT 1 FROM status_event WHERE sequence = :sequence", sequence=sequence):
                os.kill(process_id, signal.SIGKILL)
                return


def test_killed_between_storing_and_answering(tmp_path: Path) -> None:
    with registry_process(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
        location = RegistryClient(channel).new_location().name
    answered = 0
    stored_without_an_answer = 0
    kills = 0
    cursor_request = pb.GetStatusCursorRequest(parent=location, source=SOURCE)
    while kills < LEAST_KILLS or not stored_without_an_answer:
        assert kills < MOST_KILLS, "no kill came between storing and answering"
        with registry_process(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
            client = RegistryClient(channel)
            cursor = client.status_feed.GetStatusCursor(cursor_request, timeout=20)
            # Nothing that was answered is lost, and of a batch there is all or nothing.
            assert cursor.contiguous_sequence == cursor.last_sequence
            assert cursor.last_sequence in (answered, answered + BATCH)
            if cursor.last_sequence > answered:
                stored_without_an_answer += 1
            # The batch of which the answer did not come is sent again; then one that is not answered either.
            if kills:
                again = pb.SendStatusEventsRequest(parent=location, source=SOURCE, events=batch_from(answered + 1))
                results = client.status_feed.SendStatusEvents(again, timeout=20).results
                outcomes = {result.outcome for result in results}
                assert outcomes == {
                    pb.SendStatusEventsResponse.Result.OUTCOME_UNCHANGED
                    if cursor.last_sequence > answered
                    else pb.SendStatusEventsResponse.Result.OUTCOME_STORED
                }
                answered += BATCH
            given_up = threading.Event()
            killer = threading.Thread(
                target=kill_once_stored, args=(tmp_path, child.process.pid, answered + 1, given_up)
            )
            killer.start()
            request = pb.SendStatusEventsRequest(parent=location, source=SOURCE, events=batch_from(answered + 1))
            call = client.status_feed.SendStatusEvents.future(request, timeout=20)
            if call.exception() is None:
                answered += BATCH
            else:
                assert call.code() is grpc.StatusCode.UNAVAILABLE
            killer.join(20)
            given_up.set()
            killer.join()
            kills += 1
    with registry_process(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
        client = RegistryClient(channel)
        last = client.status_feed.GetStatusCursor(cursor_request, timeout=20).last_sequence
        shown = client.closures.ListClosures(
            closure_pb2.ListClosuresRequest(parent=location, page_size=1000), timeout=20
        ).closures
        assert not client.stops.ListStops(stop_pb2.ListStopsRequest(parent=location), timeout=20).stops
    assert len({closure.name for closure in shown}) == len(shown) == min(last // 2, 1000)
    assert all(closure.etag == '"1"' and closure.end_time == moment("2027-04-01T00:00") for closure in shown)
