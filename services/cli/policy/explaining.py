"""One finding of the latest assessment of a location, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli import formats
from services.cli.clients import Services
from services.cli.failures import Failure
from services.cli.output import plain
from services.runtime import names
from services.runtime.wire import from_date
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc, catalogue_pb2

_LEVELS = {
    catalogue_pb2.Norm.LEVEL_VOORWAARDELIJK: "voorwaardelijke eis",
    catalogue_pb2.Norm.LEVEL_NORM: "norm",
    catalogue_pb2.Norm.LEVEL_AANBEVELING: "aanbeveling",
}
_STYLES = {
    assessment_pb2.VERDICT_VOLDOET: "bold green",
    assessment_pb2.VERDICT_VOLDOET_NIET: "bold red",
    assessment_pb2.VERDICT_ONBEKEND: "bold cyan",
    assessment_pb2.VERDICT_NIET_VAN_TOEPASSING: "bold",
}


@dataclass(frozen=True)
class Explained:
    """An assessment without its findings, and the explanation of one of them."""

    assessment: assessment_pb2.Assessment
    explanation: assessment_pb2.Explanation


def explain(services: Services, location_id: str, norm: str, budget_year: int) -> Explained:
    """The explanation of a norm in the latest assessment of a location. Raises Failure."""
    stub = assessment_pb2_grpc.AssessmentServiceStub(services.quality.channel)
    request = assessment_pb2.ListAssessmentsRequest(
        parent=names.LOCATION.format(provider=names.ANY, location=location_id),
        budget_year=budget_year,
        view=assessment_pb2.ASSESSMENT_VIEW_BASIC,
    )
    listed = services.quality.call(stub.ListAssessments, request).assessments
    if not listed:
        raise Failure(f"{location_id} is voor budgetjaar {budget_year} nog niet getoetst.")
    (assessment,) = listed
    asked = assessment_pb2.ExplainFindingRequest(name=assessment.name, norm=norm)
    return Explained(assessment, services.quality.call(stub.ExplainFinding, asked))


def document(found: Explained) -> dict[str, Any]:
    """As JSON."""
    return {"assessment": found.assessment.name, **plain(found.explanation)}


def readable(found: Explained) -> Iterator[RenderableType]:
    """As text."""
    norm, finding, pin = found.explanation.norm, found.explanation.finding, found.explanation.policy
    verdict = assessment_pb2.Verdict.Name(finding.verdict).removeprefix("VERDICT_").lower().replace("_", " ")
    yield Text.assemble((f"{norm.code} {norm.title}", "bold"), f" ({_LEVELS.get(norm.level, '')})")
    yield Text(norm.text)
    yield Text.assemble("\nOordeel: ", (verdict, _STYLES.get(finding.verdict, "")))
    if finding.warning:
        yield Text("De norm telt op deze dag nog niet: het blijft bij een waarschuwing.", style="yellow")
    for sentence in found.explanation.sentences:
        yield Text(f"  · {sentence}")
    yield Text(f"\nGevolg: {found.explanation.consequence}")
    yield Text(f"Bron: {norm.source}")
    yield Text(f"Herstel: {norm.remedy}")
    yield Text(f"\nToetsing {found.assessment.name}{_day(found.assessment)}.", style="dim")
    rules = pin.policy_set or f"beleidsjaar {pin.year}"
    yield Text(f"Beoordeeld door {rules}, regels {pin.revision}, {pin.engine} {pin.engine_version}.", style="dim")


def _day(assessment: assessment_pb2.Assessment) -> str:
    if not assessment.HasField("as_of_date"):
        return ""
    return f", beoordeeld naar {formats.day(from_date(assessment.as_of_date))}"
