"""A part of what `python -m tests.security.fuzz` does for longer: nothing that is sent makes a service fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.attack import Attack, attacking
from tests.security.cases import Case
from tests.security.fuzz import attack_all, report
from tests.security.methods import contracts
from tests.security.target import Target, running_target

SEED = 2027
CASES = 80
"""Of every method, or as many as it answers in `SECONDS`."""
SECONDS = 0.5
MUCH = 400
"""MB that the services may come to hold on top of what they held when the attack began."""
REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.json"))

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running_target(tmp_path_factory.mktemp("target")) as running:
        yield running


@pytest.fixture(scope="module")
def attack(target: Target) -> Iterator[Attack]:
    with attacking(target) as begun:
        yield begun


@pytest.mark.parametrize("file", REGRESSIONS, ids=lambda file: file.stem)
def test_what_went_wrong_before(attack: Attack, file: Path) -> None:
    case = Case.from_json(json.loads(file.read_text("utf-8")), {method.name: method for method in attack.methods})
    before = len(attack.faults)
    attack.send(case)
    assert not attack.faults[before:]


def test_every_method_of_the_contracts_is_offered(attack: Attack) -> None:
    defined = {method.full_name for service in contracts().values() for method in service.methods}
    assert defined <= {method.descriptor.full_name for method in attack.methods}


def test_no_call_makes_a_service_fail(attack: Attack, target: Target) -> None:
    before = target.memory()
    attack_all(attack, SEED, CASES, SECONDS)
    assert not attack.faults, f"{report(attack.tallies, attack.faults)}\n{target.failures()[-10_000:]}"
    assert target.process.poll() is None
    assert target.memory() - before < MUCH
    # What was attacked is served on: what is only read is answered as ever.
    reads = [method for method in attack.methods if method.reads and method.key in target.examples]
    assert not [method.name for method in reads if attack.send(attack.cases(SEED).example(method)).refusal]
