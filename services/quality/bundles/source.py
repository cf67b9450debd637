"""The bundle of the policy sets that are active."""

import threading

from services.policy.signing import Signer
from services.quality.bundles.app import Bundle
from services.quality.rulebook import Rulebook
from spoedkader.client.files import Watched


class ActiveSets:
    """Makes the bundle once for each state of the active policy sets. May be called from any thread."""

    def __init__(self, rulebook: Rulebook, signer: Watched[Signer] | None) -> None:
        self._rulebook = rulebook
        self._signer = signer
        self._made = Bundle("", b"")
        self._made_by: Signer | None = None
        self._making = threading.Lock()

    def revision(self) -> str:
        """Names the set that judges each year; empty when there is none."""
        return self._rulebook.revision()

    def signed_by(self) -> str:
        """Names the key that signs; empty for none."""
        return self._signer.value.name if self._signer else ""

    def current(self) -> Bundle:
        """The bundle that holds now."""
        with self._making:
            signer = self._signer.value if self._signer else None
            if self._made.revision != self._rulebook.revision() or self._made_by is not signer:
                self._made = Bundle(*self._rulebook.bundle(signer))
                self._made_by = signer
            return self._made
