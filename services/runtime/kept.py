"""Answers kept for as long as nothing in the database changed."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection

from services.runtime.changes import change_number
from services.runtime.transactions import Transactions

Answer = TypeVar("Answer", bound=Message)


class Kept:
    """Answers to reads. Right with several processes on one database too, which says itself how often it changed."""

    def __init__(self, transactions: Transactions, most: int = 512) -> None:
        self._transactions = transactions
        self._most = most
        self._answers: dict[tuple[type[Any], bytes], tuple[int, Any]] = {}
        self._changing = threading.Lock()

    def answer(self, request: Message, make: Callable[[Connection], Answer]) -> Answer:
        """The answer to a request: the kept one, or the one that `make` makes of one state of the database. Nobody may
        change it."""
        key = (type(request), request.SerializeToString(deterministic=True))
        kept = self._answers.get(key)
        if kept is not None:
            with self._transactions.read_one() as connection:
                if change_number(connection) == kept[0]:
                    found: Answer = kept[1]
                    return found
        with self._transactions.read() as connection:
            number = change_number(connection)
            answer = make(connection)
        with self._changing:
            self._answers.pop(key, None)
            if len(self._answers) >= self._most:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = (number, answer)
        return answer
