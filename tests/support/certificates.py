"""Certificates for tests: an authority of our own, which signs whatever a test needs, also what nobody should trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1", "::1")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> bytes:
        return self.certificate.read_bytes()

    def replace_by(self, other: "Issued") -> None:
        """Puts the content of another pair in these files, one file after the other as a renewal does."""
        self.certificate.write_bytes(other.certificate.read_bytes())
        self.key.write_bytes(other.key.read_bytes())


class Authority:
    """A certification authority; `ca` is its own certificate, as a PEM file."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        """Puts its files in a folder, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now + 30 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = folder / f"{name}.pem"
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        file: str,
        *,
        common_name: str = "",
        organisation: str = "",
        serial_number: str = "",
        hosts: Sequence[str] = (),
        uris: Sequence[str] = (),
        other_names: Sequence[tuple[str, str]] = (),
        starts_in: timedelta = -DAY,
        ends_in: timedelta = DAY,
    ) -> Issued:
        """A certificate for both ends of a connection, in `<file>.pem` and `<file>-key.pem`.

        `hosts` are DNS names and IP addresses; `uris` as in SPIFFE; `other_names` are pairs of an object identifier and
        a text (IA5String), as certificates of UZI and ZOVAR have them. The common name is that of the file when none
        is given; `starts_in` and `ends_in` count from now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [(NameOID.COMMON_NAME, common_name or file)]
        attributes += [(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
        attributes += [(NameOID.SERIAL_NUMBER, serial_number)] if serial_number else []
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts_in)
            .not_valid_after(now + ends_in)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            # Authorities of one name are told apart by it.
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
        )
        alternatives: list[x509.GeneralName] = [_host(host) for host in hosts]
        alternatives += [x509.UniformResourceIdentifier(uri) for uri in uris]
        alternatives += [x509.OtherName(x509.ObjectIdentifier(oid), _ia5(text)) for oid, text in other_names]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        issued = Issued(self._folder / f"{file}.pem", self._folder / f"{file}-key.pem")
        issued.certificate.write_bytes(
            builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return issued

    def server(self, file: str = "server", hosts: Sequence[str] = LOOPBACK) -> Issued:
        """The certificate of a service."""
        return self.issue(file, hosts=hosts)

    def client(self, file: str = "client", organisation: str = "") -> Issued:
        """The certificate of a caller."""
        return self.issue(file, organisation=organisation)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _ia5(text: str) -> bytes:
    """An IA5String in DER, of less than 128 characters."""
    encoded = text.encode("ascii")
    assert len(encoded) < 128
    return bytes((0x16, len(encoded))) + encoded
