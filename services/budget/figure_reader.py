"""Fetches what hospitals reported from the quality service, and the years that a round points to."""

from collections.abc import Iterable, Mapping

import grpc

from services.budget.figures import Answers, RoundYears, Visits
from services.runtime import names
from services.runtime.errors import DomainError, Reason
from services.runtime.peers import Peer
from spoedkader.quality.v1 import (
    catalogue_pb2,
    catalogue_pb2_grpc,
    indicator_pb2,
    indicator_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)
from spoedkader.registry.v1 import round_pb2, round_pb2_grpc

INDICATORS_PER_PAGE = 1000
SUBMISSIONS_PER_PAGE = 200
"""Answers to a whole questionnaire are some ten kilobytes."""


class FigureReader:
    """Reads figures on behalf of a call."""

    def __init__(self, registry: Peer, quality: Peer) -> None:
        self._registry = registry
        self._quality = quality
        self._rounds = round_pb2_grpc.RoundServiceStub(registry.channel)
        self._indicators = indicator_pb2_grpc.IndicatorServiceStub(quality.channel)
        self._submissions = submission_pb2_grpc.SubmissionServiceStub(quality.channel)
        self._catalogue = catalogue_pb2_grpc.CatalogueServiceStub(quality.channel)

    def round_years(self, budget_year: int, context: grpc.ServicerContext) -> RoundYears:
        """The years that the round of a budget year points to.

        Raises:
            DomainError: ROUND_UNKNOWN, there is none; the same refusal as for a snapshot of that year.
        """
        request = round_pb2.GetRoundRequest(name=names.ROUND.format(year=budget_year))
        try:
            found = self._registry.call(self._rounds.GetRound, request, context)
        except DomainError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise
            message = f"Er is geen inkoopronde voor budgetjaar {budget_year}."
            metadata = {"budget_year": str(budget_year)}
            raise DomainError(Reason.ROUND_UNKNOWN, message, metadata=metadata) from error
        return RoundYears(found.survey_year, found.reference_year, found.policy_year)

    def visits(self, agb: str, year: int, context: grpc.ServicerContext) -> dict[str, Visits]:
        """The visits of a year by location id, of the locations of a provider (`-`: of all) that reported."""
        request = indicator_pb2.ListIndicatorsRequest(
            parent=names.LOCATION.format(provider=agb, location=names.ANY), year=year, page_size=INDICATORS_PER_PAGE
        )
        pages = self._quality.pages(self._indicators.ListIndicators, request, context)
        return {
            names.parts(names.INDICATORS, found.name)[1]: Visits(
                found.seh_visits if found.HasField("seh_visits") else None,
                found.ehh_visits if found.HasField("ehh_visits") else None,
            )
            for page in pages
            for found in page.indicators
        }

    def answers(self, agb: str, survey_year: int, context: grpc.ServicerContext) -> dict[str, Answers]:
        """The latest answers of a survey year by location id, of the locations of a provider (`-`: of all)."""
        request = submission_pb2.ListSubmissionsRequest(
            parent=names.LOCATION.format(provider=agb, location=names.ANY),
            survey_year=survey_year,
            page_size=SUBMISSIONS_PER_PAGE,
        )
        pages = self._quality.pages(self._submissions.ListSubmissions, request, context)
        return {
            names.parts(names.SUBMISSION, found.name)[1]: read_answers(found.answers)
            for page in pages
            for found in page.submissions
        }

    def questions(self, policy_year: int, context: grpc.ServicerContext) -> Mapping[str, catalogue_pb2.Question]:
        """The questions that hospitals are asked by the rules of a year, by identifier."""
        request = catalogue_pb2.GetQuestionnaireRequest(name=names.QUESTIONNAIRE.format(year=policy_year))
        found = self._quality.call(self._catalogue.GetQuestionnaire, request, context)
        return {question.id: question for question in found.questions}


def read_answers(cells: Iterable[submission_pb2.Answer]) -> Answers:
    """The answers as text: `ja` or `nee`, a number in digits, or the option. One that is not known is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        text = _text(cell)
        if text is not None:
            found[cell.question] = (*found.get(cell.question, ()), text)
    return found


def _text(cell: submission_pb2.Answer) -> str | None:
    match cell.WhichOneof("value"):
        case "yes":
            return "ja" if cell.yes else "nee"
        case "number":
            return str(cell.number)
        case "choice":
            return cell.choice
        case "arrival" if cell.arrival.HasField("minutes"):
            return str(cell.arrival.minutes)
        case _:
            return None
