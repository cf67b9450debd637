"""Settings from the environment: `SPOEDKADER_REGISTRY_ADDRESS`, `SPOEDKADER_QUALITY_DATABASE_URL`, and so on."""

import ipaddress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from spoedkader.client.credentials import Credentials

REPOSITORY = Path(__file__).parents[2]


def require_port(address: str) -> str:
    """The address, which is `host:port`. Raises ValueError for any other."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("moet host:poort zijn")
    return address


def require_loopback(address: str) -> str:
    """The address, which is `host:port` on loopback. Raises ValueError for any other."""
    host = require_port(address).rpartition(":")[0]
    if host != "localhost" and not ipaddress.ip_address(host.strip("[]")).is_loopback:
        raise ValueError("zonder identiteit van de aanroeper luistert een dienst alleen op loopback")
    return address


class ServiceSettings(BaseSettings):
    """What every service needs to know; each service's own class adds its prefix, its defaults and its peers."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_", env_ignore_empty=True, extra="ignore")

    identity: Literal["development", "required"] = "development"
    """Whether a caller has to show who it is. In development nobody does, and the service listens on loopback only."""
    tls_certificate: Path | None = None
    """PEM file with the certificate of the service and the chain behind it, for callers and for peers. This one, the
    key and the authorities go together; they are read again when they change."""
    tls_key: Path | None = None
    """PEM file with the private key of the certificate."""
    tls_client_ca: Path | None = None
    """PEM file with the authorities of which a caller must have a certificate, and a peer too."""
    identities: Path | None = None
    """YAML file with the organisations that may call and their certificates; read again when it changes."""
    oidc_issuer: str = ""
    """The issuer of the tokens of users, as it stands in them; empty takes no tokens."""
    oidc_audience: str = ""
    """For whom tokens have to be: the client id of this suite at the issuer."""
    oidc_keys_url: str = ""
    """Where the issuer gives its public keys (JWKS); https, or on loopback."""
    oidc_organisation_claim: str = "organisatie"
    """The claim with the code of the user's organisation."""
    oidc_ca: Path | None = None
    """PEM file with the authority of the issuer's certificate; those of the system without it."""
    address: str
    """`host:port`, or `unix:/path`; port 0 takes any free port. In development only this machine can reach it."""
    database_url: str
    """SQLAlchemy URL of the service's own database."""
    database_url_file: Path | None = None
    """File with that URL instead, for what nobody else may read. When it changes, new connections use the user and the
    password that it has then."""
    migrate_at_start: bool = True
    """Whether the service brings its tables up to date itself; where a job does that, it refuses to start before it."""
    policies_dir: Path = REPOSITORY / "policies"
    access_dir: Path = REPOSITORY / "policies" / "toegang"
    """The rules of access, which belong to the software and not to a year."""
    workers: int = Field(default=16, ge=1, le=256)
    """Calls that are handled at the same time."""
    max_calls: int = Field(default=256, ge=1)
    """Calls that are in the server at the same time, waiting ones included; more are refused."""
    stream_workers: int = Field(default=8, ge=1, le=256)
    """Streams, of requests or of responses, that are handled at the same time, besides other calls."""
    max_streams: int = Field(default=32, ge=1)
    """Streams that are in the server at the same time, waiting ones included; more are refused."""
    require_deadline: bool = True
    """Whether a call without a deadline is refused."""
    max_deadline_seconds: float = Field(default=900.0, gt=0)
    """How far away the deadline of a call may be."""
    keepalive_seconds: float = Field(default=60.0, ge=1)
    """How long a connection may be silent before the server asks whether the caller is still there."""
    keepalive_timeout_seconds: float = Field(default=20.0, ge=1)
    """How long it waits for an answer to that before it closes the connection."""
    min_ping_seconds: float = Field(default=10.0, ge=0)
    """A caller that asks such a thing more often than this, between or during calls, is cut off."""
    max_connection_seconds: float = Field(default=300.0, gt=0)
    """How old a connection may be, within a tenth; then its calls end, and the caller connects again, maybe to another
    replica."""
    drain_delay_seconds: float = Field(default=0.0, ge=0)
    """How long calls are still taken after the server was told to stop and is not healthy any more: as long as it may
    take until those who spread calls know that."""
    drain_seconds: float = Field(default=10.0, ge=0)
    """How long running calls may take after that."""
    peer_timeout_seconds: float = Field(default=20.0, gt=0)
    """How long a call to a peer may take, when the caller's deadline is not sooner."""
    breaker_failures: int = Field(default=5, ge=1)
    """After how many calls in a row without an answer a peer, or OPA, is not asked any more."""
    breaker_seconds: float = Field(default=5.0, gt=0)
    """How often it is then tried whether it answers again."""
    health_address: str = ""
    """`host:port` where probes without a certificate ask for its health, and nothing else is; empty has no such
    port."""
    metrics_address: str = ""
    """`host:port` where operators ask for `/metrics`, `/live`, `/ready` and `/fresh` over HTTP; empty has none. In
    development only this machine can reach it."""
    log_level: str = "INFO"

    @field_validator("tls_client_ca")
    @classmethod
    def _tls_is_whole(cls, client_ca: Path | None, info: ValidationInfo) -> Path | None:
        files = {"tls_certificate": None, "tls_key": None, **info.data, "tls_client_ca": client_ca}
        lacking = [name for name in ("tls_certificate", "tls_key", "tls_client_ca") if not files[name]]
        if info.data.get("identity") == "required" and lacking:
            raise ValueError(f"aanroepers worden herkend over TLS; er ontbreekt {', '.join(lacking)}")
        if 0 < len(lacking) < 3:
            raise ValueError(f"bij de andere bestanden voor TLS ontbreekt {', '.join(lacking)}")
        return client_ca

    @field_validator("address")
    @classmethod
    def _reached_by_whom_is_known(cls, address: str, info: ValidationInfo) -> str:
        if info.data.get("identity") == "required":
            if address.startswith("unix:"):
                raise ValueError("over een socket in een map kent de dienst haar aanroepers niet; geef host:poort")
            return require_port(address)
        return address if address.startswith("unix:") else require_loopback(address)

    @field_validator("metrics_address")
    @classmethod
    def _measured_by_whom(cls, address: str, info: ValidationInfo) -> str:
        if not address:
            return address
        return require_port(address) if info.data.get("identity") == "required" else require_loopback(address)

    @model_validator(mode="after")
    def _identity_is_whole(self) -> Self:
        if self.identity == "required" and self.identities is None:
            raise ValueError("aanroepers worden herkend aan hun organisatie; er ontbreekt identities")
        oidc = ("oidc_issuer", "oidc_audience", "oidc_keys_url")
        lacking = [name for name in oidc if not getattr(self, name)]
        if 0 < len(lacking) < len(oidc):
            raise ValueError(f"bij de andere gegevens van de uitgever van tokens ontbreekt {', '.join(lacking)}")
        if self.oidc_keys_url and not self.oidc_keys_url.startswith("https://"):
            url = urlsplit(self.oidc_keys_url)
            if url.scheme != "http" or url.port is None:
                raise ValueError("oidc_keys_url: moet https zijn")
            require_loopback(f"{url.hostname}:{url.port}")
        return self

    @model_validator(mode="after")
    def _database_url_from_its_file(self) -> Self:
        if self.database_url_file is not None:
            self.database_url = self.database_url_file.read_text("utf-8").strip()
        return self

    @property
    def credentials(self) -> Credentials | None:
        """By what the service shows who it is, to callers and to peers; None without TLS."""
        if self.tls_client_ca is None:
            return None
        return Credentials(self.tls_client_ca, self.tls_certificate, self.tls_key)

    @classmethod
    def read(cls, **overrides: object) -> Self:
        """The settings from the environment, with what the caller sets itself on top."""
        return cls(**{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]
