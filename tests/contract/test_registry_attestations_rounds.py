"""The attestation service and the round service over a real socket."""

import uuid

import grpc
import pytest
from google.type import money_pb2

from services.runtime.server import Application
from spoedkader.registry.v1 import attestation_pb2 as att
from spoedkader.registry.v1 import round_pb2 as rnd
from tests.support.clients import RegistryClient, round_2027
from tests.support.messages import day, euros
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


def attestation(
    kind: int = att.Attestation.KIND_SCHONING, year: int = 2027, document: str = "a.pdf"
) -> att.Attestation:
    return att.Attestation(budget_year=year, kind=kind, attested_date=day("2026-09-01"), document=document)  # type: ignore[arg-type]


# Declarations


def test_a_declaration_is_recorded_under_its_year_and_kind(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    made = registry.attestations.RecordAttestation(
        att.RecordAttestationRequest(parent=parent, attestation=attestation(att.Attestation.KIND_OVERLOOP_DBC))
    )
    assert made.name == f"{parent}/attestations/2027-overloop-dbc"
    assert registry.attestations.GetAttestation(att.GetAttestationRequest(name=made.name)) == made


def test_the_same_declaration_again_replaces_the_earlier_one(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    for document in ("a.pdf", "b.pdf"):
        request = att.RecordAttestationRequest(parent=parent, attestation=attestation(document=document))
        registry.attestations.RecordAttestation(request)
    listed = registry.attestations.ListAttestations(att.ListAttestationsRequest(parent=parent)).attestations
    assert [one.document for one in listed] == ["b.pdf"]


def test_everything_wrong_with_a_declaration_is_named(registry: RegistryClient) -> None:
    wrong = attestation(kind=0, year=1066, document="x" * 501)
    wrong.ClearField("attested_date")
    found = refusal(
        registry.attestations.RecordAttestation,
        att.RecordAttestationRequest(parent="providers/-", attestation=wrong),
    )
    assert sorted(found.fields) == [
        "attestation.attested_date",
        "attestation.budget_year",
        "attestation.document",
        "attestation.kind",
        "parent",
    ]


def test_declarations_that_are_not_there_are_not_found(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    for name in (f"{parent}/attestations/2027-schoning", "providers/99999999/attestations/2027-schoning"):
        found = refusal(registry.attestations.GetAttestation, att.GetAttestationRequest(name=name))
        assert found.code is grpc.StatusCode.NOT_FOUND
    request = att.RecordAttestationRequest(parent="providers/99999999", attestation=attestation())
    assert refusal(registry.attestations.RecordAttestation, request).reason == "NOT_FOUND"
    listing = att.ListAttestationsRequest(parent="providers/99999999")
    assert refusal(registry.attestations.ListAttestations, listing).reason == "NOT_FOUND"


def test_a_rehearsed_declaration_is_not_kept(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    request = att.RecordAttestationRequest(parent=parent, attestation=attestation(), validate_only=True)
    registry.attestations.RecordAttestation(request)
    assert not registry.attestations.ListAttestations(att.ListAttestationsRequest(parent=parent)).attestations


def test_declarations_come_in_pages_in_the_order_of_recording(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    for kind in (4, 2, 3, 1):
        request = att.RecordAttestationRequest(parent=parent, attestation=attestation(kind=kind))
        registry.attestations.RecordAttestation(request)
    first = registry.attestations.ListAttestations(att.ListAttestationsRequest(parent=parent, page_size=3))
    rest = registry.attestations.ListAttestations(
        att.ListAttestationsRequest(parent=parent, page_token=first.next_page_token)
    )
    assert [one.kind for one in [*first.attestations, *rest.attestations]] == [4, 2, 3, 1]
    everyone = att.ListAttestationsRequest(parent="providers/-", page_size=1000)
    listed = registry.attestations.ListAttestations(everyone).attestations
    assert [one.kind for one in listed if one.name.startswith(f"{parent}/")] == [4, 2, 3, 1]


# Rounds


def test_a_round_is_set_and_read_back_to_the_cent(registry: RegistryClient) -> None:
    made = registry.set_round(name="rounds/2031", norm_amount=euros(460_000_001))
    assert made.norm_amount == money_pb2.Money(currency_code="EUR", units=4_600_000, nanos=10_000_000)
    assert registry.rounds.GetRound(rnd.GetRoundRequest(name="rounds/2031")) == made


def test_rounds_are_listed_by_budget_year_however_they_were_set(registry: RegistryClient) -> None:
    for year in (2043, 2041, 2042):
        registry.set_round(name=f"rounds/{year}")
    found: list[str] = []
    request = rnd.ListRoundsRequest(page_size=1)
    while True:
        page = registry.rounds.ListRounds(request)
        found += [one.name for one in page.rounds]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == sorted(set(found))
    assert {"rounds/2041", "rounds/2042", "rounds/2043"} <= set(found)


@pytest.mark.parametrize(
    "amount",
    [
        money_pb2.Money(currency_code="USD", units=1),
        money_pb2.Money(units=1),
        money_pb2.Money(currency_code="EUR", units=-1),
        money_pb2.Money(currency_code="EUR", nanos=-10_000_000),
        money_pb2.Money(currency_code="EUR", nanos=1),
        money_pb2.Money(currency_code="EUR", nanos=1_000_000_000),
        money_pb2.Money(currency_code="EUR", units=2**63 - 1),
        None,
    ],
)
def test_an_amount_that_is_no_whole_number_of_cents_is_refused(
    registry: RegistryClient, amount: money_pb2.Money | None
) -> None:
    request = rnd.UpdateRoundRequest(round=round_2027(norm_amount=amount))
    assert refusal(registry.rounds.UpdateRound, request).fields == ["round.norm_amount"]


def test_an_empty_round_names_every_field_that_is_required(registry: RegistryClient) -> None:
    found = refusal(registry.rounds.UpdateRound, rnd.UpdateRoundRequest())
    assert set(found.fields) == {
        "round.name",
        "round.survey_year",
        "round.reference_year",
        "round.policy_year",
        "round.rivm_preliminary_delivered_date",
        "round.norm_amount",
    }


def test_a_round_of_another_version_is_aborted(registry: RegistryClient) -> None:
    first = registry.set_round(name="rounds/2032")
    second = registry.set_round(name="rounds/2032", survey_year=2025, etag=first.etag)
    request = rnd.UpdateRoundRequest(round=round_2027(name="rounds/2032", etag=first.etag))
    found = refusal(registry.rounds.UpdateRound, request)
    assert (found.code, found.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert found.metadata == {"expected": first.etag, "current": second.etag}


def test_a_round_that_is_not_there_is_not_found(registry: RegistryClient) -> None:
    assert refusal(registry.rounds.GetRound, rnd.GetRoundRequest(name="rounds/1999")).code is grpc.StatusCode.NOT_FOUND
    assert refusal(registry.rounds.GetRound, rnd.GetRoundRequest(name="rounds/-")).fields == ["name"]
    assert refusal(registry.rounds.GetRound, rnd.GetRoundRequest(name="rounds/0000")).code is grpc.StatusCode.NOT_FOUND


def test_a_rehearsed_round_is_not_kept_and_a_repeated_one_counts_once(registry: RegistryClient) -> None:
    request = rnd.UpdateRoundRequest(round=round_2027(name="rounds/2033"), validate_only=True)
    registry.rounds.UpdateRound(request)
    assert refusal(registry.rounds.GetRound, rnd.GetRoundRequest(name="rounds/2033")).reason == "NOT_FOUND"
    request.validate_only, request.request_id = False, str(uuid.uuid4())
    first = registry.rounds.UpdateRound(request)
    registry.set_round(name="rounds/2033", survey_year=2025)
    assert registry.rounds.UpdateRound(request) == first
