"""What is told of the budget service alone: the purchasing rules that it calculates by."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.policy.parameters import KIND
from services.policy.purchasing import PurchasingYear


class PurchasingCollector(Collector):
    """The rules of every year that came with the software."""

    def __init__(self, known: Callable[[], Sequence[PurchasingYear]]) -> None:
        self._known = known

    def collect(self) -> Iterable[Metric]:
        """Asked at every scrape."""
        info = GaugeMetricFamily(
            "spoedkader_policy_info",
            "The rules by which a year is judged.",
            labels=("kind", "year", "revision", "policy_set"),
        )
        for purchasing in self._known():
            info.add_metric([KIND, str(purchasing.year), purchasing.revision, ""], 1.0)
        yield info
