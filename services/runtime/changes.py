"""Counts the changes of a database, so that an answer can be kept for as long as nothing changed."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection, select, text
from sqlmodel import Field, SQLModel, col

from services.runtime.prepared import Prepared

Answer = TypeVar("Answer", bound=Message)


class ChangeRow(SQLModel, table=True):
    """One row that every transaction that changes something writes, so that its number follows the order of commits."""

    __tablename__ = "change"

    id: int = Field(primary_key=True)
    number: int


_COUNT = text("INSERT INTO change (id, number) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number = change.number + 1")
_NUMBER = Prepared(select(col(ChangeRow.number)))


def count_change(connection: Connection) -> None:
    """Counts the transaction as a change."""
    connection.execute(_COUNT)


def change_number(connection: Connection) -> int:
    """How many changes the state that the connection sees has had."""
    found = _NUMBER.first(connection, {})
    return int(found[0]) if found else 0


class Kept:
    """Answers to reads, each kept until something in the database changes.

    Right with several processes on one database too: the number is read in the same transaction as the answer.
    """

    def __init__(self, most: int = 512) -> None:
        self._most = most
        self._answers: dict[tuple[type[Any], bytes], tuple[int, Any]] = {}
        self._changing = threading.Lock()

    def answer(self, connection: Connection, request: Message, make: Callable[[], Answer]) -> Answer:
        """The answer to a request: the kept one, or the one that `make` makes. Nobody may change it."""
        number = change_number(connection)
        key = (type(request), request.SerializeToString(deterministic=True))
        kept = self._answers.get(key)
        if kept is not None and kept[0] == number:
            found: Answer = kept[1]
            return found
        answer = make()
        with self._changing:
            self._answers.pop(key, None)
            if len(self._answers) >= self._most:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = (number, answer)
        return answer
