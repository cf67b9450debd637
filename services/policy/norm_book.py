"""The norm book of a year: everything about its norms that someone may want to read, in the order of reading.

What is here is content; how it looks is up to a template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.documents.dutch import day_text
from services.policy.catalogue import Level, Norm
from services.policy.difference import ANSWER_KINDS, LOGIC, Change, Difference, Part, YearDifference, thresholds_of
from services.policy.engine import JsonValue
from services.policy.parameters import Parameters
from services.policy.questionnaire import Block, Question, QuestionType
from services.policy.terms import comply_by
from services.policy.year import PolicyYear


@dataclass(frozen=True, slots=True)
class BookLevel:
    """A level of norms in words, what it means when one is not met, and how many norms there are."""

    level: Level
    name: str
    plural: str
    consequence: str
    count: int


@dataclass(frozen=True, slots=True)
class BookQuestion:
    """A question as a norm asks it, with the answers from which can be chosen."""

    id: str
    text: str
    kind: str
    options: tuple[str, ...]
    per_block: bool
    help: str


@dataclass(frozen=True, slots=True)
class BookThreshold:
    """A threshold: its path in the data, what it is called, and its value in words."""

    path: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class BookChange:
    """What changed about a norm since the year before; without texts when there is nothing to read."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class BookNorm:
    """A norm. `change` tells what became of it since the year before, None when it is the same or there is none."""

    norm: Norm
    level: BookLevel
    anchor: str
    effective_on: str
    questions: tuple[BookQuestion, ...]
    thresholds: tuple[BookThreshold, ...]
    change: Change | None
    changes: tuple[BookChange, ...]


@dataclass(frozen=True, slots=True)
class NormBook:
    """The book of a year; `previous` is the year that it is compared with, None when there is none."""

    year: int
    survey_year: int
    revision: str
    levels: tuple[BookLevel, ...]
    blocks: tuple[Block, ...]
    norms: tuple[BookNorm, ...]
    previous: int | None
    removed: tuple[Difference, ...]
    shared: tuple[Difference, ...]

    @property
    def changed(self) -> tuple[BookNorm, ...]:
        """The norms that were added or changed since the year before."""
        return tuple(norm for norm in self.norms if norm.change)

    @property
    def same(self) -> bool:
        """Whether nothing that the book tells has changed since the year before."""
        return not (self.changed or self.removed or self.shared)


def norm_book(policy_year: PolicyYear, parameters: Parameters, changes: YearDifference | None) -> NormBook:
    """Return the book of a year; `changes` are those since the year before, None for a first year."""
    levels = tuple(_levels(policy_year, parameters))
    by_level = {level.level: level for level in levels}
    return NormBook(
        year=policy_year.year,
        survey_year=policy_year.survey_year,
        revision=policy_year.revision,
        levels=levels,
        blocks=policy_year.questionnaire.blocks,
        norms=tuple(_norm(policy_year, norm, by_level[norm.level], changes) for norm in policy_year.catalogue),
        previous=changes.before if changes else None,
        removed=tuple(norm for norm in changes.norms if norm.change is Change.REMOVED) if changes else (),
        shared=(*changes.blocks, *changes.shared) if changes else (),
    )


def _levels(policy_year: PolicyYear, parameters: Parameters) -> Iterator[BookLevel]:
    end = parameters.comply_by.value
    consequences = {
        Level.VOORWAARDELIJK: (
            f"Wordt er niet aan voldaan, dan moet dat binnen {parameters.cure_term_months.value} maanden nadat de "
            "representerende zorgverzekeraars dit hebben vastgesteld alsnog; anders kan geen aanvraag voor budget "
            "worden overeengekomen."
        ),
        Level.NORM: (
            f"Wordt er niet aan voldaan, dan stelt de zorgaanbieder binnen {parameters.plan_term_months.value} maanden "
            "na oplevering van de voorlopige RIVM-vragenlijst een verbeterplan op; uiterlijk "
            f"{day_text(comply_by(policy_year.survey_year, end.month, end.day))} moet er aan zijn voldaan."
        ),
        Level.AANBEVELING: "Wordt vastgelegd en getoond; heeft geen gevolg voor de inkoop.",
    }
    for level, (name, plural) in _LEVEL_NAMES.items():
        count = sum(norm.level is level for norm in policy_year.catalogue)
        yield BookLevel(level, name, plural, consequences[level], count)


def _norm(policy_year: PolicyYear, norm: Norm, level: BookLevel, changes: YearDifference | None) -> BookNorm:
    found = tuple(_changes(norm, changes)) if changes else ()
    own = changes.norm(norm.code) if changes else None
    added = own is not None and own.change is Change.ADDED
    return BookNorm(
        norm=norm,
        level=level,
        anchor=f"norm-{norm.code.lower()}",
        effective_on=day_text(norm.effective_on) if norm.effective_on else "",
        questions=tuple(_question(policy_year, policy_year.questionnaire.by_id[id_]) for id_ in norm.questions),
        thresholds=tuple(
            BookThreshold(path, path.partition(".")[2].replace("_", " ").replace(".", ": "), _spoken(value))
            for path, value in thresholds_of(policy_year, norm).items()
        ),
        change=Change.ADDED if added else Change.CHANGED if found else None,
        changes=() if added else found,
    )


def _changes(norm: Norm, changes: YearDifference) -> Iterator[BookChange]:
    own = changes.norm(norm.code)
    yield from (_change(part) for part in (own.parts if own else ()) if part.name != "volgorde")
    for question in changes.questions:
        if question.name in norm.questions and question.change is Change.CHANGED:
            yield from (
                BookChange(f"vraag {question.name}, {part.name}", _line(part.before), _line(part.after))
                for part in question.parts
            )


def _change(part: Part) -> BookChange:
    # Code is for those who write it; they have `policy diff`.
    return BookChange(part.name, *(("", "") if part.name == LOGIC else (_line(part.before), _line(part.after))))


def _question(policy_year: PolicyYear, question: Question) -> BookQuestion:
    per_specialism = question.type is QuestionType.MINUTES_BY_SPECIALISM
    options = policy_year.questionnaire.specialisms if per_specialism else question.options
    return BookQuestion(
        id=question.id,
        text=question.text,
        kind=ANSWER_KINDS[question.type],
        options=tuple(option.replace("_", " ") for option in options),
        per_block=question.per_block,
        help=question.help,
    )


def _spoken(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return ", ".join(map(_spoken, value)) if isinstance(value, list) else str(value).replace("_", " ")


def _line(text: str) -> str:
    return text.replace("\n", ", ")


_LEVEL_NAMES = {
    Level.VOORWAARDELIJK: ("Voorwaardelijke eis", "voorwaardelijke eisen"),
    Level.NORM: ("Norm", "normen"),
    Level.AANBEVELING: ("Aanbeveling", "aanbevelingen"),
}
