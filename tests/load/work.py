"""What callers of the example round do, one call after the other: hospitals, insurers and an auditor."""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from services.runtime.wire import to_wall_clock
from spoedkader.audit.v1 import audit_pb2, audit_pb2_grpc
from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc, obligation_pb2, obligation_pb2_grpc
from spoedkader.client import Client
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from spoedkader.quality.v1 import (
    assessment_pb2,
    assessment_pb2_grpc,
    enforcement_pb2,
    enforcement_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)
from spoedkader.registry.v1 import (
    closure_pb2,
    closure_pb2_grpc,
    location_pb2,
    location_pb2_grpc,
    status_feed_pb2,
    status_feed_pb2_grpc,
    stop_pb2,
    stop_pb2_grpc,
)
from tests.support.answers import cells, example_answers
from tests.support.messages import day

YEAR = 2027
BATCH = 4
"""Events that a hospital sends at once."""
SUBJECTS = 20
"""Closures and stops of a location that a source tells of. It corrects these over and over, so that the facts of a
location stay as many as they are however long the load lasts, and only their versions grow."""
_FIRST = datetime(2026, 1, 1)


class Step(NamedTuple):
    """A call: the name of its method, the client, the method of a stub, the request, and what to do with the answer."""

    method: str
    client: Client
    call: Callable[..., Any]
    request: Any
    then: Callable[[Any], None] = lambda answer: None


class Clients(NamedTuple):
    """One caller's clients of the three services."""

    registry: Client
    quality: Client
    budget: Client


@dataclass(frozen=True)
class Place:
    """A location of the example."""

    provider: str
    id: str
    answers: bool
    """Whether it filled in the questionnaire."""

    @property
    def name(self) -> str:
        """Its resource name."""
        return f"providers/{self.provider}/locations/{self.id}"


Choices = Sequence[tuple[int, Callable[[], Step]]]
"""What is done, each with how often out of a hundred."""


def steps_of(kind: str, clients: Clients, places: Sequence[Place], seed: int) -> Iterator[Step]:
    """What a caller of a kind does, without end. `places` are its own; seeds of callers differ."""
    return _KINDS[kind](clients, places, seed)


def _mixed(choices: Choices, chance: random.Random) -> Iterator[Step]:
    weights = [weight for weight, _ in choices]
    assert sum(weights) == 100
    makers = [make for _, make in choices]
    while True:
        yield chance.choices(makers, weights)[0]()


def _hospital(clients: Clients, places: Sequence[Place], seed: int) -> Iterator[Step]:
    """Looks at what it reported, sends status events, and answers the questionnaire and has it judged."""
    chance = random.Random(seed)
    registry, quality = clients.registry, clients.quality
    locations = location_pb2_grpc.LocationServiceStub(registry.channel)
    closures = closure_pb2_grpc.ClosureServiceStub(registry.channel)
    feed = status_feed_pb2_grpc.StatusFeedServiceStub(registry.channel)
    submissions = submission_pb2_grpc.SubmissionServiceStub(quality.channel)
    assessments = assessment_pb2_grpc.AssessmentServiceStub(quality.channel)
    sequences: Mapping[str, Iterator[int]] = {place.id: count(1) for place in places}
    answering = [place for place in places if place.answers]
    answers = {place.id: _known_answers(place.id) for place in answering}

    def get_location() -> Step:
        request = location_pb2.GetLocationRequest(name=chance.choice(places).name)
        return Step("GetLocation", registry, locations.GetLocation, request)

    def list_closures() -> Step:
        request = closure_pb2.ListClosuresRequest(parent=chance.choice(places).name)
        return Step("ListClosures", registry, closures.ListClosures, request)

    def send_status_events() -> Step:
        place = chance.choice(places)
        events = [status_event(place.id, next(sequences[place.id])) for _ in range(BATCH)]
        request = status_feed_pb2.SendStatusEventsRequest(parent=place.name, source="epd", events=events)
        return Step("SendStatusEvents", registry, feed.SendStatusEvents, request, _none_rejected)

    def submit_answers() -> Step:
        place = chance.choice(answering)
        # Another answer each time, or it would be no new revision.
        answers[place.id]["triage.gereed_minuten"] = chance.randrange(1, 1000)
        submission = submission_pb2.Submission(
            name=f"{place.name}/submissions/{YEAR - 1}",
            policy_year=YEAR,
            status=submission_pb2.Submission.STATUS_VOORLOPIG,
            delivered_date=day(f"{YEAR - 1}-06-10"),
            answers=cells(answers[place.id]),
        )
        request = submission_pb2.SubmitAnswersRequest(submission=submission, request_id=str(uuid.uuid4()))
        return Step("SubmitAnswers", quality, submissions.SubmitAnswers, request)

    def assess() -> Step:
        request = assessment_pb2.AssessLocationRequest(name=chance.choice(answering).name, budget_year=YEAR)
        return Step("AssessLocation", quality, assessments.AssessLocation, request)

    choices = ((40, get_location), (25, list_closures), (20, send_status_events), (5, submit_answers), (10, assess))
    return _mixed(choices, chance)


def _known_answers(location_id: str) -> dict[str, Any]:
    return {question: answer for question, answer in example_answers(location_id).items() if answer is not None}


def _insurer(clients: Clients, places: Sequence[Place], seed: int) -> Iterator[Step]:
    """Calculates budgets, looks at standings and obligations, and follows the feeds."""
    chance = random.Random(seed)
    quality, budget = clients.quality, clients.budget
    budgets = budget_pb2_grpc.BudgetServiceStub(budget.channel)
    obligations = obligation_pb2_grpc.ObligationServiceStub(budget.channel)
    standings = enforcement_pb2_grpc.EnforcementServiceStub(quality.channel)
    changes = _changes(clients, chance)

    def provider() -> str:
        return f"providers/{chance.choice(places).provider}"

    def calculate() -> Step:
        request = budget_pb2.CalculateBudgetRequest(name=f"{provider()}/budgets/{YEAR}")
        return Step("CalculateBudget", budget, budgets.CalculateBudget, request)

    def list_standings() -> Step:
        request = enforcement_pb2.ListStandingsRequest(parent=provider(), budget_year=YEAR)
        return Step("ListStandings", quality, standings.ListStandings, request)

    def list_obligations() -> Step:
        request = obligation_pb2.ListObligationsRequest(parent=provider(), budget_year=YEAR)
        return Step("ListObligations", budget, obligations.ListObligations, request)

    return _mixed(((40, calculate), (20, list_standings), (20, list_obligations), (20, changes)), chance)


def _auditor(clients: Clients, places: Sequence[Place], seed: int) -> Iterator[Step]:
    """Goes through the lists, page by page, and through the ledger."""
    chance = random.Random(seed)
    registry = clients.registry
    stops = stop_pb2_grpc.StopServiceStub(registry.channel)
    closures = closure_pb2_grpc.ClosureServiceStub(registry.channel)
    locations = location_pb2_grpc.LocationServiceStub(registry.channel)
    ledger = audit_pb2_grpc.AuditServiceStub(registry.channel)
    everywhere = "providers/-/locations/-"
    choices = (
        (25, _paging(registry, stops.ListStops, stop_pb2.ListStopsRequest(parent=everywhere, page_size=100))),
        (
            25,
            _paging(registry, closures.ListClosures, closure_pb2.ListClosuresRequest(parent=everywhere, page_size=100)),
        ),
        (20, _paging(registry, locations.ListLocations, location_pb2.ListLocationsRequest(parent="providers/-"))),
        (20, _paging(registry, ledger.ListAuditEntries, audit_pb2.ListAuditEntriesRequest())),
        (10, _changes(clients, chance)),
    )
    return _mixed(choices, chance)


_KINDS = {"hospital": _hospital, "insurer": _insurer, "auditor": _auditor}


def status_event(location_id: str, sequence: int) -> status_feed_pb2.StatusEvent:
    """What a source says under a sequence: closures and stops in turn, each corrected when its turn comes again."""
    subject, again = sequence % SUBJECTS, sequence // SUBJECTS
    is_stop = subject % 2 == 1
    starts_at = _FIRST + timedelta(days=15 * subject, minutes=again % 600)
    return status_feed_pb2.StatusEvent(
        sequence=sequence,
        kind=status_feed_pb2.StatusEvent.KIND_STOP if is_stop else status_feed_pb2.StatusEvent.KIND_CLOSURE,
        event_id=f"{location_id}-{subject}",
        start_time=to_wall_clock(starts_at),
        end_time=to_wall_clock(starts_at + timedelta(hours=2)),
        department=stop_pb2.Stop.DEPARTMENT_SEH if is_stop else stop_pb2.Stop.DEPARTMENT_UNSPECIFIED,
        reason="voorbeeld",
    )


def _none_rejected(answer: status_feed_pb2.SendStatusEventsResponse) -> None:
    wrong = [violation for result in answer.results for violation in result.violations]
    assert not wrong, wrong


def _changes(clients: Clients, chance: random.Random) -> Callable[[], Step]:
    """The next part of one of the feeds, from the cursor behind the part before."""
    cursors = dict.fromkeys(clients, "")

    def follow() -> Step:
        client = chance.choice(clients)
        stub = feed_pb2_grpc.FeedServiceStub(client.channel)
        request = feed_pb2.ListChangesRequest(cursor=cursors[client])

        def keep(answer: feed_pb2.ListChangesResponse) -> None:
            cursors[client] = answer.next_cursor

        return Step("ListChanges", client, stub.ListChanges, request, keep)

    return follow


def _paging(client: Client, method: Callable[..., Any], first: Any) -> Callable[[], Step]:
    """The next page of a list, and the first one again behind the last."""
    token = ""
    name = type(first).__name__.removesuffix("Request")

    def turn() -> Step:
        request = type(first)()
        request.CopyFrom(first)
        request.page_token = token

        def keep(answer: Any) -> None:
            nonlocal token
            token = answer.next_page_token

        return Step(name, client, method, request, keep)

    return turn
