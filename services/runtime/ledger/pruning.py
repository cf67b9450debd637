"""Removing old entries: exported first, and with a seal in their place that keeps the rest verifiable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlmodel import SQLModel

from services.runtime.changes import change_number
from services.runtime.ledger.appending import AppendOnly, Covered
from services.runtime.ledger.entries import Head, Kind, append, entries
from services.runtime.ledger.sealing import by_operator, sealed

_LEDGER = SQLModel.metadata.tables["ledger"]
_BEFORE = (
    select(func.coalesce(func.min(_LEDGER.c.number), 0)).where(_LEDGER.c.recorded_at >= bindparam("before")),
    select(func.coalesce(func.max(_LEDGER.c.number), 0)),
)
_PRUNE = delete(_LEDGER).where(_LEDGER.c.number <= bindparam("through"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be removed: the entries up to the last one, and what seals the rows that they told of."""

    last: Head
    tables: dict[str, Any]


def plan(connection: Connection, tables: Sequence[Covered], before: datetime) -> Plan | None:
    """What of a ledger that was verified is older than a moment; None when nothing is.

    Only what comes before every younger entry goes, so that the rest stays one chain; the last entry always stays.
    """
    youngest, last = (connection.execute(query, {"before": before}).scalar_one() for query in _BEFORE)
    through = min(youngest - 1 if youngest else last, last - 1)
    if through < 1:
        return None
    reached: dict[str, int] = {}
    found: Head | None = None
    for entry in entries(connection):
        if entry.number > through:
            break
        found = entry.head
        for name, part in entry.tables().items():
            reached[name] = max(reached.get(name, 0), part.get("through", 0))
    if found is None:
        return None
    grown = [table for table in tables if isinstance(table, AppendOnly)]
    return Plan(found, sealed(connection, grown, reached))


def prune(connection: Connection, tables: Sequence[Covered], at: datetime, planned: Plan, exported: str) -> int:
    """Removes what was planned, and says so in the ledger; `exported` is the SHA-256 of the file that it is in.

    Gives how many entries were removed.
    """
    pinned = [table for table in tables if not isinstance(table, AppendOnly)]
    contents = {
        "exported_sha256": exported,
        "pruned_hash": planned.last.hash,
        "tables": {**planned.tables, **sealed(connection, pinned)},
    }
    through = planned.last.number
    # The entry comes first: only what it names may be removed.
    position = change_number(connection)
    origin = by_operator("spoedkader audit prune")
    append(connection, Kind.PRUNE, at, origin, contents, position=position, pruned_through=through)
    return connection.execute(_PRUNE, {"through": through}).rowcount
