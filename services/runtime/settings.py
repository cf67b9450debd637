"""Settings from the environment: `SPOEDKADER_REGISTRY_ADDRESS`, `SPOEDKADER_QUALITY_DATABASE_URL`, and so on."""

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).parents[2]


def require_loopback(address: str) -> str:
    """The address, which is `host:port` on loopback. Raises ValueError for any other."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise ValueError("moet host:poort zijn")
    if host != "localhost" and not ipaddress.ip_address(host.strip("[]")).is_loopback:
        raise ValueError("zonder identiteit van de aanroeper luistert een dienst alleen op loopback")
    return address


class ServiceSettings(BaseSettings):
    """What every service needs to know; each service's own class adds its prefix, its defaults and its peers."""

    model_config = SettingsConfigDict(env_prefix="SPOEDKADER_", extra="ignore")

    address: str
    """`host:port`, or `unix:/path`; port 0 takes any free port. Only loopback: callers are not yet identified."""
    database_url: str
    """SQLAlchemy URL of the service's own database."""
    migrate_at_start: bool = True
    """Whether the service brings its tables up to date itself; where a job does that, it refuses to start before it."""
    policies_dir: Path = REPOSITORY / "policies"
    workers: int = Field(default=16, ge=1, le=256)
    """Calls that are handled at the same time."""
    max_calls: int = Field(default=256, ge=1)
    """Calls that are in the server at the same time, waiting ones included; more are refused."""
    drain_seconds: float = Field(default=10.0, ge=0)
    """How long running calls may take after the server was told to stop."""
    peer_timeout_seconds: float = Field(default=20.0, gt=0)
    """How long a call to a peer may take when the caller set no deadline."""
    log_level: str = "INFO"

    @field_validator("address")
    @classmethod
    def _only_loopback(cls, address: str) -> str:
        return address if address.startswith("unix:") else require_loopback(address)

    @classmethod
    def read(cls, **overrides: object) -> Self:
        """The settings from the environment, with what the caller sets itself on top."""
        return cls(**{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]
