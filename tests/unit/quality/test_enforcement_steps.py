"""The steps of a case: what each changes, what it refuses, and that no order of them brings a case anywhere else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.quality.enforcement import steps
from services.quality.enforcement.assessing import Result, follow
from services.quality.enforcement.clocks import due_on, overdue, term
from services.quality.enforcement.model import (
    NEGATIVE,
    Case,
    Decision,
    DecisionKind,
    ExceptionTerms,
    MeasureProgress,
    MeasureStatus,
    Outcome,
    ProgressNote,
    Stage,
    State,
    Track,
    Vote,
    state,
)
from services.quality.enforcement.steps import Step, open_kinds, open_steps
from services.quality.enforcement.store import CASES
from services.quality.enforcement.suggestions import suggestions
from services.runtime.errors import DomainError, Reason
from tests.unit.quality.enforcement_samples import (
    CARE_DUTY,
    TERMS,
    case,
    day,
    decision,
    excepted,
    exception,
    plan,
    vote,
    weighing,
)

BOTH = ("9101", "9102")
LATE = day("2027-07-01")
"""After every term of the samples."""


def refused(act: Callable[..., object], *arguments: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act(*arguments)
    return caught.value


def at_cure(**fields: Any) -> Case:
    return case(stage=Stage.HERSTELTERMIJN, established_on=day("2026-11-30"), **fields)


def at_weighing(**fields: Any) -> Case:
    return case(Track.VERBETERPLAN, stage=Stage.AFWEGING, plan=plan(), weighing=weighing(), **fields)


def proposed(found: Case, kind: DecisionKind, on: date = LATE, **fields: Any) -> Case:
    return steps.propose(found, on, decision(kind, **fields), vote("9101"))


# Steps that are not open


def test_a_refusal_names_the_state_and_the_steps_that_are_open() -> None:
    error = refused(steps.agree_plan, case(Track.VERBETERPLAN), day("2026-07-01"), "9101")
    assert error.reason is Reason.ILLEGAL_TRANSITION
    assert error.metadata == {
        "state": "VERBETERPLAN_OPSTELLEN",
        "open_steps": "SubmitImprovementPlan,RequestTransparency,ProposeDecision",
    }


@pytest.mark.parametrize(
    ("found", "on", "wanted"),
    [
        (case(), day("2026-07-01"), "EstablishFinding RequestTransparency ProposeDecision"),
        (at_cure(), day("2026-12-01"), "RequestTransparency ProposeDecision"),
        (case(Track.VERBETERPLAN), LATE, "SubmitImprovementPlan RequestTransparency StartWeighing ProposeDecision"),
        (
            case(Track.VERBETERPLAN, stage=Stage.VERBETERPLAN_INGEDIEND, plan=plan()),
            day("2026-07-01"),
            "ReturnImprovementPlan AgreeImprovementPlan RequestTransparency ProposeDecision",
        ),
        (at_weighing(), LATE, "RequestTransparency ProposeDecision"),
        (case(unmet=()), LATE, ""),
    ],
)
def test_the_steps_of_a_state(found: Case, on: date, wanted: str) -> None:
    assert " ".join(open_steps(found, on)) == wanted


@pytest.mark.parametrize(
    ("found", "on", "kinds"),
    [
        (case(), LATE, [DecisionKind.TIJDELIJKE_UITZONDERING]),
        (at_cure(), day("2027-02-28"), [DecisionKind.TIJDELIJKE_UITZONDERING]),
        (at_cure(), day("2027-03-01"), [DecisionKind.GEEN_AANVRAAG, DecisionKind.TIJDELIJKE_UITZONDERING]),
        (at_weighing(), LATE, [DecisionKind.GEEN_BUDGET, DecisionKind.TIJDELIJKE_UITZONDERING]),
        (at_weighing(decisions=excepted(exception("2027-06-20", "2027-07-10"))), LATE, []),
        # One that is agreed but has not begun stands in the way as well.
        (at_weighing(decisions=excepted(exception("2027-07-20", "2027-08-10"))), LATE, []),
        (at_weighing(unmet=()), LATE, []),
    ],
)
def test_what_can_be_decided(found: Case, on: date, kinds: list[DecisionKind]) -> None:
    assert list(open_kinds(found, on)) == kinds
    for kind in set(DecisionKind) - set(kinds):
        assert refused(steps.propose, found, on, decision(kind), vote("9101")).reason is Reason.ILLEGAL_TRANSITION


# Plans and questions


def test_a_plan_is_handed_in_sent_back_handed_in_better_and_agreed() -> None:
    today = day("2026-09-10")
    found = steps.submit_plan(case(Track.VERBETERPLAN), today, plan())
    assert due_on(found, today) == day("2026-09-15")
    found = steps.return_plan(found, today)
    assert state(found, today) is State.VERBETERPLAN_OPSTELLEN
    assert due_on(found, today) == day("2026-09-15")
    found = steps.agree_plan(steps.submit_plan(found, today, plan(("B2",))), today, "9102")
    assert found.plan is not None
    assert (found.plan.agreed_on, found.plan.agreed_by) == (today, "9102")
    assert due_on(found, today) == day("2027-06-01")


def test_progress_changes_the_measures_that_it_names() -> None:
    agreed = replace(plan(), agreed_on=LATE, agreed_by="9101")
    running = case(Track.VERBETERPLAN, stage=Stage.VERBETERPLAN_LOOPT, plan=agreed)
    note = ProgressNote(LATE, "Klaar.", (MeasureProgress("m1", MeasureStatus.GEREED),))
    found = steps.record_progress(running, LATE, note)
    assert found.plan is not None
    assert found.plan.measures[0].status is MeasureStatus.GEREED
    assert steps.record_progress(found, LATE, ProgressNote(LATE, "Nog steeds.")).plan == found.plan


def test_a_plan_can_be_handed_in_in_time_whatever_is_before_the_representatives_or_excepted() -> None:
    today = day("2026-09-15")
    waiting = proposed(
        case(Track.VERBETERPLAN),
        DecisionKind.TIJDELIJKE_UITZONDERING,
        today,
        exception=exception("2026-09-20", "2026-12-31"),
    )
    found = steps.submit_plan(waiting, today, plan())
    assert found.stage is Stage.VERBETERPLAN_INGEDIEND
    assert state(found, today) is State.BESLUIT_VOORGELEGD
    held = case(Track.VERBETERPLAN, decisions=excepted(exception("2026-09-01", "2026-12-31")))
    assert steps.submit_plan(held, today, plan()).stage is Stage.VERBETERPLAN_INGEDIEND


def test_no_weighing_while_an_exception_is_before_the_representatives() -> None:
    waiting = proposed(
        case(Track.VERBETERPLAN), DecisionKind.TIJDELIJKE_UITZONDERING, exception=exception("2027-07-02", "2027-12-31")
    )
    assert overdue(waiting, LATE)
    assert Step.START_WEIGHING not in open_steps(waiting, LATE)


def test_a_question_is_answered_once() -> None:
    found = steps.request_transparency(case(), LATE, "9101", "Welke afspraken zijn er?")
    assert refused(steps.answer_transparency, found, LATE, 2, "Geen.", "").reason is Reason.ILLEGAL_TRANSITION
    assert refused(steps.answer_transparency, found, LATE, 0, "Geen.", "").reason is Reason.ILLEGAL_TRANSITION
    found = steps.answer_transparency(found, LATE, 1, "Deze.", "Brief 2")
    assert (found.requests[0].answer, found.requests[0].answered_on) == ("Deze.", LATE)
    assert refused(steps.answer_transparency, found, LATE, 1, "Nee.", "").reason is Reason.ILLEGAL_TRANSITION
    again = steps.request_transparency(found, LATE, "9102", "En verder?")
    assert refused(steps.answer_transparency, again, LATE, 1, "Nee.", "").reason is Reason.ILLEGAL_TRANSITION


# Votes


def test_the_last_agreement_decides() -> None:
    found = proposed(at_cure(), DecisionKind.GEEN_AANVRAAG)
    assert state(found, LATE) is State.BESLUIT_VOORGELEGD
    assert found.proposal is not None
    assert found.proposal.waiting_for == ("9102",)
    found = steps.vote_on(found, LATE, 1, vote("9102"), BOTH)
    assert state(found, LATE) is State.GEEN_AANVRAAG
    assert (found.decisions[0].outcome, found.decisions[0].concluded_on) == (Outcome.GENOMEN, LATE)
    assert found.decisions[0].waiting_for == ()


def test_one_refusal_ends_a_proposal_and_the_case_is_where_it_was() -> None:
    found = steps.vote_on(proposed(at_cure(), DecisionKind.GEEN_AANVRAAG), LATE, 1, vote("9102", agrees=False), BOTH)
    assert state(found, LATE) is State.HERSTELTERMIJN
    assert found.decisions[0].outcome is Outcome.VERWORPEN
    assert proposed(found, DecisionKind.GEEN_AANVRAAG).proposal is not None


def test_a_sole_representative_takes_a_negative_decision_by_two_users() -> None:
    sole = ("9101",)
    found = proposed(at_cure(), DecisionKind.GEEN_AANVRAAG, representatives=sole)
    assert state(found, LATE) is State.BESLUIT_VOORGELEGD
    assert found.decisions[0].waiting_for == sole
    same_user = refused(steps.vote_on, found, LATE, 1, vote("9101", "inkoper@9101"), sole)
    assert same_user.reason is Reason.ACTOR_NOT_OWN
    found = steps.vote_on(found, LATE, 1, vote("9101", "ander@9101"), sole)
    assert state(found, LATE) is State.GEEN_AANVRAAG


def test_a_sole_representative_grants_an_exception_by_its_proposal() -> None:
    found = proposed(at_cure(), DecisionKind.TIJDELIJKE_UITZONDERING, representatives=("9101",))
    assert found.decisions[0].outcome is Outcome.GENOMEN


@pytest.mark.parametrize(
    ("number", "cast", "reason"),
    [
        (1, vote("9102", "inkoper@9101"), Reason.ACTOR_NOT_OWN),
        (1, vote("9101", "ander@9101"), Reason.ILLEGAL_TRANSITION),
        (1, vote("9199"), Reason.NOT_REPRESENTATIVE),
        (2, vote("9102"), Reason.ILLEGAL_TRANSITION),
        (0, vote("9102"), Reason.ILLEGAL_TRANSITION),
    ],
)
@pytest.mark.parametrize("agrees", [True, False])
def test_votes_that_do_not_count(number: int, cast: Vote, reason: Reason, agrees: bool) -> None:
    found = proposed(at_cure(), DecisionKind.GEEN_AANVRAAG)
    assert refused(steps.vote_on, found, LATE, number, replace(cast, agrees=agrees), BOTH).reason is reason


def test_only_a_representative_proposes() -> None:
    error = refused(steps.propose, at_cure(), LATE, decision(DecisionKind.GEEN_AANVRAAG), vote("9199"))
    assert error.reason is Reason.NOT_REPRESENTATIVE


def test_unanimity_is_over_those_that_are_registered_at_the_last_vote() -> None:
    found = proposed(at_cure(), DecisionKind.GEEN_AANVRAAG)
    three = steps.vote_on(found, LATE, 1, vote("9102"), ("9101", "9102", "9103"))
    assert three.proposal is not None
    assert three.proposal.waiting_for == ("9103",)
    assert state(steps.vote_on(three, LATE, 1, vote("9103"), ("9101", "9102", "9103")), LATE) is State.GEEN_AANVRAAG
    # The first insurer no longer represents; its vote does not count, and nobody waits for it.
    other = steps.vote_on(found, LATE, 1, vote("9103"), ("9102", "9103"))
    assert other.proposal is not None
    assert other.proposal.waiting_for == ("9102",)
    assert state(steps.vote_on(other, LATE, 1, vote("9102"), ("9102", "9103")), LATE) is State.GEEN_AANVRAAG


def test_a_decision_is_revoked_as_it_was_taken_and_the_clock_is_the_same() -> None:
    taken = steps.vote_on(proposed(at_cure(), DecisionKind.GEEN_AANVRAAG), LATE, 1, vote("9102"), BOTH)
    assert list(open_kinds(taken, LATE)) == [DecisionKind.INTREKKING]
    waiting = proposed(taken, DecisionKind.INTREKKING)
    # Until everybody agreed, the decision holds.
    assert state(waiting, LATE) is State.GEEN_AANVRAAG
    assert open_kinds(waiting, LATE) == ()
    revoked = steps.vote_on(waiting, LATE, 2, vote("9102"), BOTH)
    assert state(revoked, LATE) is State.HERSTELTERMIJN
    assert due_on(revoked, LATE) == day("2027-02-28")
    assert DecisionKind.GEEN_AANVRAAG in open_kinds(revoked, LATE)


# Exceptions


def test_an_exception_holds_from_its_first_to_its_last_day() -> None:
    waiting = proposed(
        case(),
        DecisionKind.TIJDELIJKE_UITZONDERING,
        day("2026-07-01"),
        exception=exception("2026-07-10", "2026-07-20"),
    )
    found = steps.vote_on(waiting, day("2026-07-02"), 1, vote("9102"), BOTH)
    states = {on: state(found, day(f"2026-07-{on}")) for on in ("09", "10", "20", "21")}
    assert states == {
        "09": State.VASTSTELLING,
        "10": State.TIJDELIJKE_UITZONDERING,
        "20": State.TIJDELIJKE_UITZONDERING,
        "21": State.VASTSTELLING,
    }


def test_an_exception_that_would_be_over_can_only_be_refused() -> None:
    waiting = proposed(
        case(),
        DecisionKind.TIJDELIJKE_UITZONDERING,
        day("2026-07-01"),
        exception=exception("2026-07-10", "2026-07-20"),
    )
    late = day("2026-07-21")
    assert refused(steps.vote_on, waiting, late, 1, vote("9102"), BOTH).reason is Reason.ILLEGAL_TRANSITION
    assert steps.vote_on(waiting, late, 1, vote("9102", agrees=False), BOTH).decisions[0].outcome is Outcome.VERWORPEN
    assert steps.vote_on(waiting, day("2026-07-20"), 1, vote("9102"), BOTH).excepted(day("2026-07-20"))


def test_an_exception_ends_today_and_is_over_tomorrow() -> None:
    found = at_weighing(decisions=excepted(exception("2027-06-20", "2027-07-10")))
    ended = steps.end_exception(found, LATE)
    assert state(ended, LATE) is State.TIJDELIJKE_UITZONDERING
    assert state(ended, LATE + timedelta(days=1)) is State.AFWEGING
    assert refused(steps.end_exception, ended, LATE).reason is Reason.ILLEGAL_TRANSITION
    assert Step.END_EXCEPTION not in open_steps(found, day("2027-07-10"))


def test_an_exception_that_has_not_begun_never_will() -> None:
    ended = steps.end_exception(at_weighing(decisions=excepted(exception("2027-07-20", "2027-08-10"))), LATE)
    assert not any(ended.excepted(LATE + timedelta(days=n)) for n in range(60))
    assert DecisionKind.GEEN_BUDGET in open_kinds(ended, LATE)


# Any order

NORMS: Mapping[Track, tuple[str, ...]] = {Track.HERSTEL: ("A1", "A2"), Track.VERBETERPLAN: ("B1", "B2", "B3")}
INSURERS = ("9101", "9102", "9103")
OWN = {"9101": "an@9101", "9102": "bo@9102", "9103": "cas@9103"}
PEOPLE = (*OWN.values(), "dana@9103")
ALONE = [step for step in Step if step not in (Step.PROPOSE, Step.VOTE)]
MOVING = {Step.ESTABLISH, Step.SUBMIT_PLAN, Step.AGREE_PLAN, Step.RECORD_PROGRESS, Step.START_WEIGHING}
LEGAL: Mapping[Track, set[State]] = {
    Track.HERSTEL: {
        State.VASTSTELLING,
        State.HERSTELTERMIJN,
        State.BESLUIT_VOORGELEGD,
        State.TIJDELIJKE_UITZONDERING,
        State.GEEN_AANVRAAG,
        State.VOLDOET,
    },
    Track.VERBETERPLAN: {
        State.VERBETERPLAN_OPSTELLEN,
        State.VERBETERPLAN_INGEDIEND,
        State.VERBETERPLAN_LOOPT,
        State.AFWEGING,
        State.BESLUIT_VOORGELEGD,
        State.TIJDELIJKE_UITZONDERING,
        State.GEEN_BUDGET,
        State.VOLDOET,
    },
}


class Course(RuleBasedStateMachine):
    """A case in which anything is tried in any order, while days pass."""

    def __init__(self) -> None:
        super().__init__()
        self.today = TERMS.delivered_on
        self.case = case()
        self.insurers: tuple[str, ...] = BOTH
        self.reached: dict[Stage, date] = {}
        """The latest end of the term of each stage that was seen."""

    @initialize(track=st.sampled_from(Track), wait=st.integers(0, 400))
    def opened(self, track: Track, wait: int) -> None:
        self.case = case(track)
        self.today += timedelta(days=wait)

    # What happens

    @rule(days=st.sampled_from([1, 7, 30, 120]))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(data=st.data(), met=st.sampled_from([False, False, False, True]))
    def assessed(self, data: st.DataObject, met: bool) -> None:
        norms = NORMS[self.case.track]
        unsure = set() if met else data.draw(st.sets(st.sampled_from(norms), min_size=1))
        missed = data.draw(st.sets(st.sampled_from(sorted(unsure)))) if unsure else set()
        said = Result(tuple(n for n in norms if n in missed), tuple(n for n in norms if n in unsure), norms)
        self.case = follow(self.case, said, self.today)
        assert bool(self.case.unmet) == bool(unsure & set(self.case.norms))

    @rule(count=st.integers(1, 3))
    def representatives_change(self, count: int) -> None:
        self.insurers = INSURERS[:count]

    @rule(step=st.sampled_from(ALONE))
    def a_step_is_tried(self, step: Step) -> None:
        refusal = self.attempt(step, self.proper(step))
        assert refusal is None or refusal.reason is Reason.ILLEGAL_TRANSITION

    @precondition(lambda self: set(open_steps(self.case, self.today)) & MOVING)
    @rule(data=st.data())
    def the_case_is_brought_on(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from([step for step in open_steps(self.case, self.today) if step in MOVING]))
        assert self.attempt(step, self.proper(step)) is None

    @rule(
        kind=st.sampled_from(DecisionKind),
        insurer=st.sampled_from(INSURERS),
        actor=st.sampled_from(PEOPLE),
        start=st.integers(0, 40),
        length=st.integers(1, 100),
    )
    def something_is_proposed(self, kind: DecisionKind, insurer: str, actor: str, start: int, length: int) -> None:
        made = self.decision(kind, start, length)
        allowed = kind in open_kinds(self.case, self.today)
        cast = self.vote(insurer, actor)
        refusal = self.attempt(Step.PROPOSE, lambda found: steps.propose(found, self.today, made, cast))
        assert (refusal is None) == (allowed and insurer in self.insurers)

    @precondition(lambda self: open_kinds(self.case, self.today))
    @rule(length=st.integers(1, 100))
    def the_gravest_is_proposed(self, length: int) -> None:
        made = self.decision(open_kinds(self.case, self.today)[0], 0, length)
        insurer = self.insurers[0]
        cast = self.vote(insurer, OWN[insurer])
        assert self.attempt(Step.PROPOSE, lambda found: steps.propose(found, self.today, made, cast)) is None

    @precondition(lambda self: self.case.proposal is not None)
    @rule(insurer=st.sampled_from(INSURERS), actor=st.sampled_from(PEOPLE), agrees=st.sampled_from([True, True, False]))
    def somebody_votes(self, insurer: str, actor: str, agrees: bool) -> None:
        self.cast(replace(self.vote(insurer, actor), agrees=agrees))

    @precondition(lambda self: self.case.proposal is not None)
    @rule()
    def all_agree(self) -> None:
        for insurer in self.insurers:
            self.cast(self.vote(insurer, OWN[insurer]))

    def cast(self, vote: Vote) -> None:
        before, number = self.case, len(self.case.decisions)
        refusal = self.attempt(Step.VOTE, lambda found: steps.vote_on(found, self.today, number, vote, self.insurers))
        if vote.insurer not in self.insurers or before.proposal is None:
            assert refusal is not None
        elif refusal is None:
            assert vote in self.case.decisions[number - 1].votes

    # What always holds

    @invariant()
    def it_is_in_a_state_of_its_track(self) -> None:
        for later in (0, 1, 30):
            assert state(self.case, self.today + timedelta(days=later)) in LEGAL[self.case.track]

    @invariant()
    def it_meets_the_norms_when_the_assessment_says_so_and_never_otherwise(self) -> None:
        met = state(self.case, self.today) is State.VOLDOET
        assert met == (not self.case.unmet and self.case.negative is None)

    @invariant()
    def a_clock_never_restarts_is_lost_or_gets_earlier(self) -> None:
        found = term(self.case, self.today)
        assert (found is None) == (self.case.stage in (Stage.VASTSTELLING, Stage.AFWEGING))
        if found is not None:
            assert found >= self.reached.get(self.case.stage, date.min)
            self.reached[self.case.stage] = found
            days = sum(
                (terms.last_day - terms.start).days + 1
                for terms in self.case.exceptions
                if terms.last_day >= terms.start
            )
            base = term(replace(self.case, decisions=()), self.today)
            assert base is not None
            last = max((terms.last_day for terms in self.case.exceptions), default=base)
            assert base <= found <= max(base, last) + timedelta(days=days)

    @invariant()
    def nothing_is_overdue_while_an_exception_holds(self) -> None:
        assert not (overdue(self.case, self.today) and self.case.excepted(self.today))

    @invariant()
    def a_decision_is_the_agreement_of_all_by_users_of_their_own(self) -> None:
        for made in self.case.decisions:
            actors = [cast.actor for cast in made.votes]
            assert len(set(actors)) == len(actors)
            voters = [cast.insurer for cast in made.votes]
            # Only a sole representative votes twice.
            assert len(set(voters)) == len(voters) or made.kind in NEGATIVE
            if made.outcome is Outcome.GENOMEN:
                assert len(actors) >= 2 or made.kind not in NEGATIVE
                assert all(cast.agrees for cast in made.votes)
                assert made.representatives
                assert set(made.representatives) <= set(voters)
                assert (made.care_duty is not None) == (made.kind in NEGATIVE)
            elif made.outcome is Outcome.VERWORPEN:
                assert not made.votes[-1].agrees

    @invariant()
    def what_is_decided_is_in_the_votes(self) -> None:
        holding = None
        for made in self.case.decisions:
            if made.outcome is Outcome.GENOMEN and made.kind is not DecisionKind.TIJDELIJKE_UITZONDERING:
                holding = made.kind
        decided = state(self.case, self.today) in NEGATIVE.values()
        assert decided == (holding in NEGATIVE)
        if decided:
            assert self.case.exception_ahead(self.today) is None

    @invariant()
    def the_open_steps_are_exactly_those_that_are_not_refused(self) -> None:
        for step in Step:
            if step is Step.PROPOSE:
                kinds = [kind for kind in DecisionKind if self.takes(step, self.proper(step, kind))]
                assert kinds == list(open_kinds(self.case, self.today))
                assert bool(kinds) == (step in open_steps(self.case, self.today))
            else:
                assert self.takes(step, self.proper(step)) == (step in open_steps(self.case, self.today)), step

    @invariant()
    def it_is_stored_without_loss(self) -> None:
        columns = CASES._dump(self.case)
        assert CASES._load(**columns) == self.case

    @invariant()
    def there_is_something_to_do_unless_it_is_met_or_decided(self) -> None:
        said = suggestions(self.case, self.today)
        if state(self.case, self.today) not in (State.VOLDOET, *NEGATIVE.values()):
            assert said

    # How it is done

    def attempt(self, step: Step, act: Callable[[Case], Case]) -> DomainError | None:
        before = self.case
        refusal = self.refusal(act)
        if refusal is not None:
            named = ",".join(open_steps(before, self.today))
            assert refusal.reason is not Reason.ILLEGAL_TRANSITION or refusal.metadata["open_steps"] == named
            return refusal
        self.case = act(before)
        assert self.case != before
        if step is Step.END_EXCEPTION:
            # The days that are no longer excepted go off the term, which does not end before the exception does.
            end, reached = term(self.case, self.today), self.reached.get(self.case.stage)
            assert end is None or reached is None or end >= min(self.today, reached)
            self.reached = {}
        if step is not Step.VOTE and step is not Step.PROPOSE:
            assert state(self.case, self.today) not in NEGATIVE.values() or before.negative is not None
        return None

    def takes(self, step: Step, act: Callable[[Case], Case]) -> bool:
        refusal = self.refusal(act)
        assert refusal is None or refusal.reason is Reason.ILLEGAL_TRANSITION, (step, refusal)
        return refusal is None

    def refusal(self, act: Callable[[Case], Case]) -> DomainError | None:
        try:
            act(self.case)
        except DomainError as error:
            return error
        return None

    def vote(self, insurer: str, actor: str) -> Vote:
        return Vote(insurer, agrees=True, reason="Daarom.", actor=actor, at=datetime.combine(self.today, time(12), UTC))

    def decision(self, kind: DecisionKind, start: int = 1, length: int = 10) -> Decision:
        terms: ExceptionTerms | None = None
        if kind is DecisionKind.TIJDELIJKE_UITZONDERING:
            first = self.today + timedelta(days=start)
            terms = exception(first.isoformat(), (first + timedelta(days=length)).isoformat())
        return Decision(
            kind=kind,
            reason="Daarom.",
            document="",
            proposed_on=self.today,
            care_duty=CARE_DUTY if kind in NEGATIVE else None,
            exception=terms,
            representatives=self.insurers,
        )

    def proper(self, step: Step, kind: DecisionKind = DecisionKind.INTREKKING) -> Callable[[Case], Case]:
        """The step as it is refused for no other reason than that it is not open."""
        today = self.today
        unanswered = [number for number, asked in enumerate(self.case.requests, 1) if asked.answered_on is None]
        newcomer = replace(self.vote("9109", "eva@9109"), agrees=False)
        return {
            Step.ESTABLISH: lambda found: steps.establish(found, today, today),
            Step.SUBMIT_PLAN: lambda found: steps.submit_plan(found, today, plan(found.unmet, today)),
            Step.RETURN_PLAN: lambda found: steps.return_plan(found, today),
            Step.AGREE_PLAN: lambda found: steps.agree_plan(found, today, "9101"),
            Step.RECORD_PROGRESS: lambda found: steps.record_progress(found, today, ProgressNote(today, "Het loopt.")),
            Step.REQUEST_TRANSPARENCY: lambda found: steps.request_transparency(found, today, "9101", "Welke?"),
            Step.ANSWER_TRANSPARENCY: lambda found: steps.answer_transparency(
                found, today, [*unanswered, 1][0], "Deze.", ""
            ),
            Step.START_WEIGHING: lambda found: steps.start_weighing(found, today, weighing(today)),
            Step.PROPOSE: lambda found: steps.propose(
                found, today, self.decision(kind), self.vote(self.insurers[0], "an@9101")
            ),
            Step.VOTE: lambda found: steps.vote_on(found, today, len(found.decisions), newcomer, ("9101", "9109")),
            Step.WITHDRAW: lambda found: steps.withdraw(found, today),
            Step.END_EXCEPTION: lambda found: steps.end_exception(found, today),
        }[step]


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
