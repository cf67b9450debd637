"""Every method, called as every role: what is let through is what `docs/access.md` says."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from tests.support.contracts import SERVICES, server_of
from tests.support.identified import INSURER, ORGANISATIONS, OTHER, OWN, Identified, identified_suite

ROLES = ("verzekeraar", "aanbieder", "beleid", "auditor", "beheerder", "dienst")
ACCESS = Path(__file__).parents[2] / "docs" / "access.md"
NAMES = {"name", "parent", "provider", "from_calculation", "to_calculation"}
"""Texts that hold a resource name."""
ALLOWED = {"alle": {"own", "other", "any"}, "eigen": {"own"}, "lijst": {"own", "any"}, "–": set[str]()}
DENIED = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED}


def tables() -> dict[str, dict[str, str]]:
    """The right of each role on each method, as the page has it."""
    found = {}
    package = ""
    for line in ACCESS.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"### `(.+)`", line):
            package = heading[1]
        elif re.match(r"\| \w+/\w+ \|", line):
            method, *rights = [cell.strip() for cell in line.strip("|").split("|")]
            found[f"{package}.{method}"] = dict(zip(ROLES, rights, strict=True))
    return found


TABLES = tables()
METHODS = [(service, method) for service in SERVICES for method in service.methods]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identified]:
    with identified_suite(tmp_path_factory.mktemp("identified")) as running:
        yield running


@pytest.fixture(scope="module")
def channels(suite: Identified) -> Iterator[dict[tuple[str, str], grpc.Channel]]:
    found = {(name, role): suite.channel(name, role) for name in suite.addresses for role in (*ORGANISATIONS,)}
    yield found
    for channel in found.values():
        channel.close()


def test_the_page_has_every_method_and_no_other() -> None:
    assert sorted(TABLES) == sorted(f"{service.full_name}/{method.name}" for service, method in METHODS)


def call(channel: grpc.Channel, service: ServiceDescriptor, method: MethodDescriptor, request: Any) -> grpc.StatusCode:
    """What becomes of a call."""
    path = f"/{service.full_name}/{method.name}"
    write, read = type(request).SerializeToString, GetMessageClass(method.output_type).FromString
    if method.server_streaming:
        ended: Any = channel.unary_stream(path, write, read)(request, timeout=20)
        with suppress(grpc.RpcError):
            list(ended)
    elif method.client_streaming:
        ended = channel.stream_unary(path, write, read).future(iter([request]), timeout=20)
    else:
        ended = channel.unary_unary(path, write, read).future(request, timeout=20)
    code: grpc.StatusCode = ended.code()
    return code


def about(method: MethodDescriptor, role: str, agb: str) -> Any:
    """A request about a provider by a role, which acts as itself; `-` is about every provider."""
    request = GetMessageClass(method.input_type)()
    for field in method.input_type.fields:
        if field.name in NAMES and field.type == FieldDescriptor.TYPE_STRING:
            name = f"providers/{agb}"
            setattr(request, field.name, f"{name}/overloops/2027-{INSURER}" if "Overloop" in method.name else name)
        elif field.message_type is not None and not field.is_repeated and "name" in field.message_type.fields_by_name:
            if "parent" not in method.input_type.fields_by_name:
                getattr(request, field.name).name = f"providers/{agb}"
        elif field.is_repeated and field.message_type is not None and "provider" in field.message_type.fields_by_name:
            getattr(request, field.name).add(provider=f"providers/{agb}")
        elif field.name == "provider_id":
            request.provider_id = agb
        elif field.name == "insurer":
            request.insurer = INSURER
        elif field.name == "party":
            setattr(request.party, *(("insurer", INSURER) if role == "verzekeraar" else ("provider", OWN)))
        elif field.name == "side":
            request.side = 2 if role == "verzekeraar" else 1
    return request


def names_a_provider(method: MethodDescriptor) -> bool:
    return about(method, "aanbieder", OWN) != about(method, "aanbieder", OTHER)


@pytest.mark.parametrize(("service", "method"), METHODS, ids=lambda found: found.name)
def test_what_is_let_through(
    channels: dict[tuple[str, str], grpc.Channel], service: ServiceDescriptor, method: MethodDescriptor
) -> None:
    rights = TABLES[f"{service.full_name}/{method.name}"]
    questions = {"own": OWN, "other": OTHER, "any": "-"} if names_a_provider(method) else {"any": "-"}
    for role, right in rights.items():
        let_through = {
            question
            for question, agb in questions.items()
            if call(channels[server_of(service), role], service, method, about(method, role, agb)) not in DENIED
        }
        assert let_through == ALLOWED[right] & set(questions), role


@pytest.mark.parametrize(("service", "method"), METHODS, ids=lambda found: found.name)
def test_a_door_may_do_nothing_itself(
    channels: dict[tuple[str, str], grpc.Channel], service: ServiceDescriptor, method: MethodDescriptor
) -> None:
    request = about(method, "aanbieder", OWN)
    assert call(channels[server_of(service), "deur"], service, method, request) is grpc.StatusCode.UNAUTHENTICATED
