"""Import of an exchange folder: nothing is sent before all of it is right, and a service takes all of it or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli import answers, facts
from services.cli.clients import Services
from services.cli.exchange.reader import AnswersCheck, read_folder
from services.cli.exchange.rows import ExchangeFolder
from services.cli.failures import Failure
from services.cli.output import Steps
from services.policy.questionnaire import Questionnaire
from services.runtime import names
from services.runtime.errors import Reason
from spoedkader.quality.v1 import catalogue_pb2, catalogue_pb2_grpc, submission_pb2, submission_pb2_grpc
from spoedkader.registry.v1 import location_pb2, location_pb2_grpc, snapshot_pb2_grpc

_NO_SUCH_YEAR = {Reason.POLICY_YEAR_UNKNOWN.upper(), Reason.NOT_FOUND.upper()}


@dataclass(frozen=True, slots=True)
class Count:
    """What an import did to one kind of resource."""

    collection: str
    created: int
    updated: int
    unchanged: int


class Importer:
    """Reads folders against what the services know, and sends them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._questionnaires: dict[int, Questionnaire | None] = {}

    def read(self, path: Path) -> ExchangeFolder:
        """A folder in which everything is right.

        Raises:
            FolderProblems: it is not; with every problem.
            Failure: a service cannot tell what is right.
        """
        stub = location_pb2_grpc.LocationServiceStub(self._services.registry.channel)
        known = self._services.registry.call(stub.ListRoazRegions, location_pb2.ListRoazRegionsRequest())
        return read_folder(path, roaz_regions=frozenset(known.regions), answers_check=self._answers_check)

    def send(self, folder: ExchangeFolder, steps: Steps) -> tuple[Count, ...]:
        """Stores a folder that was read here.

        Raises:
            Failure: a service refuses; then it stored nothing of the folder.
        """
        registry, quality = self._services.registry, self._services.quality
        everything = steps.each("Feiten naar registry", tuple(facts.facts_of(folder)))
        importer = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)
        counts = _counts(registry.send(importer.ImportFacts, facts.import_requests(everything)))
        questionnaire = self._questionnaire(folder.round.policy_year)
        assert questionnaire is not None, "read() found it"
        owners = {location.location_id: location.agb for location in folder.locations}
        submissions = [
            answers.submission_message(row, owners[row.location_id], questionnaire) for row in folder.answers
        ]
        indicators = [answers.indicators_message(row, owners[row.location_id]) for row in folder.indicators]
        if not submissions and not indicators:
            return counts
        submitter = submission_pb2_grpc.SubmissionServiceStub(quality.channel)
        parts = tuple(answers.import_requests(submissions, indicators))
        stored: submission_pb2.ImportSubmissionsResponse = quality.send(
            submitter.ImportSubmissions, steps.each("Antwoorden en indicatoren naar quality", parts)
        )
        return (*counts, *_counts(stored))

    def _answers_check(self, year: int) -> AnswersCheck | None:
        questionnaire = self._questionnaire(year)
        return None if questionnaire is None else answers.check_of(questionnaire)

    def _questionnaire(self, year: int) -> Questionnaire | None:
        if year not in self._questionnaires:
            self._questionnaires[year] = find_questionnaire(self._services, year)
        return self._questionnaires[year]


def find_questionnaire(services: Services, year: int) -> Questionnaire | None:
    """The questionnaire of a policy year, or None when there are no rules for that year. Raises Failure."""
    stub = catalogue_pb2_grpc.CatalogueServiceStub(services.quality.channel)
    request = catalogue_pb2.GetQuestionnaireRequest(name=names.QUESTIONNAIRE.format(year=year))
    try:
        return answers.questionnaire_of(year, services.quality.call(stub.GetQuestionnaire, request))
    except Failure as failure:
        if failure.facts.get("reason") in _NO_SUCH_YEAR:
            return None
        raise


def _counts(response: Any) -> tuple[Count, ...]:
    found: Iterable[Any] = response.counts
    return tuple(Count(count.collection, count.created, count.updated, count.unchanged) for count in found)
