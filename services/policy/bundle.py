"""Policy sets as OPA bundles: a gzipped tar with a manifest, the files, and a signature.

https://www.openpolicyagent.org/docs/management-bundles. The bundle of one year is what a policy team publishes; it
holds the tests too. The bundle that OPA servers take holds the rules of every active year, each year in a folder of its
own but for `data.json`: a policy server knows one bundle, so that it moves from one state to the next at once.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from services.policy.engine import PolicyError
from services.policy.policy_set import PolicySet
from services.policy.signing import SIGNATURES, Signer, Trusted
from services.policy.year import KIND, is_rule, is_test

MANIFEST = ".manifest"
MAX_BYTES = 8 * 1024 * 1024
"""Of a bundle, packed or unpacked; those of a year are a hundred times smaller."""
MAX_FILES = 1000
_MAX_LABEL = 200


class BundleError(PolicyError):
    """Something is no bundle of a policy set, or not a whole one."""


def pack(policy_set: PolicySet, signer: Signer | None) -> bytes:
    """Return the bundle of a policy set, signed when there is a signer. The same set gives the same bytes, but for the
    signature of an ECDSA key."""
    manifest = {
        "revision": policy_set.digest,
        "roots": [KIND],
        "rego_version": 1,
        "metadata": {"kind": KIND, "year": policy_set.year, "label": policy_set.label},
    }
    return _pack({MANIFEST: _json(manifest), **policy_set.files}, signer)


def unpack(content: bytes, keys: Trusted | None) -> tuple[PolicySet, str]:
    """Return the policy set in a bundle, and the id of the key that signed it.

    With `keys` the bundle must be signed by one of them; without, nothing is verified and the id is empty. Raises
    BundleError when it is no whole bundle of one policy set, and SignatureError when the signature is not right.
    """
    files = _unpack(content)
    key_id = keys.verify(files) if keys else ""
    files.pop(SIGNATURES, None)
    manifest = _manifest(files.pop(MANIFEST, b""))
    metadata = manifest["metadata"]
    odd = sorted(name for name in files if not (is_rule(name) or is_test(name)) or "/" in name)
    if odd:
        raise BundleError(f"wat niet in een bundel van regels hoort: {', '.join(odd[:5])}")
    found = PolicySet(metadata["year"], files, metadata["label"])
    if manifest["revision"] != found.digest:
        raise BundleError("de inhoud van de bundel is niet die van haar manifest")
    return found, key_id


def combine(policy_sets: Iterable[PolicySet], signer: Signer | None) -> bytes:
    """Return the bundle for OPA servers with the rules of one set for each year; its revision is `combined_revision`.

    Raises InvalidYearError when the rules of a set cannot be used.
    """
    sets = sorted(policy_sets, key=lambda found: found.year)
    files: dict[str, bytes] = {}
    data: dict[str, Any] = {KIND: {}}
    for policy_set in sets:
        rules = policy_set.read()
        files |= {f"{policy_set.year}/{name}": text.encode() for name, text in rules.modules.items()}
        data[KIND] |= rules.data[KIND]
    manifest = {
        "revision": combined_revision({found.year: found.digest for found in sets}),
        "roots": [KIND],
        "rego_version": 1,
    }
    return _pack({MANIFEST: _json(manifest), "data.json": _json(data), **files}, signer)


def combined_revision(digests: Mapping[int, str]) -> str:
    """Return the revision of a bundle for OPA servers: the digest of each year's set, as in `2027=sha256:...`."""
    return ",".join(f"{year}={digest}" for year, digest in sorted(digests.items()))


def digest_in(revision: str, year: int) -> str:
    """Return the digest of a year's set that the revision of a combined bundle names, empty when it names none."""
    for part in revision.split(","):
        named, _, digest = part.partition("=")
        if named == str(year):
            return digest
    return ""


def _pack(files: Mapping[str, bytes], signer: Signer | None) -> bytes:
    every = {**files, SIGNATURES: signer.sign(files)} if signer else dict(files)
    packed = io.BytesIO()
    # Without the time of day, so that the same files give the same bytes.
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, content in sorted(every.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _unpack(content: bytes) -> dict[str, bytes]:
    if len(content) > MAX_BYTES:
        raise BundleError(f"de bundel is groter dan {MAX_BYTES} bytes")
    files: dict[str, bytes] = {}
    try:
        # Unpacked first and no further than the limit, for a small file can unpack to an enormous one.
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as zipped:
            plain = zipped.read(MAX_BYTES + 1)
        if len(plain) > MAX_BYTES:
            raise BundleError(f"de bundel is uitgepakt groter dan {MAX_BYTES} bytes")
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for entry in tar:
                if entry.isdir():
                    continue
                name = entry.name.removeprefix("./").removeprefix("/")
                held = tar.extractfile(entry) if entry.isfile() else None
                # A name that is no UTF-8 has halves of characters in it, which are not printable.
                if held is None or name in files or len(files) >= MAX_FILES or not name.isprintable():
                    raise BundleError(f"de bundel bevat iets wat er niet in hoort: {name[:60]!r}")
                files[name] = held.read()
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as reason:
        raise BundleError("dit is geen hele bundel (.tar.gz)") from reason
    if not files:
        raise BundleError("de bundel is leeg")
    return files


def _manifest(content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
        metadata = manifest["metadata"]
        right = (
            metadata["kind"] == KIND
            and type(metadata["year"]) is int
            and isinstance(metadata["label"], str)
            and len(metadata["label"]) <= _MAX_LABEL
            and metadata["label"].isprintable()
            and isinstance(manifest["revision"], str)
        )
    except (ValueError, KeyError, TypeError, RecursionError) as reason:
        raise BundleError("de bundel heeft geen manifest van een jaar met regels") from reason
    if not right:
        raise BundleError("het manifest van de bundel is niet dat van een jaar met regels")
    return dict(manifest)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
