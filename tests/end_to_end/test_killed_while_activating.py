"""The quality service is killed while it activates a policy set: what was acknowledged holds, and one set is active."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from services.cli.processes import ServiceProcess, start, wait_until_serving
from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from spoedkader.quality.v1 import policy_set_pb2 as pb
from spoedkader.quality.v1 import policy_set_pb2_grpc as rpc
from tests.support.databases import database_url, run_sql

REPOSITORY = Path(__file__).parents[2]
KILLS = 12


def variant(number: int) -> PolicySet:
    files = dict(load_policy_set(REPOSITORY / "policies", 2027).files)
    files["questionnaire.yaml"] += f"# {number}\n".encode()
    return PolicySet(2027, files)


@contextmanager
def quality_service(folder: Path) -> Iterator[ServiceProcess]:
    address = f"unix:{folder}/quality.sock"
    environment = {
        "SPOEDKADER_QUALITY_ADDRESS": address,
        "SPOEDKADER_QUALITY_DATABASE_URL": database_url(folder / "quality.db"),
        "SPOEDKADER_QUALITY_REGISTRY_ADDRESS": f"unix:{folder}/nobody.sock",
        "SPOEDKADER_QUALITY_ENGINE_PROCESSES": "1",
    }
    child = start("quality", address, environment, folder / "quality.log")
    try:
        wait_until_serving([child])
        yield child
    finally:
        child.process.kill()
        child.process.wait()
        assert child.process.stdin is not None
        child.process.stdin.close()


def active_sets(folder: Path) -> list[str]:
    rows = run_sql(folder / "quality.db", "SELECT digest FROM policy_set WHERE policy_year = 2027 AND state = 'active'")
    return [digest for (digest,) in rows]


def test_killed_while_activating(tmp_path: Path) -> None:
    chance = random.Random(2027)
    sets = [variant(number) for number in range(2)]
    with quality_service(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
        stub = rpc.PolicySetServiceStub(channel)
        names = []
        for policy_set in sets:
            request = pb.CreatePolicySetRequest(
                parent="policyYears/2027", bundle=pack(policy_set, None), reason="proef"
            )
            names.append(stub.CreatePolicySet(request, timeout=10).name)
            stub.ValidatePolicySet(pb.ValidatePolicySetRequest(name=names[-1], reason="proef"), timeout=60)
    acknowledged = ""
    killed_before_an_answer = 0
    for turn in range(KILLS):
        target = turn % 2
        with quality_service(tmp_path) as child, grpc.insecure_channel(child.address) as channel:
            stub = rpc.PolicySetServiceStub(channel)
            status = stub.GetPolicyStatus(pb.GetPolicyStatusRequest(), timeout=20)
            (found,) = [year for year in status.years if year.policy_year == 2027]
            assert not found.problem
            if acknowledged:
                assert found.policy_set == acknowledged
            if found.policy_set == names[target]:
                target = 1 - target
            # Half of them before an engine can have started, the others at any moment up to well behind the answer.
            soon = chance.uniform(0, 0.06 if turn % 4 < 2 else 0.9)
            killer = threading.Timer(soon, os.kill, (child.process.pid, signal.SIGKILL))
            killer.start()
            acknowledged = ""
            request = pb.ActivatePolicySetRequest(name=names[target], reason=f"beurt {turn}")
            call = stub.ActivatePolicySet.future(request, timeout=20)
            if call.exception() is None:
                acknowledged = call.result().name
            else:
                assert call.code() is grpc.StatusCode.UNAVAILABLE
                killed_before_an_answer += 1
            killer.join()
        (active,) = active_sets(tmp_path)
        if acknowledged:
            assert active.removeprefix("sha256:").startswith(acknowledged.rpartition("/")[2])
    assert killed_before_an_answer
