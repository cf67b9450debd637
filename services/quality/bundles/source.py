"""The bundle of the policy sets that are active."""

import threading

from services.policy.signing import Signer
from services.quality.bundles.app import Bundle
from services.quality.rulebook import Rulebook


class ActiveSets:
    """Makes the bundle once for each state of the active policy sets. May be called from any thread."""

    def __init__(self, rulebook: Rulebook, signer: Signer | None) -> None:
        self._rulebook = rulebook
        self._signer = signer
        self._made = Bundle("", b"")
        self._making = threading.Lock()

    def revision(self) -> str:
        """Names the set that judges each year; empty when there is none."""
        return self._rulebook.revision()

    def current(self) -> Bundle:
        """The bundle that holds now."""
        with self._making:
            if self._made.revision != self._rulebook.revision():
                self._made = Bundle(*self._rulebook.bundle(self._signer))
            return self._made
