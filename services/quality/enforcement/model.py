"""Cases of SEH locations that do not meet the norms, and where each stands (Inkoopkader, bijlage A).

A case is a series of facts: how far people brought it, what the latest assessment says, and what was decided. Where it
stands on a day follows from them, and so does the term that runs; nothing of that is ever stored.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Track(StrEnum):
    """The norms that a case is about: each kind has its own terms and its own decision."""

    HERSTEL = "herstel"
    VERBETERPLAN = "verbeterplan"


class Stage(StrEnum):
    """How far people have brought a case, apart from what assessments and decisions say."""

    VASTSTELLING = "VASTSTELLING"
    HERSTELTERMIJN = "HERSTELTERMIJN"
    VERBETERPLAN_OPSTELLEN = "VERBETERPLAN_OPSTELLEN"
    VERBETERPLAN_INGEDIEND = "VERBETERPLAN_INGEDIEND"
    VERBETERPLAN_LOOPT = "VERBETERPLAN_LOOPT"
    AFWEGING = "AFWEGING"


FIRST_STAGE = {Track.HERSTEL: Stage.VASTSTELLING, Track.VERBETERPLAN: Stage.VERBETERPLAN_OPSTELLEN}


class State(StrEnum):
    """Where a case stands."""

    VASTSTELLING = "VASTSTELLING"
    HERSTELTERMIJN = "HERSTELTERMIJN"
    VERBETERPLAN_OPSTELLEN = "VERBETERPLAN_OPSTELLEN"
    VERBETERPLAN_INGEDIEND = "VERBETERPLAN_INGEDIEND"
    VERBETERPLAN_LOOPT = "VERBETERPLAN_LOOPT"
    AFWEGING = "AFWEGING"
    BESLUIT_VOORGELEGD = "BESLUIT_VOORGELEGD"
    TIJDELIJKE_UITZONDERING = "TIJDELIJKE_UITZONDERING"
    GEEN_AANVRAAG = "GEEN_AANVRAAG"
    GEEN_BUDGET = "GEEN_BUDGET"
    VOLDOET = "VOLDOET"


class DecisionKind(StrEnum):
    """What representatives decide together."""

    GEEN_AANVRAAG = "GEEN_AANVRAAG"
    GEEN_BUDGET = "GEEN_BUDGET"
    TIJDELIJKE_UITZONDERING = "TIJDELIJKE_UITZONDERING"
    INTREKKING = "INTREKKING"


NEGATIVE = {DecisionKind.GEEN_AANVRAAG: State.GEEN_AANVRAAG, DecisionKind.GEEN_BUDGET: State.GEEN_BUDGET}


class Outcome(StrEnum):
    """What became of a proposal."""

    VOORGELEGD = "VOORGELEGD"
    GENOMEN = "GENOMEN"
    VERWORPEN = "VERWORPEN"
    INGETROKKEN = "INGETROKKEN"


class MeasureStatus(StrEnum):
    """How far a measure is."""

    OPEN = "OPEN"
    LOOPT = "LOOPT"
    GEREED = "GEREED"


class Means(StrEnum):
    """How insurers keep to their duty of care (zorgplicht)."""

    OMLIGGENDE_SEHS = "OMLIGGENDE_SEHS"
    ALTERNATIEVE_VORM = "ALTERNATIEVE_VORM"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the clocks of a case run by: the facts and parameters of its round on the day on which it opened.

    They are kept in the case, so that neither a correction of the round nor other parameters ever move a clock that
    runs (AMB-38). `delivered_on` is the day on which the RIVM delivered the preliminary answers, `comply_by` the day by
    which the norms must be met (AMB-41).
    """

    delivered_on: date
    cure_months: int
    plan_months: int
    comply_by: date


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a plan; `norms` are codes, `owner_role` is never the name of a person."""

    measure_id: str
    norms: tuple[str, ...]
    description: str
    owner_role: str
    due_on: date
    status: MeasureStatus = MeasureStatus.OPEN


@dataclass(frozen=True, slots=True)
class Plan:
    """An improvement plan; `agreed_by` is the UZOVI code of the insurer that agreed for the representatives."""

    submitted_on: date
    summary: str
    document: str
    measures: tuple[Measure, ...]
    agreed_on: date | None = None
    agreed_by: str = ""


@dataclass(frozen=True, slots=True)
class MeasureProgress:
    """The status that a measure got."""

    measure_id: str
    status: MeasureStatus


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """How far a plan is on a day."""

    noted_on: date
    text: str
    measures: tuple[MeasureProgress, ...] = ()


@dataclass(frozen=True, slots=True)
class TransparencyRequest:
    """A question about agreements with the IGJ; its number is its place in the case, from 1."""

    insurer: str
    question: str
    asked_on: date
    answer: str = ""
    document: str = ""
    answered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """Access weighed against quality (bijlage A, stap 3)."""

    started_on: date
    insurer: str
    access: str
    quality: str
    document: str


@dataclass(frozen=True, slots=True)
class Surrounding:
    """A location that takes over: its resource name, and what it was called on that day."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class CareDuty:
    """How insurers keep to their duty of care after a negative decision (AMB-42)."""

    means: tuple[Means, ...]
    surrounding: tuple[Surrounding, ...]
    reasoning: str


@dataclass(frozen=True, slots=True)
class ExceptionTerms:
    """The terms of a temporary exception (AMB-48), from `start` to `end`, both days included.

    `ended_on` is the last day on which it held when it was ended early; before `start` when it never held.
    """

    start: date
    end: date
    why_this_location: str
    agreement: str
    risk_measures: str
    igj_conclusion: str
    ended_on: date | None = None

    @property
    def last_day(self) -> date:
        """The last day on which it holds."""
        return self.end if self.ended_on is None else self.ended_on

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.start <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Vote:
    """The vote of one representative, by a user of its own; `at` is in UTC."""

    insurer: str
    agrees: bool
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, proposed or taken; its number is its place in the case, from 1.

    `representatives` are the UZOVI codes of those that were registered at the last vote.
    """

    kind: DecisionKind
    reason: str
    document: str
    proposed_on: date
    care_duty: CareDuty | None = None
    exception: ExceptionTerms | None = None
    representatives: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    outcome: Outcome = Outcome.VOORGELEGD
    concluded_on: date | None = None

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """The representatives that have to vote still; a sole one once more while a second user has to."""
        if self.outcome is not Outcome.VOORGELEGD:
            return ()
        voted = {vote.insurer for vote in self.votes}
        waiting = tuple(insurer for insurer in self.representatives if insurer not in voted)
        return waiting or (self.representatives if self.needs_second_user else ())

    @property
    def needs_second_user(self) -> bool:
        """Whether it is negative and one user of the representatives voted at most: two or more decide (AMB-43)."""
        return self.kind in NEGATIVE and sum(vote.insurer in self.representatives for vote in self.votes) < 2


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a location in a survey year, about the norms of one track.

    `norms` are the codes of the norms that were ever not met, `unmet` those that the latest assessment does not meet or
    of which it knows too little, both in the order of the catalogue. `opened_by` is the name of an assessment.
    """

    agb: str
    location_id: str
    survey_year: int
    track: Track
    budget_year: int
    opened_by: str
    opened_at: datetime
    terms: Terms
    norms: tuple[str, ...]
    unmet: tuple[str, ...]
    stage: Stage
    established_on: date | None = None
    plan: Plan | None = None
    progress: tuple[ProgressNote, ...] = ()
    requests: tuple[TransparencyRequest, ...] = ()
    weighing: Weighing | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def case_id(self) -> str:
        """The last part of its name, as in `2026-herstel`."""
        return f"{self.survey_year}-{self.track}"

    @property
    def proposal(self) -> Decision | None:
        """The decision that is before the representatives, which is always the last one."""
        last = self.decisions[-1] if self.decisions else None
        return last if last is not None and last.outcome is Outcome.VOORGELEGD else None

    @property
    def negative(self) -> Decision | None:
        """The negative decision that holds; None when none was taken, or it was revoked."""
        found = None
        for decision in self.decisions:
            if decision.outcome is Outcome.GENOMEN and decision.kind is not DecisionKind.TIJDELIJKE_UITZONDERING:
                found = decision if decision.kind in NEGATIVE else None
        return found

    @property
    def exceptions(self) -> tuple[ExceptionTerms, ...]:
        """The exceptions that were made, in order; no two of them share a day."""
        return tuple(
            decision.exception
            for decision in self.decisions
            if decision.exception is not None and decision.outcome is Outcome.GENOMEN
        )

    def exception_ahead(self, day: date) -> ExceptionTerms | None:
        """The exception that holds on a day, or that will."""
        return next((found for found in self.exceptions if max(found.start, day) <= found.last_day), None)

    def excepted(self, day: date) -> bool:
        """Whether an exception holds on a day."""
        return any(found.holds(day) for found in self.exceptions)


def state(case: Case, day: date) -> State:
    """Where a case stands on a day.

    A negative decision holds until it is revoked, whatever else is true, for only the representatives can undo what
    they decided (AMB-43). A proposal stands in the way of what follows, but never beside norms that are all met: then
    the assessment has ended it. An exception does not make met of not met, nor the other way round (AMB-48).
    """
    if case.negative is not None:
        return NEGATIVE[case.negative.kind]
    if case.proposal is not None:
        return State.BESLUIT_VOORGELEGD
    if not case.unmet:
        return State.VOLDOET
    if case.excepted(day):
        return State.TIJDELIJKE_UITZONDERING
    return State(case.stage)
