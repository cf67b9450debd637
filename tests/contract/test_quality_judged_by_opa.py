"""The quality service in front of a real OPA server that stops, starts, is slow, or answers with nonsense.

Whatever OPA does, there is a right verdict with its evidence, or a refusal and nothing that was stored.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.runtime.server import Server
from spoedkader.quality.v1 import assessment_pb2 as pb
from spoedkader.quality.v1 import policy_set_pb2
from tests.support import opa as faults
from tests.support.bundles import write_keys
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url
from tests.support.opa import FaultProxy, Opa, fault_proxy
from tests.support.policy_sets import activate, validated, variant
from tests.support.refusals import refusal


class Judged:
    """A quality service, its OPA server, and the proxy between them."""

    def __init__(self, client: QualityClient, opa: Opa, proxy: FaultProxy, place: str) -> None:
        self.client = client
        self.opa = opa
        self.proxy = proxy
        self._ask = pb.AssessLocationRequest(name=place, budget_year=2027)
        self._list = pb.ListAssessmentsRequest(parent=place, show_superseded=True)

    def assess(self, seconds: float = 30) -> pb.Assessment:
        return self.client.assessments.AssessLocation(self._ask, timeout=seconds)

    def reason(self, seconds: float = 30) -> str:
        """Why an assessment is refused."""
        return refusal(self.client.assessments.AssessLocation, self._ask, timeout=seconds).reason

    @property
    def stored(self) -> int:
        return len(self.client.assessments.ListAssessments(self._list, timeout=10).assessments)


@pytest.fixture
def judged(tmp_path: Path, folder: Path, registry_peer: RegistryClient, clock: TickingClock) -> Iterator[Judged]:
    registry_peer.set_round()
    private, public = write_keys(tmp_path, "bundels")
    with ExitStack() as stack:
        proxy = stack.enter_context(fault_proxy())
        bundles = stack.enter_context(fault_proxy())
        opa = Opa(bundles.url, tmp_path, public)
        proxy.upstream = opa.url
        with socket.create_server(("127.0.0.1", 0)) as free:
            bundle_address = f"127.0.0.1:{free.getsockname()[1]}"
        bundles.upstream = f"http://{bundle_address}"
        settings = QualitySettings(
            address="127.0.0.1:0",
            database_url=database_url(tmp_path / "judged.db"),
            registry_address=f"unix:{folder / 'peer.sock'}",
            engine="opa",
            opa_url=proxy.url,
            bundle_address=bundle_address,
            bundle_key=private,
            drain_seconds=0.0,
        )
        server = Server(build_quality(settings, clock), settings)
        server.start()
        stack.callback(server.stop)
        opa.start()
        stack.callback(opa.stop)
        opa.wait_until_active()
        client = QualityClient(stack.enter_context(grpc.insecure_channel(server.address)))
        yield Judged(client, opa, proxy, registry_peer.new_location().name)


def test_opa_judges_and_the_evidence_says_so(judged: Judged) -> None:
    found = judged.assess()
    assert (found.policy.engine, found.policy.engine_version) == ("opa", "1.20.2")
    (decision,) = judged.client.assessments.ListDecisions(pb.ListDecisionsRequest(), timeout=10).decisions
    assert decision.engine_decision_id
    assert found.policy.digest in decision.engine_provenance_json
    replays = judged.client.assessments.ReplayAssessments(pb.ReplayAssessmentsRequest(name=found.name), timeout=30)
    (replay,) = replays
    assert (replay.replay.same, replay.replay.policy.engine) == (True, "regorus")


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.status(503),
        faults.status(404),
        faults.cut,
        faults.cut_halfway,
        faults.no_http,
        faults.says(b"<html>"),
        faults.says({}),
        faults.says({"result": {"findings": {}}}),
        faults.says({"result": {}}),
    ],
    ids=["500", "503", "404", "cut", "halfway", "no_http", "html", "nothing", "other", "empty"],
)
def test_what_is_no_verdict_of_the_active_set_is_refused(judged: Judged, fault: Callable[..., None]) -> None:
    before = judged.assess()
    judged.proxy.always(fault)
    assert judged.reason(3) in ("ENGINE_UNAVAILABLE", "POLICY_FAILED", "DEADLINE_EXCEEDED")
    assert judged.stored == 1
    judged.proxy.always(faults.passed_on)
    assert judged.assess().findings == before.findings


def test_one_hiccup_is_not_noticed(judged: Judged) -> None:
    judged.proxy.then(faults.status(503))
    assert len(judged.assess().findings) == 27
    judged.proxy.then(faults.cut)
    assert len(judged.assess().findings) == 27


def test_a_slow_opa_costs_no_more_than_the_caller_has(judged: Judged) -> None:
    judged.proxy.always(faults.silence)
    assert judged.reason(3) == "ENGINE_UNAVAILABLE"
    assert judged.stored == 0
    judged.proxy.always(faults.passed_on)
    assert len(judged.assess().findings) == 27


def test_opa_stopped_and_started_again(judged: Judged) -> None:
    before = judged.assess()
    judged.opa.kill()
    assert judged.reason(3) == "ENGINE_UNAVAILABLE"
    assert judged.stored == 1
    judged.opa.start()
    assert judged.assess().findings == before.findings


def test_another_set_is_judged_by_as_soon_as_it_is_active(judged: Judged) -> None:
    first = judged.assess()
    other = activate(judged.client, validated(judged.client, variant()))
    assert judged.assess().policy.policy_set == other.name
    back = policy_set_pb2.RollbackPolicySetRequest(name="policyYears/2027", reason="terug")
    judged.client.policy_sets.RollbackPolicySet(back, timeout=30)
    assert judged.assess().policy == first.policy


def test_nothing_is_activated_while_opa_is_away(judged: Judged) -> None:
    first = judged.assess()
    ready = validated(judged.client, variant())
    judged.proxy.always(faults.cut)
    request = policy_set_pb2.ActivatePolicySetRequest(name=ready.name, reason="proef")
    assert refusal(judged.client.policy_sets.ActivatePolicySet, request, timeout=30).reason == "ENGINE_UNAVAILABLE"
    judged.proxy.always(faults.passed_on)
    assert judged.assess().policy == first.policy
