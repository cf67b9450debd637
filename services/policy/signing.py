"""Signatures over bundles as OPA knows them: a JSON Web Signature over the hash of every file.

https://www.openpolicyagent.org/docs/management-bundles#signing; a JSON file is hashed by its value and not by its
bytes, every other file by its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from services.policy.engine import PolicyError
from spoedkader.client.files import Watched

log = structlog.get_logger()

SIGNATURES = ".signatures.json"


class SignatureError(PolicyError):
    """A bundle is not signed, or not by a key that is trusted, or it is not what was signed."""


class KeyFileError(ValueError):
    """A file does not hold a key that can be used."""


@dataclass(frozen=True)
class Signer:
    """Signs with a private key; `key_id` tells who has to trust which public key."""

    key_id: str
    _key: Any
    _algorithm: str

    @property
    def name(self) -> str:
        """The id of the key, and which key it is: another one under the same id is another signer."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"{self.key_id}.{hashlib.sha256(public).hexdigest()[:16]}"

    def sign(self, files: Mapping[str, bytes]) -> bytes:
        """Return the content of `.signatures.json` for the files of a bundle."""
        hashes = [{"name": name, "hash": digest, "algorithm": "SHA-256"} for name, digest in _hashes(files)]
        token = jwt.encode({"files": hashes}, self._key, self._algorithm, headers={"kid": self.key_id})
        return json.dumps({"signatures": [token]}).encode()


class Trusted(Protocol):
    """Those whose signatures are believed."""

    def verify(self, files: Mapping[str, bytes]) -> str:
        """Return the id of the key that signed the files of a bundle. Raises SignatureError."""
        ...


@dataclass(frozen=True)
class Keys:
    """The public keys that are trusted, by their id; without any, nothing is."""

    _keys: Mapping[str, tuple[Any, str]]

    def verify(self, files: Mapping[str, bytes]) -> str:
        """Return the id of the key that signed the files of a bundle, `.signatures.json` among them.

        Raises SignatureError unless exactly these files were signed by a key that is trusted.
        """
        try:
            (token,) = json.loads(files[SIGNATURES])["signatures"]
            key_id = str(jwt.get_unverified_header(token)["kid"])
        except KeyError as reason:
            raise SignatureError("de bundel is niet ondertekend") from reason
        except (ValueError, TypeError, RecursionError, jwt.InvalidTokenError) as reason:
            raise SignatureError("de ondertekening van de bundel is niet leesbaar") from reason
        if key_id not in self._keys:
            raise SignatureError(f"de bundel is ondertekend met sleutel {key_id[:40]!r}, die niet wordt vertrouwd")
        key, algorithm = self._keys[key_id]
        try:
            signed = {file["name"]: file["hash"] for file in jwt.decode(token, key, [algorithm])["files"]}
        except (jwt.InvalidTokenError, KeyError, TypeError) as reason:
            raise SignatureError("de ondertekening van de bundel klopt niet") from reason
        found = dict(_hashes({name: content for name, content in files.items() if name != SIGNATURES}))
        wrong = sorted(name for name in signed.keys() | found.keys() if signed.get(name) != found.get(name))
        if wrong:
            raise SignatureError(f"niet wat er is ondertekend: {', '.join(wrong)}")
        return key_id


def read_signer(file: Path, key_id: str = "") -> Signer:
    """Return the signer with the private key (PEM, RSA or ECDSA P-256) in a file; its id is the name of the file
    without its ending unless `key_id` says otherwise. Raises KeyFileError, and OSError when it cannot be read."""
    return _signer(file.read_bytes(), file, key_id)


def watched_signer(file: Path) -> Watched[Signer]:
    """The signer with the private key that a file has now; see `read_signer`, which raises the same."""
    return Watched([file], lambda files: _signer(files[0], file), lambda said, facts: log.error(said, **facts))


def _signer(content: bytes, file: Path, key_id: str = "") -> Signer:
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as reason:
        raise KeyFileError(f"{file} bevat geen privésleutel in PEM zonder wachtwoord") from reason
    return Signer(key_id or file.stem, key, _algorithm(file, key))


def read_keys(folder: Path) -> Keys:
    """Return the public keys (`<key id>.pem`) in a folder. Raises KeyFileError when one is none or there are none."""
    keys = {}
    for file in sorted(folder.glob("*.pem")):
        try:
            key = load_pem_public_key(file.read_bytes())
        except ValueError as reason:
            raise KeyFileError(f"{file} bevat geen publieke sleutel in PEM") from reason
        keys[file.stem] = (key, _algorithm(file, key))
    if not keys:
        raise KeyFileError(f"in {folder} staat geen publieke sleutel (<sleutel>.pem)")
    return Keys(keys)


class KeyFolder:
    """The public keys that a folder has when something is to be verified: one that is added or taken away counts from
    then on."""

    def __init__(self, folder: Path) -> None:
        """Raises as `read_keys`."""
        self._folder = folder
        read_keys(folder)

    def verify(self, files: Mapping[str, bytes]) -> str:
        """As `Keys.verify`. Raises SignatureError too when the folder can't be read or has what is no key."""
        try:
            keys = read_keys(self._folder)
        except (KeyFileError, OSError) as reason:
            raise SignatureError(f"de sleutels zijn niet bruikbaar: {reason}") from reason
        return keys.verify(files)


def _algorithm(file: Path, key: object) -> str:
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey) and key.key_size >= 2048:
        return "RS256"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "ES256"
    raise KeyFileError(f"{file}: de sleutel moet RSA (2048 bits of meer) of ECDSA P-256 zijn")


def _hashes(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, content in sorted(files.items()):
        digest = hashlib.sha256()
        if name in (".manifest", "data.json") or name.endswith("/data.json"):
            try:
                _add(digest, json.loads(content))
            except (ValueError, RecursionError) as reason:
                raise SignatureError(f"{name} is geen JSON") from reason
        else:
            digest.update(content)
        yield name, digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Adds a JSON value in the way of OPA: objects by key, without spaces, and texts and numbers as JSON."""
    if isinstance(value, dict):
        digest.update(b"{")
        for place, key in enumerate(sorted(value)):
            digest.update(b"," if place else b"")
            _add(digest, key)
            digest.update(b":")
            _add(digest, value[key])
        digest.update(b"}")
    elif isinstance(value, list):
        digest.update(b"[")
        for place, item in enumerate(value):
            digest.update(b"," if place else b"")
            _add(digest, item)
        digest.update(b"]")
    else:
        digest.update(json.dumps(value, ensure_ascii=False).encode())
