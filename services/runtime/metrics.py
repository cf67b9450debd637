"""What is counted of every service, in the names and the units of Prometheus.

Each process has one `Metrics` with a registry of its own, made where the service is wired; a service adds to the
registry what is only its own. `docs/operations/observability.md` has a line for every metric.
"""

from collections.abc import Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of what a call takes, in seconds: from a read to a calculation over every provider."""
EVALUATION_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.calls = CallMetrics(self.registry)
        self.peers = PeerMetrics(self.registry)
        self.evaluations = EvaluationMetrics(self.registry)
        self.feed = FeedMetrics(self.registry)


class CallMetrics:
    """Rate, errors and duration of the calls that are answered; names and labels are those of grpc-ecosystem."""

    def __init__(self, registry: CollectorRegistry) -> None:
        method = ("grpc_type", "grpc_service", "grpc_method")
        self._started = Counter("grpc_server_started_total", "Calls that a handler began.", method, registry=registry)
        self._handled = Counter(
            "grpc_server_handled_total", "Calls that ended, by status.", (*method, "grpc_code"), registry=registry
        )
        self._seconds = Histogram(
            "grpc_server_handling_seconds",
            "How long a handler took, in seconds.",
            method,
            buckets=CALL_SECONDS,
            registry=registry,
        )
        self._refusals = Counter(
            "spoedkader_refusals_total", "Calls that were refused, by reason.", ("reason",), registry=registry
        )
        self._methods: dict[str, MethodMetrics] = {}

    def of(self, method: str, grpc_type: str) -> "MethodMetrics":
        """What is counted of a method, as in `/spoedkader.registry.v1.LocationService/GetLocation`."""
        found = self._methods.get(method)
        if found is None:
            service, _, name = method.removeprefix("/").partition("/")
            labels = {"grpc_type": grpc_type, "grpc_service": service, "grpc_method": name}
            # Two threads that make the same one at the same moment count in the same children.
            found = self._methods[method] = MethodMetrics(
                self._started, self._handled, self._seconds, self._refusals, labels
            )
        return found


class MethodMetrics:
    """What is counted of one method. The children are looked up once, for that costs more than counting."""

    def __init__(
        self, started: Counter, handled: Counter, seconds: Histogram, refusals: Counter, labels: Mapping[str, str]
    ) -> None:
        self._started = started.labels(**labels)
        self._handled = handled
        self._seconds = seconds.labels(**labels)
        self._refusals = refusals
        self._labels = labels
        self._answered = handled.labels(**labels, grpc_code="OK")

    def begin(self) -> None:
        """A handler begins."""
        self._started.inc()

    def answered(self, seconds: float) -> None:
        """It gave its answer."""
        self._answered.inc()
        self._seconds.observe(seconds)

    def refused(self, code: str, reason: str, seconds: float) -> None:
        """It ended with another status; `reason` is that of `docs/errors.md`."""
        self._handled.labels(**self._labels, grpc_code=code).inc()
        self._refusals.labels(reason=reason).inc()
        self._seconds.observe(seconds)


class PeerMetrics:
    """The calls to other services."""

    def __init__(self, registry: CollectorRegistry) -> None:
        calls = Counter(
            "spoedkader_peer_calls_total",
            "Calls to another service, by status.",
            ("peer", "grpc_code"),
            registry=registry,
        )
        seconds = Histogram(
            "spoedkader_peer_seconds",
            "How long another service took to answer, in seconds.",
            ("peer",),
            buckets=CALL_SECONDS,
            registry=registry,
        )
        # To look a child up costs more than to count.
        self._calls = cache(lambda peer, code: calls.labels(peer=peer, grpc_code=code))
        self._seconds = cache(lambda peer: seconds.labels(peer=peer))

    def called(self, peer: str, code: str, seconds: float) -> None:
        """A peer answered, or did not."""
        self._calls(peer, code).inc()
        self._seconds(peer).observe(seconds)


class EvaluationMetrics:
    """The evaluations of policies for calls; those of what-if and of replays are not in here."""

    def __init__(self, registry: CollectorRegistry) -> None:
        evaluations = Counter(
            "spoedkader_evaluations_total",
            "Evaluations of policies, by what came of them.",
            ("engine", "outcome"),
            registry=registry,
        )
        seconds = Histogram(
            "spoedkader_evaluation_seconds",
            "How long an evaluation took, waiting for the engine included, in seconds.",
            ("engine",),
            buckets=EVALUATION_SECONDS,
            registry=registry,
        )
        self._evaluations = cache(lambda engine, outcome: evaluations.labels(engine=engine, outcome=outcome))
        self._seconds = cache(lambda engine: seconds.labels(engine=engine))
        self._processes = Gauge(
            "spoedkader_engine_processes", "Evaluating processes of this service that live.", registry=registry
        )
        self._replaced = Counter(
            "spoedkader_engine_processes_replaced_total",
            "Evaluating processes that died or were ended because they took too long.",
            registry=registry,
        )

    def evaluated(self, engine: str, outcome: str, seconds: float) -> None:
        """An engine gave a value (`value`) or not: `undefined`, `failed`, `unavailable` or `other_set`."""
        self._evaluations(engine, outcome).inc()
        self._seconds(engine).observe(seconds)

    def process(self, change: int) -> None:
        """So many evaluating processes more, or fewer."""
        self._processes.inc(change)

    def process_replaced(self) -> None:
        """One was gone when it was wanted, and got a successor."""
        self._replaced.inc()


class FeedMetrics:
    """How far the readers of the feed of changes are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._position = Gauge(
            "spoedkader_feed_reader_position",
            "Position in the feed of changes that an organisation has reached, as this process saw it.",
            ("organisation",),
            registry=registry,
        )

    def reached(self, organisation: str, position: int) -> None:
        """An organisation read the feed up to a position. Organisations are identified, so there are not many."""
        self._position.labels(organisation=organisation).set(position)
