"""Callers that write and remember what was acknowledged.

Each request is sent, as it is, until it is answered; so what is stored in the end is what was acknowledged, once each.
"""

import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc
from spoedkader.client import Client, NotAnswered, Outbox, Patience, Refused, deliver
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc, submission_pb2, submission_pb2_grpc
from spoedkader.registry.v1 import closure_pb2, closure_pb2_grpc
from tests.faults.world import World
from tests.support.answers import cells, example_answers
from tests.support.clients import RegistryClient
from tests.support.messages import day, mask, moment
from tests.support.status_feed import SOURCE, check, story

AGAIN = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "CANCELLED"}
"""What says that nothing is known or that it may go better later; anything else is a fault of the service."""
GIVE_UP_SECONDS = 300.0
CALL_SECONDS = 10.0
PAUSE_SECONDS = 0.02
YEAR = 2027
NO_PATIENCE = Patience(seconds=0.0)
"""The drill tries again itself, and counts."""
STORY = 300
STORIES = 9
"""After these many the next story is told of the closures and stops of the first one."""

Answer = TypeVar("Answer")


class Writer(ABC):
    """One caller in a thread of its own."""

    service: str
    organisation = "aanbieder"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        self.location = location
        self.refused: Counter[str] = Counter()
        """What calls ended in before they were answered: codes, with a reason when the service gave one."""
        self.acknowledged = 0
        self.moments: list[float] = []
        """When something was acknowledged."""
        self.failed: list[str] = []
        """What ended the writing, if anything did."""
        self.client: Client = world.client(self.service, self.organisation, replica)

    @property
    def name(self) -> str:
        """As in `closures`."""
        return type(self).__name__.removesuffix("Writer").lower()

    @abstractmethod
    def write(self) -> int:
        """Writes one thing, until it is acknowledged; gives how much that was."""

    @abstractmethod
    def lost_or_doubled(self) -> list[str]:
        """How what is stored differs from what was acknowledged."""

    def call(self, method: Callable[..., Answer], request: Any) -> Answer:
        """Sends a request, the same each time, until there is an answer."""
        return self.until_answered(lambda: self.client.call(method, request, seconds=CALL_SECONDS))

    def until_answered(self, act: Callable[[], Answer]) -> Answer:
        """Does something until it is answered, and counts what it ended in before. A fault of the service counts as one
        and is tried again too, for the drill goes on."""
        ends = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                return act()
            except (Refused, NotAnswered) as error:
                self.refused[f"{error.code} {error.reason}" if isinstance(error, Refused) else error.code] += 1
                if time.monotonic() > ends or error.code not in {*AGAIN, "INTERNAL"}:
                    raise
            time.sleep(PAUSE_SECONDS * 5)

    def run(self, stopping: threading.Event) -> None:
        """Writes until it is told to stop."""
        try:
            while not stopping.is_set():
                self.acknowledged += self.write()
                self.moments.append(time.monotonic())
                time.sleep(PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - the drill tells of it
            self.failed.append(f"{self.name} stopped: {error!r}")

    @property
    def longest_pause(self) -> float:
        """The seconds between two acknowledgements, at most."""
        pairs = zip(self.moments, self.moments[1:], strict=False)
        return max((after - before for before, after in pairs), default=0.0)

    def problems(self) -> list[str]:
        """All that was not right."""
        faults = [
            f"{self.name}: {count} × {how}" for how, count in self.refused.items() if not {how, how.split()[0]} & AGAIN
        ]
        return [*self.failed, *faults, *self.lost_or_doubled()]


class EventsWriter(Writer):
    """Sends status events from an outbox, as an EPD does."""

    service = "registry"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        super().__init__(world, location, replica)
        self._file = world.folder / f"outbox-{replica}.db"
        self._events = self._story()

    def _story(self) -> Iterator[Any]:
        number = 0
        while True:
            yield from story(STORY, seed=number, prefix=f"p{number % STORIES}-")
            number += 1

    def write(self) -> int:
        events = [next(self._events) for _ in range(4)]
        with Outbox(self._file, SOURCE) as outbox:
            outbox.append(self.location, *events)
            self.until_answered(lambda: list(deliver(self.client, outbox, self.location, patience=NO_PATIENCE)))
            return sum(said.result is not None for said in outbox.said(self.location)) - self.acknowledged

    def lost_or_doubled(self) -> list[str]:
        with Outbox(self._file, SOURCE) as outbox:
            said = [each.event for each in outbox.said(self.location)]
        if len(said) != self.acknowledged:
            return [f"events: {len(said)} were said, {self.acknowledged} acknowledged"]
        try:
            check(RegistryClient(self.client.channel), self.location, said)
        except AssertionError as error:
            return [f"events: {error}"]
        return []


class ClosuresWriter(Writer):
    """Reports closures, and corrects each."""

    service = "registry"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        super().__init__(world, location, replica)
        self._stub = closure_pb2_grpc.ClosureServiceStub(self.client.channel)
        self._known: dict[str, str] = {}
        """Etags by name."""

    def write(self) -> int:
        number = len(self._known) + 1
        minute = f"2027-01-01T{number // 60 % 24:02d}:{number % 60:02d}"
        made = self.call(
            self._stub.CreateClosure,
            closure_pb2.CreateClosureRequest(
                parent=self.location, closure_id=f"k{number}", closure=closure_pb2.Closure(start_time=moment(minute))
            ),
        )
        self._known[made.name] = made.etag
        ended = closure_pb2.Closure(name=made.name, end_time=moment("2027-02-01T00:00"), etag=made.etag)
        request = closure_pb2.UpdateClosureRequest(closure=ended, update_mask=mask("end_time"))
        self._known[made.name] = self.call(self._stub.UpdateClosure, request).etag
        return 2

    def lost_or_doubled(self) -> list[str]:
        request = closure_pb2.ListClosuresRequest(parent=self.location, page_size=1000)
        pages = self.client.pages(self._stub.ListClosures, request)
        stored = [(closure.name, closure.etag) for page in pages for closure in page.closures]
        return [] if stored == list(self._known.items()) else [f"closures: {_difference(self._known.items(), stored)}"]


class AnswersWriter(Writer):
    """Fills in the questionnaire anew each time."""

    service = "quality"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        super().__init__(world, location, replica)
        self._stub = submission_pb2_grpc.SubmissionServiceStub(self.client.channel)
        self._known: list[tuple[int, int]] = []
        """Revisions with what was answered."""
        self._submission = f"{location}/submissions/{YEAR - 1}"

    def write(self) -> int:
        minutes = len(self._known) % 900 + 1
        answers = {**example_answers(), "triage.gereed_minuten": minutes}
        submission = submission_pb2.Submission(
            name=self._submission,
            policy_year=YEAR,
            status=submission_pb2.Submission.STATUS_VOORLOPIG,
            delivered_date=day(f"{YEAR - 1}-06-10"),
            answers=cells(answers),
        )
        request = submission_pb2.SubmitAnswersRequest(submission=submission)
        self._known.append((self.call(self._stub.SubmitAnswers, request).revision, minutes))
        return 1

    def lost_or_doubled(self) -> list[str]:
        request = submission_pb2.ListSubmissionRevisionsRequest(name=self._submission)
        pages = self.client.pages(self._stub.ListSubmissionRevisions, request)
        stored = [(revision.revision, _minutes(revision)) for page in pages for revision in page.submissions]
        in_order = [revision for revision, _ in stored] == list(range(1, len(stored) + 1))
        return [] if stored == self._known and in_order else [f"answers: {_difference(self._known, stored)}"]


class AssessmentsWriter(Writer):
    """Has its location judged, again and again."""

    service = "quality"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        super().__init__(world, location, replica)
        self._stub = assessment_pb2_grpc.AssessmentServiceStub(self.client.channel)
        self._known: list[str] = []

    def write(self) -> int:
        request = assessment_pb2.AssessLocationRequest(
            name=self.location, budget_year=YEAR, request_id=str(uuid.uuid4())
        )
        self._known.append(self.call(self._stub.AssessLocation, request).name)
        return 1

    def lost_or_doubled(self) -> list[str]:
        request = assessment_pb2.ListAssessmentsRequest(parent=self.location, show_superseded=True)
        pages = self.client.pages(self._stub.ListAssessments, request)
        stored = sorted(assessment.name for page in pages for assessment in page.assessments)
        known = sorted(self._known)
        return [] if stored == known else [f"assessments: {_difference(known, stored)}"]


class CalculationsWriter(Writer):
    """Calculates the budget, from facts that change all the time."""

    service = "budget"
    organisation = "verzekeraar"

    def __init__(self, world: World, location: str, replica: int = 0) -> None:
        super().__init__(world, location, replica)
        self._stub = budget_pb2_grpc.BudgetServiceStub(self.client.channel)
        self._known: list[budget_pb2.Calculation] = []
        self._budget = f"{location.partition('/locations/')[0]}/budgets/{YEAR}"

    def write(self) -> int:
        request = budget_pb2.CalculateBudgetRequest(name=self._budget)
        self._known.append(self.call(self._stub.CalculateBudget, request))
        return 1

    def lost_or_doubled(self) -> list[str]:
        found = []
        for known in {known.name: known for known in self._known}.values():
            stored = self.call(self._stub.GetCalculation, budget_pb2.GetCalculationRequest(name=known.name))
            if stored != known:
                found.append(f"calculations: {known.name} is not what was acknowledged")
        return found


KINDS = (EventsWriter, ClosuresWriter, AnswersWriter, AssessmentsWriter, CalculationsWriter)


@contextmanager
def writing(world: World, kinds: Sequence[type[Writer]] = KINDS) -> Iterator[list[Writer]]:
    """Writers, one of each kind, that write for as long as the `with` lasts; then each gets its last answer."""
    replicas = max(slot.replica for slot in world.replicas.slots) + 1
    writers = [
        kind(world, location, number % replicas)
        for number, (kind, location) in enumerate(zip(kinds, world.locations, strict=False))
    ]
    stopping = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(stopping,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def wait_for(writers: Sequence[Writer], more: int = 1, seconds: float = 60.0) -> None:
    """Comes back when each of the writers had something acknowledged so many times more.

    Raises:
        AssertionError: one did not.
    """
    wanted = {writer: len(writer.moments) + more for writer in writers}
    ends = time.monotonic() + seconds
    while any(len(writer.moments) < count and not writer.failed for writer, count in wanted.items()):
        if time.monotonic() > ends:
            late = [writer.name for writer, count in wanted.items() if len(writer.moments) < count]
            raise AssertionError(f"nothing acknowledged for {seconds:.0f} s: {', '.join(late)}")
        time.sleep(0.02)


def figures(writers: Sequence[Writer]) -> list[str]:
    """What the writers got, in words."""
    acknowledged = ", ".join(f"{writer.acknowledged} {writer.name}" for writer in writers)
    refused = sum((writer.refused for writer in writers), Counter[str]())
    hows = ", ".join(f"{count} × {how}" for how, count in refused.most_common()) or "nothing"
    pause = max(writer.longest_pause for writer in writers)
    return [
        f"acknowledged: {acknowledged}",
        f"not answered, and sent again: {hows}",
        f"longest pause between two acknowledgements of a caller: {pause:.1f} s",
    ]


def _minutes(submission: submission_pb2.Submission) -> int:
    return next(int(answer.number) for answer in submission.answers if answer.question == "triage.gereed_minuten")


def _difference(known: Any, stored: Any) -> str:
    lost, more = Counter(known) - Counter(stored), Counter(stored) - Counter(known)
    return f"lost {sorted(lost)[:5]}, more than acknowledged {sorted(more)[:5]}, or in another order"
