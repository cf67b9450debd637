"""Policy sets that are active, for servers of bundles, and keys to sign them with."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.policy.bundle import combine, combined_revision
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.signing import Signer
from services.quality.bundles.app import Bundle
from tests.support.policies import POLICIES


class ActiveSets:
    """A source of bundles with the sets that a test activates."""

    def __init__(self, *policy_sets: PolicySet, signer: Signer | None = None) -> None:
        self.sets = policy_sets
        self.signer = signer
        self.error: Exception | None = None
        self.content: bytes | None = None
        """What is served instead of the bundle."""

    def revision(self) -> str:
        if self.error:
            raise self.error
        return combined_revision({found.year: found.digest for found in self.sets})

    def current(self) -> Bundle:
        revision = self.revision()
        return Bundle(revision, combine(self.sets, self.signer) if self.content is None else self.content)


def airway_limit(minutes: int, year: int = 2027) -> PolicySet:
    """The rules of a year with another threshold in norm C4, so that verdicts tell which set they are of."""
    shipped = load_policy_set(POLICIES, year)
    data = json.loads(shipped.files["data.json"])
    data["kwaliteitskader"][f"y{year}"]["thresholds"]["c4"]["minuten"] = minutes
    return PolicySet(year, {**shipped.files, "data.json": json.dumps(data).encode()})


def write_keys(folder: Path, key_id: str, kind: str = "rsa") -> tuple[Path, Path]:
    """Writes a new key, and returns the files of the private and the public one, `<key id>.pem` in two folders."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "private" / f"{key_id}.pem", folder / "public" / f"{key_id}.pem"
    for path in (private, public):
        path.parent.mkdir(parents=True, exist_ok=True)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public
