"""The parts of messages that every slice answers with."""

from collections.abc import Iterable, Sequence

from services.budget.trace import Step, value_text
from services.policy.parameters import Parameters
from spoedkader.budget.v1 import trace_pb2 as pb


def write_steps(steps: Iterable[Step]) -> list[pb.Step]:
    """The messages of steps."""
    return [
        pb.Step(
            rule=step.rule,
            source=step.source,
            description=step.description,
            inputs=[pb.Step.Value(label=label, value=value) for label, value in step.inputs],
            result=step.result,
        )
        for step in steps
    ]


def write_parameters(parameters: Parameters) -> Sequence[pb.Parameter]:
    """The messages of the choices of a year."""
    return [
        pb.Parameter(
            name=name,
            value=f"{value_text(parameter.value)} ({parameter.unit})",
            code=parameter.code,
            reason=parameter.reason,
        )
        for name, parameter in parameters.named()
    ]
