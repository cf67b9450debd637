"""Follows which policy sets are active, so that every replica is ready before somebody asks for a verdict."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.quality.bundles.server import BundleServer
from services.quality.rulebook import Rulebook

log = structlog.get_logger()

HEALTH = "spoedkader.quality.rules"
"""What a health check asks for: whether every active policy set can be used here."""
LOOK_SECONDS = 1.0


class Follower:
    """A thread that looks what is active, loads it, tells OPA servers, and keeps health up to date."""

    def __init__(self, rulebook: Rulebook, bundles: BundleServer | None) -> None:
        self._rulebook = rulebook
        self._bundles = bundles
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rules", daemon=True)
        self._healthy: Callable[[str, bool], None] = lambda name, serving: None

    def start(self, healthy: Callable[[str, bool], None]) -> None:
        """Follows from now on; `healthy` is told whether every active set can be used."""
        self._healthy = healthy
        self._thread.start()

    def close(self) -> None:
        """Stops following."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        try:
            self._look_until_stopped()
        except BaseException:
            # Nobody follows any more, so nothing is known to be well.
            self._healthy(HEALTH, False)
            raise

    def _look_until_stopped(self) -> None:
        revision = ""
        while True:
            try:
                status = self._rulebook.status()
                before, revision = revision, self._rulebook.revision()
            except (SQLAlchemyError, OSError) as error:
                log.error("can't see which rules are active", problem=str(error))
                self._healthy(HEALTH, False)
            else:
                self._healthy(HEALTH, not any(year.problem for year in status))
                if before != revision and self._bundles is not None:
                    self._bundles.changed()
            if self._stopping.wait(LOOK_SECONDS):
                return
