"""Bundles of policy sets: what goes in comes out, and nothing else does."""

import gzip
import io
import json
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.bundle import MAX_BYTES, BundleError, combine, combined_revision, digest_in, pack, unpack
from services.policy.engine import PolicyError
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.signing import (
    SIGNATURES,
    KeyFileError,
    KeyFolder,
    Keys,
    SignatureError,
    Signer,
    read_keys,
    read_signer,
    watched_signer,
)
from tests.support.bundles import write_keys
from tests.support.policies import POLICIES

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}(_test)?\.rego", fullmatch=True) | st.just("questionnaire.yaml")
LABELS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=9)
SETS = st.builds(
    PolicySet, st.integers(2000, 2999), st.dictionaries(NAMES, st.binary(max_size=200), min_size=1), LABELS
)


@pytest.fixture(scope="module")
def rules() -> PolicySet:
    return load_policy_set(POLICIES, 2027, "2027.1")


@pytest.fixture(scope="module", params=["rsa", "ec"])
def keys(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, Keys]:
    private, public = write_keys(tmp_path_factory.mktemp("keys"), "team", request.param)
    return read_signer(private), read_keys(public.parent)


def packed(files: Mapping[str, bytes]) -> bytes:
    """A bundle as somebody else might make it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


@given(SETS)
def test_what_goes_in_comes_out(policy_set: PolicySet) -> None:
    found, key_id = unpack(pack(policy_set, None), None)
    assert (found, found.digest, key_id) == (policy_set, policy_set.digest, "")
    assert pack(found, None) == pack(policy_set, None)


@given(SETS, SETS)
def test_a_digest_is_that_of_one_content(one: PolicySet, other: PolicySet) -> None:
    assert (one.digest == other.digest) == ((one.year, one.files) == (other.year, other.files))


def test_a_signed_bundle(rules: PolicySet, keys: tuple[Signer, Keys]) -> None:
    signer, trusted = keys
    assert unpack(pack(rules, signer), trusted) == (rules, "team")
    assert unpack(pack(rules, signer), None) == (rules, "")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a1.rego", lambda content: content + b"\n"),
        ("a1_test.rego", lambda content: content[:-1]),
        ("data.json", lambda content: content.replace(b"12", b"11", 1)),
        (".manifest", lambda content: content.replace(b"2027.1", b"2027.2")),
        (SIGNATURES, lambda content: content.replace(b"ey", b"ez", 1)),
        (SIGNATURES, lambda content: b"{}"),
        (SIGNATURES, lambda content: b"["),
        (SIGNATURES, lambda content: b'{"signatures": ["a.b.c"]}'),
    ],
)
def test_what_was_changed_afterwards(rules: PolicySet, keys: tuple[Signer, Keys], name: str, change: object) -> None:
    signer, trusted = keys
    files = unpacked(pack(rules, signer))
    changed = change(files[name])  # type: ignore[operator]
    assert changed != files[name]
    with pytest.raises(PolicyError):
        unpack(packed({**files, name: changed}), trusted)


def test_what_was_added_or_taken_away(rules: PolicySet, keys: tuple[Signer, Keys]) -> None:
    signer, trusted = keys
    files = unpacked(pack(rules, signer))
    with pytest.raises(SignatureError, match=r"z9\.rego"):
        unpack(packed({**files, "z9.rego": b"package z9"}), trusted)
    del files["a1.rego"]
    with pytest.raises(SignatureError, match=r"a1\.rego"):
        unpack(packed(files), trusted)


def test_a_signature_with_no_algorithm_is_none(rules: PolicySet, keys: tuple[Signer, Keys]) -> None:
    _, trusted = keys
    files = unpacked(pack(rules, None))
    head = "eyJhbGciOiJub25lIiwia2lkIjoidGVhbSJ9"  # {"alg":"none","kid":"team"}
    with pytest.raises(SignatureError):
        unpack(packed({**files, SIGNATURES: json.dumps({"signatures": [f"{head}.e30."]}).encode()}), trusted)
    with pytest.raises(SignatureError, match="niet ondertekend"):
        unpack(packed(files), trusted)


@given(st.data())
def test_a_part_of_a_bundle_is_none(data: st.DataObject) -> None:
    content = pack(load_policy_set(POLICIES, 2027), None)
    with pytest.raises(BundleError):
        unpack(content[: data.draw(st.integers(0, len(content) - 1))], None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"geen bundel",
        gzip.compress(b"geen tar"),
        gzip.compress(b""),
        gzip.compress(bytes(MAX_BYTES * 20)),
        packed({"a1.rego": b"package a1"}),
        packed({".manifest": b"{}", "a1.rego": b""}),
        packed({".manifest": b"[", "a1.rego": b""}),
        packed({".manifest": b"[" * 100_000, "a1.rego": b""}),
        packed({f"{number}.rego": b"" for number in range(1001)}),
    ],
    ids=["empty", "text", "no tar", "empty tar", "bomb", "no manifest", "another", "no json", "too deep", "many"],
)
def test_what_is_no_bundle(content: bytes) -> None:
    with pytest.raises(BundleError):
        unpack(content, None)


@pytest.mark.parametrize("name", ["../a1.rego", "map/a1.rego", "a1.sh", "/etc/a1.rego.txt"])
def test_what_does_not_belong_in_a_bundle(rules: PolicySet, name: str) -> None:
    with pytest.raises(BundleError):
        unpack(packed({**unpacked(pack(rules, None)), name: b"x"}), None)


@pytest.mark.parametrize("label", ["2027\x001", "\ud800", "\n", "x" * 201], ids=ascii)
def test_a_label_that_no_list_can_show(rules: PolicySet, label: str) -> None:
    files = unpacked(pack(rules, None))
    manifest = json.loads(files[".manifest"])
    manifest["metadata"]["label"] = label
    with pytest.raises(BundleError, match="manifest"):
        unpack(packed({**files, ".manifest": json.dumps(manifest).encode()}), None)


def test_a_file_name_that_is_no_text(rules: PolicySet) -> None:
    with pytest.raises(BundleError, match="hoort"):
        unpack(packed({**unpacked(pack(rules, None)), "a\udcff.rego": b"package a"}), None)


@pytest.mark.parametrize("name", [SIGNATURES, "data.json"])
def test_json_that_is_nested_too_deep_is_not_signed(rules: PolicySet, keys: tuple[Signer, Keys], name: str) -> None:
    files = unpacked(pack(rules, keys[0]))
    for depth in (500, 900, 100_000):
        with pytest.raises(SignatureError):
            keys[1].verify({**files, name: b"[" * depth + b"]" * depth})


def test_a_link_does_not_belong_in_a_bundle(rules: PolicySet) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        link = tarfile.TarInfo("a1.rego")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(BundleError):
        unpack(out.getvalue(), None)


def test_the_manifest_must_be_that_of_the_content(rules: PolicySet) -> None:
    files = unpacked(pack(rules, None))
    with pytest.raises(BundleError, match="manifest"):
        unpack(packed({**files, "a1.rego": files["a1.rego"] + b"\n"}), None)


def test_the_bundle_for_opa_names_every_year(rules: PolicySet) -> None:
    other = load_policy_set(POLICIES, 2028)
    files = unpacked(combine([other, rules], None))
    revision = json.loads(files[".manifest"])["revision"]
    assert revision == combined_revision({2028: other.digest, 2027: rules.digest})
    assert (digest_in(revision, 2027), digest_in(revision, 2028), digest_in(revision, 2029)) == (
        rules.digest,
        other.digest,
        "",
    )
    assert not [name for name in files if name.endswith("_test.rego")]
    assert set(json.loads(files["data.json"])["kwaliteitskader"]) == {"y2027", "y2028"}


def test_files_that_hold_no_key(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "team")
    for file in (public, Path(__file__)):
        with pytest.raises(KeyFileError):
            read_signer(file)
    with pytest.raises(KeyFileError):
        read_keys(private.parent)
    with pytest.raises(KeyFileError):
        read_keys(tmp_path)


def test_keys_that_are_added_or_taken_away_count_from_then_on(rules: PolicySet, tmp_path: Path) -> None:
    first, public = write_keys(tmp_path / "first", "first")
    second, added = write_keys(tmp_path / "second", "second")
    folder = KeyFolder(public.parent)
    old, new = (pack(rules, read_signer(private)) for private in (first, second))
    assert unpack(old, folder)[1] == "first"
    with pytest.raises(SignatureError, match="niet wordt vertrouwd"):
        unpack(new, folder)
    (public.parent / added.name).write_bytes(added.read_bytes())
    assert unpack(new, folder)[1] == "second"
    public.unlink()
    with pytest.raises(SignatureError, match="niet wordt vertrouwd"):
        unpack(old, folder)
    (public.parent / added.name).write_text("geen sleutel")
    with pytest.raises(SignatureError, match="niet bruikbaar"):
        unpack(new, folder)


def test_another_key_under_the_same_id_is_another_signer(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path / "a", "team")
    other, _ = write_keys(tmp_path / "b", "team")
    watched = watched_signer(private)
    before = watched.value
    assert watched.value is before
    private.write_bytes(other.read_bytes())
    time.sleep(1.1)
    assert watched.value.key_id == before.key_id
    assert watched.value.name != before.name
