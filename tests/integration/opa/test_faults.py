"""Whatever happens to OPA, a verdict is right or there is none."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.policy.engine import EngineUnavailableError, OtherPolicySetError
from services.policy.opa import OpaEngine
from services.policy.policy_set import PolicySet
from services.policy.signing import read_signer
from services.quality.bundles.server import BundleServer
from tests.support.bundles import ActiveSets, write_keys
from tests.support.opa import (
    Fault,
    Opa,
    cut,
    cut_halfway,
    fault_proxy,
    late,
    no_http,
    passed_on,
    running_opa,
    says,
    silence,
    status,
    truncated,
)

PATH = "data.kwaliteitskader.uitkomst.y2027.findings"
THREADS = 8


def c4(engine: OpaEngine, minutes: int, seconds: float | None = None) -> str:
    """What C4 says about a doctor within so many minutes."""
    document = {"year": 2027, "open_blocks": ["anw"], "answers": {"luchtweg.maximaal_minuten": minutes}}
    findings = engine.evaluate(PATH, document, seconds=seconds).value
    return str(findings["c4"]["verdict"])  # type: ignore[index,call-overload]


def right(minutes: int, limit: int) -> str:
    return "VOLDOET" if minutes <= limit else "VOLDOET_NIET"


@pytest.fixture
def engine(opa: Opa, five: PolicySet) -> OpaEngine:
    return OpaEngine(opa.url, five.digest, 2027)


def test_opa_stopped_and_started_again(opa: Opa, engine: OpaEngine) -> None:
    assert c4(engine, 5) == "VOLDOET"
    opa.stop()
    with pytest.raises(EngineUnavailableError):
        c4(engine, 5)
    opa.start()
    opa.wait_until_active()
    # The connection of before is gone, and nobody notices.
    assert c4(engine, 5) == "VOLDOET"
    assert c4(engine, 6) == "VOLDOET_NIET"


@pytest.mark.parametrize("signed", [False, True])
def test_opa_started_again_without_us_has_the_last_good_sets(
    active: ActiveSets, tmp_path: Path, five: PolicySet, four: PolicySet, signed: bool
) -> None:
    private, public = write_keys(tmp_path, "sleutel")
    active.signer = read_signer(private) if signed else None
    bundles = BundleServer("127.0.0.1:0", active, lambda: "sleutel" if signed else "")
    bundles.start()
    try:
        with running_opa(bundles.url, tmp_path, public if signed else None) as opa:
            bundles.close()
            opa.kill()
            active.sets = (four,)
            opa.start()
            engine = OpaEngine(opa.url, five.digest, 2027)
            assert c4(engine, 5) == "VOLDOET"
            with pytest.raises(OtherPolicySetError):
                c4(OpaEngine(opa.url, four.digest, 2027), 5)
    finally:
        bundles.close()


def test_a_bundle_on_disk_that_was_tampered_with_is_not_used(
    active: ActiveSets, tmp_path: Path, five: PolicySet, four: PolicySet
) -> None:
    private, public = write_keys(tmp_path, "sleutel")
    active.signer = read_signer(private)
    bundles = BundleServer("127.0.0.1:0", active, lambda: "sleutel")
    bundles.start()
    try:
        with running_opa(bundles.url, tmp_path, public) as opa:
            bundles.close()
            opa.stop()
            (kept,) = (path for path in (tmp_path / "opa").rglob("*") if path.is_file())
            kept.write_bytes(ActiveSets(four).current().content)
            opa.start()
            for policy_set in (five, four):
                with pytest.raises(OtherPolicySetError):
                    c4(OpaEngine(opa.url, policy_set.digest, 2027), 5)
    finally:
        bundles.close()


def test_opa_killed_while_it_judges(opa: Opa, engine: OpaEngine) -> None:
    stopping = threading.Event()
    failed = threading.Event()

    def work(number: int) -> int:
        verdicts = 0
        for minutes in itertools.cycle(range(10)):
            if stopping.is_set():
                return verdicts
            try:
                assert c4(engine, minutes) == right(minutes, 5), number
                verdicts += 1
            except EngineUnavailableError:
                failed.set()
        raise AssertionError("a cycle does not end")

    with ThreadPoolExecutor(THREADS) as pool:
        working = [pool.submit(work, number) for number in range(THREADS)]
        try:
            for _ in range(3):
                failed.clear()
                opa.kill()
                assert failed.wait(30)
                opa.start()
                opa.wait_until_active()
                assert c4(engine, 5) == "VOLDOET"
        finally:
            stopping.set()
        assert all(task.result() > 0 for task in working)


def test_sets_activated_while_it_judges(
    active: ActiveSets, bundles: BundleServer, opa: Opa, five: PolicySet, four: PolicySet
) -> None:
    """Each engine gives the verdicts of its own set, or none."""
    stopping = threading.Event()
    engines = {5: OpaEngine(opa.url, five.digest, 2027), 4: OpaEngine(opa.url, four.digest, 2027)}

    def work(limit: int) -> dict[str, int]:
        seen = {"verdict": 0, "other set": 0}
        for minutes in itertools.cycle((4, 5, 6)):
            if stopping.is_set():
                return seen
            try:
                assert c4(engines[limit], minutes) == right(minutes, limit)
                seen["verdict"] += 1
            except OtherPolicySetError:
                seen["other set"] += 1
        raise AssertionError("a cycle does not end")

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, limit) for limit in (5, 4, 5, 4)]
        try:
            for limit, policy_set in [(4, four), (5, five)] * 5:
                active.sets = (policy_set,)
                bundles.changed()
                opa.wait_until(lambda limit=limit: _judges(engines[limit]), "does not move")  # type: ignore[misc]
        finally:
            stopping.set()
        for task in working:
            assert all(task.result().values())


def _judges(engine: OpaEngine) -> bool:
    try:
        c4(engine, 5)
    except OtherPolicySetError:
        return False
    return True


@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(503),
        status(200, b"<html>Even geduld</html>"),
        says({"result": {"c4": {"verdict": "VOLDOET"}}}),
        says({}),
        cut,
        cut_halfway,
        no_http,
        silence,
        truncated,
    ],
)
def test_an_opa_that_keeps_failing_gives_no_verdict(opa: Opa, five: PolicySet, fault: Fault) -> None:
    with fault_proxy(opa.url) as proxy:
        engine = OpaEngine(proxy.url, five.digest, 2027, seconds=0.3)
        proxy.always(fault)
        with pytest.raises(EngineUnavailableError):
            c4(engine, 6)
        proxy.always(passed_on)
        assert c4(OpaEngine(proxy.url, five.digest, 2027), 6) == "VOLDOET_NIET"


def test_a_slow_opa_answers_within_the_time_or_not_at_all(opa: Opa, five: PolicySet) -> None:
    with fault_proxy(opa.url) as proxy:
        engine = OpaEngine(proxy.url, five.digest, 2027)
        proxy.always(late(0.5))
        with pytest.raises(EngineUnavailableError):
            c4(engine, 5, seconds=0.2)
        assert c4(engine, 5) == "VOLDOET"
        # Once is too slow, and the second time it is in time.
        impatient = OpaEngine(proxy.url, five.digest, 2027, seconds=3.0)
        proxy.then(silence, passed_on)
        assert c4(impatient, 6, seconds=60) == "VOLDOET_NIET"


def test_faults_of_every_kind_among_many_callers(opa: Opa, five: PolicySet) -> None:
    """No late answer to one question is ever taken for that to the next."""
    chance = random.Random(2027)
    faults = [
        status(500),
        status(503),
        status(200, b"{"),
        says({}),
        cut,
        cut_halfway,
        no_http,
        truncated,
        late(0.2),
        late(0.6),
        *[passed_on] * 10,
    ]
    with fault_proxy(opa.url) as proxy:
        engine = OpaEngine(proxy.url, five.digest, 2027, seconds=0.4)
        proxy.then(*chance.choices(faults, k=600))

        def work(number: int) -> str:
            try:
                found = c4(engine, number % 10)
            except EngineUnavailableError:
                return "none"
            assert found == right(number % 10, 5)
            return "verdict"

        with ThreadPoolExecutor(THREADS) as pool:
            seen = list(pool.map(work, range(400)))
        assert seen.count("verdict") > seen.count("none") > 0
