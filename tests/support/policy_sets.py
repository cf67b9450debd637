"""The life of a policy set through the contract, for tests that need one in some state."""

import itertools

from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.signing import Signer
from spoedkader.quality.v1 import policy_set_pb2 as pb
from tests.support.clients import QualityClient
from tests.support.policies import POLICIES

_numbers = itertools.count(1)
RULES = load_policy_set(POLICIES, 2027)
WHY = "omdat het moet"


def variant() -> PolicySet:
    """The rules of 2027 with another text; no two are the same."""
    files = dict(RULES.files)
    files["questionnaire.yaml"] += f"# {next(_numbers)}\n".encode()
    return PolicySet(2027, files)


def publish(quality: QualityClient, policy_set: PolicySet, signer: Signer | None = None) -> pb.PolicySet:
    request = pb.CreatePolicySetRequest(
        parent=f"policyYears/{policy_set.year}", bundle=pack(policy_set, signer), reason=WHY
    )
    return quality.policy_sets.CreatePolicySet(request, timeout=10)


def validated(quality: QualityClient, policy_set: PolicySet, signer: Signer | None = None) -> pb.PolicySet:
    name = publish(quality, policy_set, signer).name
    request = pb.ValidatePolicySetRequest(name=name, reason=WHY)
    return quality.policy_sets.ValidatePolicySet(request, timeout=60)


def activate(quality: QualityClient, found: pb.PolicySet, **fields: object) -> pb.PolicySet:
    request = pb.ActivatePolicySetRequest(name=found.name, reason=WHY, **fields)  # type: ignore[arg-type]
    return quality.policy_sets.ActivatePolicySet(request, timeout=60)


def active(quality: QualityClient, year: int = 2027) -> str:
    (found,) = [one for one in status(quality).years if one.policy_year == year]
    return found.policy_set


def status(quality: QualityClient) -> pb.PolicyStatus:
    return quality.policy_sets.GetPolicyStatus(pb.GetPolicyStatusRequest(), timeout=10)


def state(quality: QualityClient, found: pb.PolicySet) -> int:
    return quality.policy_sets.GetPolicySet(pb.GetPolicySetRequest(name=found.name), timeout=10).state
