"""What a hospital that means harm can send: a clear refusal, bounded memory, nothing stored, and others are served on.

What it can put into files that are read inside the hospital (Excel, JSON, XML, gzip) is tested where these are read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.service import variable
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from spoedkader.quality.v1 import submission_pb2
from spoedkader.registry.v1 import location_pb2, snapshot_pb2, status_feed_pb2, stop_pb2
from tests.support.clients import QualityClient, RegistryClient, location, provider
from tests.support.databases import database_url
from tests.support.messages import moment
from tests.support.refusals import refusal

MEGABYTE = 1024
"""In the kB of /proc."""
MUCH = 256 * MEGABYTE
"""What a service may use on top of what it has: the largest message, as objects, and little besides."""

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of another process is read in /proc"),
    pytest.mark.timeout(300),
]


@dataclass(frozen=True)
class Target:
    """A service, and how to see what an attack did to it."""

    process: ServiceProcess
    channel: grpc.Channel

    def peak(self) -> int:
        """The most memory that the process has had, in kB."""
        status = Path(f"/proc/{self.process.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def changes(self) -> str:
        """Where the change feed stands: it moves with everything that is stored."""
        feed = feed_pb2_grpc.FeedServiceStub(self.channel)
        cursor, has_more = "", True
        while has_more:
            page = feed.ListChanges(feed_pb2.ListChangesRequest(cursor=cursor, page_size=1000), timeout=10)
            cursor, has_more = page.next_cursor, page.has_more
        return cursor

    @contextmanager
    def unharmed(self, memory: int = MUCH) -> Iterator[None]:
        """What happens inside stores nothing, takes so much memory at most (kB), and the service answers after it."""
        changes, peak = self.changes(), self.peak()
        yield
        assert self.changes() == changes
        assert self.peak() - peak < memory


@dataclass(frozen=True)
class Hospital:
    """The services under attack, and a location of the attacker."""

    registry: Target
    quality: Target
    location: str


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("h")
    addresses = {name: f"unix:{folder}/{name}.sock" for name in ("registry", "quality")}
    children = []
    try:
        for name, address in addresses.items():
            environment = {
                variable(name, "address"): address,
                variable(name, "database_url"): database_url(folder / f"{name}.db"),
                variable(name, "registry_address"): addresses["registry"],
            }
            children.append(start(name, address, environment, folder / f"{name}.log"))
        wait_until_serving(children)
        registry, quality = (Target(child, grpc.insecure_channel(child.address)) for child in children)
        client = RegistryClient(registry.channel)
        client.set_round()
        yield Hospital(registry, quality, client.new_location().name)
        registry.channel.close()
        quality.channel.close()
    finally:
        stop(children)


def bytes_to(target: Target, method: str) -> Callable[..., bytes]:
    """A method that takes bytes as they are."""
    return target.channel.unary_unary(method, lambda sent: sent, lambda answer: answer)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip], ids=["plain", "bomb"])
@pytest.mark.parametrize("name", ["registry", "quality"])
def test_a_message_of_a_gigabyte(hospital: Hospital, name: str, compression: grpc.Compression) -> None:
    target: Target = getattr(hospital, name)
    method = {
        "registry": "/spoedkader.registry.v1.StatusFeedService/SendStatusEvents",
        "quality": "/spoedkader.quality.v1.SubmissionService/SubmitAnswers",
    }[name]
    with target.unharmed(), pytest.raises(grpc.RpcError) as refused:
        bytes_to(target, method)(bytes(1 << 30), timeout=120, compression=compression)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_stream_without_an_end(hospital: Hospital) -> None:
    sent = 0

    def parts() -> Iterator[snapshot_pb2.ImportFactsRequest]:
        nonlocal sent
        while True:
            sent += 1
            many = [provider(name=f"providers/{number:08d}") for number in range(10_000)]
            yield snapshot_pb2.ImportFactsRequest(providers=many)

    with hospital.registry.unharmed(memory=3 * MUCH):
        found = refusal(RegistryClient(hospital.registry.channel).snapshots.ImportFacts, parts(), timeout=120)
    assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT")
    assert sent > 10


def test_a_million_unknown_questions(hospital: Hospital) -> None:
    answers = [submission_pb2.Answer(question=f"q{number}", yes=True) for number in range(1_000_000)]
    submission = submission_pb2.Submission(
        name=f"{hospital.location}/submissions/2026", policy_year=2027, answers=answers
    )
    submissions = QualityClient(hospital.quality.channel).submissions
    request = submission_pb2.SubmitAnswersRequest(submission=submission)
    assert request.ByteSize() < 16 * 1024 * 1024
    with hospital.quality.unharmed():
        found = refusal(submissions.SubmitAnswers, request, timeout=60)
    assert found.reason == "INVALID_INPUT"
    assert any("hoogstens 2000" in violation for violation in found.violations.values())


def test_a_million_status_events(hospital: Hospital) -> None:
    events = [status_feed_pb2.StatusEvent(sequence=number) for number in range(1_000_000)]
    request = status_feed_pb2.SendStatusEventsRequest(parent=hospital.location, source="epd", events=events)
    with hospital.registry.unharmed():
        found = refusal(RegistryClient(hospital.registry.channel).status_feed.SendStatusEvents, request, timeout=60)
    assert found.fields == ["events", "events"]


def test_a_location_of_another_hospital(hospital: Hospital) -> None:
    registry = RegistryClient(hospital.registry.channel)
    mine, theirs = registry.new_provider().name, hospital.location
    under_my_name = f"{mine}/locations/{theirs.rpartition('/')[2]}"
    event = status_feed_pb2.StatusEvent(
        sequence=1,
        kind=status_feed_pb2.StatusEvent.KIND_STOP,
        event_id="1",
        start_time=moment("2027-03-01T10:00"),
        department=stop_pb2.Stop.DEPARTMENT_SEH,
    )

    def send(parent: str, timeout: float = 10) -> status_feed_pb2.SendStatusEventsResponse:
        request = status_feed_pb2.SendStatusEventsRequest(parent=parent, source="epd", events=[event])
        answer: status_feed_pb2.SendStatusEventsResponse = registry.status_feed.SendStatusEvents(
            request, timeout=timeout
        )
        return answer

    with hospital.registry.unharmed():
        assert refusal(send, under_my_name).code is grpc.StatusCode.NOT_FOUND
        moved = location_pb2.UpdateLocationRequest(location=location(name=under_my_name))
        assert refusal(registry.locations.UpdateLocation, moved).reason == "IDENTIFIER_TAKEN"
    with hospital.quality.unharmed():
        submission = submission_pb2.Submission(
            name=f"{under_my_name}/submissions/2026",
            policy_year=2027,
            status=submission_pb2.Submission.STATUS_VOORLOPIG,
            delivered_date={"year": 2026, "month": 6, "day": 10},  # type: ignore[arg-type]
        )
        found = refusal(
            QualityClient(hospital.quality.channel).submissions.SubmitAnswers,
            submission_pb2.SubmitAnswersRequest(submission=submission),
            timeout=10,
        )
        assert found.code is grpc.StatusCode.NOT_FOUND
    # An event of theirs cannot be taken over by naming it from a location of mine.
    own = registry.new_location(parent=mine).name
    send(theirs)
    with hospital.registry.unharmed():
        answer = send(own)
        assert [violation.field for violation in answer.results[0].violations] == ["events[0].event_id"]
