"""The submission service over a real socket, with a real registry behind it."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.parts import mark_last
from spoedkader.quality.v1 import indicator_pb2
from spoedkader.quality.v1 import submission_pb2 as pb
from tests.support.answers import cells, example_answers
from tests.support.clients import QualityClient, RegistryClient
from tests.support.clock import TickingClock
from tests.support.messages import day, read_instant
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture
def place(registry_peer: RegistryClient) -> str:
    """A location that has not submitted anything."""
    return registry_peer.new_location().name


def submission(place: str, answers: list[pb.Answer] | None = None, **fields: Any) -> pb.Submission:
    return pb.Submission(
        **{
            "name": f"{place}/submissions/2026",
            "policy_year": 2027,
            "status": pb.Submission.STATUS_VOORLOPIG,
            "delivered_date": day("2026-06-10"),
            "answers": cells(example_answers()) if answers is None else answers,
            **fields,
        }
    )


def submit(quality: QualityClient, wanted: pb.Submission, **fields: Any) -> pb.Submission:
    return quality.submissions.SubmitAnswers(pb.SubmitAnswersRequest(submission=wanted, **fields), timeout=10)


def anywhere(name: str) -> str:
    return "/".join(["providers", "-", *name.split("/")[2:]])


# Handing in


def test_answers_are_handed_in_and_read_back(quality: QualityClient, place: str, clock: TickingClock) -> None:
    made = submit(quality, submission(anywhere(place)))
    assert made.name == f"{place}/submissions/2026"
    assert made.revision == 1
    assert read_instant(made.update_time) == clock.now
    known = [cell for cell in cells(example_answers()) if cell.WhichOneof("value")]
    assert sorted(made.answers, key=str) == sorted(known, key=str)
    assert quality.submissions.GetSubmission(pb.GetSubmissionRequest(name=made.name)) == made
    assert quality.submissions.GetSubmission(pb.GetSubmissionRequest(name=anywhere(made.name))) == made


def test_answers_that_are_absent_or_empty_are_not_known(quality: QualityClient, place: str) -> None:
    made = submit(
        quality,
        submission(
            place,
            [
                pb.Answer(question="ic.beschikbaar"),
                pb.Answer(question="arts.als_afgerond", block="anw"),
                pb.Answer(question="specialismen.aankomst_minuten", item="cardiologie", arrival=pb.Answer.Arrival()),
                pb.Answer(question="triage.gereed_minuten", number=0),
                pb.Answer(question="trauma.voldoet_aan_level", block="anw", yes=False),
            ],
        ),
    )
    assert list(made.answers) == [
        pb.Answer(question="trauma.voldoet_aan_level", block="anw", yes=False),
        pb.Answer(question="triage.gereed_minuten", number=0),
    ]


def test_the_same_answers_in_another_order_make_no_new_revision(quality: QualityClient, place: str) -> None:
    first = submit(quality, submission(place))
    assert submit(quality, submission(place, list(reversed(cells(example_answers()))))) == first


def test_a_correction_keeps_the_earlier_revision(quality: QualityClient, place: str) -> None:
    first = submit(quality, submission(place))
    second = submit(
        quality, submission(place, [], status=pb.Submission.STATUS_DEFINITIEF, delivered_date=day("2026-07-01"))
    )
    assert (second.revision, list(second.answers)) == (2, [])
    assert second.etag != first.etag
    name = first.name
    assert quality.submissions.GetSubmission(pb.GetSubmissionRequest(name=name)) == second
    assert quality.submissions.GetSubmission(pb.GetSubmissionRequest(name=name, revision=1)) == first
    revisions = quality.submissions.ListSubmissionRevisions(pb.ListSubmissionRevisionsRequest(name=name))
    assert list(revisions.submissions) == [first, second]
    request = pb.GetSubmissionRequest(name=name, revision=3)
    assert refusal(quality.submissions.GetSubmission, request).reason == "NOT_FOUND"


def test_a_correction_of_another_version_is_aborted(quality: QualityClient, place: str) -> None:
    first = submit(quality, submission(place))
    submit(quality, submission(place, [], etag=first.etag))
    request = pb.SubmitAnswersRequest(submission=submission(place, etag=first.etag))
    found = refusal(quality.submissions.SubmitAnswers, request)
    assert (found.code, found.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


def test_every_wrong_cell_is_named_at_its_place(quality: QualityClient, place: str) -> None:
    wrong = [
        pb.Answer(question="ic.beschikbaar", yes=True),
        pb.Answer(question="bestaat.niet", yes=True),
        pb.Answer(question="ic.beschikbaar", block="anw", yes=True),
        pb.Answer(question="arts.als_afgerond", yes=True),
        pb.Answer(question="arts.als_afgerond", block="nacht", yes=True),
        pb.Answer(question="ic.beschikbaar", yes=False),
        pb.Answer(question="triage.gereed_minuten", number=-1),
        pb.Answer(question="triage.systeem", choice="XYZ"),
        pb.Answer(question="trauma.level", number=3),
        pb.Answer(question="specialismen.aankomst_minuten", arrival=pb.Answer.Arrival(minutes=3)),
        pb.Answer(question="specialismen.aankomst_minuten", item="tandheelkunde", arrival=pb.Answer.Arrival(minutes=3)),
        pb.Answer(
            question="specialismen.aankomst_minuten", item="cardiologie", arrival=pb.Answer.Arrival(minutes=2**40)
        ),
        pb.Answer(question="specialismen.aankomst_minuten", item="kno", yes=True),
        pb.Answer(question="luchtweg.maximaal_minuten", arrival=pb.Answer.Arrival(minutes=3)),
        pb.Answer(),
    ]
    request = pb.SubmitAnswersRequest(submission=submission(place, wrong))
    found = refusal(quality.submissions.SubmitAnswers, request)
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(found.fields) == {f"submission.answers[{index}]" for index in range(1, len(wrong))}
    assert found.violations["submission.answers[5]"] == "ic.beschikbaar: staat dubbel"
    assert "mag niet negatief zijn" in found.violations["submission.answers[6]"]
    assert refusal(quality.submissions.GetSubmission, pb.GetSubmissionRequest(name=request.submission.name)).reason == (
        "NOT_FOUND"
    )


def test_everything_wrong_with_a_submission_is_named(quality: QualityClient) -> None:
    wrong = pb.Submission(name="providers/-/locations/-/submissions/2026", policy_year=1999, status=7)  # type: ignore[arg-type]
    found = refusal(quality.submissions.SubmitAnswers, pb.SubmitAnswersRequest(submission=wrong, request_id="x"))
    assert set(found.fields) == {
        "submission.name",
        "submission.policy_year",
        "submission.status",
        "submission.delivered_date",
        "request_id",
    }
    assert found.violations["submission.policy_year"] == "Er zijn geen regels voor beleidsjaar 1999."


def test_many_wrong_cells_still_arrive_as_a_refusal(quality: QualityClient, place: str) -> None:
    wrong = [pb.Answer(question="ondersteuning.bereikbaar_aantal" + "é" * 500)] * 2000
    found = refusal(quality.submissions.SubmitAnswers, pb.SubmitAnswersRequest(submission=submission(place, wrong)))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.metadata["violations"] == "2000"
    found = refusal(
        quality.submissions.SubmitAnswers, pb.SubmitAnswersRequest(submission=submission(place, [*wrong, pb.Answer()]))
    )
    assert found.fields == ["submission.answers"]


def test_answers_of_a_location_that_is_not_there_are_not_kept(quality: QualityClient, place: str) -> None:
    request = pb.SubmitAnswersRequest(submission=submission("providers/-/locations/nergens"))
    found = refusal(quality.submissions.SubmitAnswers, request)
    assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    request.submission.name = f"providers/99999999/{place.split('/', 2)[2]}/submissions/2026"
    assert refusal(quality.submissions.SubmitAnswers, request).code is grpc.StatusCode.NOT_FOUND


def test_a_rehearsal_keeps_nothing_and_a_repeated_request_counts_once(quality: QualityClient, place: str) -> None:
    rehearsed = submit(quality, submission(place), validate_only=True)
    assert refusal(quality.submissions.GetSubmission, pb.GetSubmissionRequest(name=rehearsed.name)).reason == (
        "NOT_FOUND"
    )
    request_id = str(uuid.uuid4())
    first = submit(quality, submission(place), request_id=request_id)
    submit(quality, submission(place, []))
    assert submit(quality, submission(place), request_id=request_id) == first
    again = pb.SubmitAnswersRequest(submission=submission(place, []), request_id=request_id)
    assert refusal(quality.submissions.SubmitAnswers, again).reason == "REQUEST_ID_REUSED"


# Listing


def test_submissions_are_listed_by_location_by_provider_and_everywhere(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    provider = registry_peer.new_provider().name
    places = [registry_peer.new_location(provider).name for _ in range(3)]
    for place in places:
        submit(quality, submission(place))
    last = submit(quality, submission(places[0], name=f"{places[0]}/submissions/2027", policy_year=2028))

    def listed(parent: str, **fields: Any) -> list[str]:
        request = pb.ListSubmissionsRequest(parent=parent, **fields)
        return [one.name for one in quality.submissions.ListSubmissions(request).submissions]

    of_2026 = [f"{place}/submissions/2026" for place in places]
    assert listed(f"{provider}/locations/-") == [*of_2026, last.name]
    assert listed(f"{provider}/locations/-", survey_year=2026) == of_2026
    assert listed(places[0], survey_year=2027) == [last.name]
    assert listed(anywhere(places[0])) == [of_2026[0], last.name]
    everywhere = listed("providers/-/locations/-", page_size=1000, survey_year=2026)
    assert [name for name in everywhere if name in of_2026] == of_2026
    request = pb.ListSubmissionsRequest(parent="providers/-/locations/nergens")
    assert refusal(quality.submissions.ListSubmissions, request).reason == "NOT_FOUND"


def test_lists_come_in_pages_bound_to_their_request(quality: QualityClient, registry_peer: RegistryClient) -> None:
    provider = registry_peer.new_provider().name
    places = [registry_peer.new_location(provider).name for _ in range(3)]
    for place in places:
        submit(quality, submission(place, []))
    request = pb.ListSubmissionsRequest(parent=f"{provider}/locations/-", page_size=2)
    first = quality.submissions.ListSubmissions(request)
    request.page_token = first.next_page_token
    second = quality.submissions.ListSubmissions(request)
    assert [one.name for one in [*first.submissions, *second.submissions]] == [
        f"{place}/submissions/2026" for place in places
    ]
    assert not second.next_page_token
    request.survey_year = 2026
    assert refusal(quality.submissions.ListSubmissions, request).fields == ["page_token"]


def test_revisions_come_in_pages(quality: QualityClient, place: str) -> None:
    for number in range(5):
        submit(quality, submission(place, [pb.Answer(question="triage.gereed_minuten", number=number)]))
    request = pb.ListSubmissionRevisionsRequest(name=f"{place}/submissions/2026", page_size=2)
    found: list[int] = []
    while True:
        page = quality.submissions.ListSubmissionRevisions(request)
        found += [one.revision for one in page.submissions]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == [1, 2, 3, 4, 5]
    missing = pb.ListSubmissionRevisionsRequest(name=f"{place}/submissions/2025")
    assert refusal(quality.submissions.ListSubmissionRevisions, missing).reason == "NOT_FOUND"


# Loading


def load(quality: QualityClient, *parts: pb.ImportSubmissionsRequest) -> dict[str, tuple[int, int, int]]:
    answer = quality.submissions.ImportSubmissions(mark_last(parts), timeout=10)
    return {one.collection: (one.created, one.updated, one.unchanged) for one in answer.counts}


def indicators(place: str, **fields: Any) -> indicator_pb2.Indicators:
    return indicator_pb2.Indicators(name=f"{place}/indicators/2025", seh_visits=10, **fields)


def test_submissions_and_indicators_are_loaded_and_again_change_nothing(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    places = [registry_peer.new_location().name for _ in range(2)]
    parts = [
        pb.ImportSubmissionsRequest(submissions=[submission(place)], indicators=[indicators(anywhere(place))])
        for place in places
    ]
    assert load(quality, *parts) == {"submissions": (2, 0, 0), "indicators": (2, 0, 0)}
    assert load(quality, *parts) == {"submissions": (0, 0, 2), "indicators": (0, 0, 2)}
    parts[0].indicators[0].seh_visits = 11
    assert load(quality, *parts)["indicators"] == (0, 1, 1)


def test_a_wrong_part_leaves_nothing_and_every_mistake_is_named(quality: QualityClient, place: str) -> None:
    wrong = pb.ImportSubmissionsRequest(
        submissions=[
            submission(place),
            submission(anywhere(place)),
            submission("providers/-/locations/nergens", [pb.Answer(question="x")]),
        ],
        indicators=[indicators(place, seh_stops=-1), indicators(anywhere(place))],
    )
    found = refusal(
        quality.submissions.ImportSubmissions,
        mark_last([pb.ImportSubmissionsRequest(submissions=[submission(place)]), wrong]),
    )
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(found.fields) == {
        "submissions[1].name",
        "submissions[2].name",
        "submissions[2].answers[0]",
        "indicators[0].seh_stops",
        "indicators[1].name",
    }
    request = pb.GetSubmissionRequest(name=f"{place}/submissions/2026")
    assert refusal(quality.submissions.GetSubmission, request).reason == "NOT_FOUND"


def test_a_rehearsed_or_broken_load_leaves_nothing(quality: QualityClient, place: str) -> None:
    request = pb.GetSubmissionRequest(name=f"{place}/submissions/2026")
    rehearsal = pb.ImportSubmissionsRequest(validate_only=True, submissions=[submission(place)])
    assert load(quality, rehearsal)["submissions"] == (1, 0, 0)
    assert refusal(quality.submissions.GetSubmission, request).reason == "NOT_FOUND"
    sent = threading.Event()

    def parts() -> Iterator[pb.ImportSubmissionsRequest]:
        yield pb.ImportSubmissionsRequest(submissions=[submission(place)])
        sent.set()
        threading.Event().wait(0.2)

    call = quality.submissions.ImportSubmissions.future(parts())
    assert sent.wait(5)
    call.cancel()
    assert refusal(quality.submissions.GetSubmission, request).reason == "NOT_FOUND"


def test_a_part_that_is_too_large_or_missing_is_refused(quality: QualityClient) -> None:
    part = pb.ImportSubmissionsRequest(submissions=[pb.Submission()] * 501)
    assert refusal(quality.submissions.ImportSubmissions, mark_last([part])).fields == [""]
    assert refusal(quality.submissions.ImportSubmissions, iter([])).code is grpc.StatusCode.INVALID_ARGUMENT
