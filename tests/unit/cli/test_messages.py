"""A row that goes to a service and comes back is the same row."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.cli import answers, facts
from services.cli.exchange import rows
from services.policy.questionnaire import Block, Question, Questionnaire, QuestionType, check_answers, normalise
from spoedkader.quality.v1 import catalogue_pb2, indicator_pb2, submission_pb2
from spoedkader.registry.v1 import snapshot_pb2

agbs = st.from_regex(r"[0-9]{8}", fullmatch=True)
uzovis = st.from_regex(r"[0-9]{4}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
reasons = st.none() | texts
dates = st.dates(date(1900, 1, 1), date(2199, 12, 31))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(lambda m: m.replace(second=0, microsecond=0))
years = st.integers(1900, 2199)
kinds = st.sampled_from(["RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN"])
weekdays = st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days)))

AGB = "06010101"


def sent(message: Any) -> Any:
    """The message as the other side gets it."""
    return type(message).FromString(message.SerializeToString())


@given(st.builds(rows.Round, years, years, years, years, dates, st.integers(0, 10**14)))
def test_round(row: rows.Round) -> None:
    assert facts.round_row(sent(facts.round_message(row))) == row


@given(
    st.builds(
        rows.Provider, agbs, agbs, texts, dates, st.lists(uzovis, min_size=1, max_size=20, unique=True).map(tuple)
    )
)
def test_provider(row: rows.Provider) -> None:
    assert facts.provider_row(sent(facts.provider_message(row))) == row


@given(
    st.builds(
        rows.Location, ids, agbs, agbs, texts, texts, st.sampled_from(["SEH", "SPOEDPOLI"]), dates, st.none() | dates
    )
)
def test_location(row: rows.Location) -> None:
    assert facts.location_row(sent(facts.location_message(row))) == row


@given(st.builds(rows.Closure, ids, ids, moments, st.none() | moments, st.none() | st.booleans(), reasons))
def test_closure(row: rows.Closure) -> None:
    assert facts.closure_row(sent(facts.closure_message(row, AGB))) == row


@given(st.builds(rows.Stop, ids, ids, st.sampled_from(["SEH", "EHH"]), moments, st.none() | moments, reasons))
def test_stop(row: rows.Stop) -> None:
    assert facts.stop_row(sent(facts.stop_message(row, AGB))) == row


@given(
    st.lists(
        st.builds(
            rows.OpeningHours,
            st.just("L1"),
            dates,
            st.none() | dates,
            weekdays,
            st.integers(0, 1439),
            st.integers(0, 1440),
        ),
        max_size=4,
    )
)
def test_opening_hours(hours: list[rows.OpeningHours]) -> None:
    round_ = rows.Round(2027, 2026, 2025, 2027, date(2026, 6, 15), 1)
    locations = [rows.Location(id_, AGB, AGB, "n", "r", "SEH", date(2000, 1, 1), None) for id_ in ("L0", "L1")]
    folder = rows.ExchangeFolder(round_, locations=tuple(locations), opening_hours=tuple(hours))
    open_always, with_hours = facts.opening_hours_messages(folder)
    assert facts.opening_hours_rows(sent(open_always)) == ()
    assert facts.opening_hours_rows(sent(with_hours)) == tuple(hours)


@given(st.lists(st.builds(rows.Approval, agbs, uzovis, st.sampled_from(["AKKOORD", "AFGEWEZEN"]), dates, reasons)))
def test_approvals(approvals: list[rows.Approval]) -> None:
    messages = [sent(message) for message in facts.approval_messages([*approvals, *approvals])]
    assert [facts.approval_row(message) for message in messages] == [*approvals, *approvals]
    assert len({message.name for message in messages}) == 2 * len(approvals)


def test_approvals_are_numbered_by_provider_insurer_and_day() -> None:
    day = date(2026, 9, 1)
    decisions = [("06010101", "9101"), ("06010101", "9101"), ("06010101", "9102"), ("06010102", "9101")]
    messages = facts.approval_messages([rows.Approval(agb, uzovi, "AKKOORD", day, None) for agb, uzovi in decisions])
    assert [message.name for message in messages] == [
        "providers/06010101/approvals/9101-2026-09-01-1",
        "providers/06010101/approvals/9101-2026-09-01-2",
        "providers/06010101/approvals/9102-2026-09-01-1",
        "providers/06010102/approvals/9101-2026-09-01-1",
    ]


@given(st.builds(rows.Attestation, agbs, kinds, dates, reasons))
def test_attestation(row: rows.Attestation) -> None:
    (message,) = facts.attestation_messages([row], 2027)
    assert facts.attestation_row(sent(message)) == row


def test_of_declarations_the_latest_counts_and_of_one_day_the_later_row() -> None:
    said = [("2026-09-02", "a"), ("2026-09-05", "b"), ("2026-09-05", "c"), ("2026-09-03", "d")]
    attestations = [rows.Attestation(AGB, "OVERLOOP_DBC", date.fromisoformat(day), name) for day, name in said]
    (message,) = facts.attestation_messages(attestations, 2027)
    assert message.name == "providers/06010101/attestations/2027-overloop-dbc"
    assert message.document == "c"


@given(st.integers(0, 2500))
def test_parts_are_small_and_keep_the_order(count: int) -> None:
    stop = rows.Stop("S", "L", "SEH", datetime(2027, 1, 1), None, None)
    messages = [facts.stop_message(stop, AGB) for _ in range(count)]
    for number, message in enumerate(messages):
        message.reason = str(number)
    parts: list[snapshot_pb2.ImportFactsRequest] = list(facts.import_requests(("stops", m) for m in messages))
    assert [int(stop.reason) for part in parts for stop in part.stops] == list(range(count))
    assert all(0 < len(part.stops) <= 1000 for part in parts)


tenths = st.none() | st.integers(0, 10**7)


@given(st.tuples(*[st.none() | st.integers(0, 10**9)] * 3), tenths, tenths)
def test_indicators(counts: tuple[int | None, ...], mean: int | None, median: int | None) -> None:
    row = rows.IndicatorRow("L1", 2025, *counts, answers.in_minutes(mean), answers.in_minutes(median))
    assert answers.indicators_row(sent(answers.indicators_message(row, AGB))) == row


def test_tenths_have_one_decimal() -> None:
    assert str(answers.in_minutes(1830)) == "183.0"
    assert answers.in_minutes(0) == Decimal("0.0")


QUESTIONNAIRE = Questionnaire(
    year=2027,
    survey_year=2026,
    blocks=(Block("kantooruren", "", ()), Block("anw", "", ())),
    specialisms=("chirurgie", "gynaecologie"),
    questions=(
        Question("altijd", QuestionType.ALTIJD, True, "?"),
        Question("ja", QuestionType.BOOLEAN, False, "?"),
        Question("ja_per_blok", QuestionType.BOOLEAN, True, "?"),
        Question("getal", QuestionType.INTEGER, True, "?"),
        Question("keuze", QuestionType.CHOICE, False, "?", ("a", "b")),
        Question("minuten", QuestionType.MINUTES_BY_SPECIALISM, False, "?"),
    ),
)


def per_block(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.dictionaries(st.sampled_from(["kantooruren", "anw"]), st.none() | values)


numbers = st.integers(0, 2**31 - 1)
arrivals = st.fixed_dictionaries(
    {}, optional={"minuten": st.none() | numbers, "onderbouwde_afwijking": st.none() | st.booleans()}
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "minuten": st.none() | st.dictionaries(st.sampled_from(["chirurgie", "gynaecologie"]), st.none() | arrivals),
        "keuze": st.sampled_from(["a", "b", None]),
        "ja": st.none() | st.booleans(),
        "getal": per_block(numbers),
        "ja_per_blok": per_block(st.booleans()),
        "altijd": per_block(st.sampled_from(["altijd", "niet_altijd"])),
    },
)


@given(documents, st.sampled_from(["voorlopig", "definitief"]), dates)
def test_answers(document: dict[str, Any], status: Any, delivered: date) -> None:
    row = rows.AnswersDocument("L1", 2026, status, delivered, document)
    assert check_answers(QUESTIONNAIRE, document) == []
    back = answers.submission_row(sent(answers.submission_message(row, AGB, QUESTIONNAIRE)), QUESTIONNAIRE)
    assert normalise(back.answers) == normalise(document)
    assert back.answers == normalise(back.answers), "what is not known is left out"
    asked = [question.id for question in QUESTIONNAIRE.questions]
    assert list(back.answers) == sorted(back.answers, key=asked.index)
    assert (back.location_id, back.survey_year, back.status, back.delivered_on) == ("L1", 2026, status, delivered)


def test_parts_of_submissions() -> None:
    submissions = [submission_pb2.Submission(name=str(number)) for number in range(250)]
    figures = [indicator_pb2.Indicators(name=str(number)) for number in range(101)]
    parts = list(answers.import_requests(submissions, figures))
    assert [(len(part.submissions), len(part.indicators)) for part in parts] == [
        (100, 0),
        (100, 0),
        (50, 0),
        (0, 100),
        (0, 1),
    ]


def test_questionnaire_of_a_message() -> None:
    message = catalogue_pb2.Questionnaire(
        survey_year=2026,
        blocks=[catalogue_pb2.Block(id="anw", description="avond, nacht en weekend")],
        questions=[
            catalogue_pb2.Question(id="a", text="?", type="TYPE_ALTIJD", per_block=True, options=["altijd"]),
            catalogue_pb2.Question(id="k", text="?", type="TYPE_CHOICE", options=["x", "y"]),
            catalogue_pb2.Question(id="m", text="?", type="TYPE_MINUTES_BY_SPECIALISM", items=["chirurgie"]),
        ],
    )
    check = answers.check_of(answers.questionnaire_of(2027, message))
    right = {"a": {"anw": "altijd"}, "k": "x", "m": {"chirurgie": {"minuten": 5}}}
    assert check(right) == []
    wrong = {"a": {"dag": "altijd"}, "k": "z", "m": {"kno": {}}, "q": 1}
    assert [path for path, _ in check(wrong)] == [("a", "dag"), ("k",), ("m", "kno"), ("q",)]
