"""How the database of a service is: whether it answers, how long its lists are, and how many connections are in use."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.runtime.changes import change_number
from services.runtime.database import Database
from services.runtime.ledger.entries import head


class DatabaseWatch(Collector):
    """Looks at the database when health is looked at, so that a scrape never waits for a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes: int | None = None
        self._entries: int | None = None

    def problem(self) -> str:
        """Nothing is wrong when the database answers; raises what it raises."""
        with self._database.read_one() as connection:
            self._changes = change_number(connection)
            self._entries = head(connection).number
        return ""

    def collect(self) -> Iterable[Metric]:
        """Asked at every scrape."""
        use = self._database.use
        connections = GaugeMetricFamily(
            "spoedkader_database_connections", "Connections of the pool, by what they do.", labels=("state",)
        )
        connections.add_metric(["transaction"], use.in_transactions)
        connections.add_metric(["kept"], use.kept)
        yield connections
        yield GaugeMetricFamily(
            "spoedkader_database_connections_max", "Connections that the pool may have.", value=use.most
        )
        if self._changes is not None:
            yield GaugeMetricFamily(
                "spoedkader_change_position", "Position of the last change in the feed.", value=self._changes
            )
        if self._entries is not None:
            yield GaugeMetricFamily(
                "spoedkader_ledger_entries",
                "Number of the last entry of the ledger: how many there ever were.",
                value=self._entries,
            )
