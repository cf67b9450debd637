"""What follows from all that a source said of a closure or stop."""

import random
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.events.model import Department, Event, Kind
from services.registry.statusfeed.model import Folded, Standing, StatusEvent, fold, is_source, overlaps

COUNTS, SUPERSEDED, WAITING, WITHDRAWN = Standing.COUNTS, Standing.SUPERSEDED, Standing.WAITING, Standing.WITHDRAWN
NOON = datetime(2027, 3, 1, 12, 0)


def at(hours: int) -> datetime:
    return NOON + timedelta(hours=hours)


def start(sequence: int, hours: int, until: int | None = None, reason: str = "") -> StatusEvent:
    ends_at = None if until is None else at(until)
    return StatusEvent(sequence, Kind.CLOSURE, "7", starts_at=at(hours), ends_at=ends_at, reason=reason)


def end(sequence: int, hours: int) -> StatusEvent:
    return StatusEvent(sequence, Kind.CLOSURE, "7", ends_at=at(hours))


def withdrawal(sequence: int) -> StatusEvent:
    return StatusEvent(sequence, Kind.CLOSURE, "7", withdrawn=True)


def closure(hours: int, until: int | None, *, reason: str = "", withdrawn: bool = False) -> Event:
    ends_at = None if until is None else at(until)
    return Event(Kind.CLOSURE, "epd.7", "veenrode", at(hours), ends_at, reason, withdrawn=withdrawn)


CASES = {
    "nothing": ([], None, ""),
    "a start": ([start(1, 0)], closure(0, None), "c"),
    "a start and its end": ([start(1, 0), end(2, 4)], closure(0, 4), "cc"),
    "an end without a start": ([end(2, 4)], None, "p"),
    "a later end": ([start(1, 0), end(2, 4), end(3, 5)], closure(0, 5), "csc"),
    "a statement takes the end along": ([start(1, 0), end(2, 4), start(3, 1)], closure(1, None), "ssc"),
    "an end that a later statement replaces": ([end(1, 4), start(2, 0)], closure(0, None), "sc"),
    "an end at the start": ([start(1, 0), end(2, 0)], closure(0, None), "cp"),
    "an end before the start does not undo a good one": (
        [start(1, 0), end(2, 4), end(3, -1)],
        closure(0, 4),
        "ccp",
    ),
    "a good end behind one that did not fit": ([start(1, 0), end(2, -1), end(3, 4)], closure(0, 4), "csc"),
    "an end replaces that of the statement": ([start(1, 0, 2), end(2, 4)], closure(0, 4), "cc"),
    "a correction": (
        [start(1, 0, 2), start(2, 0, 3, "griep")],
        closure(0, 3, reason="griep"),
        "sc",
    ),
    "withdrawn": ([start(1, 0, 2), withdrawal(2)], closure(0, 2, withdrawn=True), "cc"),
    "withdrawn is final": (
        [start(1, 0, 2), withdrawal(2), start(3, 1, 5), withdrawal(4)],
        closure(0, 2, withdrawn=True),
        "ccww",
    ),
    "withdrawn before anything is known": ([withdrawal(1), end(2, 4)], None, "pw"),
    "stated only after it was withdrawn": (
        [end(1, 3), withdrawal(2), end(3, 4), start(4, 0, 2), start(5, 1)],
        closure(0, 2, withdrawn=True),
        "pcwww",
    ),
}
LETTERS = {"c": COUNTS, "s": SUPERSEDED, "p": WAITING, "w": WITHDRAWN}


@pytest.mark.parametrize(("said", "event", "standings"), CASES.values(), ids=list(CASES))
def test_what_follows_in_any_order(said: list[StatusEvent], event: Event | None, standings: str) -> None:
    expected = {each.sequence: LETTERS[letter] for each, letter in zip(said, standings, strict=True)}
    for order in permutations(said):
        assert fold("epd", "veenrode", order) == Folded(event, expected)


def in_turn(said: list[StatusEvent]) -> Event | None:
    """The same by someone who hears it in order, and does at once what each event asks."""
    known: Event | None = None
    withdrawn = False
    for event in said:
        if event.withdrawn:
            withdrawn = True
        if withdrawn and known is not None:
            return known._replace(withdrawn=True)
        if event.starts_at is not None:
            known = Event(Kind.CLOSURE, "epd.7", "veenrode", event.starts_at, event.ends_at, event.reason)
            known = known._replace(withdrawn=withdrawn)
        elif known is not None and event.ends_at is not None and event.ends_at > known.starts_at:
            known = known._replace(ends_at=event.ends_at)
    return known


@st.composite
def lives(draw: st.DrawFn) -> list[StatusEvent]:
    """All that is said of one closure, in the order of the sequences."""
    hours = st.integers(0, 6)
    forms = draw(st.lists(st.tuples(st.sampled_from("ssseeew"), hours, st.none() | st.integers(1, 3)), max_size=9))
    said: list[StatusEvent] = []
    for sequence, (form, hour, length) in enumerate(forms, start=1):
        if form == "s":
            said.append(start(sequence, hour, None if length is None else hour + length))
        else:
            said.append(end(sequence, hour) if form == "e" else withdrawal(sequence))
    return said


@given(lives(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(said: list[StatusEvent], chance: random.Random) -> None:
    folded = fold("epd", "veenrode", chance.sample(said, len(said)))
    assert folded.event == in_turn(said)
    assert (folded.event is None) == all(event.starts_at is None for event in said)
    assert set(folded.standings) == {event.sequence for event in said}


@st.composite
def periods(draw: st.DrawFn) -> list[Event]:
    found = draw(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(1, 6), st.sampled_from("CSE"))))
    return [
        Event(
            Kind.CLOSURE if form == "C" else Kind.STOP,
            str(number),
            "veenrode",
            at(hours),
            None if length is None else at(hours + length),
            "",
            department={"C": None, "S": Department.SEH, "E": Department.EHH}[form],
        )
        for number, (hours, length, form) in enumerate(found)
    ]


@given(periods())
def test_overlaps_are_found_as_by_comparing_all(events: list[Event]) -> None:
    def shares(one: Event, other: Event) -> bool:
        return (
            one != other
            and (one.kind, one.department) == (other.kind, other.department)
            and one.starts_at < (other.ends_at or datetime.max)
            and other.starts_at < (one.ends_at or datetime.max)
        )

    by_id = {event.event_id: event for event in events}
    found = overlaps(events)
    assert set(found) == {(one.kind, one.event_id) for one in events if any(shares(one, other) for other in events)}
    assert all(shares(by_id[event_id], by_id[other]) for (_, event_id), other in found.items())


@pytest.mark.parametrize(
    ("text", "fits"),
    [("epd-wulp", True), ("LPZ_2", True), ("x" * 32, True), ("x" * 33, False), ("epd.wulp", False), ("", False)],
)
def test_sources(text: str, fits: bool) -> None:
    assert is_source(text) is fits
