"""What a client certificate says about whose it is."""

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

SUBSCRIBER = x509.ObjectIdentifier("2.5.5.5")
"""The other name in which UZI and ZOVAR server certificates carry their subscriber, as
`<CA>-<version>-<number>-S-<subscriber>-<role>-<AGB code>` (Certification Practice Statements of the CIBG)."""
_SUBSCRIBER_PARTS = 7
_IA5_STRING = 0x16
_SHORT_LENGTH = 0x80


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the directory of organisations can go by. `subscriber` is empty when the certificate has none."""

    sha256: str
    issuer: str
    common_name: str
    dns: frozenset[str]
    subscriber: str


@lru_cache(maxsize=1024)
def read_certificate(pem: bytes) -> CertificateFacts:
    """The facts of a certificate that the connection has verified. Raises ValueError when it can't be read."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    return CertificateFacts(
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        issuer=_common_name(certificate.issuer),
        common_name=_common_name(certificate.subject),
        dns=frozenset(names.get_values_for_type(x509.DNSName)),
        subscriber=_subscriber(names.get_values_for_type(x509.OtherName)),
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if len(found) == 1 else ""


def _subscriber(names: list[x509.OtherName]) -> str:
    """The subscriber of a server certificate; empty for one of a person (a pass), or when there is not exactly one."""
    found = [_subscriber_in(name.value) for name in names if name.type_id == SUBSCRIBER]
    return found[0] if len(found) == 1 else ""


def _subscriber_in(value: bytes) -> str:
    # An IA5String whose length takes one byte: 22, the length, the text.
    if len(value) < 2 or value[0] != _IA5_STRING or value[1] >= _SHORT_LENGTH or value[1] != len(value) - 2:
        return ""
    parts = value[2:].decode("ascii", errors="replace").split("-")
    return parts[4] if len(parts) == _SUBSCRIBER_PARTS and parts[3] == "S" else ""
