"""The catalogue service: questionnaire and norms, as the policies say them."""

import grpc

from services.policy.catalogue import Level, Norm
from services.policy.questionnaire import Question, Questionnaire, QuestionType
from services.quality.rulebook import Rulebook
from services.runtime import names
from services.runtime.pages import read_page
from services.runtime.wire import Fields, to_date
from spoedkader.quality.v1 import catalogue_pb2 as pb
from spoedkader.quality.v1 import catalogue_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["CatalogueService"].full_name


class CatalogueServicer(rpc.CatalogueServiceServicer):
    """`spoedkader.quality.v1.CatalogueService`."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def GetQuestionnaire(self, request: pb.GetQuestionnaireRequest, context: grpc.ServicerContext) -> pb.Questionnaire:
        fields = Fields(request)
        (year,) = fields.name("name", names.QUESTIONNAIRE, request.name)
        fields.check()
        return _questionnaire(self._rulebook.active(int(year)).policies.questionnaire)

    def ListNorms(self, request: pb.ListNormsRequest, context: grpc.ServicerContext) -> pb.ListNormsResponse:
        fields = Fields(request)
        (year,) = fields.name("parent", names.POLICY_YEAR, request.parent)
        fields.check()
        page = read_page(request)
        policies = self._rulebook.active(int(year)).policies
        (after,) = page.behind(int) or (-1,)
        later = [norm for norm in policies.catalogue if norm.order > after]
        shown, token = page.cut(later, lambda norm: (norm.order,))
        return pb.ListNormsResponse(
            norms=[write_norm(policies.year, norm) for norm in shown],
            next_page_token=token,
            policy_revision=policies.revision,
        )


def write_norm(year: int, norm: Norm) -> pb.Norm:
    """The message of a norm of a policy year."""
    return pb.Norm(
        name=names.NORM.format(year=year, norm=norm.code),
        code=norm.code,
        title=norm.title,
        level=_LEVELS[norm.level],
        text=norm.description,
        source=norm.source,
        remedy=norm.remedy,
        per_block=norm.per_block,
        questions=norm.questions,
        effective_date=to_date(norm.effective_on) if norm.effective_on else None,
    )


def _questionnaire(questionnaire: Questionnaire) -> pb.Questionnaire:
    return pb.Questionnaire(
        name=names.QUESTIONNAIRE.format(year=questionnaire.year),
        survey_year=questionnaire.survey_year,
        questions=[_question(questionnaire, question) for question in questionnaire.questions],
        blocks=[pb.Block(id=block.id, description=block.text) for block in questionnaire.blocks],
    )


def _question(questionnaire: Questionnaire, question: Question) -> pb.Question:
    per_specialism = question.type is QuestionType.MINUTES_BY_SPECIALISM
    return pb.Question(
        id=question.id,
        text=question.text,
        type=_TYPES[question.type],
        per_block=question.per_block,
        options=("altijd", "niet_altijd") if question.type is QuestionType.ALTIJD else question.options,
        items=questionnaire.specialisms if per_specialism else (),
        information_only=question.information_only,
        help=question.help,
    )


_LEVELS = {
    Level.VOORWAARDELIJK: pb.Norm.LEVEL_VOORWAARDELIJK,
    Level.NORM: pb.Norm.LEVEL_NORM,
    Level.AANBEVELING: pb.Norm.LEVEL_AANBEVELING,
}
_TYPES = {
    QuestionType.ALTIJD: pb.Question.TYPE_ALTIJD,
    QuestionType.BOOLEAN: pb.Question.TYPE_BOOLEAN,
    QuestionType.INTEGER: pb.Question.TYPE_INTEGER,
    QuestionType.CHOICE: pb.Question.TYPE_CHOICE,
    QuestionType.MINUTES_BY_SPECIALISM: pb.Question.TYPE_MINUTES_BY_SPECIALISM,
}
