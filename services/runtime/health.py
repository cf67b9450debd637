"""How a service is: live, ready and fresh, each a name of its own in the gRPC health service.

- `live`: this process answers. Who starts a process again when it is not alive asks for this one.
- `ready`: it can answer calls: its database answers, it has rules, and it is not stopping. Who sends calls to the
  processes that can answer them asks for this one.
- `fresh`: it goes by what holds now. A service that is stale still answers, by the last rules that it could use or
  without what another service knows, so nobody has to take calls away from it; an operator has to know.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import grpc
import structlog
from grpc_health.v1 import health, health_pb2
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.runtime.health_server import LIVE

log = structlog.get_logger()

READY = "ready"
FRESH = "fresh"
LOOK_SECONDS = 2.0
"""Between two looks at everything."""
OVERDUE_SECONDS = 30.0
"""A look that takes longer hangs, and then nothing is known to be well."""
_NOT_YET = "was not looked at yet"

_STATUS = health_pb2.HealthCheckResponse


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that has to be well: `problem` says what is wrong with it, empty when nothing is, and may raise.

    A service is not ready while something that is `needed` is wrong, and stale while something else is.
    """

    name: str
    problem: Callable[[], str]
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """How a service is now, with the problem of everything that is not well, by the name of its check."""

    ready: bool
    fresh: bool
    problems: dict[str, str]


class Health(health.HealthServicer):
    """The health service of one server; a thread of its own looks, so that nobody who asks has to wait."""

    def __init__(self, checks: Sequence[HealthCheck]) -> None:
        super().__init__()
        # What is needed comes first: whether a service is ready need not wait for a peer that does not answer.
        self._checks = sorted(checks, key=lambda check: not check.needed)
        self._problems = {check.name: _NOT_YET for check in self._checks}
        self._looked_at = 0.0
        self._serving = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_until_stopped, name="health", daemon=True)

    def start(self, services: Iterable[str]) -> None:
        """Calls are answered from now on; `services` are healthy by that."""
        self._serving = True
        self._looked_at = time.monotonic()
        for name in ("", *services):
            self.serve(name, True)
        self._tell()
        self._thread.start()

    def serve(self, name: str, serving: bool) -> None:
        """Sets the health of one name."""
        self.set(name, _STATUS.SERVING if serving else _STATUS.NOT_SERVING)

    def enter_graceful_shutdown(self) -> None:
        """Nothing but `live` is healthy any more."""
        self._serving = False
        self._stopping.set()
        super().enter_graceful_shutdown()
        if self._thread.is_alive():
            self._thread.join()

    def Check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> _STATUS:
        """How one name is now."""
        if request.service == LIVE:
            return _STATUS(status=_STATUS.SERVING)
        if request.service in (READY, FRESH):
            # Whoever looks may hang by now.
            self._tell()
        answer: _STATUS = super().Check(request, context)
        return answer

    def report(self) -> Report:
        """How the service is now."""
        problems = {name: problem for name, problem in self._problems.items() if problem}
        needed = {check.name for check in self._checks if check.needed}
        if not self._serving:
            problems["server"] = "is not serving"
        elif self._checks and time.monotonic() - self._looked_at > OVERDUE_SECONDS:
            problems["look"] = f"takes longer than {OVERDUE_SECONDS:g} s"
        return Report(
            ready=not problems.keys() & {*needed, "server", "look"},
            fresh=not problems.keys() - needed - {"server"},
            problems=problems,
        )

    def _tell(self) -> None:
        report = self.report()
        self.serve(READY, report.ready)
        self.serve(FRESH, report.fresh)

    def _look_until_stopped(self) -> None:
        while not self._stopping.is_set():
            for check in self._checks:
                self._look(check)
            self._looked_at = time.monotonic()
            self._tell()
            self._stopping.wait(LOOK_SECONDS)

    def _look(self, check: HealthCheck) -> None:
        try:
            problem = check.problem()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not well
            problem = f"{type(error).__name__}: {error}"
        before, self._problems[check.name] = self._problems[check.name], problem
        if problem == before:
            return
        if problem:
            # At the start others may still be on their way.
            level = logging.INFO if before == _NOT_YET else logging.ERROR
            log.log(level, "not well", check=check.name, problem=problem)
        elif before != _NOT_YET:
            log.info("well again", check=check.name)
        self._tell()


class HealthCollector(Collector):
    """Health as metrics, so that alerts and graphs tell the same as probes."""

    def __init__(self, checks: Sequence[HealthCheck], report: Callable[[], Report]) -> None:
        self._checks = checks
        self._report = report

    def collect(self) -> Iterable[Metric]:
        """Asked at every scrape."""
        report = self._report()
        yield GaugeMetricFamily("spoedkader_ready", "Whether the service can answer calls.", value=report.ready)
        yield GaugeMetricFamily(
            "spoedkader_stale", "Whether the service goes by less than what holds now.", value=not report.fresh
        )
        checks = GaugeMetricFamily("spoedkader_check_ok", "Whether one thing is well.", labels=("check",))
        for check in self._checks:
            checks.add_metric([check.name], float(check.name not in report.problems))
        yield checks
