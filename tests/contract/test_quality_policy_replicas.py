"""Policy sets over restarts and replicas of the quality service: which judges when some are unsigned or damaged."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.policy.bundle import pack
from services.policy.signing import Signer, read_signer
from services.quality.follower import HEALTH
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.runtime.server import Server
from spoedkader.quality.v1 import assessment_pb2, submission_pb2
from spoedkader.quality.v1 import policy_set_pb2 as pb
from tests.support.answers import answered, example_answers
from tests.support.bundles import write_keys
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url, run_sql
from tests.support.engines import judging_by
from tests.support.policy_sets import WHY, activate, active, state, status, validated, variant
from tests.support.refusals import refusal


@pytest.fixture(scope="module", autouse=True)
def rounds(registry_peer: RegistryClient) -> None:
    registry_peer.set_round()


class Replica:
    """A quality service of its own over a database that others may share."""

    def __init__(
        self, folder: Path, policies_dir: Path, peer: Path, clock: TickingClock, engine: str, *, signed: bool
    ) -> None:
        self._running = ExitStack()
        self._settings = QualitySettings(
            address="127.0.0.1:0",
            database_url=database_url(folder / "replica.db"),
            registry_address=f"unix:{peer}",
            policies_dir=policies_dir,
            policy_keys_dir=folder / "public" if signed else None,
            drain_seconds=0.0,
            engine_processes=1,
            **self._running.enter_context(judging_by(engine)),
        )
        server = Server(build_quality(self._settings, clock), self._settings)
        server.start()
        self._running.callback(server.stop)
        self.client = QualityClient(self._running.enter_context(grpc.insecure_channel(server.address)))

    def stop(self) -> None:
        """Stops it; the second time there is nothing to stop."""
        self._running.close()


StartReplica: TypeAlias = Callable[..., Replica]


@pytest.fixture
def replica(
    tmp_path: Path,
    folder: Path,
    policies_dir: Path,
    registry_peer: RegistryClient,
    clock: TickingClock,
    engine_name: str,
) -> Iterator[StartReplica]:
    made: list[Replica] = []

    def start(*, signed: bool = False) -> Replica:
        made.append(Replica(tmp_path, policies_dir, folder / "peer.sock", clock, engine_name, signed=signed))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def test_only_what_a_trusted_key_signed_counts(tmp_path: Path, replica: StartReplica) -> None:
    signer = read_signer(write_keys(tmp_path, "beleidsteam", "ec")[0])
    stranger = read_signer(write_keys(tmp_path / "elders", "vreemde", "ec")[0])
    quality = replica(signed=True).client
    assert not status(quality).years
    other = Signer("beleidsteam", stranger._key, "ES256")
    for wrong, text in ((None, "niet ondertekend"), (stranger, "niet wordt vertrouwd"), (other, "klopt niet")):
        request = pb.CreatePolicySetRequest(parent="policyYears/2027", bundle=pack(variant(), wrong), reason=WHY)
        found = refusal(quality.policy_sets.CreatePolicySet, request)
        assert (found.reason, text in found.message) == ("POLICY_SET_UNUSABLE", True)
    made = activate(quality, validated(quality, variant(), signer))
    assert (made.key_id, made.state) == ("beleidsteam", pb.PolicySet.STATE_ACTIVE)


def test_the_active_set_survives_a_restart(replica: StartReplica) -> None:
    first = replica()
    made = activate(first.client, validated(first.client, variant()))
    first.stop()
    second = replica()
    assert active(second.client) == made.name


def test_every_replica_moves(replica: StartReplica, registry_peer: RegistryClient) -> None:
    one, other = replica(), replica()
    place = registry_peer.new_location().name
    made = activate(one.client, validated(one.client, variant()))
    ask = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
    assert other.client.assessments.AssessLocation(ask, timeout=20).policy.policy_set == made.name
    assert active(other.client) == made.name


def healthy(quality: QualityClient) -> bool:
    """Whether every active set can be used, as a health check tells."""
    stub = health_pb2_grpc.HealthStub(quality.channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(service=HEALTH), timeout=5)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def damage(database: Path, digest: str, change: str) -> None:
    run_sql(database, f"UPDATE policy_set SET bundle = {change} WHERE digest = :digest", digest=digest)


@pytest.mark.parametrize(
    "change", ["substr(bundle, 1, 500)", "substr(bundle, 1, 1)", "(SELECT bundle FROM policy_set LIMIT 1)"]
)
def test_a_damaged_set_leaves_the_last_good_one_and_says_so(
    replica: StartReplica, registry_peer: RegistryClient, tmp_path: Path, change: str
) -> None:
    first = replica()
    before = active(first.client)
    made = activate(first.client, validated(first.client, variant()))
    first.stop()
    damage(tmp_path / "replica.db", made.digest, change)
    quality = replica().client
    (found,) = [year for year in status(quality).years if year.policy_year == 2027]
    assert (found.active_policy_set, found.policy_set) == (made.name, before)
    assert found.problem
    place = registry_peer.new_location().name
    ask = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
    assert quality.assessments.AssessLocation(ask, timeout=20).policy.policy_set == before
    until = time.monotonic() + 20
    while healthy(quality) and time.monotonic() < until:
        time.sleep(0.05)
    assert not healthy(quality)
    again = pb.ActivatePolicySetRequest(name=made.name, reason=WHY)
    assert refusal(quality.policy_sets.ActivatePolicySet, again).reason in ("ILLEGAL_TRANSITION", "POLICY_SET_UNUSABLE")


def test_without_any_rules_that_can_be_used_answers_are_not_called_wrong(
    replica: StartReplica, registry_peer: RegistryClient, tmp_path: Path
) -> None:
    first = replica()
    before = active(first.client)
    first.stop()
    (digest,) = run_sql(tmp_path / "replica.db", "SELECT digest FROM policy_set WHERE policy_year = 2027")[0]
    damage(tmp_path / "replica.db", digest, "substr(bundle, 1, 500)")
    quality = replica().client
    submission = answered(registry_peer.new_location().name, 2027, example_answers())
    request = submission_pb2.SubmitAnswersRequest(submission=submission)
    found = refusal(quality.submissions.SubmitAnswers, request)
    assert (found.code, found.reason) == (grpc.StatusCode.INTERNAL, "POLICY_FAILED")
    assert digest.removeprefix("sha256:").startswith(before.rpartition("/")[2])


def test_a_damaged_set_cannot_be_activated(replica: StartReplica, tmp_path: Path) -> None:
    quality = replica().client
    before = active(quality)
    ready = validated(quality, variant())
    damage(tmp_path / "replica.db", ready.digest, "substr(bundle, 1, 500)")
    request = pb.ActivatePolicySetRequest(name=ready.name, reason=WHY)
    assert refusal(quality.policy_sets.ActivatePolicySet, request).reason == "POLICY_SET_UNUSABLE"
    found = status(quality)
    assert ready.name in found.last_refusal
    assert active(quality) == before
    assert state(quality, ready) == pb.PolicySet.STATE_VALIDATED
