"""Seals: every row of the tables as it is at a moment, for rows of which no entry tells any more, or never did."""

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.runtime.changes import change_number
from services.runtime.ledger.appending import AppendOnly, Covered
from services.runtime.ledger.canonical import Digest
from services.runtime.ledger.entries import Head, Kind, Origin, append
from services.runtime.ledger.rows import Reader


def seal(connection: Connection, tables: Sequence[Covered], at: datetime) -> Head:
    """Seals all that is there, after a migration made or changed tables."""
    contents = {"tables": sealed(connection, tables)}
    origin = by_operator("migratie")
    return append(connection, Kind.SEAL, at, origin, contents, position=change_number(connection))


def sealed(
    connection: Connection, tables: Sequence[Covered], through: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """What a seal says of each table, in the form of what a change says.

    `through` has the last row to seal of each table; without it that is the last one that there is.
    """
    found: dict[str, Any] = {}
    for table in tables:
        name = table.table.name
        if isinstance(table, AppendOnly):
            last = table.last(connection) if through is None else through.get(name, 0)
            digest = Digest()
            for row in Reader(table).between(connection, 0, last):
                digest.add([row.values])
            found[name] = {"count": digest.count, "sha256": digest.sha256, "through": last}
        else:
            rows = table.digests(connection)
            found[name] = {"rows": {str(number): rows[number] for number in sorted(rows)}}
    return found


def by_operator(command: str) -> Origin:
    """What a command does on the machine itself, by the user of the operating system."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user without a name.
        user = str(os.getuid())
    return Origin(user, command)
