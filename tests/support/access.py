"""The rules of access of the repository, for servers that tests put together themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import grpc

from services.policy.access import AccessRules
from services.runtime import server
from services.runtime.call import DEVELOPMENT_ACTOR, named_actor
from services.runtime.identity.caller import Caller, Role
from services.runtime.identity.gatekeeper import Gatekeeper
from services.runtime.identity.identification import Identification, Metadata, NotAsked
from tests.support.policies import POLICIES

IDENTITIES = ("development", "required")
INSURERS = frozenset({*(str(code) for code in range(9100, 9200)), "9999", "0000"})
YEARS = range(2020, 2041)
ROLES = frozenset({Role.VERZEKERAAR, Role.AANBIEDER, Role.BELEID, Role.AUDITOR, Role.BEHEERDER})
EVERYONE = Caller("iedereen", ROLES, INSURERS, frozenset({"-"}), tuple((year, frozenset({"-"})) for year in YEARS))
"""Has every role and stands for everyone, but for development: what it may do, some role may."""

DECIDE = AccessRules(POLICIES / "toegang").decide

_chosen = IDENTITIES[0]


def choose(identity: str) -> None:
    """Sets whether the rules of access hold in this run."""
    global _chosen  # noqa: PLW0603 - one run, one choice
    _chosen = identity


def is_required() -> bool:
    """Whether the rules of access hold in this run."""
    return _chosen == "required"


class _AsEveryone:
    """Nobody shows who it is; the rules hold for all that everyone together may do."""

    def identify(self, metadata: Metadata, context: grpc.ServicerContext) -> tuple[Caller, str]:
        return EVERYONE, named_actor(metadata) or DEVELOPMENT_ACTOR


def _identification() -> Identification:
    return _AsEveryone() if is_required() else NotAsked()


def gatekeeper() -> Gatekeeper:
    """Lets everyone through, as in development, or all that some role may."""
    return Gatekeeper(_identification(), DECIDE)


@contextmanager
def identifying() -> Iterator[None]:
    """Servers that are made meanwhile know their callers in the way of this run."""
    with patch.object(server, "identification_of", lambda settings: _identification()):
        yield
