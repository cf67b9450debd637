"""Tokens, against an issuer that gives its keys over HTTP."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from services.runtime.identity import tokens as module
from services.runtime.identity.tokens import Issuer, IssuerUnavailableError, TokenError, Tokens, User
from tests.support.issuer import AUDIENCE, URL, TestIssuer, issuing


@pytest.fixture
def issuer() -> Iterator[TestIssuer]:
    with issuing() as running:
        yield running


@pytest.fixture
def tokens(issuer: TestIssuer) -> Tokens:
    return Tokens(Issuer(URL, AUDIENCE, issuer.keys_url))


def unsigned(header: dict[str, Any], content: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(content).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def test_a_token_tells_user_organisation_and_roles(issuer: TestIssuer, tokens: Tokens) -> None:
    assert tokens.user(issuer.token()) == User("vera", "9101", frozenset({"verzekeraar", "offline_access"}))


def test_roles_at_this_client_count_and_those_at_others_do_not(issuer: TestIssuer, tokens: Tokens) -> None:
    access = {AUDIENCE: {"roles": ["auditor"]}, "ander": {"roles": ["beheerder"]}}
    found = tokens.user(issuer.token(realm_access={"roles": []}, resource_access=access))
    assert found.roles == {"auditor"}


# Not from the clock: every process that collects has to find the same tests.
LONG_AGO, FAR_AHEAD = 1_700_000_000, 4_000_000_000


@pytest.mark.parametrize("odd", [None, [], "rollen", {"roles": "auditor"}, {"roles": [1, None]}, {"roles": None}])
def test_odd_roles_are_none(issuer: TestIssuer, tokens: Tokens, odd: Any) -> None:
    assert not tokens.user(issuer.token(realm_access=odd, resource_access={AUDIENCE: odd})).roles
    assert not tokens.user(issuer.token(realm_access=None, resource_access=odd)).roles


def test_without_a_user_name_the_subject_is_the_name(issuer: TestIssuer, tokens: Tokens) -> None:
    assert tokens.user(issuer.token(without=("preferred_username",))).name == "8f1c"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elders.test"},
        {"aud": "ander"},
        {"aud": []},
        {"exp": LONG_AGO},
        {"nbf": FAR_AHEAD},
        {"iat": FAR_AHEAD},
        {"exp": "morgen"},
        {"organisatie": 9101},
        {"organisatie": None},
        {"preferred_username": {"x": 1}},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_does_not_count(issuer: TestIssuer, tokens: Tokens, claims: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        tokens.user(issuer.token(**claims))


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub", "organisatie"])
def test_a_claim_that_is_lacking(issuer: TestIssuer, tokens: Tokens, claim: str) -> None:
    with pytest.raises(TokenError):
        tokens.user(issuer.token(without=(claim,)))


def test_a_clock_may_differ_a_little(issuer: TestIssuer, tokens: Tokens) -> None:
    assert tokens.user(issuer.token(exp=int(time.time()) - 5)).name == "vera"


def test_signatures_that_anyone_can_make(issuer: TestIssuer, tokens: Tokens) -> None:
    now = int(time.time())
    content = {"iss": URL, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 60, "organisatie": "9101"}
    none = unsigned({"alg": "none", "kid": "eerste"}, content)
    header = {"alg": "HS256", "kid": "eerste"}
    signed = unsigned(header, content).rpartition(".")[0]
    # The public key as if it were a shared secret.
    by_public_key = hmac.new(issuer.public_pem(), signed.encode(), hashlib.sha256).digest()
    for forged in (none, unsigned(header, content, by_public_key), issuer.token()[:-4] + "AAAA"):
        with pytest.raises(TokenError):
            tokens.user(forged)


DEEP_HEADER = base64.urlsafe_b64encode(b"[" * 6000).decode() + ".e30.eA"


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "....", "é", "x" * 10_000, DEEP_HEADER])
def test_what_is_no_token(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenError):
        tokens.user(text)


def test_a_rotated_key_is_fetched(issuer: TestIssuer, tokens: Tokens) -> None:
    before = issuer.token()
    tokens.user(before)
    issuer.rotate("tweede", keep=True)
    assert tokens.user(issuer.token()).name == "vera"
    assert tokens.user(before).name == "vera"


def test_made_up_keys_do_not_make_us_ask_every_time(issuer: TestIssuer, tokens: Tokens) -> None:
    tokens.user(issuer.token())
    before = issuer.asked
    for number in range(20):
        with pytest.raises(TokenError, match="onbekende sleutel"):
            tokens.user(issuer.token(kid=f"verzonnen-{number}"))
    assert issuer.asked == before + 1


def test_a_key_that_was_taken_away_signs_nothing_more(
    issuer: TestIssuer, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = issuer.token()
    tokens.user(before)
    issuer.rotate("tweede")
    tokens.user(issuer.token())
    assert tokens.user(before).name == "vera", "a token that was checked counts for a minute"
    later = time.time() + 61
    monkeypatch.setattr(module.time, "time", lambda: later)
    with pytest.raises(TokenError, match="onbekende sleutel"):
        tokens.user(before)


def test_an_issuer_that_is_away(issuer: TestIssuer, tokens: Tokens) -> None:
    issuer.down = True
    with pytest.raises(IssuerUnavailableError):
        tokens.user(issuer.token())
    issuer.down = False
    assert tokens.user(issuer.token()).name == "vera"
