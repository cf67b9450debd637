"""The entry of a transaction: one for everything that it wrote, as the last thing that it does."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.runtime.ledger.appending import Written
from services.runtime.ledger.entries import Kind, Origin, append


def record(
    connection: Connection, at: datetime, origin: Origin, written: Written, *, changes: int, position: int
) -> None:
    """Puts in the ledger what a transaction wrote, with how many changes of resources that were and the place of the
    last one in the feed; nothing when it wrote nothing."""
    if written:
        contents = {"tables": _tables(connection, written)}
        append(connection, Kind.CHANGE, at, origin, contents, changes=changes, position=position)


def _tables(connection: Connection, written: Written) -> dict[str, Any]:
    """Of each table how many rows were added, the number of the last one and the digest of all, or of each pinned row
    its digest."""
    found: dict[str, Any] = {
        table.table.name: {
            "count": added.digest.count,
            "sha256": added.digest.sha256,
            "through": table.last(connection) if added.through is None else added.through,
        }
        for table, added in written.added.items()
    }
    for pinned, digests in written.pinned.items():
        found[pinned.table.name] = {"rows": {str(number): digest for number, digest in sorted(digests.items())}}
    return found
