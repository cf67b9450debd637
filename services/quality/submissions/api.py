"""The submission service: answers handed in, corrected and read back."""

from collections.abc import Iterator, Sequence
from typing import Any

import grpc
from sqlalchemy import Connection

from services.quality.indicators.api import read_indicators
from services.quality.indicators.store import INDICATORS
from services.quality.locations import Locations, require_known
from services.quality.rulebook import Rulebook
from services.quality.submissions.answers import read_answers, write_answers
from services.quality.submissions.model import Status, Submission
from services.quality.submissions.store import SUBMISSIONS, SUBMISSIONS_IN_YEAR, SUBMISSIONS_OF_LOCATIONS
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Counts, History, Stamp, Stored
from services.runtime.wire import Fields, to_date, to_timestamp
from spoedkader.quality.v1 import submission_pb2 as pb
from spoedkader.quality.v1 import submission_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["SubmissionService"].full_name
MAX_RESOURCES = 500


class SubmissionServicer(rpc.SubmissionServiceServicer):
    """`spoedkader.quality.v1.SubmissionService`."""

    def __init__(self, transactions: Transactions, rulebook: Rulebook, locations: Locations) -> None:
        self._transactions = transactions
        self._rulebook = rulebook
        self._locations = locations

    def SubmitAnswers(self, request: pb.SubmitAnswersRequest, context: grpc.ServicerContext) -> pb.Submission:
        fields = Fields(request)
        provider, submission = self._read(fields, "submission", request.submission)
        fields.check()
        owner = self._locations.owner(provider, submission.location_id, context)

        def act(connection: Connection, stamp: Stamp) -> pb.Submission:
            stored = SUBMISSIONS.get(connection, submission.location_id, submission.survey_year)
            if stored is not None:
                stored.require(request.submission.etag)
            return _write(owner, SUBMISSIONS.put(connection, submission, stamp))

        return self._transactions.write(request, context, pb.Submission, act)

    def GetSubmission(self, request: pb.GetSubmissionRequest, context: grpc.ServicerContext) -> pb.Submission:
        fields = Fields(request)
        provider, location_id, year = fields.name("name", names.SUBMISSION, request.name)
        revision = fields.count("revision", request.revision)
        fields.check()
        owner = self._locations.owner(provider, location_id, context)
        with self._transactions.read() as connection:
            if revision == 0:
                stored = SUBMISSIONS.get(connection, location_id, int(year))
            else:
                found = SUBMISSIONS.revisions(connection, location_id, int(year))
                stored = next((version for version in found if version.revision == revision), None)
        if stored is None:
            raise not_found(request.name)
        return _write(owner, stored)

    def ListSubmissions(
        self, request: pb.ListSubmissionsRequest, context: grpc.ServicerContext
    ) -> pb.ListSubmissionsResponse:
        fields = Fields(request)
        provider, location_id = fields.name("parent", names.LOCATION, request.parent)
        survey_year = fields.count("survey_year", request.survey_year)
        fields.check()
        page = read_page(request)
        if provider == location_id == names.ANY:
            with self._transactions.read() as connection:
                shown, token = SUBMISSIONS_IN_YEAR.page(connection, page, survey_year=survey_year)
            # Afterwards, so that a location that was registered in between is among them.
            owners = self._locations.owners(context)
        else:
            owners = self._locations.selected(provider, location_id, context)
            with self._transactions.read() as connection:
                shown, token = SUBMISSIONS_OF_LOCATIONS.page(
                    connection, page, survey_year=survey_year, location_ids=list(owners)
                )
        submissions = [_write(owners[stored.value.location_id], stored) for stored in shown]
        return pb.ListSubmissionsResponse(submissions=submissions, next_page_token=token)

    def ListSubmissionRevisions(
        self, request: pb.ListSubmissionRevisionsRequest, context: grpc.ServicerContext
    ) -> pb.ListSubmissionRevisionsResponse:
        fields = Fields(request)
        provider, location_id, year = fields.name("name", names.SUBMISSION, request.name)
        fields.check()
        page = read_page(request)
        owner = self._locations.owner(provider, location_id, context)
        with self._transactions.read() as connection:
            found = SUBMISSIONS.revisions(connection, location_id, int(year))
        if not found:
            raise not_found(request.name)
        (after,) = page.behind(int) or (0,)
        later = [version for version in found if version.revision > after]
        shown, token = page.cut(later, lambda version: (version.revision,))
        return pb.ListSubmissionRevisionsResponse(
            submissions=[_write(owner, stored) for stored in shown], next_page_token=token
        )

    def ImportSubmissions(
        self, request_iterator: Iterator[pb.ImportSubmissionsRequest], context: grpc.ServicerContext
    ) -> pb.ImportSubmissionsResponse:
        owners = self._locations.owners(context)
        return self._transactions.write_stream(
            request_iterator,
            context,
            lambda connection, stamp, parts: self._import(connection, stamp, parts, owners),
        )

    def _import(
        self,
        connection: Connection,
        stamp: Stamp,
        parts: Sequence[pb.ImportSubmissionsRequest],
        owners: dict[str, str],
    ) -> pb.ImportSubmissionsResponse:
        counts: dict[str, Counts] = {}
        for part in parts:
            fields = Fields()
            if len(part.submissions) + len(part.indicators) > MAX_RESOURCES:
                fields.wrong("", f"een deel mag hoogstens {MAX_RESOURCES} gegevens bevatten")
                fields.check()
            submissions = []
            for index, message in enumerate(part.submissions):
                path = f"submissions[{index}]"
                provider, submission = self._read(fields, path, message)
                _require_known(fields, path, owners, provider, submission.location_id)
                submissions.append(submission)
            indicators = []
            for index, figures in enumerate(part.indicators):
                path = f"indicators[{index}]"
                provider, found = read_indicators(fields, path, figures)
                _require_known(fields, path, owners, provider, found.location_id)
                indicators.append(found)
            _require_single(fields, "submissions", SUBMISSIONS, submissions)
            _require_single(fields, "indicators", INDICATORS, indicators)
            fields.check()
            for collection, written in (
                ("submissions", SUBMISSIONS.put_all(connection, submissions, stamp)),
                ("indicators", INDICATORS.put_all(connection, indicators, stamp)),
            ):
                counts[collection] = counts.get(collection, Counts()) + written
        return pb.ImportSubmissionsResponse(
            counts=[
                pb.ImportSubmissionsResponse.Count(
                    collection=collection,
                    created=count.created,
                    updated=count.updated,
                    unchanged=count.unchanged,
                )
                for collection, count in counts.items()
            ]
        )

    def _read(self, fields: Fields, path: str, message: pb.Submission) -> tuple[str, Submission]:
        """A submission from its message, with the provider that its name states, which may be `-`."""
        provider, location_id, year = fields.name(f"{path}.name", names.SUBMISSION, message.name)
        if location_id == names.ANY:
            fields.wrong(f"{path}.name", "moet een locatie noemen")
        status = fields.one_of(f"{path}.status", message.status, list(_STATUSES))
        answers = {}
        try:
            questionnaire = self._rulebook.active(message.policy_year).policies.questionnaire
        except DomainError as error:
            if error.reason is not Reason.POLICY_YEAR_UNKNOWN:
                raise
            fields.wrong(f"{path}.policy_year", error.message)
        else:
            answers = read_answers(fields, f"{path}.answers", questionnaire, message.answers)
        return provider, Submission(
            location_id=location_id,
            survey_year=fields.year(f"{path}.name", int(year or 0)),
            policy_year=message.policy_year,
            status=_STATUSES.get(status, Status.VOORLOPIG),
            delivered_on=fields.date(f"{path}.delivered_date", message),
            answers=answers,
        )


def _write(owner: str, stored: Stored[Submission]) -> pb.Submission:
    submission = stored.value
    return pb.Submission(
        name=names.SUBMISSION.format(provider=owner, location=submission.location_id, year=submission.survey_year),
        policy_year=submission.policy_year,
        status=_STATUS_NUMBERS[submission.status],
        delivered_date=to_date(submission.delivered_on),
        answers=write_answers(submission.answers),
        revision=stored.revision,
        etag=stored.etag,
        update_time=to_timestamp(stored.recorded_at),
    )


def _require_known(fields: Fields, path: str, owners: dict[str, str], provider: str, location_id: str) -> None:
    try:
        require_known(owners, provider, location_id)
    except DomainError as error:
        fields.wrong(f"{path}.name", error.message)


def _require_single(fields: Fields, collection: str, history: History[Any, Any], values: Sequence[Any]) -> None:
    keys = [history.key(value) for value in values]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            fields.wrong(f"{collection}[{index}].name", "staat dubbel")


_STATUS_NUMBERS = {
    Status.VOORLOPIG: pb.Submission.STATUS_VOORLOPIG,
    Status.DEFINITIEF: pb.Submission.STATUS_DEFINITIEF,
}
_STATUSES: dict[int, Status] = {number: status for status, number in _STATUS_NUMBERS.items()}
