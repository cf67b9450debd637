"""Follows which policy sets are active, so that every replica is ready before somebody asks for a verdict."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.policy.engine import EngineUnavailableError
from services.quality.bundles.server import BundleServer
from services.quality.following import Followed, OpaStatus
from services.quality.rulebook import Rulebook
from services.runtime.health import HealthCheck

log = structlog.get_logger()

HEALTH = "spoedkader.quality.rules"
"""What a health check asks for: whether every active policy set can be used here."""
LOOK_SECONDS = 1.0


class Follower:
    """A thread that looks what is active, loads it, tells OPA servers, and keeps health up to date."""

    def __init__(self, rulebook: Rulebook, bundles: BundleServer | None, held: Callable[[], str] | None = None) -> None:
        """`held` asks OPA which revision of the bundle it has; None where there is no OPA."""
        self._rulebook = rulebook
        self._bundles = bundles
        self._held = held
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rules", daemon=True)
        self._healthy: Callable[[str, bool], None] = lambda name, serving: None
        self.followed = Followed()
        """What was seen last."""

    @property
    def checks(self) -> Sequence[HealthCheck]:
        """What has to be well. Rules that can't be used make no service unready: others can only be activated here."""
        found = [
            HealthCheck("rules", lambda: self.followed.unseen),
            HealthCheck("active rules", lambda: self.followed.stale, needed=False),
        ]
        if self._held is not None:
            found.append(HealthCheck("opa", lambda: _problem(self.followed.opa), needed=False))
        return found

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
        except BaseException as error:
            # Nobody follows any more, so nothing is known to be well.
            self.followed = replace(self.followed, failed=f"are not followed any more: {type(error).__name__}")
            self._healthy(HEALTH, False)
            raise

    def _look_until_stopped(self) -> None:
        revision = ""
        while True:
            try:
                status = self._rulebook.status()
                before, revision = revision, self._rulebook.revision()
                activated = self._rulebook.activated_at([year.active.digest for year in status])
            except (SQLAlchemyError, OSError) as error:
                log.error("can't see which rules are active", problem=str(error))
                self.followed = replace(self.followed, failed=f"can't be seen: {type(error).__name__}")
                self._healthy(HEALTH, False)
            else:
                self._healthy(HEALTH, not any(year.problem for year in status))
                if before != revision and self._bundles is not None:
                    self._bundles.changed()
                self.followed = Followed(status, activated, self._ask_opa(revision), looked=True)
            if self._stopping.wait(LOOK_SECONDS):
                return

    def _ask_opa(self, revision: str) -> OpaStatus | None:
        if self._held is None:
            return None
        try:
            return OpaStatus(answers=True, current=self._held() == revision)
        except EngineUnavailableError:
            return OpaStatus(answers=False, current=False)


def _problem(opa: OpaStatus | None) -> str:
    return opa.problem if opa is not None else "was not looked at yet"
