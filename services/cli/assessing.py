"""Assessments of a round, of every location or of one."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cli import facts, results
from services.cli.clients import Services
from services.cli.exporting import Exporter
from services.cli.output import Steps
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc, catalogue_pb2
from spoedkader.registry.v1 import location_pb2


@dataclass(frozen=True)
class Assessed:
    """Assessments, with the norms that they are about and the locations by id."""

    assessments: tuple[assessment_pb2.Assessment, ...]
    norms: tuple[catalogue_pb2.Norm, ...]
    locations: Mapping[str, location_pb2.Location]


def assess(services: Services, budget_year: int, location_id: str | None, steps: Steps) -> Assessed:
    """Judges one location, or every SEH location of a round. Raises Failure."""
    if location_id is None:
        found = results.assess_all(services, budget_year, steps)
    else:
        found = (results.assess_one(services, budget_year, location_id),)
    norms = results.norms_of(services, found[0].policy.year) if found else ()
    locations = facts.by_last_part((location.name, location) for location in Exporter(services, steps).locations())
    return Assessed(found, norms, locations)


def explanations(services: Services, assessed: Assessed) -> list[assessment_pb2.Explanation]:
    """Every finding of the assessments that is not met or not known, in words. Raises Failure."""
    stub = assessment_pb2_grpc.AssessmentServiceStub(services.quality.channel)
    open_verdicts = (assessment_pb2.VERDICT_VOLDOET_NIET, assessment_pb2.VERDICT_ONBEKEND)
    return [
        services.quality.call(
            stub.ExplainFinding, assessment_pb2.ExplainFindingRequest(name=assessment.name, norm=finding.norm)
        )
        for assessment in assessed.assessments
        for finding in assessment.findings
        if finding.verdict in open_verdicts
    ]
