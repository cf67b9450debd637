"""What is counted of the registry alone: the events that come in by the status feed."""

from collections import Counter as Count
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from spoedkader.registry.v1 import status_feed_pb2 as pb

_OUTCOMES = pb.SendStatusEventsResponse.Result.Outcome
_PREFIX = "OUTCOME_"


class StatusFeedMetrics:
    """What became of the events, and when the last batch came in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        events = Counter(
            "spoedkader_status_events_total",
            "Events that came in by the status feed, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        # From the start, so that the first one shows as a change; and to look a child up costs more than to count.
        self._of = {number: events.labels(outcome=_label(name)) for name, number in _OUTCOMES.items()[1:]}
        self._received = Gauge(
            "spoedkader_status_feed_received_timestamp_seconds",
            "When this process last took in a batch of the status feed, in seconds since 1970; 0 before the first.",
            registry=registry,
        )

    def received(self, results: Iterable[pb.SendStatusEventsResponse.Result]) -> None:
        """A batch was taken in."""
        for outcome, count in Count(result.outcome for result in results).items():
            self._of[outcome].inc(count)
        self._received.set_to_current_time()


def _label(outcome: str) -> str:
    return outcome.removeprefix(_PREFIX).lower()
