"""The three services in this process, on throw-away storage, over a clock that the story sets."""

import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from services.budget.server import BudgetSettings
from services.budget.server import build as build_budget
from services.cli.clients import Addresses
from services.cli.suite import short_folder
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings

_OPENS = time(9)
_ZONE = ZoneInfo("Europe/Amsterdam")


class SimulatedClock:
    """A clock that stands at an hour of the morning on the day that it was set to, and moves on by a second whenever it
    is read, so that what comes later bears a later moment."""

    def __init__(self, day: date) -> None:
        self._lock = threading.Lock()
        self._now = _morning(day)

    def __call__(self) -> datetime:
        with self._lock:
            self._now += timedelta(seconds=1)
            return self._now

    @property
    def today(self) -> date:
        """The day in Amsterdam."""
        return self._now.astimezone(_ZONE).date()

    def go_to(self, day: date) -> None:
        """Sets the clock to the morning of a later day."""
        with self._lock:
            assert day > self._now.astimezone(_ZONE).date(), "a story goes forward"
            self._now = _morning(day)


def _morning(day: date) -> datetime:
    return datetime.combine(day, _OPENS, _ZONE).astimezone(UTC)


@contextmanager
def _errors_apart() -> Iterator[None]:
    """What the services log is about simulated days and would stand between the words of the command: errors only, and
    apart from what the command tells."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def in_file(file: Path) -> str:
    """The URL of a database in a file."""
    return f"sqlite:///{file}"


@contextmanager
def simulated_suite(clock: SimulatedClock, database_url: Callable[[Path], str] = in_file) -> Iterator[Addresses]:
    """Starts the services and gives their addresses; afterwards nothing of them is left.

    `database_url` gives the database of a service that would lie in a file of its name.
    """
    with (
        _errors_apart(),
        tempfile.TemporaryDirectory(prefix="spoedkader-", dir=short_folder()) as folder,
        ExitStack() as stack,
    ):

        def common(name: str) -> dict[str, object]:
            return {
                "address": f"unix:{folder}/{name}.sock",
                "database_url": database_url(Path(folder) / f"{name}.db"),
                "drain_seconds": 2.0,
            }

        def serve(application: Application, settings: ServiceSettings) -> str:
            server = Server(application, settings)
            server.start()
            stack.callback(server.stop)
            return settings.address

        registry_settings = RegistrySettings.read(**common("registry"))
        registry = serve(build_registry(registry_settings, clock), registry_settings)
        quality_settings = QualitySettings.read(**common("quality"), registry_address=registry)
        quality = serve(build_quality(quality_settings, clock), quality_settings)
        budget_settings = BudgetSettings.read(**common("budget"), registry_address=registry, quality_address=quality)
        budget = serve(build_budget(budget_settings, clock), budget_settings)
        yield Addresses(registry, quality, budget)


def folder_for(out: Path | None) -> Path:
    """Where documents come: the folder that was asked for, or a new one that stays."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        return out
    return Path(tempfile.mkdtemp(prefix="spoedkader-proces-"))
