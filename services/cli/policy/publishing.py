"""The policy set service as the commands use it, and sets as tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.clients import Addresses, Service, Services
from services.cli.failures import Failure
from services.cli.output import plain
from services.cli.tables import new_table, plain_text
from services.policy.bundle import pack, unpack
from services.policy.engine import PolicyError
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.signing import KeyFileError, read_signer
from services.policy.year import UnknownYearError
from services.runtime import names
from spoedkader.quality.v1 import policy_set_pb2 as pb
from spoedkader.quality.v1 import policy_set_pb2_grpc as rpc

_STATES = {
    pb.PolicySet.STATE_DRAFT: Text("ontwerp"),
    pb.PolicySet.STATE_VALIDATED: Text("gevalideerd", style="cyan"),
    pb.PolicySet.STATE_ACTIVE: Text("geldend", style="green"),
    pb.PolicySet.STATE_SUPERSEDED: Text("vervangen", style="dim"),
    pb.PolicySet.STATE_REJECTED: Text("afgekeurd", style="red"),
}
Answer = tuple[Any, RenderableType] | tuple[Any, RenderableType, RenderableType]


@dataclass(frozen=True)
class Bundle:
    """A policy set as a bundle."""

    policy_set: PolicySet
    content: bytes


def build(policies: Path, year: int, label: str, key: Path | None) -> Bundle:
    """The bundle of the rules of a year in a folder, signed when there is a key. Raises Failure."""
    try:
        policy_set = load_policy_set(policies, year, label)
        return Bundle(policy_set, pack(policy_set, read_signer(key) if key else None))
    except UnknownYearError as error:
        raise Failure(f"In {policies} zijn er geen regels voor {year}.") from error
    except KeyFileError as error:
        raise Failure(str(error)) from error


def bundle_of(what: str, policies: Path, label: str, key: Path | None) -> Bundle:
    """The bundle in a file, or that of a year in a folder. Raises Failure."""
    if what.isascii() and what.isdigit() and len(what) == 4:
        return build(policies, int(what), label, key)
    if key or label:
        raise Failure("Een bundel is al gemaakt: --key en --label horen bij een jaar uit de map.")
    content = Path(what).read_bytes()
    try:
        return Bundle(unpack(content, None)[0], content)
    except PolicyError as error:
        raise Failure(f"{what} is geen bundel van regels.", (str(error),)) from error


@contextmanager
def service(registry: str, quality: str, budget: str) -> Iterator["PolicySets"]:
    """The policy set service of a quality service."""
    with Services(Addresses(registry, quality, budget)) as services:
        yield PolicySets(services.quality)


class PolicySets:
    """The calls of the policy set service. Each raises Failure when it is refused."""

    def __init__(self, quality: Service) -> None:
        self._quality = quality
        self._stub = rpc.PolicySetServiceStub(quality.channel)

    def publish(self, made: Bundle, reason: str, *, validate_only: bool) -> pb.PolicySet:
        request = pb.CreatePolicySetRequest(
            parent=names.POLICY_YEAR.format(year=made.policy_set.year),
            bundle=made.content,
            reason=reason,
            validate_only=validate_only,
        )
        return self._quality.call(self._stub.CreatePolicySet, request)

    def validate(self, name: str, reason: str, etag: str, *, validate_only: bool) -> pb.PolicySet:
        request = pb.ValidatePolicySetRequest(name=name, reason=reason, etag=etag, validate_only=validate_only)
        return self._quality.call(self._stub.ValidatePolicySet, request, seconds=300.0)

    def activate(self, name: str, reason: str, etag: str, *, validate_only: bool) -> pb.PolicySet:
        request = pb.ActivatePolicySetRequest(name=name, reason=reason, etag=etag, validate_only=validate_only)
        return self._quality.call(self._stub.ActivatePolicySet, request)

    def rollback(self, year: int, reason: str, etag: str, *, validate_only: bool) -> pb.PolicySet:
        request = pb.RollbackPolicySetRequest(
            name=names.POLICY_YEAR.format(year=year), reason=reason, etag=etag, validate_only=validate_only
        )
        return self._quality.call(self._stub.RollbackPolicySet, request)

    def reject(self, name: str, reason: str, etag: str, *, validate_only: bool) -> pb.PolicySet:
        request = pb.RejectPolicySetRequest(name=name, reason=reason, etag=etag, validate_only=validate_only)
        return self._quality.call(self._stub.RejectPolicySet, request)

    def every(self, year: int | None) -> list[pb.PolicySet]:
        request = pb.ListPolicySetsRequest(parent=names.POLICY_YEAR.format(year=year or names.ANY))
        return [found for page in self._quality.pages(self._stub.ListPolicySets, request) for found in page.policy_sets]

    def status(self) -> pb.PolicyStatus:
        return self._quality.call(self._stub.GetPolicyStatus, pb.GetPolicyStatusRequest())


def built(made: Bundle, out: Path) -> Answer:
    """What was built."""
    found = made.policy_set
    document = {"bundle": str(out), "year": found.year, "digest": found.digest, "bytes": len(made.content)}
    table = new_table(f"Bundel van {found.year}", "bestand", "bytes", "digest", right=["bytes"])
    table.add_row(plain_text(str(out)), str(len(made.content)), found.digest)
    return document, table


def shown(found: pb.PolicySet) -> Answer:
    """One set with its steps, and with what the gate found."""
    table = new_table(found.name, "staat", "wanneer", "wie", "waarom")
    for step in found.transitions:
        moment = f"{step.create_time.ToDatetime():%d-%m-%Y %H:%M} UTC"
        table.add_row(_STATES[step.state], moment, plain_text(step.actor), plain_text(step.reason))
    if not found.HasField("report"):
        return plain(found), table
    return plain(found), table, _report(found.report)


def listed(found: list[pb.PolicySet]) -> Answer:
    """Sets as rows."""
    table = new_table("Regelsets", "naam", "staat", "eigen naam", "sleutel", "sinds", whole_words=["naam"])
    for one in found:
        since = f"{one.transitions[-1].create_time.ToDatetime():%d-%m-%Y %H:%M}"
        table.add_row(one.name, _STATES[one.state], plain_text(one.label), plain_text(one.key_id or "geen"), since)
    return {"policy_sets": [plain(one) for one in found]}, table


def status_of(found: pb.PolicyStatus) -> Answer:
    """What judges each year."""
    table = new_table("Wat er oordeelt", "jaar", "regelset", "geldt sinds", "in orde", right=["jaar"])
    for year in found.years:
        state = Text(year.problem, style="red") if year.problem else Text("ja", style="green")
        since = f"{year.active_time.ToDatetime():%d-%m-%Y %H:%M} UTC"
        table.add_row(str(year.policy_year), year.policy_set or "geen", since, state)
    note = Text(f"Regelmachine: {found.engine}.")
    if found.last_refusal:
        note.append(f" Laatste weigering: {found.last_refusal}", style="red")
    return plain(found), table, note


def _report(report: pb.ValidationReport) -> RenderableType:
    if report.passed:
        line = f"{report.norm_count} normen, {report.test_count} tests, {report.line_coverage_percent} % van de regels"
        return Text(f"Door de poort: {line} bereikt ({report.engine}).", style="green")
    table = new_table(f"{report.problem_count} problemen", "waar", "controle", "wat")
    for problem in report.problems:
        where = f"{problem.file}:{problem.line}" if problem.line else problem.file
        table.add_row(plain_text(where), problem.check, plain_text(problem.message))
    return table
