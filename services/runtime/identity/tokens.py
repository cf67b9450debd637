"""Users by their OpenID Connect tokens, as Keycloak and others give them (RFC 9068, RFC 7519)."""

import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a private key only: a public key is no secret to sign with."""
_LEEWAY_SECONDS = 30
_KEYS_SECONDS = 300
_REFRESH_SECONDS = 10.0
"""How often at most the issuer is asked for its keys because a token names one that is not known."""
_KEPT = 1000
_KEPT_SECONDS = 60.0
_TIMEOUT_SECONDS = 5.0
MAX_TOKEN_BYTES = 8192


class TokenError(Exception):
    """A token that does not count; the text says why, and nothing of its content."""


class IssuerUnavailableError(Exception):
    """The issuer does not give its keys, so that no token can be judged."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a token is of: the user's name at its organisation, that organisation's code, and the roles of the token."""

    name: str
    organisation: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives the tokens that count, for whom, and where the organisation stands in them."""

    url: str
    audience: str
    keys_url: str
    organisation_claim: str = "organisatie"
    ca: Path | None = None
    """File with the authority of the issuer's certificate; None for those of the system."""


class Tokens:
    """The judge of tokens. May be used from any thread."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        context = ssl.create_default_context(cafile=issuer.ca) if issuer.keys_url.startswith("https:") else None
        self._keys = jwt.PyJWKClient(
            issuer.keys_url, lifespan=_KEYS_SECONDS, timeout=_TIMEOUT_SECONDS, ssl_context=context
        )
        self._asked = float("-inf")
        self._asking = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, User]] = OrderedDict()
        self._keeping = threading.Lock()

    def user(self, token: str) -> User:
        """Who a token is of.

        Raises:
            TokenError: it does not count.
            IssuerUnavailableError: that can't be known now.
        """
        kept = self._kept.get(token)
        if kept is not None and time.time() < kept[0]:
            return kept[1]
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenError("te lang")
        claims = self._claims(token)
        user = _user(claims, self._issuer)
        self._keep(token, min(float(claims["exp"]), time.time() + _KEPT_SECONDS), user)
        return user

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm for algorithm in ALGORITHMS if algorithm == (key.algorithm_name or "RS256")],
                audience=self._issuer.audience,
                issuer=self._issuer.url,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, RecursionError) as error:
            # RecursionError: its header, which anybody can write, is JSON that is nested too deep.
            raise TokenError(type(error).__name__) from error
        return claims

    def _key(self, kid: str) -> jwt.PyJWK:
        """The key with an id. Someone who makes up ids does not make us ask the issuer every time."""
        found = self._known(kid, refresh=False)
        if found is None:
            with self._asking:
                found = self._known(kid, refresh=False)
                if found is None and time.monotonic() - self._asked > _REFRESH_SECONDS:
                    self._asked = time.monotonic()
                    found = self._known(kid, refresh=True)
        if found is None:
            raise TokenError("onbekende sleutel")
        return found

    def _known(self, kid: str, *, refresh: bool) -> jwt.PyJWK | None:
        try:
            keys = self._keys.get_signing_keys(refresh=refresh)
        except (jwt.PyJWKClientConnectionError, ValueError) as error:
            # ValueError: what it gives is no JSON.
            raise IssuerUnavailableError from error
        return next((key for key in keys if key.key_id == kid), None)

    def _keep(self, token: str, until: float, user: User) -> None:
        with self._keeping:
            self._kept[token] = (until, user)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _user(claims: Mapping[str, Any], issuer: Issuer) -> User:
    name = claims.get("preferred_username") or claims["sub"]
    organisation = claims.get(issuer.organisation_claim)
    if not isinstance(name, str) or not isinstance(organisation, str):
        raise TokenError(f"zonder {issuer.organisation_claim} of naam")
    return User(name, organisation, _roles(claims, issuer.audience))


def _roles(claims: Mapping[str, Any], audience: str) -> frozenset[str]:
    """The roles in the realm, and those at this client, as Keycloak writes them."""
    found: set[str] = set()
    clients = claims.get("resource_access")
    of_client = clients.get(audience) if isinstance(clients, Mapping) else None
    for holder in (claims.get("realm_access"), of_client):
        roles = holder.get("roles") if isinstance(holder, Mapping) else None
        if isinstance(roles, list):
            found.update(role for role in roles if isinstance(role, str))
    return frozenset(found)
