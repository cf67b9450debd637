"""The sender of the status feed by itself: what an outbox keeps, how batches are made, and when it tries again."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoedkader.client import Client, NotAnswered, NumberingBehind, Outbox, Patience, Refused, deliver, send
from spoedkader.client.outbox import Sent
from spoedkader.client.status import MAX_BYTES, MAX_EVENTS, _batches
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.messages import moment

PLACE = "providers/-/locations/L001"
SOURCE = "epd-wulp"
Result = pb.SendStatusEventsResponse.Result
SOON = Patience(seconds=20, first=0.001, longest=0.01)


def event(event_id: str, sequence: int = 0, **fields: Any) -> pb.StatusEvent:
    given = {"start_time": moment("2027-03-01T10:00"), **fields}
    return pb.StatusEvent(sequence=sequence, kind=pb.StatusEvent.KIND_CLOSURE, event_id=event_id, **given)


def end(event_id: str) -> pb.StatusEvent:
    return event(event_id, start_time=None, end_time=moment("2027-03-01T12:00"))


class Registry(Client):
    """A registry in this process: it keeps sequences, rejects what `wrong` names, and fails as often as it is told."""

    def __init__(self, stored: Iterable[int] = (), failures: Iterable[Exception] = ()) -> None:
        super().__init__("registry", "unix:/nowhere.sock", actor="test")
        self.stored = set(stored)
        self.wrong: set[str] = set()
        self.failures = list(failures)
        self.requests: list[pb.SendStatusEventsRequest] = []

    def call(self, method: Callable[..., Any], request: Any, **options: Any) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        if isinstance(request, pb.GetStatusCursorRequest):
            return self.cursor()
        self.requests.append(request)
        results = []
        for sent in request.events:
            if sent.event_id in self.wrong:
                wrong = Result.Violation(field="events[0].reason", description="is te lang")
                results.append(Result(sequence=sent.sequence, outcome=Result.OUTCOME_REJECTED, violations=[wrong]))
            else:
                known = sent.sequence in self.stored
                self.stored.add(sent.sequence)
                results.append(
                    Result(sequence=sent.sequence, outcome=Result.OUTCOME_UNCHANGED if known else Result.OUTCOME_STORED)
                )
        return pb.SendStatusEventsResponse(results=results, last_sequence=max(self.stored, default=0))

    def cursor(self) -> pb.StatusCursor:
        last = max(self.stored, default=0)
        lacking = [number for number in range(1, last) if number not in self.stored]
        gaps = [pb.StatusCursor.Gap(first_sequence=number, last_sequence=number) for number in lacking[:100]]
        return pb.StatusCursor(last_sequence=last, gaps=gaps)

    @property
    def sent(self) -> list[int]:
        return [sent.sequence for request in self.requests for sent in request.events]


def delivered(registry: Registry, outbox: Outbox) -> list[Sent]:
    return [sent for batch in deliver(registry, outbox, PLACE, patience=SOON) for sent in batch]


@pytest.fixture
def registry() -> Iterable[Registry]:
    with Registry() as found:
        yield found


@pytest.fixture
def outbox(tmp_path: Path) -> Iterable[Outbox]:
    with Outbox(tmp_path / "outbox.db", SOURCE) as found:
        yield found


def test_an_outbox_numbers_by_location_and_goes_on_after_it_was_closed(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", SOURCE) as outbox:
        assert outbox.append(PLACE, event("a"), event("b")) == [1, 2]
        assert outbox.append("providers/-/locations/L002", event("c")) == [1]
    with Outbox(tmp_path / "outbox.db", SOURCE) as outbox:
        assert outbox.append(PLACE, event("d")) == [3]
        assert [(said.event, said.result) for said in outbox.said(PLACE)] == [
            (event("a", 1), None),
            (event("b", 2), None),
            (event("d", 3), None),
        ]


def test_an_outbox_is_of_one_source_and_nothing_else_is_an_outbox(tmp_path: Path, outbox: Outbox) -> None:
    with pytest.raises(ValueError, match=f"van de bron {SOURCE} en niet van lpz"):
        Outbox(tmp_path / "outbox.db", "lpz")
    other = tmp_path / "other"
    other.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Outbox(other, SOURCE)


def test_of_a_batch_that_is_written_down_there_is_all_or_nothing(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="bytes"):
        outbox.append(PLACE, event("a"), event("b", reason="x" * 100_001))
    assert (outbox.said(PLACE), outbox.last_sequence(PLACE)) == ([], 0)


def test_what_was_answered_is_not_sent_again_and_what_the_registry_lost_is(registry: Registry, outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"), event("b"), event("c"))
    assert len(delivered(registry, outbox)) == 3
    assert delivered(registry, outbox) == []
    registry.stored = {1}
    assert [sent.event.sequence for sent in delivered(registry, outbox)] == [2, 3]


def test_an_answer_that_was_not_noted_is_asked_for_again(registry: Registry, outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"), event("b"))
    registry.stored = {1, 2}
    assert [sent.result.outcome for sent in delivered(registry, outbox)] == [Result.OUTCOME_UNCHANGED] * 2


def test_what_is_rejected_waits_for_a_correction_and_holds_up_nothing(registry: Registry, outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"), event("wrong"), event("c"))
    registry.wrong = {"wrong"}
    assert [sent.result.outcome for sent in delivered(registry, outbox)] == [
        Result.OUTCOME_STORED,
        Result.OUTCOME_REJECTED,
        Result.OUTCOME_STORED,
    ]
    assert [said.event.event_id for said in outbox.said(PLACE) if said.rejected] == ["wrong"]
    outbox.append(PLACE, event("d"))
    assert [sent.event.sequence for sent in delivered(registry, outbox)] == [4]
    outbox.correct(PLACE, event("right", 2))
    assert [(sent.event.event_id, sent.event.sequence) for sent in delivered(registry, outbox)] == [("right", 2)]
    assert not any(said.rejected for said in outbox.said(PLACE))


@pytest.mark.parametrize("sequence", [1, 2, 3])
def test_only_what_was_rejected_can_be_corrected(registry: Registry, outbox: Outbox, sequence: int) -> None:
    outbox.append(PLACE, event("received"))
    delivered(registry, outbox)
    outbox.append(PLACE, event("waiting"))
    with pytest.raises(ValueError, match="niet afgewezen"):
        outbox.correct(PLACE, event("other", sequence))


def test_an_answer_to_what_was_corrected_in_between_is_not_noted(outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"))
    outbox.note(PLACE, [Sent(event("a", 1), Result(sequence=1, outcome=Result.OUTCOME_REJECTED))])
    outbox.correct(PLACE, event("b", 1))
    outbox.note(PLACE, [Sent(event("a", 1), Result(sequence=1, outcome=Result.OUTCOME_REJECTED))])
    assert [said.result for said in outbox.said(PLACE)] == [None]


def test_a_numbering_that_was_lost_is_refused_until_it_is_continued(registry: Registry, outbox: Outbox) -> None:
    registry.stored = set(range(1, 8))
    outbox.append(PLACE, event("a"), event("b"))
    with pytest.raises(NumberingBehind, match="tot en met 7, hier is 2 het laatste"):
        delivered(registry, outbox)
    assert registry.sent == []
    outbox.continue_from(PLACE, 7)
    assert [(sent.event.event_id, sent.event.sequence) for sent in delivered(registry, outbox)] == [("a", 8), ("b", 9)]


def test_going_on_keeps_the_order_of_what_was_said_of_one_closure(registry: Registry, outbox: Outbox) -> None:
    # The start of "a" was rejected and its end received; "b" was received whole; of "c" no answer came.
    outbox.append(PLACE, event("a"), event("b"), end("a"))
    registry.stored, registry.wrong = set(), {"a"}
    delivered(registry, outbox)
    outbox.note(PLACE, [Sent(said.event, Result(outcome=Result.OUTCOME_PENDING)) for said in outbox.said(PLACE)[2:]])
    outbox.append(PLACE, event("c"))
    outbox.continue_from(PLACE, 20)
    said = outbox.said(PLACE)
    assert [(each.event.event_id, each.event.sequence, each.event.HasField("start_time")) for each in said] == [
        ("b", 2, True),
        ("a", 3, False),
        ("a", 21, True),
        ("a", 22, False),
        ("c", 23, True),
    ]
    assert outbox.append(PLACE, event("d")) == [24]


def test_own_numbers_are_sent_as_far_as_the_registry_lacks_them(registry: Registry) -> None:
    registry.stored = {1, 3}
    events = [event(f"e{number}", number) for number in range(1, 6)]
    assert [
        sent.event.sequence for batch in send(registry, PLACE, SOURCE, events, patience=SOON) for sent in batch
    ] == [
        2,
        4,
        5,
    ]
    with pytest.raises(NumberingBehind):
        list(send(registry, PLACE, SOURCE, events[:4], patience=SOON))


def test_behind_the_gaps_that_fit_in_a_cursor_everything_is_sent(registry: Registry) -> None:
    registry.stored = set(range(2, 401, 2))
    events = [event(f"e{number}", number) for number in range(1, 401)]
    list(send(registry, PLACE, SOURCE, events, patience=SOON))
    assert registry.stored == set(range(1, 401))
    assert registry.sent == [*range(1, 200, 2), *range(200, 401)]


@given(st.lists(st.integers(min_value=0, max_value=60_000), max_size=40), st.integers(min_value=0, max_value=3))
def test_batches_keep_to_the_limits_and_leave_nothing_out(sizes: list[int], hundreds: int) -> None:
    events = [event(f"e{number}", number + 1, reason="x" * size) for number, size in enumerate(sizes)]
    events += [event("small", len(events) + number + 1) for number in range(hundreds * 400)]
    batches = list(_batches(PLACE, SOURCE, events))
    assert [each for batch in batches for each in batch] == events
    for batch in batches:
        assert 1 <= len(batch) <= MAX_EVENTS
        assert pb.SendStatusEventsRequest(parent=PLACE, source=SOURCE, events=batch).ByteSize() <= MAX_BYTES


def test_batches_are_no_smaller_than_they_have_to_be() -> None:
    events = [event("a", number + 1, reason="x" * 9_900) for number in range(300)]
    assert [len(batch) for batch in _batches(PLACE, SOURCE, events)] == [100, 100, 100]
    assert [len(batch) for batch in _batches(PLACE, SOURCE, [event("a", 1)] * 1001)] == [500, 500, 1]


def test_what_is_far_too_large_stops_everything_before_it_starts(registry: Registry) -> None:
    events = [*(event("a", number) for number in range(1, 502)), event("b", 502, reason="x" * 100_001)]
    with pytest.raises(ValueError, match="gebeurtenis 502"):
        next(send(registry, PLACE, SOURCE, events, patience=SOON))
    assert registry.sent == []


def unanswered(code: str) -> NotAnswered:
    return NotAnswered(code, "", "")


def refused(code: str, reason: str) -> Refused:
    return Refused("", code=code, reason=reason, metadata={}, wrong=(), call_id="")


AGAIN = [
    unanswered("UNAVAILABLE"),
    unanswered("RESOURCE_EXHAUSTED"),
    unanswered("DEADLINE_EXCEEDED"),
    refused("UNAVAILABLE", "DATABASE_BUSY"),
    refused("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
]


def test_a_registry_that_is_busy_or_away_is_asked_again(registry: Registry, outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"))
    registry.failures = list(AGAIN)
    assert len(delivered(registry, outbox)) == 1
    assert registry.failures == []


@pytest.mark.parametrize("failure", [unanswered("INTERNAL"), refused("NOT_FOUND", "NOT_FOUND")], ids=str)
def test_what_will_not_get_better_is_not_tried_again(registry: Registry, outbox: Outbox, failure: Exception) -> None:
    outbox.append(PLACE, event("a"))
    registry.failures = [failure, *AGAIN]
    with pytest.raises(type(failure)):
        delivered(registry, outbox)
    assert len(registry.failures) == len(AGAIN)
    assert [said.result for said in outbox.said(PLACE)] == [None]


def test_patience_ends(registry: Registry, outbox: Outbox) -> None:
    outbox.append(PLACE, event("a"))
    registry.failures = [unanswered("UNAVAILABLE")] * 1000
    with pytest.raises(NotAnswered):
        list(deliver(registry, outbox, PLACE, patience=Patience(seconds=0.05, first=0.01, longest=0.02)))
    assert 0 < 1000 - len(registry.failures) < 50


def test_waits_grow_to_the_longest_and_differ() -> None:
    waits = Patience(seconds=1000, first=1, longest=8).waits()
    found = [next(waits) for _ in range(6)]
    for wait, most in zip(found, (1, 2, 4, 8, 8, 8), strict=True):
        assert most / 2 <= wait <= most
    assert len(set(found)) == len(found)
