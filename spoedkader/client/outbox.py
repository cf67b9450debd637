"""An outbox: a file that numbers what is said of closures and stops in the moment in which it is written down.

It is one SQLite file. What `append` returned of is on disk, whatever happens to the process or the machine after that.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from spoedkader.registry.v1 import status_feed_pb2 as pb

MAX_EVENT_BYTES = 100_000
"""More than a right event can have, and little enough for any batch."""
REJECTED = pb.SendStatusEventsResponse.Result.OUTCOME_REJECTED
_BUSY_SECONDS = 60.0
_TABLES = """
CREATE TABLE IF NOT EXISTS outbox (source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbering (location TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    location TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message BLOB NOT NULL,
    result BLOB,
    PRIMARY KEY (location, sequence)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event, and what the registry answered to it."""

    event: pb.StatusEvent
    result: pb.SendStatusEventsResponse.Result


@dataclass(frozen=True, slots=True)
class Said:
    """An event in an outbox, and what the registry answered to it, if an answer was noted."""

    event: pb.StatusEvent
    result: pb.SendStatusEventsResponse.Result | None

    @property
    def rejected(self) -> bool:
        """Whether the registry did not receive it, and said why."""
        return self.result is not None and self.result.outcome == REJECTED


class Outbox:
    """What a source says, in a file; closed at the end of a `with`. For one thread; several processes may share a file.

    It keeps everything, some two hundred bytes for each event, for that is what it numbers by, and what it can send
    again to a registry that was put back from a backup.
    """

    def __init__(self, path: Path, source: str) -> None:
        """Opens a file, or makes it.

        Raises:
            ValueError: it is the outbox of another source.
            sqlite3.DatabaseError: it is something else, or damaged.
        """
        self.source = source
        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            # On disk when it is committed, also when the machine loses its power right behind that.
            self._connection.execute("PRAGMA synchronous = EXTRA")
            with self._transaction():
                for statement in _TABLES.split(";"):
                    self._connection.execute(statement)
                kept = self._connection.execute("SELECT source FROM outbox").fetchone()
                if kept is None:
                    self._connection.execute("INSERT INTO outbox VALUES (?)", (source,))
            if kept is not None and kept[0] != source:
                raise ValueError(f"{path}: de outbox is van de bron {kept[0]} en niet van {source}")
        except BaseException:
            self._connection.close()
            raise

    def append(self, location: str, *events: pb.StatusEvent) -> list[int]:
        """Writes down events and numbers them, all or none; gives their sequences. `location` is a resource name.

        Write down the same location in the same way each time: its name is what it is numbered by.

        Raises:
            ValueError: an event is far too large to be right; nothing was written.
        """
        with self._transaction():
            return self._append(location, events)

    def correct(self, location: str, event: pb.StatusEvent) -> None:
        """Puts an event in the place of one that was rejected, under the same sequence; it is sent next time.

        Raises:
            ValueError: the event of that sequence was not rejected: say what is new under a new sequence.
        """
        with self._transaction():
            before = self._said(location, event.sequence)
            if before is None or not before.rejected:
                raise ValueError(f"{location}: {event.sequence} is niet afgewezen en kan niet worden verbeterd")
            self._connection.execute(
                "UPDATE event SET message = ?, result = NULL WHERE location = ? AND sequence = ?",
                (_message(event), location, event.sequence),
            )

    def said(self, location: str) -> list[Said]:
        """Everything in the outbox for a location, by ascending sequence."""
        rows = self._connection.execute(
            "SELECT message, result FROM event WHERE location = ? ORDER BY sequence", (location,)
        )
        return [_load(*row) for row in rows]

    def last_sequence(self, location: str) -> int:
        """The last sequence that was given out for a location; 0 when there is none."""
        row = self._connection.execute("SELECT last FROM numbering WHERE location = ?", (location,)).fetchone()
        return int(row[0]) if row else 0

    def note(self, location: str, sent: Iterable[Sent]) -> None:
        """Notes what the registry answered."""
        with self._transaction():
            for each in sent:
                # Unless the event was corrected in between; the answer is then to what it was.
                self._connection.execute(
                    "UPDATE event SET result = ? WHERE location = ? AND sequence = ? AND message = ?",
                    (each.result.SerializeToString(), location, each.event.sequence, _message(each.event)),
                )

    def continue_from(self, location: str, last: int) -> None:
        """Goes on numbering behind what the registry has, after a numbering that was lost or put back from a backup.

        What was not received, or may have been taken for something else, is said anew under new sequences. So is all
        that was said of the same closure or stop behind it, for the order within one has to stay as it was.
        """
        with self._transaction():
            self._number_from(location, max(last, self.last_sequence(location)))
            again: list[pb.StatusEvent] = []
            open_subjects: set[tuple[int, str]] = set()
            for said in self.said(location):
                subject = (said.event.kind, said.event.event_id)
                received = said.result is not None and not said.rejected
                if received and subject not in open_subjects:
                    continue
                open_subjects.add(subject)
                again.append(said.event)
                if not received:
                    self._connection.execute(
                        "DELETE FROM event WHERE location = ? AND sequence = ?", (location, said.event.sequence)
                    )
            self._append(location, again)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, location: str, events: Sequence[pb.StatusEvent]) -> list[int]:
        first = self.last_sequence(location) + 1
        sequences = list(range(first, first + len(events)))
        for sequence, event in zip(sequences, events, strict=True):
            numbered = pb.StatusEvent()
            numbered.CopyFrom(event)
            numbered.sequence = sequence
            self._connection.execute(
                "INSERT INTO event VALUES (?, ?, ?, NULL)", (location, sequence, _message(numbered))
            )
        self._number_from(location, first - 1 + len(events))
        return sequences

    def _number_from(self, location: str, last: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO numbering VALUES (?, ?)", (location, last))

    def _said(self, location: str, sequence: int) -> Said | None:
        row = self._connection.execute(
            "SELECT message, result FROM event WHERE location = ? AND sequence = ?", (location, sequence)
        ).fetchone()
        return _load(*row) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE: another process cannot give out the same number in between.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _message(event: pb.StatusEvent) -> bytes:
    content: bytes = event.SerializeToString(deterministic=True)
    if len(content) > MAX_EVENT_BYTES:
        raise ValueError(f"een gebeurtenis van {len(content)} bytes; het mogen er hoogstens {MAX_EVENT_BYTES} zijn")
    return content


def _load(message: bytes, result: bytes | None) -> Said:
    return Said(
        pb.StatusEvent.FromString(message),
        None if result is None else pb.SendStatusEventsResponse.Result.FromString(result),
    )
