"""The catalogue service over a real socket."""

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.quality.v1 import catalogue_pb2 as pb
from tests.support.clients import QualityClient
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


def test_the_questionnaire_of_a_year_says_what_is_asked(quality: QualityClient) -> None:
    found = quality.catalogue.GetQuestionnaire(pb.GetQuestionnaireRequest(name="policyYears/2027/questionnaire"))
    assert found.name == "policyYears/2027/questionnaire"
    assert found.survey_year == 2026
    assert [block.id for block in found.blocks] == ["kantooruren", "anw"]
    by_id = {question.id: question for question in found.questions}
    assert len(by_id) == len(found.questions)
    assert list(by_id["arts.specialist_aanwezig"].options) == ["altijd", "niet_altijd"]
    assert by_id["arts.specialist_aanwezig"].per_block
    assert "cardiologie" in by_id["specialismen.aankomst_minuten"].items
    assert not by_id["ic.beschikbaar"].options
    assert all(question.text and question.type for question in found.questions)


def test_the_norms_of_a_year_come_with_text_source_and_remedy(quality: QualityClient) -> None:
    found = quality.catalogue.ListNorms(pb.ListNormsRequest(parent="policyYears/2027"))
    assert found.norms[0].name == "policyYears/2027/norms/A1"
    assert found.norms[0].level == pb.Norm.LEVEL_VOORWAARDELIJK
    assert all(norm.title and norm.text and norm.source and norm.remedy and norm.level for norm in found.norms)
    assert len({norm.code for norm in found.norms}) == len(found.norms)
    assert found.policy_revision.startswith("sha256:")
    assert len(found.policy_revision) == 71


def test_norms_read_questions_that_the_questionnaire_asks(quality: QualityClient) -> None:
    asked = quality.catalogue.GetQuestionnaire(pb.GetQuestionnaireRequest(name="policyYears/2027/questionnaire"))
    norms = quality.catalogue.ListNorms(pb.ListNormsRequest(parent="policyYears/2027")).norms
    assert {question for norm in norms for question in norm.questions} <= {question.id for question in asked.questions}


def test_norms_come_in_pages_in_the_order_of_the_catalogue(quality: QualityClient) -> None:
    whole = quality.catalogue.ListNorms(pb.ListNormsRequest(parent="policyYears/2027"))
    request = pb.ListNormsRequest(parent="policyYears/2027", page_size=10)
    found: list[pb.Norm] = []
    while True:
        page = quality.catalogue.ListNorms(request)
        found += page.norms
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == list(whole.norms)
    request.parent = "policyYears/2028"
    assert refusal(quality.catalogue.ListNorms, request).fields == ["page_token"]


def test_a_year_without_rules_is_refused(quality: QualityClient) -> None:
    for method, request in (
        (quality.catalogue.GetQuestionnaire, pb.GetQuestionnaireRequest(name="policyYears/1999/questionnaire")),
        (quality.catalogue.ListNorms, pb.ListNormsRequest(parent="policyYears/1999")),
    ):
        found = refusal(method, request)
        assert found.code is grpc.StatusCode.FAILED_PRECONDITION
        assert (found.reason, found.metadata) == ("POLICY_YEAR_UNKNOWN", {"policy_year": "1999"})


def test_names_and_pages_of_another_form_are_refused(quality: QualityClient) -> None:
    request = pb.ListNormsRequest(parent="policyYears/../2027", page_size=-1, page_token="x")
    assert sorted(refusal(quality.catalogue.ListNorms, request).fields) == ["page_size", "page_token", "parent"]
    assert refusal(quality.catalogue.GetQuestionnaire, pb.GetQuestionnaireRequest()).fields == ["name"]
