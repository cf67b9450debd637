"""What an application rests on: the other parts of the service that it asks, and what they answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import grpc

from services.budget.applications.registry import Registered
from spoedkader.budget.v1 import budget_pb2, condition_pb2, outlook_pb2


class Calculate(Protocol):
    """Makes and keeps the calculation of a provider and year; `validate_only` keeps nothing."""

    def __call__(
        self, agb: str, year: int, context: grpc.ServicerContext, *, validate_only: bool
    ) -> budget_pb2.Calculation: ...


Judge = Callable[[str, int, date, grpc.ServicerContext], condition_pb2.Conditions]
"""The conditions of a provider, by its AGB code, in a year, as they are on a day."""


@dataclass(frozen=True)
class Sources:
    """The parts of the service, as functions.

    `provider` reads the registry. `judge` and `evaluate` judge the conditions, and only `evaluate` keeps the rules by
    which it did. `deadline` gives the last day to hand in by the rules of a policy year, None while it is not known
    (AMB-50). `compare` explains the difference between two calculations by their names. `replay_calculation` and
    `replay_conditions` tell in Dutch what differs when they are worked out again, nothing when the same comes out.
    """

    provider: Callable[[str, int, grpc.ServicerContext], Registered]
    calculate: Calculate
    judge: Judge
    evaluate: Judge
    deadline: Callable[[int], date | None]
    compare: Callable[[str, str], outlook_pb2.CalculationDifference]
    replay_calculation: Callable[[str], list[str]]
    replay_conditions: Callable[[condition_pb2.Conditions], list[str]]

    def ask(self, agb: str, year: int, today: date, context: grpc.ServicerContext, *, validate_only: bool) -> "Basis":
        """What an application of a provider and year rests on today. Raises DomainError as any of the parts does."""
        registered = self.provider(agb, year, context)
        calculation = self.calculate(agb, year, context, validate_only=validate_only)
        judge = self.judge if validate_only else self.evaluate
        return Basis(registered, calculation, judge(agb, year, today, context))


@dataclass(frozen=True)
class Basis:
    """What an application rests on."""

    registered: Registered
    calculation: budget_pb2.Calculation
    conditions: condition_pb2.Conditions
