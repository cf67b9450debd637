"""By what a program shows who it is, and whom it believes: PEM files and a token, which may be renewed at any time."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from spoedkader.client.files import Warn, Watched, log_warning

_TOKEN = re.compile(rb"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Pem:
    """Certificates as they are used: those that are believed, and a pair of one's own."""

    ca: bytes
    certificate: bytes | None
    key: bytes | None
    expires_at: datetime | None
    """When the own certificate ends; None without one."""

    def for_client(self) -> grpc.ChannelCredentials:
        """For a channel."""
        return grpc.ssl_channel_credentials(self.ca, self.key, self.certificate)

    def for_server(self) -> grpc.ServerCertificateConfiguration:
        """For a server, which then knows its callers by a certificate of `ca`. It has a certificate of its own."""
        assert self.key is not None
        assert self.certificate is not None
        return grpc.ssl_server_certificate_configuration([(self.key, self.certificate)], self.ca)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The files. `ca` has the certificates of the authorities that are believed; `certificate`, with the chain behind
    it, and `key` are one's own; `token_file` has the access token that goes along with every call."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None
    token_file: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """What SPOEDKADER_TLS_CA, _TLS_CERTIFICATE, _TLS_KEY and SPOEDKADER_TOKEN_FILE say; None without the first.

        Raises:
            ValueError: there is one of the others without the first, or a certificate without its key.
        """
        names = ("SPOEDKADER_TLS_CA", "SPOEDKADER_TLS_CERTIFICATE", "SPOEDKADER_TLS_KEY", "SPOEDKADER_TOKEN_FILE")
        ca, certificate, key, token = (Path(environment[name]) if environment.get(name) else None for name in names)
        if bool(certificate) != bool(key):
            raise ValueError(f"{names[1]} en {names[2]} horen bij elkaar")
        if ca is None:
            if certificate or token:
                raise ValueError(f"zonder {names[0]} is er geen TLS, en gaan certificaat en token niet mee")
            return None
        return cls(ca, certificate, key, token)

    def pem(self, warn: Warn = log_warning) -> Watched[Pem]:
        """The certificates in the files; a key that does not go with its certificate is not taken.

        Raises:
            OSError: a file can't be read.
            ValueError: a file is no PEM, or the pair does not match.
        """
        own = [self.certificate, self.key] if self.certificate and self.key else []
        return Watched([self.ca, *own], _load, warn)

    def token(self, warn: Warn = log_warning) -> Watched[str] | None:
        """The access token in its file. Raises as `pem`."""
        return Watched([self.token_file], _load_token, warn) if self.token_file else None


def _load(files: Sequence[bytes]) -> Pem:
    ca, *own = files
    _certificates(ca)
    if not own:
        return Pem(ca, None, None, None)
    certificate, key = own
    leaf = _certificates(certificate)[0]
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except TypeError as error:
        raise ValueError("de sleutel heeft een wachtwoord") from error
    if _public(private.public_key()) != _public(leaf.public_key()):
        raise ValueError("de sleutel hoort niet bij het certificaat")
    return Pem(ca, certificate, key, leaf.not_valid_after_utc)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)


def _public(key: object) -> bytes:
    found: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def _load_token(files: Sequence[bytes]) -> str:
    token = files[0].strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError("er staat geen token in")
    return token.decode("ascii")
