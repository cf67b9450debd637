"""The condition service."""

import grpc

from services.budget.conditions.judging import ConditionJudge
from services.runtime import names
from services.runtime.transactions import Clock
from services.runtime.wire import Fields
from spoedkader.amsterdam import day_of
from spoedkader.budget.v1 import condition_pb2 as pb
from spoedkader.budget.v1 import condition_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["ConditionService"].full_name


class ConditionServicer(rpc.ConditionServiceServicer):
    """`spoedkader.budget.v1.ConditionService`."""

    def __init__(self, judge: ConditionJudge, clock: Clock) -> None:
        self._judge = judge
        self._clock = clock

    def EvaluateConditions(self, request: pb.EvaluateConditionsRequest, context: grpc.ServicerContext) -> pb.Conditions:
        fields = Fields(request)
        agb, year = fields.name("name", names.CONDITIONS, request.name, allow_any=False)
        budget_year = fields.year("name", int(year)) if year else 0
        as_of = fields.optional_date("as_of_date", request)
        fields.check()
        return self._judge.judge(agb, budget_year, as_of or day_of(self._clock()), context)
