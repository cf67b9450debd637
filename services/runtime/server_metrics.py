"""What is told of the server itself: how many calls it has, how many it refused for that, and its certificate."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.runtime.breaker import Breaker, BreakerState
from services.runtime.limits import Limits


class ServerCollector(Collector):
    """Asked at every scrape."""

    def __init__(self, limits: Limits, expires_at: Callable[[], datetime | None]) -> None:
        """`expires_at` is when the certificate ends; None without one."""
        self._limits = limits
        self._expires_at = expires_at

    def collect(self) -> Iterable[Metric]:
        """What holds now."""
        now = GaugeMetricFamily("spoedkader_calls", "Calls in the server, waiting ones included.", labels=("kind",))
        most = GaugeMetricFamily("spoedkader_calls_max", "Calls above which more are refused.", labels=("kind",))
        for kind, pool in (("unary", self._limits.calls), ("stream", self._limits.streams)):
            now.add_metric([kind], pool.calls)
            most.add_metric([kind], pool.most)
        yield from (now, most)
        yield CounterMetricFamily(
            "spoedkader_calls_shed_total",
            "Calls that were refused because there were too many.",
            value=self._limits.shed,
        )
        expires_at = self._expires_at()
        if expires_at is not None:
            yield GaugeMetricFamily(
                "spoedkader_certificate_expiry_timestamp_seconds",
                "When the certificate of the service ends, in seconds since 1970.",
                value=expires_at.timestamp(),
            )


class BreakerCollector(Collector):
    """Which other sides are not asked for a while because they did not answer."""

    def __init__(self, breakers: Sequence[Breaker]) -> None:
        self._breakers = breakers

    def collect(self) -> Iterable[Metric]:
        """What holds now."""
        found = GaugeMetricFamily(
            "spoedkader_breaker_open",
            "Whether another side is not asked, but for a try now and then.",
            labels=("peer",),
        )
        for breaker in self._breakers:
            found.add_metric([breaker.name], float(breaker.state is not BreakerState.CLOSED))
        yield found
