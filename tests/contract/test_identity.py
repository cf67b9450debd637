"""Callers that show who they are, by certificate and token, to services that ask for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from spoedkader.budget.v1 import budget_pb2, calendar_pb2, obligation_pb2
from spoedkader.client.calls import ACTOR_KEY
from spoedkader.client.files import LOOK_SECONDS
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import assessment_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2, snapshot_pb2
from tests.support.clients import BudgetClient, QualityClient, RegistryClient, provider
from tests.support.identified import INSURER, ORGANISATIONS, OTHER, OWN, Identified, directory, identified_suite
from tests.support.issuer import AUDIENCE, URL, TestIssuer, issuing
from tests.support.messages import moment
from tests.support.refusals import refusal

EVERYONE = location_pb2.ListLocationsRequest(parent="providers/-")


@pytest.fixture(scope="module")
def issuer() -> Iterator[TestIssuer]:
    with issuing() as running:
        yield running


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, issuer: TestIssuer) -> Iterator[Identified]:
    """Two hospitals with a location each."""
    oidc = {"oidc_issuer": URL, "oidc_audience": AUDIENCE, "oidc_keys_url": issuer.keys_url}
    with identified_suite(tmp_path_factory.mktemp("identified"), **oidc) as running:
        with running.channel("registry", "beheerder") as channel:
            operator = RegistryClient(channel)
            operator.set_round()
            for agb in (OWN, OTHER):
                operator.providers.CreateProvider(
                    provider_pb2.CreateProviderRequest(provider_id=agb, provider=provider()), timeout=10
                )
                operator.new_location(f"providers/{agb}")
        yield running


@pytest.fixture(scope="module")
def open_channel(suite: Identified) -> Iterator[Callable[[str, str], grpc.Channel]]:
    with ExitStack() as stack:
        yield lambda service, name: stack.enter_context(suite.channel(service, name))


@pytest.fixture(scope="module")
def registry(open_channel: Callable[[str, str], grpc.Channel]) -> Callable[[str], RegistryClient]:
    return lambda name: RegistryClient(open_channel("registry", name))


def place_of(client: RegistryClient, agb: str) -> str:
    request = location_pb2.ListLocationsRequest(parent=f"providers/{agb}")
    (found,) = client.locations.ListLocations(request, timeout=10).locations
    return found.name


Registry = Callable[[str], RegistryClient]


# --- who calls ---


def test_a_certificate_of_nobody(registry: Registry) -> None:
    found = refusal(registry("onbekende").locations.ListLocations, EVERYONE, timeout=10)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


def test_a_connection_without_a_certificate(suite: Identified) -> None:
    tls = grpc.ssl_channel_credentials(suite.authority.ca.read_bytes())
    with grpc.secure_channel(suite.addresses["registry"], tls) as channel:
        found = refusal(RegistryClient(channel).locations.ListLocations, EVERYONE, timeout=5)
    assert found.code is grpc.StatusCode.UNAVAILABLE


def test_a_connection_without_tls(suite: Identified) -> None:
    with grpc.insecure_channel(suite.addresses["registry"]) as channel:
        found = refusal(RegistryClient(channel).locations.ListLocations, EVERYONE, timeout=5)
    assert found.code is grpc.StatusCode.UNAVAILABLE


def new_closure(client: RegistryClient, parent: str, actor: str = "", **metadata: str) -> closure_pb2.Closure:
    request = closure_pb2.CreateClosureRequest(
        parent=parent,
        closure_id=client.unused_id("C"),
        closure=closure_pb2.Closure(start_time=moment("2027-02-01T08:00"), end_time=moment("2027-02-01T12:00")),
    )
    sent = [(ACTOR_KEY, actor)] if actor else []
    return client.closures.CreateClosure(request, timeout=10, metadata=[*sent, *metadata.items()])


def last_actor(client: RegistryClient) -> str:
    changes = client.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10).changes
    return changes[-1].actor


@pytest.mark.parametrize(
    ("named", "recorded"),
    [
        ("", f"systeem@{OWN}"),
        ("jan", f"jan@{OWN}"),
        (f"jan@{OWN}", f"jan@{OWN}"),
        ("ontwikkeling", f"ontwikkeling@{OWN}"),
    ],
)
def test_the_user_that_a_system_names(registry: Registry, named: str, recorded: str) -> None:
    hospital = registry("aanbieder")
    new_closure(hospital, place_of(hospital, OWN), named)
    assert last_actor(registry("auditor")) == recorded


@pytest.mark.parametrize("named", [f"jan@{OTHER}", f"@{OWN}", f"jan@{INSURER}", f"jan@{OWN}@{OTHER}"])
def test_a_user_of_someone_else(registry: Registry, named: str) -> None:
    hospital = registry("aanbieder")
    place = place_of(hospital, OWN)
    with pytest.raises(grpc.RpcError) as caught:
        new_closure(hospital, place, named)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED  # type: ignore[attr-defined]


# --- whose it is ---


def test_a_list_shows_each_its_own(registry: Registry) -> None:
    def shown(name: str) -> set[str]:
        found = registry(name).locations.ListLocations(EVERYONE, timeout=10).locations
        return {each.name.split("/")[1] for each in found}

    assert shown("aanbieder") == {OWN}
    assert shown("andere") == {OTHER}
    assert shown("verzekeraar") == {OWN}
    assert shown("auditor") == shown("beheerder") == shown("dienst") == {OWN, OTHER}


def test_what_exists_can_not_be_found_out(registry: Registry) -> None:
    hospital = registry("aanbieder")
    theirs = place_of(registry("andere"), OTHER)
    answers = {
        str(refusal(hospital.locations.GetLocation, location_pb2.GetLocationRequest(name=name), timeout=10)).replace(
            name.split("/")[1], "*"
        )
        for name in (theirs, f"providers/{OTHER}/locations/bestaat-niet")
    }
    assert {"PERMISSION_DENIED" in answer for answer in answers} == {True}
    # By its own name a location of another does not exist, as one that does not exist.
    own = theirs.replace(OTHER, OWN)
    assert refusal(hospital.locations.GetLocation, location_pb2.GetLocationRequest(name=own), timeout=10).code is (
        grpc.StatusCode.NOT_FOUND
    )
    request = location_pb2.GetLocationRequest(name=theirs.replace(OTHER, "-"))
    assert refusal(hospital.locations.GetLocation, request, timeout=10).reason == "PERMISSION_DENIED"


def test_the_message_of_a_refusal_tells_whom_it_is_about(registry: Registry) -> None:
    request = location_pb2.GetLocationRequest(name=f"providers/{OTHER}/locations/x")
    found = refusal(registry("aanbieder").locations.GetLocation, request, timeout=10)
    assert (found.metadata["organisation"], found.metadata["roles"]) == (OWN, "aanbieder")
    assert OTHER in found.message


def test_the_feed_shows_each_its_own_and_what_is_everyones(registry: Registry, suite: Identified) -> None:
    def resources(name: str) -> list[str]:
        changes = registry(name).feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10).changes
        return [change.resource for change in changes]

    hospital = registry("aanbieder")
    place = place_of(hospital, OWN)
    hours = location_pb2.OpeningHours(name=f"{place.replace(OWN, '-')}/openingHours")
    with suite.channel("registry", "beheerder") as channel:
        RegistryClient(channel).locations.UpdateOpeningHours(
            location_pb2.UpdateOpeningHoursRequest(opening_hours=hours), timeout=10
        )
    every = resources("auditor")
    assert f"{place}/openingHours" in every, "the feed completes the name"
    assert {name.split("/")[1] for name in every if name.startswith("providers/")} == {OWN, OTHER}
    own = resources("aanbieder")
    assert own == [name for name in every if name.startswith((f"providers/{OWN}", "rounds/"))]
    assert f"{place}/openingHours" in own


def test_an_insurer_judges_and_calculates_for_whom_it_represents(
    suite: Identified, open_channel: Callable[[str, str], grpc.Channel]
) -> None:
    quality = QualityClient(open_channel("quality", "verzekeraar"))
    request = assessment_pb2.AssessLocationsRequest(budget_year=2027)
    parts = list(quality.assessments.AssessLocations(request, timeout=60))
    assert [(part.done_count, part.total_count) for part in parts] == [(1, 1)]
    budget = BudgetClient(open_channel("budget", "verzekeraar"))
    found = list(budget.budgets.CalculateBudgets(budget_pb2.CalculateBudgetsRequest(budget_year=2027), timeout=60))
    assert [part.calculation.name.split("/")[1] for part in found] == [OWN]
    obligations = obligation_pb2.ListObligationsRequest(parent="providers/-", budget_year=2027)
    listed = budget.obligations.ListObligations(obligations, timeout=10).obligations
    assert [each.name.split("/")[1] for each in listed] == [OWN]


def test_an_insurer_asks_for_its_own_deadlines(open_channel: Callable[[str, str], grpc.Channel]) -> None:
    calendar = BudgetClient(open_channel("budget", "verzekeraar")).calendar
    own = calendar_pb2.ListDeadlinesRequest(parent=f"insurers/{INSURER}", budget_year=2027)
    assert calendar.ListDeadlines(own, timeout=10) is not None
    for parent in ("insurers/9102", "providers/-"):
        other = calendar_pb2.ListDeadlinesRequest(parent=parent, budget_year=2027)
        assert refusal(calendar.ListDeadlines, other, timeout=10).reason == "PERMISSION_DENIED"


def test_a_service_passes_the_user_on(
    suite: Identified, open_channel: Callable[[str, str], grpc.Channel], registry: Registry
) -> None:
    hospital = registry("aanbieder")
    new_closure(hospital, place_of(hospital, OWN))
    budget = BudgetClient(open_channel("budget", "aanbieder"))
    request = budget_pb2.CalculateBudgetRequest(name=f"providers/{OWN}/budgets/2027")
    assert budget.budgets.CalculateBudget(request, timeout=20, metadata=[(ACTOR_KEY, "jan")]).name
    changes = BudgetClient(open_channel("budget", "auditor")).feed.ListChanges(
        feed_pb2.ListChangesRequest(page_size=1000), timeout=10
    )
    assert changes.changes[-1].actor == f"jan@{OWN}"
    # A service may name any user, for it has admitted it.
    everyone = snapshot_pb2.ListProviderSnapshotsRequest(budget_year=2027)
    found = registry("dienst").snapshots.ListProviderSnapshots(everyone, timeout=10, metadata=[(ACTOR_KEY, "a@b")])
    assert len(found.snapshots) == 2


def test_a_service_that_its_peer_does_not_know_does_not_blame_the_caller(
    suite: Identified, open_channel: Callable[[str, str], grpc.Channel]
) -> None:
    hospital = BudgetClient(open_channel("budget", "aanbieder"))
    request = budget_pb2.CalculateBudgetRequest(name=f"providers/{OWN}/budgets/2027")
    assert hospital.budgets.CalculateBudget(request, timeout=20).name
    suite.identities.write_text(directory({k: v for k, v in ORGANISATIONS.items() if k != "dienst"}), "utf-8")
    try:
        time.sleep(LOOK_SECONDS + 0.1)
        found = refusal(hospital.budgets.CalculateBudget, request, timeout=20)
        assert (found.reason, found.metadata["peer"]) == ("PEER_UNAVAILABLE", "registry")
    finally:
        suite.identities.write_text(directory(), "utf-8")
        time.sleep(LOOK_SECONDS + 0.1)


# --- tokens ---


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def locations(client: RegistryClient, token: str) -> set[str]:
    found = client.locations.ListLocations(EVERYONE, timeout=10, metadata=bearer(token)).locations
    return {each.name.split("/")[1] for each in found}


def test_a_user_by_a_token_through_the_door(registry: Registry, issuer: TestIssuer) -> None:
    assert locations(registry("deur"), issuer.token()) == {OWN}
    hospital = issuer.token(organisatie=OTHER, realm_access={"roles": ["aanbieder"]})
    assert locations(registry("deur"), hospital) == {OTHER}


def test_a_token_gives_no_more_than_its_organisation_has(registry: Registry, issuer: TestIssuer) -> None:
    for roles in ([], ["auditor"], ["ontwikkeling"], ["dienst"]):
        token = issuer.token(realm_access={"roles": roles})
        found = refusal(registry("deur").locations.ListLocations, EVERYONE, timeout=10, metadata=bearer(token))
        assert found.reason == "PERMISSION_DENIED", roles


def test_a_token_beside_a_certificate_is_of_the_same_organisation(registry: Registry, issuer: TestIssuer) -> None:
    assert locations(registry("verzekeraar"), issuer.token()) == {OWN}
    found = refusal(
        registry("aanbieder").locations.ListLocations, EVERYONE, timeout=10, metadata=bearer(issuer.token())
    )
    assert found.reason == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Basic dmVyYTp2ZXJh", "UNAUTHENTICATED"),
        ("Bearer ", "UNAUTHENTICATED"),
        ("Bearer geen-token", "UNAUTHENTICATED"),
    ],
)
def test_other_ways_to_show_who_one_is(registry: Registry, header: str, reason: str) -> None:
    metadata = [("authorization", header)]
    found = refusal(registry("deur").locations.ListLocations, EVERYONE, timeout=10, metadata=metadata)
    assert found.reason == reason


def test_an_organisation_or_a_name_that_is_unknown(registry: Registry, issuer: TestIssuer) -> None:
    for claims in ({"organisatie": "9999"}, {"preferred_username": "ve\nra"}, {"preferred_username": "x" * 200}):
        token = issuer.token(**claims)
        found = refusal(registry("deur").locations.ListLocations, EVERYONE, timeout=10, metadata=bearer(token))
        assert found.reason == "UNAUTHENTICATED", claims


def test_a_token_does_not_stand_in_the_refusal_nor_in_the_log(
    registry: Registry, issuer: TestIssuer, capsys: pytest.CaptureFixture[str]
) -> None:
    token = issuer.token(aud="elders")
    found = refusal(registry("deur").locations.ListLocations, EVERYONE, timeout=10, metadata=bearer(token))
    assert token[:20] not in str(found) + capsys.readouterr().out


# --- changes while it runs ---


def test_an_organisation_that_is_taken_out_of_the_directory(suite: Identified, registry: Registry) -> None:
    client = registry("andere")
    assert client.locations.ListLocations(EVERYONE, timeout=10).locations
    suite.identities.write_text(directory({k: v for k, v in ORGANISATIONS.items() if k != "andere"}), "utf-8")
    try:
        time.sleep(LOOK_SECONDS + 0.1)
        assert refusal(client.locations.ListLocations, EVERYONE, timeout=10).reason == "UNAUTHENTICATED"
    finally:
        suite.identities.write_text(directory(), "utf-8")
        time.sleep(LOOK_SECONDS + 0.1)
    assert client.locations.ListLocations(EVERYONE, timeout=10).locations


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"identities": None}, "identities"),
        ({"tls_key": None}, "tls_key"),
        ({"address": "unix:/tmp/x.sock"}, "socket"),
        ({"oidc_issuer": URL}, "oidc_audience, oidc_keys_url"),
        ({"oidc_issuer": URL, "oidc_audience": "x", "oidc_keys_url": "http://voorbeeld.test/keys"}, "https"),
        ({"oidc_issuer": URL, "oidc_audience": "x", "oidc_keys_url": "http://10.0.0.1:80/keys"}, "loopback"),
    ],
)
def test_settings_that_are_not_whole(suite: Identified, fields: dict[str, Any], problem: str) -> None:
    from services.registry.server import RegistrySettings  # noqa: PLC0415

    own = suite.authority.issue("instellingen")
    whole = {
        "identity": "required",
        "identities": suite.identities,
        "tls_certificate": own.certificate,
        "tls_key": own.key,
        "tls_client_ca": suite.authority.ca,
        "address": "0.0.0.0:0",
    }
    assert RegistrySettings(**whole)
    with pytest.raises(ValueError, match=problem):
        RegistrySettings(**{**whole, **fields})
