"""Which rules judge: the active policy set of each year, verified and loaded, and the ones of before by their digest.

The database says which set is active, and it is asked at every use. So every replica moves at the same moment, and what
is being judged is finished by the rules that it began with.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from services.policy.bundle import BundleError, combine, combined_revision, pack, unpack
from services.policy.engine import EngineUnavailableError, PolicyEngine, PolicyError
from services.policy.parameters import Parameters, load_parameters
from services.policy.policy_set import PolicySet, load_policy_set, years_in
from services.policy.signing import Signer, Trusted
from services.policy.year import PolicyYear
from services.quality.engines import Engines
from services.quality.policysets import store
from services.quality.policysets.model import State, StoredSet
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.transactions import Transactions
from spoedkader.quality.v1 import assessment_pb2 as pb

log = structlog.get_logger()

RETRY_SECONDS = 5.0
"""After what time a set that could not be used is tried again."""
SHIPPED_BY = "spoedkader"
SHIPPED_BECAUSE = "Meegeleverd met de software, die deze regels heeft getoetst."


@dataclass(frozen=True)
class Rules:
    """The rules of one policy set: norms and questionnaire, and the parameters of the year."""

    policy_set: PolicySet
    policies: PolicyYear
    parameters: Parameters

    @property
    def name(self) -> str:
        """`policyYears/{year}/policySets/{policy_set}`."""
        return names.POLICY_SET.format(year=self.policies.year, policy_set=self.policy_set.id)

    def pin(self, engine: str, engine_version: str) -> pb.PolicyPin:
        """Exactly which rules and engine judged."""
        return pb.PolicyPin(
            year=self.policies.year,
            revision=self.policies.revision,
            digest=self.policy_set.digest,
            policy_set=self.name,
            engine=engine,
            engine_version=engine_version,
        )


@dataclass(frozen=True, slots=True)
class YearStatus:
    """Which set judges a year in this process: the active one, or, with the reason, the last good one."""

    active: StoredSet
    judging: Rules | None
    problem: str


@dataclass
class _Held:
    """An engine, and how many evaluations use it."""

    engine: PolicyEngine
    users: int


@dataclass
class _Refused:
    """A set that could not be used, why, and when it is tried again."""

    error: PolicyError
    again_at: float = field(default_factory=lambda: time.monotonic() + RETRY_SECONDS)


class Rulebook:
    """The rules of every year. May be used from any thread."""

    def __init__(
        self,
        transactions: Transactions,
        policies_dir: Path,
        engines: Engines,
        keys: Trusted | None = None,
    ) -> None:
        """With `keys` only sets that one of them signed can be used."""
        self._transactions = transactions
        self._policies_dir = policies_dir
        self._make = engines
        self._keys = keys
        self._rules: dict[str, Rules] = {}
        self._engines: dict[str, _Held] = {}
        self._refused: dict[str, _Refused] = {}
        self._good: dict[int, Rules] = {}
        """The rules that judged a year last."""
        self._changing = threading.Lock()
        self._making = threading.Lock()

    # Reading rules

    def active(self, policy_year: int) -> Rules:
        """The rules of the active set of a year, or of the last good one when that one can't be used.

        Raises:
            DomainError: POLICY_YEAR_UNKNOWN, no set is active; POLICY_FAILED, none can be used; or ENGINE_UNAVAILABLE,
                the engine did not start, which says nothing about the set.
        """
        with self._transactions.read_one() as connection:
            digest = store.active_digest(connection, policy_year)
        if digest is None:
            message = f"Er zijn geen regels voor beleidsjaar {policy_year}."
            raise DomainError(Reason.POLICY_YEAR_UNKNOWN, message, metadata={"policy_year": str(policy_year)})
        good = self._good.get(policy_year)
        if good is not None and good.policy_set.digest == digest:
            return good
        try:
            return self._move_to(digest)
        except EngineUnavailableError as error:
            message = "De regelmachine start niet; probeer het zo opnieuw."
            metadata = {"policy_year": str(policy_year), "policy_digest": digest}
            raise DomainError(
                Reason.ENGINE_UNAVAILABLE, message, metadata=metadata, retry_after=RETRY_SECONDS
            ) from error
        except PolicyError as error:
            return self._last_good(policy_year, digest, error)

    def of_digest(self, digest: str) -> Rules:
        """The rules of a set that exists, whatever its state.

        Raises:
            PolicyError: it is not what was published, not signed as it must be, or can't be read.
        """
        found = self._rules.get(digest)
        if found is None:
            with self._transactions.read() as connection:
                content = store.bundle_of(connection, digest)
            policy_set, _ = unpack(content, self._keys)
            if policy_set.digest != digest:
                raise BundleError("de inhoud van de bundel is niet die van de regelset")
            policies = policy_set.read()
            found = self._rules[digest] = Rules(
                policy_set, policies, load_parameters(self._policies_dir, policy_set.year)
            )
        return found

    def of_name(self, name: str) -> Rules:
        """The rules of a set by its resource name, in any state but REJECTED.

        Raises:
            DomainError: NOT_FOUND, ILLEGAL_TRANSITION for one that is rejected, or POLICY_SET_UNUSABLE.
        """
        year, set_id = names.parts(names.POLICY_SET, name)
        with self._transactions.read_one() as connection:
            stored = store.by_name(connection, int(year), set_id)
        if stored is None:
            raise not_found(name)
        if stored.state is State.REJECTED:
            message = f"{name} is afgekeurd."
            raise DomainError(Reason.ILLEGAL_TRANSITION, message, metadata={"state": stored.state})
        try:
            return self.of_digest(stored.digest)
        except PolicyError as error:
            raise unusable(name, error) from error

    # Judging

    @contextmanager
    def engine(self, rules: Rules) -> Iterator[PolicyEngine]:
        """An engine that holds the rules, for as long as the `with` lasts.

        Raises:
            PolicyLoadError: the engine does not take them.
        """
        held = self._hold(rules)
        try:
            yield held.engine
        finally:
            self._release(rules.policy_set.digest, held)

    @contextmanager
    def pinned_engine(self, rules: Rules) -> Iterator[PolicyEngine]:
        """An engine of the caller's own that holds the rules, whether they are active or not.

        Raises:
            PolicyLoadError: the engine does not take them.
        """
        engine = self._make.pinned(rules.policy_set, rules.policies)
        try:
            yield engine
        finally:
            engine.close()

    @contextmanager
    def prepared(self, digest: str) -> Iterator[Rules]:
        """The rules of a set, once it is sure that they can be used: whole, signed as they must be, readable, and taken
        by the engine. What was started for them stays only when they are active at the end of the `with`.

        Raises:
            PolicyError: they can't be used.
        """
        self._rules.pop(digest, None)
        self._refused.pop(digest, None)
        found = self.of_digest(digest)
        with self.engine(found):
            self._make.prove(found.policy_set, found.policies)
            yield found
            self.active(found.policies.year)

    # Telling and serving

    def status(self) -> list[YearStatus]:
        """Every year with an active set, and what judges it here."""
        with self._transactions.read() as connection:
            sets = store.active_sets(connection)
        return [self._status(stored) for stored in sets]

    def activated_at(self, digests: Sequence[str]) -> Mapping[str, datetime]:
        """When each of some sets that are active was activated last, by digest."""
        with self._transactions.read_one() as connection:
            return {digest: store.activated_at(connection, digest) for digest in digests}

    def revision(self) -> str:
        """Names the set that judges each year here."""
        return combined_revision({rules.policies.year: rules.policy_set.digest for rules in self._judging()})

    def bundle(self, signer: Signer | None) -> tuple[str, bytes]:
        """The revision and the content of the bundle that OPA servers take: the rules that judge each year here."""
        sets = [rules.policy_set for rules in self._judging()]
        return combined_revision({found.year: found.digest for found in sets}), combine(sets, signer)

    def _judging(self) -> list[Rules]:
        return [status.judging for status in self.status() if status.judging is not None]

    def ship(self) -> None:
        """Activates the rules that came with the software, for each year that has no set at all.

        They are not signed, so with keys none of them can be used and this does nothing.
        """
        if self._keys is not None:
            return
        for year in years_in(self._policies_dir):
            policy_set = load_policy_set(self._policies_dir, year)
            with self._transactions.change(SHIPPED_BY) as (connection, stamp):
                if store.has_any(connection, year):
                    continue
                store.add(connection, policy_set, "", pack(policy_set, None), stamp, SHIPPED_BECAUSE)
                for state in (State.VALIDATED, State.ACTIVE):
                    store.move(connection, policy_set.digest, state, stamp, SHIPPED_BECAUSE)

    def close(self) -> None:
        """Lets go of every engine."""
        with self._changing:
            for held in self._engines.values():
                held.engine.close()
            self._engines.clear()

    def _move_to(self, digest: str) -> Rules:
        """Judges a year by another set from now on.

        Raises:
            PolicyError: the set can't be used; nothing changed.
        """
        refused = self._refused.get(digest)
        if refused is not None and time.monotonic() < refused.again_at:
            raise refused.error
        try:
            found = self.of_digest(digest)
            # The engine starts here, and not when somebody waits for a verdict.
            held = self._hold(found)
        except PolicyError as error:
            self._refused[digest] = _Refused(error)
            log.error("policy set can't be used", digest=digest, problem=str(error))
            raise
        self._refused.pop(digest, None)
        with self._changing:
            before = self._good.get(found.policies.year)
            self._good[found.policies.year] = found
        self._release(digest, held)
        if before is not None:
            self._let_go(before.policy_set.digest)
        return found

    def _last_good(self, policy_year: int, digest: str, error: PolicyError) -> Rules:
        """The rules that judged last, or, in a process that has judged by none, those that the active set replaced."""
        good = self._good.get(policy_year)
        if good is not None:
            return good
        with self._transactions.read_one() as connection:
            active = store.by_digest(connection, digest)
        if active is not None and active.replaced is not None:
            try:
                return self._move_to(active.replaced)
            except PolicyError as other:
                log.error("replaced policy set can't be used", digest=active.replaced, problem=str(other))
        message = f"De regels van beleidsjaar {policy_year} zijn niet bruikbaar."
        raise DomainError(
            Reason.POLICY_FAILED, message, metadata={"policy_year": str(policy_year), "policy_digest": digest}
        ) from error

    def _status(self, stored: StoredSet) -> YearStatus:
        try:
            judging = self.active(stored.policy_year)
        except DomainError as error:
            refused = self._refused.get(stored.digest)
            return YearStatus(stored, None, str(refused.error) if refused else error.message)
        refused = self._refused.get(stored.digest)
        return YearStatus(stored, judging, str(refused.error) if refused else "")

    def _hold(self, rules: Rules) -> _Held:
        digest = rules.policy_set.digest
        found = self._join(digest)
        if found is not None:
            return found
        # A lock of its own: to start an engine takes long, and those who use another one need not wait for that.
        with self._making:
            found = self._join(digest)
            if found is not None:
                return found
            held = _Held(self._make.judging(rules.policy_set, rules.policies), users=1)
            with self._changing:
                self._engines[digest] = held
            return held

    def _join(self, digest: str) -> _Held | None:
        with self._changing:
            held = self._engines.get(digest)
            if held is not None:
                held.users += 1
            return held

    def _release(self, digest: str, held: _Held) -> None:
        with self._changing:
            held.users -= 1
        self._let_go(digest)

    def _let_go(self, digest: str) -> None:
        """Ends an engine that nobody uses and that judges no year; one in use is ended by the last who uses it."""
        with self._changing:
            held = self._engines.get(digest)
            judging = any(rules.policy_set.digest == digest for rules in self._good.values())
            if held is None or held.users or judging:
                return
            del self._engines[digest]
        held.engine.close()


def unusable(name: str, error: PolicyError) -> DomainError:
    """The refusal of a set that can't be used."""
    message = f"{name} is niet bruikbaar: {error}"
    return DomainError(Reason.POLICY_SET_UNUSABLE, message, metadata={"policy_set": name})
