"""Replays and decisions as the quality service tells them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.clients import Services
from services.cli.output import Steps, plain
from services.cli.tables import new_table, plain_text
from spoedkader.quality.v1 import assessment_pb2 as pb
from spoedkader.quality.v1 import assessment_pb2_grpc as rpc


@dataclass(frozen=True)
class Replayed:
    """How many assessments were judged again, and those that came out differently."""

    count: int
    different: tuple[pb.Replay, ...]


def replay(services: Services, name: str, budget_year: int, steps: Steps) -> Replayed:
    """Judges one assessment again, or every one of a budget year. Raises Failure."""
    stub = rpc.AssessmentServiceStub(services.quality.channel)
    request = pb.ReplayAssessmentsRequest(name=name, budget_year=budget_year)
    count = 0
    different = []
    for response in steps.follow("Opnieuw oordelen", services.quality.receive(stub.ReplayAssessments, request)):
        count += 1
        if not response.replay.same:
            different.append(response.replay)
    return Replayed(count, tuple(different))


def shown(found: Replayed) -> tuple[Any, RenderableType]:
    """What came of it."""
    document = {"replayed": found.count, "different": [plain(one) for one in found.different]}
    if not found.different:
        return document, Text(f"{found.count} toetsingen geven op de byte hetzelfde oordeel.", style="green")
    table = new_table(f"{len(found.different)} van {found.count} toetsingen zijn anders", "toetsing", "wat")
    for one in found.different:
        table.add_row(one.assessment, plain_text("; ".join(one.differences)))
    return document, table


def export(services: Services, budget_year: int, out: Path) -> int:
    """Writes every decision of a budget year, one JSON document on a line; returns how many. Raises Failure."""
    stub = rpc.AssessmentServiceStub(services.quality.channel)
    request = pb.ListDecisionsRequest(budget_year=budget_year)
    count = 0
    with out.open("w", encoding="utf-8") as file:
        for page in services.quality.pages(stub.ListDecisions, request):
            for decision in page.decisions:
                file.write(json.dumps(plain(decision), ensure_ascii=False, sort_keys=True) + "\n")
                count += 1
    return count
