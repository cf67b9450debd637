"""The three services as an operator runs them: processes that are measured, traced and logged."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from services.cli.clients import Addresses
from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable
from tests.support.databases import database_url
from tests.support.opa import Opa, opa_executable
from tests.support.ports import unused_port
from tests.support.traces import TraceReceiver, trace_receiver


@dataclass(frozen=True)
class OperatedSuite:
    """The services, and what operators have of them."""

    addresses: Addresses
    metrics: dict[str, str]
    """`host:port` of each service for operators."""
    processes: dict[str, ServiceProcess]
    traces: TraceReceiver
    opa: Opa | None
    """What judges in the quality service; None where it is not installed, and then its own processes do."""
    folder: Path

    def get(self, service: str, path: str) -> requests.Response:
        """What a service answers to operators."""
        return requests.get(f"http://{self.metrics[service]}{path}", timeout=10)

    def log(self, service: str) -> list[dict[str, Any]]:
        """The lines that a service wrote until now; each has to be JSON."""
        return [json.loads(line) for line in self.log_text(service).splitlines()]

    def log_text(self, service: str) -> str:
        """The same as it stands."""
        return (self.folder / f"{service}.log").read_text("utf-8")


@contextmanager
def operated_suite() -> Iterator[OperatedSuite]:
    """Starts the services on empty storage."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spoedkader-")))
        traces, endpoint = stack.enter_context(trace_receiver())
        addresses = {name: f"127.0.0.1:{unused_port()}" for name in SERVICES}
        metrics = {name: f"127.0.0.1:{unused_port()}" for name in SERVICES}
        judged = {}
        opa = None
        if opa_executable():
            bundles = f"127.0.0.1:{unused_port()}"
            opa = Opa(f"http://{bundles}", folder, traces=endpoint)
            stack.callback(opa.stop)
            opa.start()
            judged = {"engine": "opa", "opa_url": opa.url, "bundle_address": bundles}
        children: list[ServiceProcess] = []
        stack.callback(stop, children)
        for name in SERVICES:
            own = {
                "address": addresses[name],
                "metrics_address": metrics[name],
                "database_url": database_url(folder / f"{name}.db"),
                "drain_seconds": "0",
                "log_level": "DEBUG",
                **{f"{peer}_address": addresses[peer] for peer in peers_of(name)},
                **(judged if name == "quality" else {}),
            }
            environment = {variable(name, setting): value for setting, value in own.items()}
            environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{endpoint}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
            children.append(start(name, addresses[name], environment, folder / f"{name}.log"))
        wait_until_serving(children)
        if opa is not None:
            opa.wait_until_active()
        processes = {child.name: child for child in children}
        yield OperatedSuite(Addresses(**addresses), metrics, processes, traces, opa, folder)
