"""What is counted of the quality service alone: the verdicts that it kept, and the rules that it judges by."""

from collections import Counter as Count
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.policy.assess import Finding, Verdict
from services.policy.year import KIND
from services.quality.following import Followed


class FindingMetrics:
    """The verdicts of assessments that were kept."""

    def __init__(self, registry: CollectorRegistry) -> None:
        findings = Counter(
            "spoedkader_findings_total",
            "Findings of assessments that were kept, by verdict.",
            ("verdict",),
            registry=registry,
        )
        # From the start, so that the first one shows as a change; and to look a child up costs more than to count.
        self._of = {verdict: findings.labels(verdict=verdict.value) for verdict in Verdict}

    def kept(self, findings: Iterable[Finding]) -> None:
        """An assessment with these findings was kept."""
        for verdict, count in Count(finding.verdict for finding in findings).items():
            self._of[verdict].inc(count)


class RulesCollector(Collector):
    """Which rules judge each year, since when they are active, and whether they are the ones that should."""

    def __init__(self, followed: Callable[[], Followed]) -> None:
        self._followed = followed

    def collect(self) -> Iterable[Metric]:
        """Asked at every scrape; what was seen last."""
        followed = self._followed()
        info = GaugeMetricFamily(
            "spoedkader_policy_info",
            "The rules by which a year is judged.",
            labels=("kind", "year", "revision", "policy_set"),
        )
        activated = GaugeMetricFamily(
            "spoedkader_policy_activated_timestamp_seconds",
            "When the active policy set of a year was activated, in seconds since 1970.",
            labels=("year",),
        )
        stale = GaugeMetricFamily(
            "spoedkader_policy_stale", "Whether a year is not judged by its active policy set.", labels=("year",)
        )
        for status in followed.years:
            year = str(status.active.policy_year)
            if status.judging is not None:
                info.add_metric([KIND, year, status.judging.policies.revision, status.judging.policy_set.id], 1.0)
            activated.add_metric([year], followed.activated_at[status.active.digest].timestamp())
            stale.add_metric([year], float(bool(status.problem)))
        yield from (info, activated, stale)
        if followed.opa is not None:
            yield GaugeMetricFamily("spoedkader_opa_up", "Whether OPA answers.", value=followed.opa.answers)
            yield GaugeMetricFamily(
                "spoedkader_opa_current", "Whether OPA holds the rules that judge now.", value=followed.opa.current
            )
