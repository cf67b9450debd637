"""Between the answers and indicators of an exchange folder and the messages of the quality service, both ways."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from google.protobuf.message import Message

from services.cli.exchange import rows
from services.cli.facts import id_of, location_id_of
from services.policy.questionnaire import Block, Question, Questionnaire, QuestionType, check_answers
from services.runtime import names
from services.runtime.wire import from_date, to_date
from spoedkader.quality.v1 import catalogue_pb2, indicator_pb2, submission_pb2

MAX_PART = 100
_COUNTS = ("seh_visits", "ehh_visits", "seh_stops")
_STAYS = ("mean_length_of_stay", "median_length_of_stay")
_TYPES: Mapping[int, QuestionType] = {
    catalogue_pb2.Question.TYPE_ALTIJD: QuestionType.ALTIJD,
    catalogue_pb2.Question.TYPE_BOOLEAN: QuestionType.BOOLEAN,
    catalogue_pb2.Question.TYPE_INTEGER: QuestionType.INTEGER,
    catalogue_pb2.Question.TYPE_CHOICE: QuestionType.CHOICE,
    catalogue_pb2.Question.TYPE_MINUTES_BY_SPECIALISM: QuestionType.MINUTES_BY_SPECIALISM,
}


def questionnaire_of(year: int, message: catalogue_pb2.Questionnaire) -> Questionnaire:
    """The questionnaire of a year as far as answers can be checked against it: without the hours of the blocks."""
    items = dict.fromkeys(item for question in message.questions for item in question.items)
    return Questionnaire(
        year=year,
        survey_year=message.survey_year,
        blocks=tuple(Block(block.id, block.description, ()) for block in message.blocks),
        specialisms=tuple(items),
        questions=tuple(
            Question(
                id=question.id,
                type=_TYPES[question.type],
                per_block=question.per_block,
                text=question.text,
                help=question.help,
                options=tuple(question.options) if question.type == catalogue_pb2.Question.TYPE_CHOICE else (),
            )
            for question in message.questions
        ),
    )


def check_of(questionnaire: Questionnaire) -> Callable[[Mapping[str, Any]], Sequence[tuple[tuple[str, ...], str]]]:
    """What is wrong with answers: the keys that lead to each wrong one, and why."""
    return lambda answers: [(problem.path[1:], problem.reason) for problem in check_answers(questionnaire, answers)]


def submission_message(row: rows.AnswersDocument, agb: str, questionnaire: Questionnaire) -> submission_pb2.Submission:
    """`providers/{agb}/locations/{location}/submissions/{year}`; the answers fit the questionnaire."""
    name = names.SUBMISSION.format(provider=agb, location=row.location_id, year=row.survey_year)
    return submission_pb2.Submission(
        name=name,
        policy_year=questionnaire.year,
        status=submission_pb2.Submission.Status.Value(f"STATUS_{row.status.upper()}"),
        delivered_date=to_date(row.delivered_on),
        answers=list(_answer_messages(row.answers, questionnaire)),
    )


def submission_row(message: submission_pb2.Submission, questionnaire: Questionnaire) -> rows.AnswersDocument:
    """The document of a submission, with its answers in the order of the questionnaire."""
    answers: dict[str, Any] = {}
    for answer in sorted(message.answers, key=_place_in(questionnaire)):
        keys = [part for part in (answer.question, answer.block, answer.item) if part]
        holder = answers
        for key in keys[:-1]:
            holder = holder.setdefault(key, {})
        holder[keys[-1]] = _value(answer)
    status = submission_pb2.Submission.Status.Name(message.status).removeprefix("STATUS_").lower()
    return rows.AnswersDocument(
        location_id=location_id_of(message.name),
        survey_year=int(id_of(message.name)),
        status="definitief" if status == "definitief" else "voorlopig",
        delivered_on=from_date(message.delivered_date),
        answers=answers,
    )


def _place_in(questionnaire: Questionnaire) -> Callable[[submission_pb2.Answer], tuple[int, ...]]:
    questions = {question.id: place for place, question in enumerate(questionnaire.questions)}
    blocks = {block: place for place, block in enumerate(questionnaire.block_ids)}
    items = {item: place for place, item in enumerate(questionnaire.specialisms)}
    # One of another year goes behind those of this one.
    return lambda answer: (
        questions.get(answer.question, len(questions)),
        blocks.get(answer.block, len(blocks)),
        items.get(answer.item, len(items)),
    )


def indicators_message(row: rows.IndicatorRow, agb: str) -> indicator_pb2.Indicators:
    """`providers/{agb}/locations/{location}/indicators/{year}`; what is not known is left out."""
    message = indicator_pb2.Indicators(
        name=names.INDICATORS.format(provider=agb, location=row.location_id, year=row.year)
    )
    for name in _COUNTS:
        count = getattr(row, name)
        if count is not None:
            setattr(message, name, count)
    for name in _STAYS:
        stay: Decimal | None = getattr(row, f"{name}_minutes")
        if stay is not None:
            setattr(message, f"{name}_tenths", int(stay * 10))
    return message


def indicators_row(message: indicator_pb2.Indicators) -> rows.IndicatorRow:
    """The row of a location's indicators."""
    seh_visits, ehh_visits, seh_stops = (_known(message, name) for name in _COUNTS)
    mean, median = (in_minutes(_known(message, f"{name}_tenths")) for name in _STAYS)
    return rows.IndicatorRow(
        location_id=location_id_of(message.name),
        year=int(id_of(message.name)),
        seh_visits=seh_visits,
        ehh_visits=ehh_visits,
        seh_stops=seh_stops,
        mean_length_of_stay_minutes=mean,
        median_length_of_stay_minutes=median,
    )


def in_minutes(tenths: int | None) -> Decimal | None:
    """Tenths of a minute as minutes with one decimal."""
    return None if tenths is None else Decimal(tenths).scaleb(-1)


def import_requests(
    submissions: Iterable[submission_pb2.Submission], indicators: Iterable[indicator_pb2.Indicators]
) -> Iterator[submission_pb2.ImportSubmissionsRequest]:
    """Submissions and indicators in parts."""
    for collection, messages in (("submissions", list(submissions)), ("indicators", list(indicators))):
        for start in range(0, len(messages), MAX_PART):
            yield submission_pb2.ImportSubmissionsRequest(**{collection: messages[start : start + MAX_PART]})  # type: ignore[arg-type]


def _answer_messages(answers: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[submission_pb2.Answer]:
    for question_id, answer in answers.items():
        question = questionnaire.by_id[question_id]
        blocks = (answer or {}).items() if question.per_block else (("", answer),)
        for block, value in blocks:
            if value is not None:
                yield from _cells(question, block, value)


def _cells(question: Question, block: str, value: Any) -> Iterator[submission_pb2.Answer]:
    cell = submission_pb2.Answer(question=question.id, block=block)
    match question.type:
        case QuestionType.BOOLEAN:
            cell.yes = value
        case QuestionType.INTEGER:
            cell.number = value
        case QuestionType.ALTIJD | QuestionType.CHOICE:
            cell.choice = value
        case QuestionType.MINUTES_BY_SPECIALISM:
            yield from _arrivals(question, value)
            return
    yield cell


def _arrivals(question: Question, value: Mapping[str, Any]) -> Iterator[submission_pb2.Answer]:
    for item, arrival in value.items():
        minutes = (arrival or {}).get("minuten")
        deviation = (arrival or {}).get("onderbouwde_afwijking")
        if minutes is not None or deviation is not None:
            message = submission_pb2.Answer.Arrival(minutes=minutes, substantiated_deviation=deviation)
            yield submission_pb2.Answer(question=question.id, item=item, arrival=message)


def _value(answer: submission_pb2.Answer) -> Any:
    match answer.WhichOneof("value"):
        case "yes":
            return answer.yes
        case "number":
            return answer.number
        case "choice":
            return answer.choice
        case "arrival":
            arrival = answer.arrival
            names_of_parts = {"minuten": "minutes", "onderbouwde_afwijking": "substantiated_deviation"}
            return {
                key: getattr(arrival, part)
                for key, part in names_of_parts.items()
                if arrival.HasField(part)  # type: ignore[arg-type]
            }
    return None


def _known(message: Message, name: str) -> int | None:
    """A number, or None when it is absent."""
    return int(getattr(message, name)) if message.HasField(name) else None
