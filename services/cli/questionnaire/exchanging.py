"""A form from the services, and its answers back to them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.cli import answers
from services.cli.clients import Services
from services.cli.exchange.rows import AnswersDocument
from services.cli.failures import Failure
from services.cli.questionnaire.contents import Form, new_form
from services.cli.questionnaire.head import require
from services.cli.questionnaire.merging import count_of_differences, merge
from services.cli.questionnaire.reading import Fault, Read
from services.policy.engine import JsonValue
from services.policy.questionnaire import Questionnaire, fitting_answers, normalise
from services.runtime import names
from services.runtime.errors import Reason
from services.runtime.wire import from_date
from spoedkader.quality.v1 import catalogue_pb2, catalogue_pb2_grpc, submission_pb2, submission_pb2_grpc
from spoedkader.registry.v1 import location_pb2, location_pb2_grpc, round_pb2, round_pb2_grpc


@dataclass(frozen=True, slots=True)
class Delivery:
    """How answers are handed in."""

    delivered_on: date
    final: bool
    part: bool
    replace: bool


@dataclass(frozen=True)
class Submitted:
    """The submission that is there now, and how many of its answers this changed."""

    submission: submission_pb2.Submission
    changed: int
    form: Form


def download(services: Services, year: int, location_id: str) -> Form:
    """The form of a location for a round, with the answers that are there.

    Raises:
        Failure: there is no such round or location, it is no SEH, or a service does not answer.
    """
    rounds = round_pb2_grpc.RoundServiceStub(services.registry.channel)
    found = services.registry.call(rounds.GetRound, round_pb2.GetRoundRequest(name=names.ROUND.format(year=year)))
    locations = location_pb2_grpc.LocationServiceStub(services.registry.channel)
    name = names.LOCATION.format(provider=names.ANY, location=location_id)
    location = services.registry.call(locations.GetLocation, location_pb2.GetLocationRequest(name=name))
    if location.care_type != location_pb2.Location.CARE_TYPE_SEH:
        raise Failure(f"{location_id} is geen SEH-locatie; alleen een SEH krijgt een vragenlijst.")
    questionnaire = questionnaire_of(services, found.policy_year)
    if questionnaire.survey_year != found.survey_year:
        raise Failure(
            f"De ronde {year} gaat over vragenlijst {found.survey_year}, maar de regels van {found.policy_year} over "
            f"{questionnaire.survey_year}."
        )
    current = _current(services, location_id, questionnaire)
    known = {} if current is None else answers.submission_row(current, questionnaire).answers
    return new_form(year, location_id, questionnaire, "" if current is None else current.etag, known)


def questionnaire_of(services: Services, policy_year: int) -> Questionnaire:
    """The questionnaire of a policy year with its help texts. Raises Failure."""
    stub = catalogue_pb2_grpc.CatalogueServiceStub(services.quality.channel)
    request = catalogue_pb2.GetQuestionnaireRequest(name=names.QUESTIONNAIRE.format(year=policy_year))
    return answers.questionnaire_of(policy_year, services.quality.call(stub.GetQuestionnaire, request))


def submit(services: Services, read: Read, delivery: Delivery) -> Submitted:
    """Hands in the answers of a form: all of them, or only those that were changed in it since it was downloaded.

    Raises:
        Failure: the form has faults or is of another questionnaire; somebody changed the answers in between; or a
            service refuses.
    """
    form = read.whole()
    questionnaire = questionnaire_of(services, form.questionnaire.year)
    require(form, questionnaire, "de dienst quality")
    current = _current(services, form.location_id, questionnaire)
    before: Mapping[str, JsonValue] = {}
    if current is not None:
        stored = answers.submission_row(current, questionnaire).answers
        before = normalise(fitting_answers(questionnaire, stored))
    sent = replace(form, answers=_merged(read, before) if delivery.part else form.answers)
    row = AnswersDocument(
        location_id=form.location_id,
        survey_year=questionnaire.survey_year,
        status="definitief" if delivery.final else "voorlopig",
        delivered_on=delivery.delivered_on,
        answers=sent.answers,
    )
    changed = count_of_differences(before, sent.answers)
    if current is not None:
        if _same_delivery(current, row) and not changed:
            return Submitted(current, 0, sent)
        if not (delivery.part or delivery.replace) and current.etag != form.etag:
            raise Failure(
                f"De antwoorden van {form.location_id} zijn na het ophalen van dit formulier gewijzigd (revisie "
                f"{current.revision}); er is niets verstuurd.",
                (
                    "Haal een nieuw formulier op,",
                    "of stuur alleen de eigen wijzigingen met --part,",
                    "of vervang alles met --replace.",
                ),
                reason=Reason.ETAG_MISMATCH.upper(),
            )
    message = answers.submission_message(row, names.ANY, questionnaire)
    message.etag = "" if current is None else current.etag
    stub = submission_pb2_grpc.SubmissionServiceStub(services.quality.channel)
    request = submission_pb2.SubmitAnswersRequest(submission=message)
    return Submitted(services.quality.call(stub.SubmitAnswers, request), changed, sent)


def _current(services: Services, location_id: str, questionnaire: Questionnaire) -> submission_pb2.Submission | None:
    stub = submission_pb2_grpc.SubmissionServiceStub(services.quality.channel)
    name = names.SUBMISSION.format(provider=names.ANY, location=location_id, year=questionnaire.survey_year)
    try:
        return services.quality.call(stub.GetSubmission, submission_pb2.GetSubmissionRequest(name=name))
    except Failure as failure:
        # A location that is not there is refused for its own name.
        if (
            failure.facts.get("reason") == Reason.NOT_FOUND.upper()
            and failure.facts["metadata"].get("resource") == name
        ):
            return None
        raise


def status_of(submission: submission_pb2.Submission) -> str:
    """`voorlopig` or `definitief`."""
    return submission_pb2.Submission.Status.Name(submission.status).removeprefix("STATUS_").lower()


def _same_delivery(current: submission_pb2.Submission, row: AnswersDocument) -> bool:
    return (status_of(current), from_date(current.delivered_date)) == (row.status, row.delivered_on)


def _merged(read: Read, current: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """The answers that are there, with what was changed in the form. Raises Failure with each that others changed."""
    merged = merge(read.form, current)
    if merged.conflicts:
        faults = [Fault(read.where[keys], "is intussen ook anders beantwoord") for keys in merged.conflicts]
        raise Failure(
            "Antwoorden in dit formulier zijn intussen ook door een ander gewijzigd; er is niets verstuurd.",
            (*map(str, faults), "Haal een nieuw formulier op en vul deze antwoorden opnieuw in."),
            faults=[dataclasses.asdict(fault) for fault in faults],
        )
    return merged.answers
