"""What has to be right of a suite, whatever happened to it: the ledgers, the feeds, and that nothing counts twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import create_engine, text

from services.runtime.database import Database
from services.runtime.ledger.appending import covered
from services.runtime.ledger.verifying import verify
from services.runtime.migrations import rows_of
from spoedkader.client import Client, follow
from spoedkader.feed.v1 import feed_pb2


def broken_ledgers(database_urls: Mapping[str, str]) -> list[str]:
    """What `spoedkader audit verify` finds wrong; empty when every ledger is as it was written."""
    found = []
    for service, url in database_urls.items():
        database = Database(url, connections=1)
        with database.read() as connection:
            *_, verdict = verify(connection, covered(rows_of(service)))
        database.close()
        found += [f"ledger of {service}, entry {each.entry}: {each.text}" for each in verdict.findings]
        if not verdict.complete:
            found.append(f"ledger of {service}: was not read to its end")
    return found


def changes_of(client: Client) -> list[feed_pb2.Change]:
    """The whole feed of a service."""
    return [change for part in follow(client, size=1000) for change in part.changes]


def broken_feeds(feeds: Mapping[str, Sequence[Sequence[feed_pb2.Change]]]) -> list[str]:
    """What is wrong with the feeds of each service, one of each replica: they are the same, and their positions follow
    each other without a gap."""
    found = []
    for service, each in feeds.items():
        first = each[0]
        if [change.position for change in first] != list(range(1, len(first) + 1)):
            found.append(f"feed of {service}: positions do not follow each other")
        if any(list(other) != list(first) for other in each[1:]):
            found.append(f"feed of {service}: replicas give different changes")
        revisions: dict[str, int] = {}
        for change in first:
            if change.revision and change.revision != revisions.get(change.resource, 0) + 1:
                found.append(f"feed of {service}: {change.resource} goes to revision {change.revision}")
            revisions[change.resource] = change.revision
    return found


def doubled_events(registry_url: str) -> list[str]:
    """Status events that were stored more than once."""
    doubled = "SELECT source, location_id, sequence FROM status_event GROUP BY 1, 2, 3 HAVING count(*) > 1"
    return [f"status event stored twice: {row}" for row in query(registry_url, doubled)]


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows that a statement finds, behind the back of the service."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()


def run(url: str, statement: str) -> None:
    """Changes what is stored behind the back of the service."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
