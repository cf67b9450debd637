"""OPA takes the active sets from us: at once when another is activated, only when whole and signed, and it keeps the
last good ones."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.policy.engine import OtherPolicySetError
from services.policy.opa import OpaEngine
from services.policy.policy_set import PolicySet
from services.policy.signing import read_signer
from services.quality.bundles.server import BundleServer
from tests.support.bundles import ActiveSets, airway_limit, write_keys
from tests.support.opa import (
    START,
    Opa,
    cut_halfway,
    fault_proxy,
    no_http,
    passed_on,
    running_opa,
    status,
    truncated,
)

AT_THE_LIMIT = {"year": 2027, "open_blocks": ["anw"], "answers": {"luchtweg.maximaal_minuten": 5}}
PATH = "data.kwaliteitskader.uitkomst.y2027.findings"


def verdict(opa: Opa, policy_set: PolicySet) -> str:
    """What C4 says by a set about a doctor within 5 minutes."""
    engine = OpaEngine(opa.url, policy_set.digest, 2027)
    try:
        return str(engine.evaluate(PATH, AT_THE_LIMIT).value["c4"]["verdict"])  # type: ignore[index,call-overload]
    finally:
        engine.close()


def holds(opa: Opa, policy_set: PolicySet) -> bool:
    try:
        verdict(opa, policy_set)
    except OtherPolicySetError:
        return False
    return True


def moves(opa: Opa, policy_set: PolicySet) -> None:
    """Comes back when OPA holds a set."""
    opa.wait_until(lambda: holds(opa, policy_set), "does not move to the other set")


def keeps(opa: Opa, good: PolicySet, bad: PolicySet) -> None:
    """OPA tried the bad bundle, judges by the good one, and never as if by the bad one."""
    opa.wait_until(lambda: "Bundle load failed" in opa.log or "activation failed" in opa.log, "no failure")
    assert verdict(opa, good) == "VOLDOET"
    with pytest.raises(OtherPolicySetError):
        verdict(opa, bad)


def activate(active: ActiveSets, bundles: BundleServer, *sets: PolicySet) -> None:
    active.sets = sets
    bundles.changed()


def test_activation_and_rollback_reach_opa(
    active: ActiveSets, bundles: BundleServer, opa: Opa, five: PolicySet, four: PolicySet
) -> None:
    assert verdict(opa, five) == "VOLDOET"
    activate(active, bundles, four)
    moves(opa, four)
    assert verdict(opa, four) == "VOLDOET_NIET"
    with pytest.raises(OtherPolicySetError):
        verdict(opa, five)
    activate(active, bundles, five)
    moves(opa, five)
    assert verdict(opa, five) == "VOLDOET"


def test_it_hears_of_it_by_waiting_and_not_by_asking_again_and_again(
    active: ActiveSets, bundles: BundleServer, tmp_path: Path, five: PolicySet, four: PolicySet
) -> None:
    with fault_proxy(bundles.url) as proxy, running_opa(proxy.url, tmp_path) as opa:
        opa.wait_until(lambda: proxy.requests == 2, "does not wait for another bundle")
        assert proxy.preferences == ["modes=snapshot,delta;wait=30"] * 2
        activate(active, bundles, four)
        moves(opa, four)
        opa.wait_until(lambda: proxy.requests == 3, "does not wait for another bundle again")
        # What waits is answered, so that the proxy can close.
        activate(active, bundles, five)
        moves(opa, five)


def test_several_years_in_one_bundle(
    active: ActiveSets, bundles: BundleServer, opa: Opa, five: PolicySet, four: PolicySet
) -> None:
    next_year = airway_limit(5, 2028)
    activate(active, bundles, five, next_year)
    engine = OpaEngine(opa.url, next_year.digest, 2028)

    def has_both() -> bool:
        try:
            engine.evaluate("data.kwaliteitskader.uitkomst.y2028.findings", {**AT_THE_LIMIT, "year": 2028})
        except OtherPolicySetError:
            return False
        return True

    opa.wait_until(has_both, "does not take the second year")
    assert verdict(opa, five) == "VOLDOET"
    # One year moves and the other stays.
    activate(active, bundles, four, next_year)
    moves(opa, four)
    assert has_both()
    engine.close()


def test_a_source_that_fails_leaves_opa_what_it_has(
    active: ActiveSets, bundles: BundleServer, opa: Opa, five: PolicySet, four: PolicySet
) -> None:
    active.error = OSError("database is weg")
    activate(active, bundles, four)
    keeps(opa, five, four)
    active.error = None
    moves(opa, four)


@pytest.mark.parametrize("fault", [truncated, cut_halfway, no_http, status(500), status(503), status(200, b"")])
def test_a_bundle_that_does_not_come_whole(
    active: ActiveSets, bundles: BundleServer, tmp_path: Path, five: PolicySet, four: PolicySet, fault: object
) -> None:
    with fault_proxy(bundles.url) as proxy, running_opa(proxy.url, tmp_path) as opa:
        opa.wait_until(lambda: proxy.requests == 2, "does not wait for another bundle")
        proxy.always(fault)  # type: ignore[arg-type]
        # The request that waits was passed on before: the next answer is the first one that is broken.
        activate(active, bundles, five, airway_limit(5, 2028))
        opa.wait_until(lambda: proxy.requests >= 3, "does not ask again")
        activate(active, bundles, four)
        keeps(opa, five, four)
        proxy.always(passed_on)
        moves(opa, four)
        activate(active, bundles, five)
        moves(opa, five)


@contextmanager
def signing(active: ActiveSets, private: Path) -> Iterator[BundleServer]:
    """A server of bundles that are signed."""
    active.signer = read_signer(private)
    server = BundleServer("127.0.0.1:0", active, lambda: active.signer.name)
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("key_id", ["sleutel-2027", "team.beleid_1"])
def test_signed_bundles(
    active: ActiveSets, tmp_path: Path, five: PolicySet, four: PolicySet, kind: str, key_id: str
) -> None:
    private, public = write_keys(tmp_path, key_id, kind)
    with signing(active, private) as bundles, running_opa(bundles.url, tmp_path, public) as opa:
        assert verdict(opa, five) == "VOLDOET"
        activate(active, bundles, four)
        moves(opa, four)
        assert verdict(opa, four) == "VOLDOET_NIET"


def _signed_by_another(active: ActiveSets, _: PolicySet, folder: Path) -> None:
    private, _public = write_keys(folder / "vreemd", "sleutel")
    active.signer = read_signer(private)


def _not_signed(active: ActiveSets, _: PolicySet, _folder: Path) -> None:
    active.signer = None


def _changed_afterwards(active: ActiveSets, next_set: PolicySet, _: Path) -> None:
    whole = ActiveSets(next_set, signer=active.signer).current().content
    other = ActiveSets(airway_limit(3), signer=active.signer).current().content
    active.content = _with_signatures_of(whole, other)


@pytest.mark.parametrize("wrong", [_signed_by_another, _not_signed, _changed_afterwards])
def test_a_signature_that_is_not_right(
    active: ActiveSets, tmp_path: Path, five: PolicySet, four: PolicySet, wrong: object
) -> None:
    private, public = write_keys(tmp_path, "sleutel")
    with signing(active, private) as bundles, running_opa(bundles.url, tmp_path, public) as opa:
        right = active.signer
        # First what is wrong: the server sees by itself that another set is active.
        wrong(active, four, tmp_path)  # type: ignore[operator]
        activate(active, bundles, four)
        keeps(opa, five, four)
        active.signer, active.content = right, None
        three = airway_limit(3)
        activate(active, bundles, three)
        moves(opa, three)


def test_a_signed_bundle_without_a_key_to_check_it_with(
    active: ActiveSets, bundles: BundleServer, opa: Opa, tmp_path: Path, five: PolicySet, four: PolicySet
) -> None:
    private, _ = write_keys(tmp_path, "sleutel")
    active.signer = read_signer(private)
    activate(active, bundles, four)
    keeps(opa, five, four)


def _with_signatures_of(bundle: bytes, other: bytes) -> bytes:
    """The files of a bundle with the signatures of another."""
    with tarfile.open(fileobj=io.BytesIO(other)) as tar:
        signatures = tar.extractfile(".signatures.json").read()  # type: ignore[union-attr]
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(bundle)) as tar, tarfile.open(fileobj=packed, mode="w:gz") as new:
        for entry in tar:
            content = signatures if entry.name == ".signatures.json" else tar.extractfile(entry).read()  # type: ignore[union-attr]
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SPOEDKADER_OPA_ADDRESS", "0.0.0.0:8181", "alleen op loopback"),
        ("SPOEDKADER_OPA_ADDRESS", ":8181", "alleen op loopback"),
        ("SPOEDKADER_OPA_KEY", "/bestaat/niet.pem", "niet te lezen"),
    ],
)
def test_the_start_script_refuses_what_is_not_safe(tmp_path: Path, name: str, value: str, says: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "SPOEDKADER_OPA_DIR": str(tmp_path / "opa"), "OPA": "true", name: value}
    found = subprocess.run([START], check=False, env=environment, capture_output=True, text=True, timeout=30)
    assert found.returncode == 1
    assert says in found.stderr


def test_the_start_script_without_opa(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OPA": "geen-opa"}
    found = subprocess.run(
        [START], check=False, env=environment, capture_output=True, text=True, timeout=30, cwd=tmp_path
    )
    assert found.returncode == 1
    assert "opa is niet gevonden" in found.stderr
    assert not list(tmp_path.iterdir())
