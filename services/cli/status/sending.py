"""Writes down what an export says, and sends it: first the numbering is checked, then all is on disk, then it goes."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.clients import ACTOR, connect
from services.cli.failures import Failure, failure
from services.cli.status.planning import Plan, feed_of
from spoedkader.client import Client, NotAnswered, NumberingBehind, Outbox, Patience, Refused, cursor_of, deliver
from spoedkader.client.outbox import Said, Sent
from spoedkader.registry.v1 import status_feed_pb2 as pb

PATIENCE = Patience(seconds=60.0)
"""A person waits, and what is in the outbox goes along the next time."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the events of one location."""

    location: str
    sent: Sequence[Sent]
    rejected: Sequence[Said]
    """All that waits in the outbox for a correction, also from before."""


@contextmanager
def opened(path: Path, source: str) -> Iterator[Outbox]:
    """The outbox in a file. Raises Failure."""
    try:
        outbox = Outbox(path, source)
    except ValueError as error:
        raise Failure(f"{error}.") from None
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    with outbox:
        try:
            yield outbox
        except sqlite3.Error as error:
            raise _unusable(path, error) from None


def _unusable(path: Path, error: sqlite3.Error) -> Failure:
    return Failure(f"{path} is niet te gebruiken als outbox ({error}).")


def check_numbering(client: Client, outbox: Outbox, locations: Sequence[str], *, go_on: bool) -> None:
    """Checks that the registry has no higher numbers than the outbox, or with `go_on` goes on from those, also when it
    has used the same numbers for something else.

    Raises:
        Failure: it has; nothing was written or sent.
        NotAnswered, Refused: as `cursor_of`.
    """
    behind: list[NumberingBehind] = []
    for location in locations:
        feed = feed_of(location)
        received = cursor_of(client, feed, outbox.source).last_sequence
        known = outbox.last_sequence(feed)
        if go_on and (received > known or any(map(_number_taken, outbox.said(feed)))):
            outbox.continue_from(feed, received)
        elif received > known:
            behind.append(NumberingBehind(location, known, received))
    if behind:
        raise Failure(
            "Het register heeft meer ontvangen dan in de outbox staat; er is niets verstuurd. Zet de goede outbox"
            " terug, of ga met --continue verder vanaf wat het register heeft.",
            tuple(map(str, behind)),
        )


def _number_taken(said: Said) -> bool:
    """Whether an event was rejected because the registry has something else under its number."""
    return said.result is not None and any(wrong.field.endswith(".sequence") for wrong in said.result.violations)


def write_down(outbox: Outbox, plans: Sequence[Plan], *, withdraw_missing: bool) -> None:
    """Puts what is to be said in the outbox; from then on nothing of it gets lost."""
    for plan in plans:
        said = [*plan.new, *plan.changed, *(plan.missing if withdraw_missing else ())]
        feed = feed_of(plan.location)
        for event in said:
            if event.sequence:
                outbox.correct(feed, event)
        outbox.append(feed, *(event for event in said if not event.sequence))


def send_all(client: Client, outbox: Outbox, locations: Sequence[str]) -> list[Delivery]:
    """Sends what is in the outbox. Raises as `deliver`."""
    deliveries = []
    for location in locations:
        feed = feed_of(location)
        sent = [each for batch in deliver(client, outbox, feed, patience=PATIENCE) for each in batch]
        deliveries.append(Delivery(location, sent, [said for said in outbox.said(feed) if said.rejected]))
    return deliveries


@contextmanager
def registry(address: str, kept: str = "") -> Iterator[Client]:
    """The registry, of which a refusal or no answer ends the command; `kept` tells what is not lost then."""
    with connect("registry", address, ACTOR) as client:
        try:
            yield client
        except (Refused, NotAnswered) as ended:
            found = failure("registry", address, ended)
            raise Failure(f"{found.message}{kept}", found.details, **found.facts) from ended


def outcome_name(result: pb.SendStatusEventsResponse.Result) -> str:
    """As in `STORED`."""
    name: str = pb.SendStatusEventsResponse.Result.Outcome.Name(result.outcome)
    return name.removeprefix("OUTCOME_")
