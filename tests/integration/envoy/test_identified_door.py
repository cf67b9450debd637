"""The door in front of services that ask who calls: TLS on both sides, and the tokens of others passed on."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from spoedkader.registry.v1 import provider_pb2
from tests.integration.envoy.conftest import refusal
from tests.support.clients import RegistryClient, provider
from tests.support.envoy import ROOT, need_envoy, running_door
from tests.support.identified import OTHER, OWN, Identified, identified_suite
from tests.support.issuer import AUDIENCE, URL, TestIssuer, issuing

SECRETS = ROOT / "deploy" / "kubernetes" / "components" / "door"


@dataclass(frozen=True)
class Door:
    url: str
    suite: Identified
    issuer: TestIssuer

    def get(self, path: str, token: str = "", **headers: str) -> requests.Response:
        sent = {**headers, **({"authorization": f"Bearer {token}"} if token else {})}
        return requests.get(self.url + path, headers=sent, timeout=30, verify=str(self.suite.authority.ca))


def secrets(suite: Identified, folder: Path) -> Path:
    """The certificates of the door where the secrets of the deployment look for them."""
    issued = suite.authority.issue("door", common_name="deur", hosts=("localhost", "127.0.0.1"))
    shutil.copy(issued.certificate, folder / "tls.crt")
    shutil.copy(issued.key, folder / "tls.key")
    shutil.copy(suite.authority.ca, folder / "ca.crt")
    for name in ("own.yaml", "authorities.yaml"):
        text = (SECRETS / name).read_text("utf-8")
        assert "/etc/door/tls" in text
        (folder / name).write_text(text.replace("/etc/door/tls", str(folder)), "utf-8")
    return folder


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    need_envoy()
    folder = tmp_path_factory.mktemp("door")
    with issuing() as issuer:
        oidc = {"oidc_issuer": URL, "oidc_audience": AUDIENCE, "oidc_keys_url": issuer.keys_url}
        with identified_suite(tmp_path_factory.mktemp("identified"), **oidc) as suite:
            with suite.channel("registry", "beheerder") as channel:
                operator = RegistryClient(channel)
                for agb in (OWN, OTHER):
                    request = provider_pb2.CreateProviderRequest(provider_id=agb, provider=provider())
                    operator.providers.CreateProvider(request, timeout=10)
            with running_door(dict(suite.addresses), folder, secrets(suite, folder)) as url:
                yield Door(url, suite, issuer)


def names(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return [each["name"] for each in found.get("providers", [])]


def test_a_token_says_who_asks(door: Door) -> None:
    assert names(door.get("/v1/providers", door.issuer.token())) == [f"providers/{OWN}"]
    hospital = door.issuer.token(organisatie=OTHER, realm_access={"roles": ["aanbieder"]})
    assert names(door.get("/v1/providers", hospital)) == [f"providers/{OTHER}"]


def test_who_shows_no_token_is_nobody_whatever_it_says_of_itself(door: Door) -> None:
    answer = door.get("/v1/providers", **{"x-actor": f"jan@{OWN}"})
    assert (answer.status_code, refusal(answer)["ErrorInfo"]["reason"]) == (401, "UNAUTHENTICATED")
    answer = door.get("/v1/providers", door.issuer.token(aud="elders"))
    assert answer.status_code == 401


def test_what_one_may_not_is_forbidden(door: Door) -> None:
    answer = door.get(f"/v1/providers/{OTHER}", door.issuer.token())
    assert (answer.status_code, refusal(answer)["ErrorInfo"]["reason"]) == (403, "PERMISSION_DENIED")
