"""Which class of a scenario a location belongs to: by function, by size or by opening hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from services.budget.availability.model import outside_opening_hours
from services.budget.facts import Location
from services.budget.figures import NO_VISITS_KNOWN, Answers, Visits
from services.budget.trace import cents_text
from spoedkader.wallclock.intervals import year_interval


@dataclass(frozen=True, slots=True)
class FunctionTest:
    """Fits when an answer to the question is one of these; of an answer for each block or specialism, any will do."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SizeTest:
    """Fits from `min_visits` visits up to `max_visits` (exclusive; None: no bound), with the Eerste Hart Hulp."""

    min_visits: int
    max_visits: int | None


@dataclass(frozen=True, slots=True)
class OpeningTest:
    """Fits by whether the regular opening hours leave every minute of the budget year open."""

    around_the_clock: bool


Test: TypeAlias = FunctionTest | SizeTest | OpeningTest


@dataclass(frozen=True, slots=True)
class ScenarioClass:
    """Locations that get one norm amount, in cents; without a test it is for all that no earlier class fits."""

    title: str
    norm_amount_cents: int
    test: Test | None


@dataclass(frozen=True, slots=True)
class Reported:
    """What hospitals reported, by location id, and the years that it is about."""

    budget_year: int
    survey_year: int
    reference_year: int
    visits: Mapping[str, Visits]
    answers: Mapping[str, Answers]


@dataclass(frozen=True, slots=True)
class Classification:
    """The first class that fits, None when none does, and by title why each that was tried fits or does not."""

    found: ScenarioClass | None
    tried: tuple[tuple[str, str], ...]

    @property
    def unclassified_because(self) -> str:
        """Why no class fits, in Dutch; empty when one does."""
        return "" if self.found else "; ".join(f"{title}: {because}" for title, because in self.tried)


def classify(location: Location, classes: Sequence[ScenarioClass], reported: Reported) -> Classification:
    """The first class that fits a location. What is not known fits no test."""
    tried: list[tuple[str, str]] = []
    for each in classes:
        fits, because = _try(location, each.test, reported)
        tried.append((each.title, because))
        if fits:
            return Classification(each, tuple(tried))
    return Classification(None, tuple(tried))


def class_in_words(scenario_class: ScenarioClass, reported: Reported) -> str:
    """A class as an assumption, as in `Klasse dag: € 3.000.000,00 als de openingstijden in 2027 niet 24/7 zijn.`"""
    match scenario_class.test:
        case FunctionTest() as test:
            survey = f"in de vragenlijst van {reported.survey_year}"
            when = f"als {test.question} {survey} met {_either(test.answers)} is beantwoord"
        case SizeTest() as test:
            when = f"bij {_range_in_words(test)} in {reported.reference_year}, met Eerste Hart Hulp"
        case OpeningTest() as test:
            when = f"als de openingstijden in {reported.budget_year} {_around_the_clock(test.around_the_clock)} zijn"
        case None:
            when = "als geen eerdere klasse past"
    return f"Klasse {scenario_class.title}: {cents_text(scenario_class.norm_amount_cents)} {when}."


def _try(location: Location, test: Test | None, reported: Reported) -> tuple[bool, str]:
    """Whether a test fits, and the fact that says so, in Dutch."""
    match test:
        case FunctionTest():
            given = reported.answers.get(location.location_id, {}).get(test.question, ())
            if not given:
                return False, f"{test.question} is niet beantwoord in {reported.survey_year}"
            return any(answer in test.answers for answer in given), f"{test.question} is {_either(given)}"
        case SizeTest():
            count = reported.visits.get(location.location_id, NO_VISITS_KNOWN).total
            if count is None:
                return False, f"bezoeken in {reported.reference_year} zijn niet bekend"
            fits = test.min_visits <= count and (test.max_visits is None or count < test.max_visits)
            return fits, f"{count} bezoeken in {reported.reference_year}"
        case OpeningTest():
            always = not outside_opening_hours(location, year_interval(reported.budget_year))
            return always is test.around_the_clock, f"{_around_the_clock(always)} open"
        case None:
            return True, "geen eerdere klasse past"


def _either(answers: Sequence[str]) -> str:
    return " of ".join(dict.fromkeys(answers))


def _around_the_clock(always: bool) -> str:
    return "24/7" if always else "niet 24/7"


def _range_in_words(test: SizeTest) -> str:
    if test.max_visits is None:
        return f"{test.min_visits} bezoeken of meer"
    return f"{test.min_visits} tot {test.max_visits} bezoeken"
