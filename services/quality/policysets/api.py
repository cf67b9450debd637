"""The policy set service: publishes, validates, activates and rolls back the rules of a year."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import structlog
from sqlalchemy import Connection

from services.policy.bundle import MAX_BYTES, unpack
from services.policy.engine import EngineUnavailableError, PolicyError
from services.policy.gate import GateError, GateReport, run_gate
from services.policy.policy_set import PolicySet
from services.policy.signing import Trusted
from services.quality.policysets import store
from services.quality.policysets.model import State, Step, StoredSet, Transition
from services.quality.rulebook import Rulebook, YearStatus, unusable
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp
from services.runtime.wire import Fields, to_timestamp
from spoedkader.quality.v1 import policy_set_pb2 as pb
from spoedkader.quality.v1 import policy_set_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["PolicySetService"].full_name
MAX_REASON = 500
MAX_PROBLEMS = 200

log = structlog.get_logger()


class PolicySetServicer(rpc.PolicySetServiceServicer):
    """`spoedkader.quality.v1.PolicySetService`."""

    def __init__(self, transactions: Transactions, rulebook: Rulebook, keys: Trusted | None, engine: str) -> None:
        """With `keys` only bundles that one of them signed are taken; `engine` names the engine that judges."""
        self._transactions = transactions
        self._rulebook = rulebook
        self._keys = keys
        self._engine = engine
        self._last_refusal = ""

    def CreatePolicySet(self, request: pb.CreatePolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        fields = Fields(request)
        (year,) = fields.name("parent", names.POLICY_YEAR, request.parent)
        reason = fields.text("reason", request.reason, MAX_REASON, required=True)
        if not 0 < len(request.bundle) <= MAX_BYTES:
            fields.wrong("bundle", f"moet 1 tot {MAX_BYTES} bytes zijn")
        fields.check()
        try:
            policy_set, key_id = unpack(request.bundle, self._keys)
        except PolicyError as error:
            raise unusable(request.parent, error) from error
        if policy_set.year != int(year):
            fields.wrong("bundle", f"bevat de regels van {policy_set.year}")
            fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.PolicySet:
            if store.by_digest(connection, policy_set.digest) is None:
                store.add(connection, policy_set, key_id, request.bundle, stamp, reason)
            return _whole(connection, policy_set.digest)

        return self._transactions.write(request, context, pb.PolicySet, act)

    def GetPolicySet(self, request: pb.GetPolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        with self._transactions.read() as connection:
            return _whole(connection, _named(connection, Fields(request), request.name).digest)

    def ListPolicySets(
        self, request: pb.ListPolicySetsRequest, context: grpc.ServicerContext
    ) -> pb.ListPolicySetsResponse:
        fields = Fields(request)
        every = request.parent == names.POLICY_YEAR.format(year=names.ANY)
        (year,) = ("0",) if every else fields.name("parent", names.POLICY_YEAR, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            shown, token = store.page(connection, page, int(year))
            sets = [_write(stored, store.transitions_of(connection, stored.digest)) for stored in shown]
        return pb.ListPolicySetsResponse(policy_sets=sets, next_page_token=token)

    def GetPolicySetBundle(
        self, request: pb.GetPolicySetBundleRequest, context: grpc.ServicerContext
    ) -> pb.PolicySetBundle:
        with self._transactions.read() as connection:
            stored = _named(connection, Fields(request), request.name)
            return pb.PolicySetBundle(content=store.bundle_of(connection, stored.digest))

    def ValidatePolicySet(self, request: pb.ValidatePolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        stored, reason = self._asked(request)
        before = self._transactions.answered(request, context, pb.PolicySet)
        if before is not None:
            return before
        # Before the gate, which takes seconds.
        stored.require(Step.VALIDATE, request.etag)
        report = _write_report(self._gate(stored, request.name))

        def act(connection: Connection, stamp: Stamp) -> pb.PolicySet:
            _again(connection, stored).require(Step.VALIDATE, request.etag)
            state = State.VALIDATED if report.passed else State.REJECTED
            columns = {"passed": report.passed, "report": report.SerializeToString()}
            store.move(connection, stored.digest, state, stamp, reason, **columns)
            return _whole(connection, stored.digest)

        return self._transactions.write(request, context, pb.PolicySet, act)

    def ActivatePolicySet(self, request: pb.ActivatePolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        stored, reason = self._asked(request)
        before = self._transactions.answered(request, context, pb.PolicySet)
        if before is not None:
            return before
        # Before the set is tried, which takes a while.
        stored.require(Step.ACTIVATE, request.etag)

        def act(connection: Connection, stamp: Stamp) -> pb.PolicySet:
            _again(connection, stored).require(Step.ACTIVATE, request.etag)
            active = store.active_digest(connection, stored.policy_year)
            return _take_over(connection, stored, active, stamp, reason, replaced=active)

        return self._activated(request, context, stored, act)

    def RollbackPolicySet(self, request: pb.RollbackPolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        fields = Fields(request)
        (year,) = fields.name("name", names.POLICY_YEAR, request.name)
        reason = fields.text("reason", request.reason, MAX_REASON, required=True)
        fields.check()
        first = self._transactions.answered(request, context, pb.PolicySet)
        if first is not None:
            return first
        with self._transactions.read() as connection:
            _, before = _rolling_back(connection, int(year))

        def act(connection: Connection, stamp: Stamp) -> pb.PolicySet:
            active, target = _rolling_back(connection, int(year))
            # Somebody else took a step since the target was tried.
            active.require_etag(request.etag if target.digest == before.digest else "0")
            return _take_over(connection, target, active.digest, stamp, reason, replaced=target.replaced)

        return self._activated(request, context, before, act)

    def RejectPolicySet(self, request: pb.RejectPolicySetRequest, context: grpc.ServicerContext) -> pb.PolicySet:
        stored, reason = self._asked(request)

        def act(connection: Connection, stamp: Stamp) -> pb.PolicySet:
            _again(connection, stored).require(Step.REJECT, request.etag)
            store.move(connection, stored.digest, State.REJECTED, stamp, reason)
            return _whole(connection, stored.digest)

        return self._transactions.write(request, context, pb.PolicySet, act)

    def GetPolicyStatus(self, request: pb.GetPolicyStatusRequest, context: grpc.ServicerContext) -> pb.PolicyStatus:
        found = self._rulebook.status()
        with self._transactions.read() as connection:
            years = [_write_year(status, store.transitions_of(connection, status.active.digest)) for status in found]
        return pb.PolicyStatus(years=years, engine=self._engine, last_refusal=self._last_refusal)

    def _asked(
        self, request: pb.ValidatePolicySetRequest | pb.ActivatePolicySetRequest | pb.RejectPolicySetRequest
    ) -> tuple[StoredSet, str]:
        """The set that a request is about, and why."""
        fields = Fields(request)
        reason = fields.text("reason", request.reason, MAX_REASON, required=True)
        with self._transactions.read() as connection:
            return _named(connection, fields, request.name), reason

    def _gate(self, stored: StoredSet, name: str) -> GateReport:
        """What the gate finds; outside a transaction, for this takes seconds."""
        try:
            policy_set = self._content(stored)
            earlier = [
                self._rulebook.of_digest(status.active.digest).policy_set
                for status in self._rulebook.status()
                if status.active.policy_year < stored.policy_year
            ]
        except PolicyError as error:
            raise unusable(name, error) from error
        try:
            return run_gate(policy_set, earlier)
        except GateError as error:
            message = "De poort kon de regels niet bekijken; er is niets veranderd."
            raise DomainError(Reason.ENGINE_UNAVAILABLE, message, metadata={"policy_set": name}) from error

    def _content(self, stored: StoredSet) -> PolicySet:
        with self._transactions.read() as connection:
            content = store.bundle_of(connection, stored.digest)
        return unpack(content, self._keys)[0]

    def _activated(
        self,
        request: pb.ActivatePolicySetRequest | pb.RollbackPolicySetRequest,
        context: grpc.ServicerContext,
        stored: StoredSet,
        act: Callable[[Connection, Stamp], pb.PolicySet],
    ) -> pb.PolicySet:
        """What comes of a step that makes a set active; the set is tried first, and what fails changes nothing."""
        name = names.POLICY_SET.format(year=stored.policy_year, policy_set=stored.set_id)
        with self._refusing(name), self._rulebook.prepared(stored.digest):
            return self._transactions.write(request, context, pb.PolicySet, act)

    @contextmanager
    def _refusing(self, name: str) -> Iterator[None]:
        try:
            yield
        except EngineUnavailableError as error:
            message = f"De regelmachine kon {name} niet proberen; er is niets veranderd."
            raise DomainError(Reason.ENGINE_UNAVAILABLE, message, metadata={"policy_set": name}) from error
        except PolicyError as error:
            refusal = unusable(name, error)
            self._last_refusal = refusal.message
            log.error("policy set not activated", policy_set=name, problem=str(error))
            raise refusal from error


def _named(connection: Connection, fields: Fields, name: str) -> StoredSet:
    year, set_id = fields.name("name", names.POLICY_SET, name)
    fields.check()
    stored = store.by_name(connection, int(year), set_id)
    if stored is None:
        raise not_found(name)
    return stored


def _again(connection: Connection, stored: StoredSet) -> StoredSet:
    """The set as it is by now; it is never removed."""
    found = store.by_digest(connection, stored.digest)
    assert found is not None
    return found


def _rolling_back(connection: Connection, policy_year: int) -> tuple[StoredSet, StoredSet]:
    """The active set of a year, and the one whose place it took.

    Raises:
        DomainError: POLICY_YEAR_UNKNOWN, no set is active, or ILLEGAL_TRANSITION, it took nobody's place.
    """
    digest = store.active_digest(connection, policy_year)
    active = store.by_digest(connection, digest) if digest else None
    if active is None:
        message = f"Er zijn geen regels voor beleidsjaar {policy_year}."
        raise DomainError(Reason.POLICY_YEAR_UNKNOWN, message, metadata={"policy_year": str(policy_year)})
    target = store.by_digest(connection, active.replaced) if active.replaced else None
    if target is None or target.state is not State.SUPERSEDED:
        raise DomainError(
            Reason.ILLEGAL_TRANSITION,
            f"Er is geen eerdere regelset van {policy_year} om naar terug te gaan.",
            metadata={"state": active.state, "step": "rollback", "open_steps": ""},
        )
    return active, target


def _take_over(
    connection: Connection, stored: StoredSet, before: str | None, stamp: Stamp, reason: str, *, replaced: str | None
) -> pb.PolicySet:
    """Makes a set active in the place of the one before; one transaction, so that there is always exactly one."""
    if before is not None:
        store.move(connection, before, State.SUPERSEDED, stamp, reason)
    store.move(connection, stored.digest, State.ACTIVE, stamp, reason, replaced=replaced)
    return _whole(connection, stored.digest)


def _whole(connection: Connection, digest: str) -> pb.PolicySet:
    stored = store.by_digest(connection, digest)
    assert stored is not None
    message = _write(stored, store.transitions_of(connection, digest))
    report = store.report_of(connection, digest)
    if report:
        message.report.ParseFromString(report)
    return message


def _write(stored: StoredSet, transitions: list[Transition]) -> pb.PolicySet:
    return pb.PolicySet(
        name=names.POLICY_SET.format(year=stored.policy_year, policy_set=stored.set_id),
        state=_STATES[stored.state],
        digest=stored.digest,
        label=stored.label,
        key_id=stored.key_id,
        transitions=[
            pb.PolicySetTransition(
                state=_STATES[step.state], actor=step.actor, create_time=to_timestamp(step.at), reason=step.reason
            )
            for step in transitions
        ],
        etag=stored.etag,
    )


def _write_report(report: GateReport) -> pb.ValidationReport:
    return pb.ValidationReport(
        passed=report.passed,
        problems=[
            pb.ValidationProblem(file=found.file, line=found.line, check=found.check, message=found.message)
            for found in report.problems[:MAX_PROBLEMS]
        ],
        problem_count=len(report.problems),
        norm_count=report.norm_count,
        test_count=report.test_count,
        line_coverage_percent=report.line_coverage_percent,
        engine=report.engine,
    )


def _write_year(status: YearStatus, transitions: list[Transition]) -> pb.PolicyStatus.Year:
    activated = [step.at for step in transitions if step.state is State.ACTIVE]
    active = status.active
    return pb.PolicyStatus.Year(
        policy_year=active.policy_year,
        active_policy_set=names.POLICY_SET.format(year=active.policy_year, policy_set=active.set_id),
        policy_set=status.judging.name if status.judging else "",
        active_time=to_timestamp(activated[-1]) if activated else None,
        problem=status.problem,
    )


_STATES = {
    State.DRAFT: pb.PolicySet.STATE_DRAFT,
    State.VALIDATED: pb.PolicySet.STATE_VALIDATED,
    State.ACTIVE: pb.PolicySet.STATE_ACTIVE,
    State.SUPERSEDED: pb.PolicySet.STATE_SUPERSEDED,
    State.REJECTED: pb.PolicySet.STATE_REJECTED,
}
