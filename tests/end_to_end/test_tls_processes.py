"""The services as processes that know their callers, and the command as one of these."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.clients import Addresses, connect
from services.cli.failures import Failure
from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable
from spoedkader.budget.v1 import calendar_pb2, calendar_pb2_grpc
from spoedkader.client import Refused
from tests.support.certificates import Authority
from tests.support.databases import database_url
from tests.support.ports import unused_port

ORGANISATIONS = """
organisations:
  - {code: spoedkader, name: De diensten, roles: [dienst], certificates: [{common_name: diensten, issuer: ca}]}
  - {code: "9101", name: Verzekeraar, roles: [verzekeraar], certificates: [{common_name: inkoop, issuer: ca}]}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def addresses(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    folder = tmp_path_factory.mktemp("processes")
    (folder / "organisations.yaml").write_text(ORGANISATIONS)
    own = authority.server("diensten")
    found = {name: f"localhost:{unused_port()}" for name in SERVICES}
    children: list[ServiceProcess] = []
    try:
        for name in SERVICES:
            environment = {
                variable(name, "address"): found[name].replace("localhost", "0.0.0.0"),
                variable(name, "database_url"): database_url(folder / f"{name}.db"),
                variable(name, "drain_seconds"): "0",
                variable(name, "identity"): "required",
                variable(name, "identities"): str(folder / "organisations.yaml"),
                variable(name, "tls_certificate"): str(own.certificate),
                variable(name, "tls_key"): str(own.key),
                variable(name, "tls_client_ca"): str(authority.ca),
                **{variable(name, f"{peer}_address"): found[peer] for peer in peers_of(name)},
            }
            address = environment[variable(name, "address")]
            children.append(start(name, address, environment, folder / f"{name}.log"))
        wait_until_serving(children)
        yield Addresses(**found)
    finally:
        stop(children)


@pytest.fixture
def shown(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the environment says for someone who shows who he is."""
    own = authority.client("inkoop")
    environment = {
        "SPOEDKADER_TLS_CA": str(authority.ca),
        "SPOEDKADER_TLS_CERTIFICATE": str(own.certificate),
        "SPOEDKADER_TLS_KEY": str(own.key),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def command(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SPOEDKADER_TLS")}
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        env={**plain, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_shows_who_it_is(addresses: Addresses, shown: dict[str, str]) -> None:
    ask = ("budget", "--year", "2027", "--registry", addresses.registry, "--budget", addresses.budget)
    known, unknown = command(*ask, environment=shown), command(*ask, environment={})
    assert "is niet bereikbaar" not in known.stderr, known.stderr
    assert "is niet bereikbaar (UNAVAILABLE)" in unknown.stderr


def test_services_know_each_other(addresses: Addresses, shown: dict[str, str]) -> None:
    with connect("budget", addresses.budget, "inkoper") as budget:
        calendar = calendar_pb2_grpc.CalendarServiceStub(budget.channel)
        request = calendar_pb2.ListDeadlinesRequest(parent="insurers/9101", budget_year=2027)
        with pytest.raises(Refused) as caught:
            budget.call(calendar.ListDeadlines, request)
    # Only the registry knows that.
    assert caught.value.reason == "ROUND_UNKNOWN"


def test_files_that_cannot_be_used_end_the_command_in_one_line(
    addresses: Addresses, shown: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOEDKADER_TLS_KEY", str(tmp_path / "nergens.pem"))
    with pytest.raises(Failure, match="nergens"):
        connect("registry", addresses.registry, "inkoper")
    monkeypatch.delenv("SPOEDKADER_TLS_KEY")
    with pytest.raises(Failure, match="horen bij elkaar"):
        connect("registry", addresses.registry, "inkoper")
    monkeypatch.delenv("SPOEDKADER_TLS_CERTIFICATE")
    monkeypatch.delenv("SPOEDKADER_TLS_CA")
    monkeypatch.setenv("SPOEDKADER_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(Failure, match="zonder SPOEDKADER_TLS_CA is er geen TLS"):
        connect("registry", addresses.registry, "inkoper")
