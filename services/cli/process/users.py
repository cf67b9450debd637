"""The users of the story: each party has its own, and what they do goes by their name."""

from collections.abc import Callable
from typing import Any, TypeVar

from services.cli.clients import Services
from services.cli.process.cast import Part
from spoedkader.budget.v1 import (
    application_pb2_grpc,
    budget_pb2_grpc,
    calendar_pb2_grpc,
    condition_pb2_grpc,
    obligation_pb2_grpc,
    outlook_pb2_grpc,
)
from spoedkader.feed.v1 import feed_pb2_grpc
from spoedkader.quality.v1 import assessment_pb2_grpc, enforcement_pb2_grpc, submission_pb2_grpc
from spoedkader.registry.v1 import closure_pb2_grpc

Response = TypeVar("Response")


class Desk:
    """The stubs of the three services, and calls by users."""

    def __init__(self, services: Services) -> None:
        self._services = services
        registry, quality, budget = services.registry, services.quality, services.budget
        self.closures = closure_pb2_grpc.ClosureServiceStub(registry.channel)
        self.submissions = submission_pb2_grpc.SubmissionServiceStub(quality.channel)
        self.assessments = assessment_pb2_grpc.AssessmentServiceStub(quality.channel)
        self.enforcement = enforcement_pb2_grpc.EnforcementServiceStub(quality.channel)
        self.budgets = budget_pb2_grpc.BudgetServiceStub(budget.channel)
        self.conditions = condition_pb2_grpc.ConditionServiceStub(budget.channel)
        self.applications = application_pb2_grpc.ApplicationServiceStub(budget.channel)
        self.outlooks = outlook_pb2_grpc.OutlookServiceStub(budget.channel)
        self.obligations = obligation_pb2_grpc.ObligationServiceStub(budget.channel)
        self.calendar = calendar_pb2_grpc.CalendarServiceStub(budget.channel)
        self.feeds = {
            service.name: feed_pb2_grpc.FeedServiceStub(service.channel) for service in (registry, quality, budget)
        }

    def ask(self, method: Callable[..., Response], request: Any, user: str = "inkoop@voorbeeld") -> Response:
        """Calls a method of any of the services. Raises Failure when it is refused."""
        # Every service answers in the same way; which one it is shows only in the words of a failure.
        return self._services.budget.call(method, request, actor=user)


def of_insurer(uzovi: str) -> str:
    """The user of an insurer."""
    return f"inkoper@{uzovi}"


def of_provider(part: Part) -> str:
    """The user of a provider."""
    return f"bestuur@{part.provider.agb}"
