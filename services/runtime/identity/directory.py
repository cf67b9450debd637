"""The organisations that may call, by the certificates that they have: one YAML file, read again when it changes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.runtime.identity.caller import Caller, Role
from services.runtime.identity.certificates import CertificateFacts
from spoedkader.client.files import Watched

log = structlog.get_logger()

_GIVEN = {Role.ONTWIKKELING}
"""Roles that no organisation can be given."""
_NEEDS_ISSUER = ("subscriber", "common_name", "dns")

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Provider = Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|-)$")]


class DirectoryError(ValueError):
    """The directory of organisations can't be used; the text says what is wrong where."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Certificate(_Strict):
    """Certificates that are an organisation's: one, by its fingerprint, or those of an issuer with some name.

    `subscriber` is that of a UZI or ZOVAR server certificate. A name says little without who vouches for it, so with a
    name goes the common name of the `issuer`.
    """

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    subscriber: Text | None = None
    common_name: Text | None = None
    dns: Text | None = None
    issuer: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("sha256", *_NEEDS_ISSUER) if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError("noem precies één van sha256, subscriber, common_name en dns")
        if (ways[0] in _NEEDS_ISSUER) != bool(self.issuer):
            raise ValueError("bij subscriber, common_name en dns hoort issuer, bij sha256 niet")
        return self

    def keys(self) -> tuple[str, ...]:
        """What a certificate must have to be one of these."""
        way = next(way for way in ("sha256", *_NEEDS_ISSUER) if getattr(self, way))
        return (way, getattr(self, way), *([self.issuer] if self.issuer else []))


class Organisation(_Strict):
    """An organisation: what it is, whom it stands for, and its certificates."""

    code: Code
    name: Text
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    codes: frozenset[Code] = frozenset()
    """Further UZOVI codes that it acts as."""
    providers: frozenset[Provider] = frozenset()
    represents: Mapping[Annotated[int, Field(ge=2000, le=9999)], frozenset[Provider]] = Field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()

    @model_validator(mode="after")
    def _belongs_to_its_roles(self) -> Self:
        if self.roles & _GIVEN:
            raise ValueError("de rol ontwikkeling is niet te geven")
        if self.providers and Role.AANBIEDER not in self.roles:
            raise ValueError("providers horen bij de rol aanbieder")
        if self.represents and Role.VERZEKERAAR not in self.roles:
            raise ValueError("represents hoort bij de rol verzekeraar")
        return self

    def caller(self) -> Caller:
        """The organisation as it calls."""
        return Caller(
            organisation=self.code,
            roles=self.roles,
            codes=self.codes | {self.code},
            providers=self.providers,
            represents=tuple(sorted(self.represents.items())),
        )


class _File(_Strict):
    organisations: Annotated[tuple[Organisation, ...], Field(min_length=1)]


class Organisations:
    """The organisations of one reading of the file."""

    def __init__(self, organisations: tuple[Organisation, ...]) -> None:
        """Raises DirectoryError: a code or a certificate is of two organisations."""
        self._by_code: dict[str, Caller] = {}
        self._by_certificate: dict[tuple[str, ...], Caller] = {}
        for organisation in organisations:
            caller = organisation.caller()
            if self._by_code.setdefault(organisation.code, caller) is not caller:
                raise DirectoryError(f"code {organisation.code} is van twee organisaties")
            for certificate in organisation.certificates:
                if self._by_certificate.setdefault(certificate.keys(), caller) is not caller:
                    raise DirectoryError(f"{' '.join(certificate.keys())} is van twee organisaties")

    def of_code(self, code: str) -> Caller | None:
        """The organisation with a code."""
        return self._by_code.get(code)

    def of_certificate(self, facts: CertificateFacts) -> Caller | None:
        """The organisation of a certificate; None also when its names are those of different ones."""
        keys: list[tuple[str, ...]] = [("sha256", facts.sha256)]
        keys += [("dns", name, facts.issuer) for name in facts.dns]
        keys += [("subscriber", facts.subscriber, facts.issuer), ("common_name", facts.common_name, facts.issuer)]
        found = {self._by_certificate[key] for key in keys if key in self._by_certificate}
        return found.pop() if len(found) == 1 else None


def read_organisations(text: str) -> Organisations:
    """The organisations in a YAML text. Raises DirectoryError, which names everything that is wrong."""
    try:
        content = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise DirectoryError(f"geen YAML: {error}") from error
    except ValidationError as error:
        places = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
        raise DirectoryError("; ".join(places)) from error
    return Organisations(content.organisations)


class Directory:
    """The organisations in a file. What makes no sense later is logged, and the organisations stay as they were."""

    def __init__(self, path: Path) -> None:
        """Raises DirectoryError or OSError: the file can't be used."""
        self._watched = Watched([path], _load, lambda event, facts: log.error(event, **facts))

    def now(self) -> Organisations:
        """The organisations as they are."""
        return self._watched.value


def _load(files: Sequence[bytes]) -> Organisations:
    return read_organisations(files[0].decode("utf-8"))
