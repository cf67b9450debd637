"""Whatever a caller sends, a service answers or refuses; it never fails."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.budget.server import BudgetSettings
from services.budget.server import build as build_budget
from services.quality.server import QualitySettings
from services.quality.server import build as build_quality
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.audit.v1 import audit_pb2
from spoedkader.budget.v1 import (
    application_pb2,
    availability_pb2,
    budget_pb2,
    calendar_pb2,
    condition_pb2,
    obligation_pb2,
    outlook_pb2,
    overloop_pb2,
    scenario_pb2,
    schoning_pb2,
    tariff_pb2,
)
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import (
    assessment_pb2,
    catalogue_pb2,
    comparison_pb2,
    enforcement_pb2,
    indicator_pb2,
    policy_set_pb2,
    submission_pb2,
)
from spoedkader.registry.v1 import (
    attestation_pb2,
    closure_pb2,
    location_pb2,
    provider_pb2,
    round_pb2,
    snapshot_pb2,
    status_feed_pb2,
    stop_pb2,
)
from tests.support.clients import RegistryClient
from tests.support.clock import TickingClock
from tests.support.databases import database_url
from tests.support.messages import moment
from tests.support.random_messages import mutated, random_messages
from tests.support.refusals import read_refusal

EXAMPLES = 12
FAILURES = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.DEADLINE_EXCEEDED}


def registry(folder: Path, _: Mapping[str, str]) -> tuple[Application, ServiceSettings]:
    options = RegistrySettings(address="127.0.0.1:0", database_url=database_url(folder / "registry.db"))
    return build_registry(options, TickingClock()), options


def quality(folder: Path, addresses: Mapping[str, str]) -> tuple[Application, ServiceSettings]:
    options = QualitySettings(
        address="127.0.0.1:0",
        database_url=database_url(folder / "quality.db"),
        registry_address=addresses["registry"],
    )
    return build_quality(options, TickingClock()), options


def budget(folder: Path, addresses: Mapping[str, str]) -> tuple[Application, ServiceSettings]:
    options = BudgetSettings(
        address="127.0.0.1:0",
        database_url=database_url(folder / "budget.db"),
        registry_address=addresses["registry"],
        quality_address=addresses["quality"],
    )
    return build_budget(options, TickingClock()), options


BUILDS: Mapping[str, Callable[[Path, Mapping[str, str]], tuple[Application, ServiceSettings]]] = {
    "registry": registry,
    "quality": quality,
    "budget": budget,
}
"""How each service is built from a folder for its database and the addresses of those before it."""

CONTRACTS = {
    "registry": (
        attestation_pb2,
        closure_pb2,
        location_pb2,
        provider_pb2,
        round_pb2,
        snapshot_pb2,
        status_feed_pb2,
        stop_pb2,
        feed_pb2,
        audit_pb2,
    ),
    "quality": (
        assessment_pb2,
        catalogue_pb2,
        comparison_pb2,
        enforcement_pb2,
        indicator_pb2,
        policy_set_pb2,
        submission_pb2,
    ),
    "budget": (
        application_pb2,
        availability_pb2,
        budget_pb2,
        calendar_pb2,
        condition_pb2,
        obligation_pb2,
        outlook_pb2,
        overloop_pb2,
        scenario_pb2,
        schoning_pb2,
        tariff_pb2,
    ),
}


def _services(name: str) -> Iterator[ServiceDescriptor]:
    for module in CONTRACTS[name]:
        yield from module.DESCRIPTOR.services_by_name.values()


METHODS = [
    pytest.param(name, method, id=f"{service.name}.{method.name}")
    for name in BUILDS
    for service in _services(name)
    for method in service.methods
]


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, grpc.Channel]]:
    folder = tmp_path_factory.mktemp("odd")
    found: dict[str, grpc.Channel] = {}
    with ExitStack() as stack:
        addresses: dict[str, str] = {}
        for name, build in BUILDS.items():
            application, options = build(folder, addresses)
            server = Server(application, options.model_copy(update={"drain_seconds": 0.0}))
            server.start()
            stack.callback(server.stop)
            found[name] = stack.enter_context(grpc.insecure_channel(server.address))
            addresses[name] = server.address
        yield found


@pytest.fixture(scope="module")
def known(channels: dict[str, grpc.Channel]) -> tuple[str, ...]:
    """Names that exist, so that odd requests come further than the first look-up."""
    client = RegistryClient(channels["registry"])
    client.set_round()
    place = client.new_location()
    provider, _, location = place.name.partition("/locations/")
    closure = client.closures.CreateClosure(
        closure_pb2.CreateClosureRequest(
            parent=place.name,
            closure_id="C1",
            closure=closure_pb2.Closure(start_time=moment("2027-03-01T00:00")),
        ),
        timeout=10,
    )
    return (
        provider,
        provider.rpartition("/")[2],
        place.name,
        location,
        closure.name,
        f"{place.name}/stops/S1",
        f"{place.name}/openingHours",
        f"{place.name}/submissions/2026",
        f"{place.name}/indicators/2025",
        f"{place.name}/assessments/2027-1",
        f"{place.name}/cases/2026-herstel",
        f"{place.name}/cases/2026-herstel/notices/1-igj",
        f"{place.name}/availabilities/2027",
        f"{place.name}/obligations/2027",
        f"{provider}/applications/2027-1",
        f"{provider}/budgets/2027",
        f"{provider}/outlooks/2027",
        f"{provider}/budgets/2027/calculations/1",
        f"{provider}/conditions/2027",
        f"{provider}/approvals/A1",
        f"{provider}/attestations/2027-schoning",
        f"{provider}/tariffs/2027",
        f"{provider}/settlements/2027",
        f"{provider}/overloops/2027-9101",
        f"providers/-/locations/{location}",
        "rounds/2027",
        "policyYears/2027",
        "policyYears/2027/questionnaire",
        "display_name",
        "end_time",
        "Oost",
        "9101",
        "12345678",
        "A1",
        "arts.als_afgerond",
        "anw",
    )


def _send(channel: grpc.Channel, method: MethodDescriptor, *parts: bytes) -> None:
    """Sends the bytes; returns on an answer or a refusal and complains of a failure."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            channel.stream_unary(path)(iter(parts), timeout=10)
        elif method.server_streaming:
            for _ in channel.unary_stream(path)(parts[0], timeout=10):
                pass
        else:
            channel.unary_unary(path)(parts[0], timeout=10)
    except grpc.RpcError as error:
        refused = read_refusal(error)
        assert refused.code not in FAILURES, refused
        assert (refused.reason != "") == (refused.domain == "spoedkader"), refused
        assert refused.reason, refused


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_an_empty_request(
    channels: dict[str, grpc.Channel], known: tuple[str, ...], name: str, method: MethodDescriptor
) -> None:
    _send(channels[name], method, b"")


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_random_messages(
    channels: dict[str, grpc.Channel], known: tuple[str, ...], name: str, method: MethodDescriptor
) -> None:
    messages = random_messages(method.input_type, known)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(messages, min_size=1, max_size=2 if method.client_streaming else 1))
    def send(parts: list[Any]) -> None:
        _send(channels[name], method, *(part.SerializeToString() for part in parts))

    send()


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_mutated_bytes(
    channels: dict[str, grpc.Channel], known: tuple[str, ...], name: str, method: MethodDescriptor
) -> None:
    empty = GetMessageClass(method.input_type)()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(random_messages(method.input_type, known) | st.just(empty)))
    def send(data: bytes) -> None:
        _send(channels[name], method, data)

    send()
