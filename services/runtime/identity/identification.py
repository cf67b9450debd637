"""Which organisation calls, and which of its users: by the certificate of the connection and the token of the call."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import grpc

from services.runtime.call import DEVELOPMENT_ACTOR, SYSTEM_USER, is_text, named_actor
from services.runtime.errors import DomainError, Reason
from services.runtime.identity.caller import DEVELOPMENT, Caller, Role
from services.runtime.identity.certificates import read_certificate
from services.runtime.identity.directory import Directory, Organisations
from services.runtime.identity.tokens import Issuer, IssuerUnavailableError, TokenError, Tokens
from services.runtime.settings import ServiceSettings

Metadata = Mapping[str, str | bytes]

_AUTHORIZATION = "authorization"
_BEARER = "bearer "


class Identification(Protocol):
    """Finds out who calls."""

    def identify(self, metadata: Metadata, context: grpc.ServicerContext) -> tuple[Caller, str]:
        """The caller and the actor. Raises DomainError: it does not show who it is, or that can't be known now."""


class NotAsked:
    """Nobody has to show who he is: for development, on loopback."""

    def identify(self, metadata: Metadata, context: grpc.ServicerContext) -> tuple[Caller, str]:
        """The same caller for everyone, and the user that the metadata names."""
        return DEVELOPMENT, named_actor(metadata) or DEVELOPMENT_ACTOR


class Required:
    """A certificate of an organisation in the directory, and a token for users that their organisation does not vouch
    for itself."""

    def __init__(self, directory: Directory, tokens: Tokens | None) -> None:
        self._directory = directory
        self._tokens = tokens

    def identify(self, metadata: Metadata, context: grpc.ServicerContext) -> tuple[Caller, str]:
        """The organisation of the certificate, and its user: the token's, or the one that its system names."""
        organisations = self._directory.now()
        organisation = _organisation(organisations, context)
        token = _bearer(metadata)
        if token:
            return self._of_token(organisations, organisation, token)
        if Role.DEUR in organisation.roles:
            raise _unknown("Deze aanroep heeft een token nodig (authorization: Bearer ...).")
        return organisation, _own_actor(named_actor(metadata), organisation)

    def _of_token(self, organisations: Organisations, connected: Caller, token: str) -> tuple[Caller, str]:
        if self._tokens is None:
            raise _unknown("Deze dienst neemt geen tokens aan.")
        try:
            user = self._tokens.user(token)
        except TokenError as error:
            raise _unknown(f"Het token telt niet: {error}.") from error
        except IssuerUnavailableError as error:
            message = "De uitgever van tokens is niet bereikbaar; probeer het zo opnieuw."
            raise DomainError(Reason.ISSUER_UNAVAILABLE, message) from error
        caller = organisations.of_code(user.organisation)
        if caller is None:
            raise _unknown(f"Organisatie {user.organisation} is hier niet bekend.")
        if Role.DEUR not in connected.roles and caller.organisation != connected.organisation:
            raise _unknown("Het token is van een andere organisatie dan het certificaat.")
        actor = f"{user.name}@{caller.organisation}"
        if not is_text(actor):
            raise _unknown("De naam in het token kan hier niet gebruikt worden.")
        # A token never gives more than its organisation has, and a user is no service.
        roles = (caller.roles - {Role.DIENST, Role.DEUR}) & user.roles
        return replace(caller, roles=frozenset(roles)), actor


def identification_of(settings: ServiceSettings) -> Identification:
    """How callers are identified where these settings hold.

    Raises:
        ValueError: the directory of organisations makes no sense.
        OSError: it can't be read.
    """
    if settings.identity == "development":
        return NotAsked()
    assert settings.identities is not None, "settings are whole"
    issuer = Issuer(
        settings.oidc_issuer,
        settings.oidc_audience,
        settings.oidc_keys_url,
        settings.oidc_organisation_claim,
        settings.oidc_ca,
    )
    return Required(Directory(settings.identities), Tokens(issuer) if settings.oidc_issuer else None)


def _organisation(organisations: Organisations, context: grpc.ServicerContext) -> Caller:
    certificates = context.auth_context().get("x509_pem_cert", ())
    try:
        facts = read_certificate(certificates[0]) if certificates else None
    except ValueError as error:
        raise _unknown("Het certificaat is niet te lezen.") from error
    if facts is None:
        raise _unknown("Deze aanroep heeft een certificaat nodig.")
    found = organisations.of_certificate(facts)
    if found is None:
        raise _unknown("Het certificaat is van geen organisatie die hier bekend is.")
    return found


def _bearer(metadata: Metadata) -> str:
    value = metadata.get(_AUTHORIZATION, "")
    if not isinstance(value, str) or not value:
        return ""
    if not value.lower().startswith(_BEARER):
        raise _unknown("Alleen tokens (Bearer) worden aangenomen.")
    return value[len(_BEARER) :].strip()


def _own_actor(named: str, caller: Caller) -> str:
    """The user that an organisation's system names, who is its own; a service passes on whoever it admitted."""
    if Role.DIENST in caller.roles:
        return named or f"{SYSTEM_USER}@{caller.organisation}"
    user, at, code = named.rpartition("@")
    if not at:
        return f"{named or SYSTEM_USER}@{caller.organisation}"
    if not user or code not in caller.codes | caller.providers:
        raise _unknown(f"{named} is geen gebruiker van {caller.organisation}.")
    return named


def _unknown(message: str) -> DomainError:
    return DomainError(Reason.UNAUTHENTICATED, message)
