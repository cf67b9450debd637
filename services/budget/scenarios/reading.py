"""Reads what a scenario assumes from its message."""

from collections.abc import Callable, Mapping

from services.budget.scenarios.classes import FunctionTest, OpeningTest, ScenarioClass, SizeTest, Test
from services.budget.scenarios.model import Assumptions
from services.runtime import names
from services.runtime.opening import read_period
from services.runtime.wire import MAX_NAME, Fields
from spoedkader.budget.v1 import scenario_pb2 as pb
from spoedkader.quality.v1 import catalogue_pb2
from spoedkader.wallclock.opening import OpeningPeriod

MAX_CLASSES = 20
MAX_LOCATIONS = 1000
MAX_PERIODS = 200
MAX_ANSWERS = 100


def read_assumptions(fields: Fields, request: pb.SimulateScenarioRequest) -> Assumptions:
    """What a scenario assumes; locations and questions are not looked up."""
    if not request.HasField("assumptions"):
        fields.wrong("assumptions", "is verplicht")
    message = request.assumptions
    return Assumptions(
        norm_amount_cents=(
            fields.cents("assumptions.norm_amount", message) if message.HasField("norm_amount") else None
        ),
        opening_hours=_read_hours(fields, message),
        classes=_read_classes(fields, message.differentiation) if message.HasField("differentiation") else (),
    )


def check_locations(fields: Fields, message: pb.ScenarioAssumptions, owners: Mapping[str, str]) -> None:
    """Notes every assumed location that is not there; `owners` are the AGB codes of providers by location id."""
    for index, each in enumerate(message.opening_hours):
        agb, location_id = names.parts(names.LOCATION, each.location)
        if location_id not in owners or agb not in {names.ANY, owners[location_id]}:
            fields.wrong(f"assumptions.opening_hours[{index}].location", "is geen locatie waar dit scenario over gaat")


def check_questions(
    fields: Fields, message: pb.ScenarioAssumptions, questions: Mapping[str, catalogue_pb2.Question]
) -> None:
    """Notes every question that is not asked, and every answer that cannot be given to it."""
    for index, each in enumerate(message.differentiation.classes):
        if not each.HasField("function"):
            continue
        path = f"assumptions.differentiation.classes[{index}].function"
        question = questions.get(each.function.question)
        if question is None:
            fields.wrong(f"{path}.question", "staat niet in de vragenlijst")
            continue
        can_be = _answers_of(question)
        for place, answer in enumerate(each.function.answers):
            if not can_be(answer):
                fields.wrong(f"{path}.answers[{place}]", f"kan geen antwoord zijn op {question.id}")


def _answers_of(question: catalogue_pb2.Question) -> Callable[[str], bool]:
    if question.options:
        return lambda answer: answer in question.options
    if question.type == catalogue_pb2.Question.TYPE_BOOLEAN:
        return lambda answer: answer in {"ja", "nee"}
    return lambda answer: answer.isascii() and answer.isdigit() and answer == str(int(answer))


def _read_hours(fields: Fields, message: pb.ScenarioAssumptions) -> dict[str, tuple[OpeningPeriod, ...]]:
    if len(message.opening_hours) > MAX_LOCATIONS:
        fields.wrong("assumptions.opening_hours", f"mogen hoogstens {MAX_LOCATIONS} locaties zijn")
        return {}
    found: dict[str, tuple[OpeningPeriod, ...]] = {}
    for index, each in enumerate(message.opening_hours):
        path = f"assumptions.opening_hours[{index}]"
        _, location_id = fields.name(f"{path}.location", names.LOCATION, each.location)
        if location_id == names.ANY:
            fields.wrong(f"{path}.location", "moet een locatie noemen")
        if location_id and location_id in found:
            fields.wrong(f"{path}.location", "staat dubbel")
        if len(each.periods) > MAX_PERIODS:
            fields.wrong(f"{path}.periods", f"mogen hoogstens {MAX_PERIODS} perioden zijn")
            continue
        found[location_id] = tuple(
            read_period(fields, f"{path}.periods[{place}]", period) for place, period in enumerate(each.periods)
        )
    return found


def _read_classes(fields: Fields, message: pb.Differentiation) -> tuple[ScenarioClass, ...]:
    path = "assumptions.differentiation.classes"
    if not 1 <= len(message.classes) <= MAX_CLASSES:
        fields.wrong(path, f"moeten 1 tot {MAX_CLASSES} klassen zijn")
        return ()
    classes = [_read_class(fields, f"{path}[{index}]", each) for index, each in enumerate(message.classes)]
    titles = [each.title for each in classes]
    for index, each in enumerate(classes):
        if each.title in titles[:index]:
            fields.wrong(f"{path}[{index}].title", "staat dubbel")
        if each.test is None and index < len(classes) - 1:
            fields.wrong(f"{path}[{index}]", "is zonder toets voor alle overige locaties, en moet de laatste zijn")
    return tuple(classes)


def _read_class(fields: Fields, path: str, message: pb.ScenarioClass) -> ScenarioClass:
    test: Test | None = None
    match message.WhichOneof("test"):
        case "function":
            test = _read_function(fields, f"{path}.function", message.function)
        case "size":
            least = fields.count(f"{path}.size.min_visits", message.size.min_visits)
            most = fields.count(f"{path}.size.max_visits", message.size.max_visits)
            if most and most <= least:
                fields.wrong(f"{path}.size.max_visits", "moet boven min_visits liggen; 0 is geen grens")
            test = SizeTest(least, most or None)
        case "opening":
            test = OpeningTest(message.opening.around_the_clock)
    return ScenarioClass(
        title=fields.text(f"{path}.title", message.title, MAX_NAME, required=True),
        norm_amount_cents=fields.cents(f"{path}.norm_amount", message),
        test=test,
    )


def _read_function(fields: Fields, path: str, message: pb.FunctionTest) -> FunctionTest:
    fields.text(f"{path}.question", message.question, MAX_NAME, required=True)
    if not 1 <= len(message.answers) <= MAX_ANSWERS:
        fields.wrong(f"{path}.answers", f"moeten 1 tot {MAX_ANSWERS} antwoorden zijn")
    answers = message.answers[:MAX_ANSWERS]
    for place, answer in enumerate(answers):
        fields.text(f"{path}.answers[{place}]", answer, MAX_NAME, required=True)
    return FunctionTest(message.question, tuple(answers))
