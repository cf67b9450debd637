"""The whole example round through services that ask who calls, each party with a certificate of its own."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.clients import Addresses, Services
from services.cli.exchange.comparison import compare
from services.cli.exchange.expected import write_expected
from services.cli.expectation import expectation_of
from services.cli.output import Output
from services.cli.processes import start, stop, wait_until_serving
from services.cli.service import SERVICES, peers_of, variable
from tests.support.certificates import Authority, Issued
from tests.support.databases import database_url
from tests.support.identified import ISSUER, directory
from tests.support.ports import unused_port

from .conftest import Command, Outcome, run


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), ISSUER)


@pytest.fixture(scope="module")
def first_provider(example: Path) -> str:
    with (example / "providers.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))["agb"]


@pytest.fixture(scope="module")
def suite(authority: Authority, first_provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """The services as processes; `alles` may do what everyone together may."""
    folder = tmp_path_factory.mktemp("identified")
    identities = folder / "identities.yaml"
    identities.write_text(
        directory(
            {
                "dienst": {"code": "dienst", "roles": ["dienst"]},
                "beheerder": {"code": "beheerder", "roles": ["beheerder", "auditor"]},
                "ziekenhuis": {"code": first_provider, "roles": ["aanbieder"], "providers": [first_provider]},
            }
        ),
        "utf-8",
    )
    own = authority.issue("server", common_name="dienst", hosts=("localhost", "127.0.0.1"))
    addresses = {name: f"127.0.0.1:{unused_port()}" for name in SERVICES}
    children = []
    try:
        for name in SERVICES:
            settings = {
                "identity": "required",
                "identities": identities,
                "tls_certificate": own.certificate,
                "tls_key": own.key,
                "tls_client_ca": authority.ca,
                "address": addresses[name],
                "database_url": database_url(folder / f"{name}.db"),
                **{f"{peer}_address": addresses[peer] for peer in peers_of(name)},
            }
            environment = {variable(name, setting): str(value) for setting, value in settings.items()}
            children.append(start(name, addresses[name], environment, folder / f"{name}.log"))
        wait_until_serving(children)
        yield Addresses(**addresses)
    finally:
        stop(children)


@pytest.fixture
def as_(authority: Authority, suite: Addresses, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command as an organisation."""

    def command(name: str, *arguments: object) -> Outcome:
        issued: Issued = authority.issue(name)
        monkeypatch.setenv("SPOEDKADER_TLS_CA", str(authority.ca))
        monkeypatch.setenv("SPOEDKADER_TLS_CERTIFICATE", str(issued.certificate))
        monkeypatch.setenv("SPOEDKADER_TLS_KEY", str(issued.key))
        return run(*arguments, addresses=suite)

    return command


def test_a_round_goes_in_comes_out_and_is_judged(
    as_: Command, example: Path, tmp_path: Path, first_provider: str
) -> None:
    refused = as_("ziekenhuis", "import", example)
    assert refused.status != 0
    assert "mag deze methode niet aanroepen" in refused.err
    assert as_("vreemde", "import", example).status != 0

    imported = as_("beheerder", "import", example)
    assert imported.status == 0, imported.err
    out = tmp_path / "ronde"
    exported = as_("beheerder", "export", out, "--year", 2027)
    assert exported.status == 0, exported.err
    for file in ("providers.csv", "locations.csv", "closures.csv"):
        assert (out / file).read_text("utf-8") == (example / file).read_text("utf-8")

    budget = as_("ziekenhuis", "budget", first_provider, "--year", 2027)
    assert budget.status == 0, budget.err
    assert as_("ziekenhuis", "budget", "--year", 2027).status != 0, "not of everyone"


def test_what_follows_from_the_round_is_what_is_expected(
    as_: Command, suite: Addresses, example: Path, tmp_path: Path
) -> None:
    # Sets the certificate of who asks.
    assert as_("beheerder", "import", example).status == 0
    with Output(as_json=True).progress() as steps, Services(suite) as services:
        found = expectation_of(example, services, steps)
    write_expected(found.rows, tmp_path)
    compared = compare(example / "expected", tmp_path)
    assert [(each.file, each.differences) for each in compared if not each.agrees] == []
    assert sum(each.rows for each in compared) > 2000
