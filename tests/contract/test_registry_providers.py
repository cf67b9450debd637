"""The provider service over a real socket."""

import uuid
from typing import Any

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.registry.v1 import provider_pb2 as pb
from tests.support.clients import RegistryClient, provider
from tests.support.clock import TickingClock
from tests.support.messages import day, mask, read_instant
from tests.support.refusals import refusal

grpc_max_workers = 8

NEW = {"provides_seh_since": day("2027-04-01")}


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


def decide(registry: RegistryClient, verb: str, name: str, insurer: str, on: str, **fields: Any) -> pb.Provider:
    kind = {"Approve": pb.ApproveProviderRequest, "Decline": pb.DeclineProviderRequest}[verb]
    fields = {"reason": "te weinig personeel", **fields} if verb == "Decline" else fields
    request = kind(name=name, insurer=insurer, decided_date=day(on), **fields)
    return getattr(registry.providers, f"{verb}Provider")(request, timeout=10)


def under_review(registry: RegistryClient, **fields: Any) -> pb.Provider:
    name = registry.new_provider(**NEW, **fields).name
    return registry.providers.SubmitProvider(pb.SubmitProviderRequest(name=name))


# Registering


def test_a_provider_is_registered_and_read_back(registry: RegistryClient, clock: TickingClock) -> None:
    agb = registry.unused_agb()
    created = registry.providers.CreateProvider(pb.CreateProviderRequest(provider_id=agb, provider=provider()))
    assert created.name == f"providers/{agb}"
    assert created.state == pb.Provider.STATE_ESTABLISHED
    assert list(created.representatives) == ["9101", "9102"]
    assert created.provides_seh_since == day("1990-01-01")
    assert created.etag
    assert read_instant(created.update_time) == clock.now
    assert registry.providers.GetProvider(pb.GetProviderRequest(name=created.name)) == created


def test_a_name_in_the_message_of_a_new_provider_is_ignored(registry: RegistryClient) -> None:
    created = registry.new_provider(name="providers/99999999", etag='"7"', state=pb.Provider.STATE_APPROVED)
    assert created.name != "providers/99999999"
    assert created.state == pb.Provider.STATE_ESTABLISHED


@pytest.mark.parametrize(
    ("since", "state"),
    [("2026-12-31", pb.Provider.STATE_ESTABLISHED), ("2027-01-01", pb.Provider.STATE_PROPOSED)],
)
def test_a_provider_is_new_after_the_reference_day(registry: RegistryClient, since: str, state: int) -> None:
    assert registry.new_provider(provides_seh_since=day(since)).state == state


def test_every_wrong_field_of_a_new_provider_is_named_in_one_refusal(registry: RegistryClient) -> None:
    wrong = pb.Provider(kvk="1234567", display_name=" ", representatives=["9101", "91", "9101"])
    wrong.provides_seh_since.CopyFrom(day("2027-01-31"))
    wrong.provides_seh_since.month = 2
    request = pb.CreateProviderRequest(provider_id="０6010101", provider=wrong, request_id="geen uuid")
    found = refusal(registry.providers.CreateProvider, request)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (found.reason, found.domain) == ("INVALID_INPUT", "spoedkader")
    assert sorted(found.fields) == [
        "provider.display_name",
        "provider.kvk",
        "provider.provides_seh_since",
        "provider.representatives",
        "provider.representatives[1]",
        "provider_id",
        "request_id",
    ]
    assert found.metadata["violations"] == "7"
    assert found.violations["provider.provides_seh_since"] == "is geen datum: 2027-02-31"
    assert found.violations["provider.kvk"] == "moet 8 cijfers zijn"


def test_an_empty_provider_names_every_field_that_is_required(registry: RegistryClient) -> None:
    found = refusal(registry.providers.CreateProvider, pb.CreateProviderRequest())
    assert sorted(found.fields) == [
        "provider.display_name",
        "provider.kvk",
        "provider.provides_seh_since",
        "provider.representatives",
        "provider_id",
    ]


@pytest.mark.parametrize("text", ["x" * 201, "met\x07bel", "nul\x00"])
def test_names_that_are_too_long_or_hold_control_characters_are_refused(registry: RegistryClient, text: str) -> None:
    request = pb.CreateProviderRequest(provider_id=registry.unused_agb(), provider=provider(display_name=text))
    assert refusal(registry.providers.CreateProvider, request).fields == ["provider.display_name"]


def test_texts_of_every_script_come_back_unchanged(registry: RegistryClient) -> None:
    text = "Ziekenhuis 'De Réiger'; DROP TABLE provider; -- 🏥 ” %s {name}"
    assert registry.new_provider(display_name=text).display_name == text


def test_a_provider_is_registered_once(registry: RegistryClient) -> None:
    existing = registry.new_provider()
    request = pb.CreateProviderRequest(provider_id=existing.name.removeprefix("providers/"), provider=provider())
    found = refusal(registry.providers.CreateProvider, request)
    assert found.code is grpc.StatusCode.ALREADY_EXISTS
    assert (found.reason, found.metadata) == ("ALREADY_EXISTS", {"resource": existing.name})


def test_validate_only_checks_a_new_provider_and_registers_none(registry: RegistryClient) -> None:
    request = pb.CreateProviderRequest(provider_id=registry.unused_agb(), provider=provider(), validate_only=True)
    answer = registry.providers.CreateProvider(request)
    assert answer.display_name == request.provider.display_name
    assert refusal(registry.providers.GetProvider, pb.GetProviderRequest(name=answer.name)).reason == "NOT_FOUND"
    request.provider.kvk = "x"
    assert refusal(registry.providers.CreateProvider, request).fields == ["provider.kvk"]


# Repeated requests


def test_a_repeated_request_gets_the_first_answer_again(registry: RegistryClient) -> None:
    request = pb.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id=str(uuid.uuid4())
    )
    first = registry.providers.CreateProvider(request)
    registry.providers.UpdateProvider(
        pb.UpdateProviderRequest(provider=provider(name=first.name, display_name="Anders"))
    )
    assert registry.providers.CreateProvider(request) == first


def test_a_request_id_is_not_used_again_for_another_request(registry: RegistryClient) -> None:
    request = pb.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id=str(uuid.uuid4())
    )
    registry.providers.CreateProvider(request)
    request.provider.display_name = "Anders"
    found = refusal(registry.providers.CreateProvider, request)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (found.reason, found.metadata) == ("REQUEST_ID_REUSED", {"request_id": request.request_id})


def test_a_request_id_belongs_to_its_actor(registry: RegistryClient) -> None:
    request = pb.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id=str(uuid.uuid4())
    )
    registry.providers.CreateProvider(request, metadata=(("x-actor", "een"),))
    found = refusal(registry.providers.CreateProvider, request, metadata=(("x-actor", "twee"),))
    assert found.reason == "ALREADY_EXISTS"


def test_a_refused_request_leaves_its_request_id_free(registry: RegistryClient) -> None:
    agb, request_id = registry.unused_agb(), str(uuid.uuid4())
    name = f"providers/{agb}"
    submit = pb.SubmitProviderRequest(name=name, request_id=request_id)
    assert refusal(registry.providers.SubmitProvider, submit).reason == "NOT_FOUND"
    registry.providers.CreateProvider(pb.CreateProviderRequest(provider_id=agb, provider=provider(**NEW)))
    assert registry.providers.SubmitProvider(submit).state == pb.Provider.STATE_UNDER_REVIEW


def test_a_rehearsal_leaves_its_request_id_free(registry: RegistryClient) -> None:
    request = pb.CreateProviderRequest(
        provider_id=registry.unused_agb(), provider=provider(), request_id=str(uuid.uuid4()), validate_only=True
    )
    registry.providers.CreateProvider(request)
    request.validate_only = False
    created = registry.providers.CreateProvider(request)
    assert registry.providers.GetProvider(pb.GetProviderRequest(name=created.name)) == created


@pytest.mark.parametrize("request_id", ["x", "{12345678-1234-5678-1234-567812345678}", "1" * 36])
def test_a_request_id_is_a_uuid(registry: RegistryClient, request_id: str) -> None:
    request = pb.CreateProviderRequest(provider_id=registry.unused_agb(), provider=provider(), request_id=request_id)
    assert refusal(registry.providers.CreateProvider, request).fields == ["request_id"]


# Reading


@pytest.mark.parametrize("name", ["", "providers/1", "providers/-", "locations/06010101", "providers/06010101/"])
def test_a_name_of_another_form_is_refused(registry: RegistryClient, name: str) -> None:
    found = refusal(registry.providers.GetProvider, pb.GetProviderRequest(name=name))
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["name"])


def test_a_provider_that_is_not_there_is_not_found(registry: RegistryClient) -> None:
    found = refusal(registry.providers.GetProvider, pb.GetProviderRequest(name="providers/99999999"))
    assert found.code is grpc.StatusCode.NOT_FOUND
    assert (found.reason, found.domain) == ("NOT_FOUND", "spoedkader")
    assert found.metadata == {"resource": "providers/99999999"}


def test_pages_hold_every_provider_once_in_the_order_of_registration(registry: RegistryClient) -> None:
    made = [registry.new_provider().name for _ in range(7)]
    found: list[str] = []
    request = pb.ListProvidersRequest(page_size=3)
    while True:
        page = registry.providers.ListProviders(request)
        assert 1 <= len(page.providers) <= 3
        found += [one.name for one in page.providers]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(found) == len(set(found))
    assert [name for name in found if name in made] == made


@pytest.mark.parametrize("token", ["x", "e30=", "bnVsbA==", "WzFd", "é", "====", "W1tb" * 40_000])
def test_a_token_that_is_not_ours_is_refused(registry: RegistryClient, token: str) -> None:
    found = refusal(registry.providers.ListProviders, pb.ListProvidersRequest(page_token=token))
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


def test_a_page_size_below_zero_is_refused(registry: RegistryClient) -> None:
    found = refusal(registry.providers.ListProviders, pb.ListProvidersRequest(page_size=-1))
    assert found.fields == ["page_size"]


def test_everything_wrong_with_a_list_request_is_named(registry: RegistryClient) -> None:
    request = pb.ListApprovalsRequest(parent="x", page_size=-1, page_token="x")
    assert sorted(refusal(registry.providers.ListApprovals, request).fields) == ["page_size", "page_token", "parent"]


# Changing


def test_a_mask_changes_its_fields_and_leaves_the_rest(registry: RegistryClient) -> None:
    before = registry.new_provider()
    wanted = provider(name=before.name, kvk="76543210", display_name="Nieuw", representatives=["9999"])
    after = registry.providers.UpdateProvider(
        pb.UpdateProviderRequest(provider=wanted, update_mask=mask("display_name", "representatives"))
    )
    assert (after.display_name, list(after.representatives)) == ("Nieuw", ["9999"])
    assert after.kvk == before.kvk
    assert after.etag != before.etag
    assert registry.providers.GetProvider(pb.GetProviderRequest(name=before.name)) == after


@pytest.mark.parametrize("paths", [(), ("*",)])
def test_without_a_mask_every_field_is_replaced(registry: RegistryClient, paths: tuple[str, ...]) -> None:
    before = registry.new_provider()
    request = pb.UpdateProviderRequest(provider=pb.Provider(name=before.name), update_mask=mask(*paths))
    found = refusal(registry.providers.UpdateProvider, request)
    assert sorted(found.fields) == [
        "provider.display_name",
        "provider.kvk",
        "provider.provides_seh_since",
        "provider.representatives",
    ]


def test_a_mask_of_fields_that_cannot_be_written_is_refused_naming_each(registry: RegistryClient) -> None:
    request = pb.UpdateProviderRequest(
        provider=provider(name=registry.new_provider().name),
        update_mask=mask("state", "kvk", "bestaat_niet", "provides_seh_since.year", "name"),
    )
    found = refusal(registry.providers.UpdateProvider, request)
    assert found.fields == ["update_mask"] * 4
    assert found.metadata["violations"] == "4"


def test_output_only_fields_of_an_update_are_ignored(registry: RegistryClient) -> None:
    before = registry.new_provider(**NEW)
    wanted = provider(name=before.name, **NEW, state=pb.Provider.STATE_APPROVED)
    assert registry.providers.UpdateProvider(pb.UpdateProviderRequest(provider=wanted)) == before


def test_a_change_of_another_version_is_refused_as_aborted(registry: RegistryClient) -> None:
    first = registry.new_provider()
    wanted = provider(name=first.name, display_name="Een", etag=first.etag)
    second = registry.providers.UpdateProvider(pb.UpdateProviderRequest(provider=wanted))
    found = refusal(registry.providers.UpdateProvider, pb.UpdateProviderRequest(provider=wanted))
    assert found.code is grpc.StatusCode.ABORTED
    assert (found.reason, found.metadata) == ("ETAG_MISMATCH", {"expected": first.etag, "current": second.etag})
    wanted.etag, wanted.display_name = second.etag, "Twee"
    assert registry.providers.UpdateProvider(pb.UpdateProviderRequest(provider=wanted)).display_name == "Twee"


def test_a_huge_etag_is_refused_like_any_other(registry: RegistryClient) -> None:
    wanted = provider(name=registry.new_provider().name, etag="é" * 100_000)
    assert refusal(registry.providers.UpdateProvider, pb.UpdateProviderRequest(provider=wanted)).reason == (
        "ETAG_MISMATCH"
    )


def test_an_update_that_changes_nothing_makes_no_version(registry: RegistryClient) -> None:
    before = registry.new_provider()
    after = registry.providers.UpdateProvider(pb.UpdateProviderRequest(provider=provider(name=before.name)))
    assert after == before


def test_a_missing_provider_is_registered_by_an_update_only_when_asked(registry: RegistryClient) -> None:
    request = pb.UpdateProviderRequest(provider=provider(name=f"providers/{registry.unused_agb()}"))
    assert refusal(registry.providers.UpdateProvider, request).reason == "NOT_FOUND"
    request.allow_missing = True
    assert registry.providers.UpdateProvider(request).name == request.provider.name


def test_validate_only_shows_a_change_and_keeps_none(registry: RegistryClient) -> None:
    before = registry.new_provider()
    wanted = provider(name=before.name, display_name="Anders")
    answer = registry.providers.UpdateProvider(pb.UpdateProviderRequest(provider=wanted, validate_only=True))
    assert answer.display_name == "Anders"
    assert registry.providers.GetProvider(pb.GetProviderRequest(name=before.name)) == before


# Review and decisions


def test_a_new_provider_is_approved_when_every_representative_agrees(registry: RegistryClient) -> None:
    name = under_review(registry).name
    assert decide(registry, "Approve", name, "9101", "2027-02-01").state == pb.Provider.STATE_UNDER_REVIEW
    assert decide(registry, "Approve", name, "9999", "2027-02-01").state == pb.Provider.STATE_UNDER_REVIEW
    assert decide(registry, "Approve", name, "9102", "2027-02-02").state == pb.Provider.STATE_APPROVED
    assert decide(registry, "Decline", name, "9102", "2027-02-03").state == pb.Provider.STATE_DECLINED
    assert decide(registry, "Approve", name, "9102", "2027-02-03").state == pb.Provider.STATE_APPROVED


def test_an_earlier_day_does_not_undo_a_later_decision(registry: RegistryClient) -> None:
    name = under_review(registry, representatives=["9101"]).name
    assert decide(registry, "Decline", name, "9101", "2027-02-02").state == pb.Provider.STATE_DECLINED
    assert decide(registry, "Approve", name, "9101", "2027-02-01").state == pb.Provider.STATE_DECLINED


def test_decisions_are_listed_in_the_order_of_recording_with_their_reasons(registry: RegistryClient) -> None:
    name = under_review(registry).name
    decide(registry, "Approve", name, "9102", "2027-02-05")
    decide(registry, "Decline", name, "9101", "2027-02-01", reason="niet gelijkgericht")
    decide(registry, "Approve", name, "9101", "2027-02-01")
    listed = registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name)).approvals
    assert [(one.insurer, one.decision, one.reason) for one in listed] == [
        ("9102", pb.Approval.DECISION_AKKOORD, ""),
        ("9101", pb.Approval.DECISION_AFGEWEZEN, "niet gelijkgericht"),
        ("9101", pb.Approval.DECISION_AKKOORD, ""),
    ]
    assert [one.name.rpartition("/")[2] for one in listed] == [
        "9102-2027-02-05-1",
        "9101-2027-02-01-1",
        "9101-2027-02-01-2",
    ]
    every = registry.providers.ListApprovals(pb.ListApprovalsRequest(parent="providers/-", page_size=1000)).approvals
    assert [one for one in every if one.name.startswith(f"{name}/")] == list(listed)


def test_decisions_come_in_pages_bound_to_their_request(registry: RegistryClient) -> None:
    name = under_review(registry).name
    for number in range(1, 6):
        decide(registry, "Approve", name, "9101", f"2027-02-0{number}")
    first = registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name, page_size=2))
    token = first.next_page_token
    second = registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name, page_size=3, page_token=token))
    assert [one.decided_date.day for one in [*first.approvals, *second.approvals]] == [1, 2, 3, 4, 5]
    assert not second.next_page_token
    found = refusal(registry.providers.ListApprovals, pb.ListApprovalsRequest(parent="providers/-", page_token=token))
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])
    assert refusal(registry.providers.ListProviders, pb.ListProvidersRequest(page_token=token)).fields == ["page_token"]


def test_a_review_can_ask_for_information_and_go_on(registry: RegistryClient) -> None:
    provider_ = under_review(registry)
    ask = pb.RequestProviderInformationRequest(name=provider_.name, reason="welke locaties?", etag=provider_.etag)
    asked = registry.providers.RequestProviderInformation(ask)
    assert asked.state == pb.Provider.STATE_MORE_INFORMATION_NEEDED
    assert asked.requested_information == "welke locaties?"
    assert refusal(registry.providers.RequestProviderInformation, ask).reason == "ETAG_MISMATCH"
    again = registry.providers.SubmitProvider(pb.SubmitProviderRequest(name=provider_.name, etag=asked.etag))
    assert again.state == pb.Provider.STATE_UNDER_REVIEW
    assert again.requested_information == ""


def test_asking_for_information_takes_a_reason(registry: RegistryClient) -> None:
    request = pb.RequestProviderInformationRequest(name="providers/1")
    assert sorted(refusal(registry.providers.RequestProviderInformation, request).fields) == ["name", "reason"]


@pytest.mark.every_right
def test_a_refusal_takes_a_reason_and_names_all_that_is_wrong(registry: RegistryClient) -> None:
    found = refusal(registry.providers.DeclineProvider, pb.DeclineProviderRequest(name="x", insurer="1"))
    assert sorted(found.fields) == ["decided_date", "insurer", "name", "reason"]
    found = refusal(registry.providers.ApproveProvider, pb.ApproveProviderRequest(name="x", insurer="1"))
    assert sorted(found.fields) == ["decided_date", "insurer", "name"]


def test_a_step_that_is_not_open_is_refused_naming_those_that_are(registry: RegistryClient) -> None:
    established = registry.new_provider().name
    found = refusal(registry.providers.SubmitProvider, pb.SubmitProviderRequest(name=established))
    assert found.code is grpc.StatusCode.FAILED_PRECONDITION
    assert found.reason == "ILLEGAL_TRANSITION"
    assert found.metadata == {"state": "ESTABLISHED", "open_steps": ""}
    assert found.message == "SubmitProvider kan niet in de toestand ESTABLISHED; wel mogelijk: niets."
    proposed = registry.new_provider(**NEW).name
    approve = pb.ApproveProviderRequest(name=proposed, insurer="9101", decided_date=day("2027-02-01"))
    found = refusal(registry.providers.ApproveProvider, approve)
    assert found.metadata == {"state": "PROPOSED", "open_steps": "SubmitProvider"}
    assert "wel mogelijk: SubmitProvider" in found.message
    approve.name = under_review(registry).name
    assert refusal(registry.providers.SubmitProvider, pb.SubmitProviderRequest(name=approve.name)).metadata == {
        "state": "UNDER_REVIEW",
        "open_steps": "RequestProviderInformation,ApproveProvider/DeclineProvider",
    }


def test_a_decision_of_a_day_to_come_is_refused(registry: RegistryClient) -> None:
    """The latest day counts: it would outlive every decision until then."""
    name = under_review(registry).name
    early = pb.ApproveProviderRequest(name=name, insurer="9101", decided_date=day("2099-01-01"))
    assert refusal(registry.providers.ApproveProvider, early).fields == ["decided_date"]
    assert not registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name), timeout=10).approvals


def test_a_rehearsed_decision_is_not_kept(registry: RegistryClient) -> None:
    name = under_review(registry, representatives=["9101"]).name
    answer = decide(registry, "Approve", name, "9101", "2027-02-01", validate_only=True)
    assert answer.state == pb.Provider.STATE_APPROVED
    assert not registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name)).approvals
    assert registry.providers.GetProvider(pb.GetProviderRequest(name=name)).state == pb.Provider.STATE_UNDER_REVIEW


def test_a_repeated_decision_counts_once(registry: RegistryClient) -> None:
    name = under_review(registry).name
    request_id = str(uuid.uuid4())
    for _ in range(2):
        decide(registry, "Approve", name, "9101", "2027-02-01", request_id=request_id)
    assert len(registry.providers.ListApprovals(pb.ListApprovalsRequest(parent=name)).approvals) == 1


def test_steps_for_a_provider_that_is_not_there_are_not_found(registry: RegistryClient) -> None:
    name = "providers/99999998"
    steps = registry.providers
    on = day("2027-02-01")
    calls = [
        (steps.SubmitProvider, pb.SubmitProviderRequest(name=name)),
        (steps.RequestProviderInformation, pb.RequestProviderInformationRequest(name=name, reason="x")),
        (steps.ApproveProvider, pb.ApproveProviderRequest(name=name, insurer="9101", decided_date=on)),
        (steps.DeclineProvider, pb.DeclineProviderRequest(name=name, insurer="9101", decided_date=on, reason="x")),
        (steps.ListApprovals, pb.ListApprovalsRequest(parent=name)),
    ]
    for call, request in calls:
        assert refusal(call, request).code is grpc.StatusCode.NOT_FOUND


# The call itself


def test_the_call_id_comes_back_with_answers_and_refusals(registry: RegistryClient) -> None:
    request = pb.ListProvidersRequest(page_size=1)
    _, call = registry.providers.ListProviders.with_call(request, metadata=(("x-call-id", "abc-1"),))
    assert dict(call.trailing_metadata())["x-call-id"] == "abc-1"
    _, call = registry.providers.ListProviders.with_call(request)
    assert len(dict(call.trailing_metadata())["x-call-id"]) == 32
    found = refusal(registry.providers.GetProvider, pb.GetProviderRequest(), metadata=(("x-call-id", "abc-2"),))
    assert found.trailing["x-call-id"] == "abc-2"


@pytest.mark.parametrize("odd", ["x" * 101, "a;b"])
def test_a_call_id_of_another_form_is_replaced(registry: RegistryClient, odd: str) -> None:
    request = pb.ListProvidersRequest(page_size=1)
    _, call = registry.providers.ListProviders.with_call(request, metadata=(("x-call-id", odd),))
    assert dict(call.trailing_metadata())["x-call-id"] != odd


def test_bytes_that_are_no_message_are_an_invalid_argument(registry: RegistryClient) -> None:
    method = registry.channel.unary_unary("/spoedkader.registry.v1.ProviderService/GetProvider")
    for data in (b"\xff\xff\xff", b"\x0a\x05abc", b"\x0a\x02\xff\xfe"):
        found = refusal(method, data)
        assert found.code is grpc.StatusCode.INVALID_ARGUMENT
        assert (found.reason, found.domain) == ("MALFORMED_MESSAGE", "spoedkader")


def test_an_unknown_method_is_unimplemented(registry: RegistryClient) -> None:
    method = registry.channel.unary_unary("/spoedkader.registry.v1.ProviderService/DeleteProvider")
    assert refusal(method, b"").code is grpc.StatusCode.UNIMPLEMENTED


def test_more_violations_than_a_status_can_carry_are_counted(registry: RegistryClient) -> None:
    wrong = provider(representatives=["é" * 50] * 5000)
    request = pb.CreateProviderRequest(provider_id=registry.unused_agb(), provider=wrong)
    found = refusal(registry.providers.CreateProvider, request)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.metadata["violations"] == "5002"
    assert len(found.fields) >= 20


def test_a_refusal_that_quotes_its_caller_stays_small_enough_to_arrive(registry: RegistryClient) -> None:
    paths = [f"{'🏥' * 400}{number}" for number in range(150)]
    request = pb.UpdateProviderRequest(provider=provider(name=registry.new_provider().name), update_mask=mask(*paths))
    found = refusal(registry.providers.UpdateProvider, request)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.metadata["violations"] == "150"
