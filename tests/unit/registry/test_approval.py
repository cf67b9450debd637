"""Where a provider stands in the approval of new ones."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.registry.providers.model import (
    Approval,
    Decision,
    Provider,
    Review,
    Stage,
    State,
    Step,
    approval_id,
    latest_decisions,
    require_open,
    state,
)
from services.runtime.errors import DomainError, Reason

NEW_AFTER = date(2026, 12, 31)
INSURERS = ("9101", "9102", "9103", "9104")
START = date(2027, 1, 1)


def provider(*representatives: str, since: date = START, stage: Stage = Stage.PROPOSED) -> Provider:
    return Provider("06010101", "01234567", "De Wulp", since, representatives, Review(stage))


def approval(insurer: str, decision: Decision, day: int, identifier: str = "") -> Approval:
    return Approval("06010101", identifier, insurer, decision, START + timedelta(days=day), "")


decisions = st.sampled_from(Decision)
approvals = st.builds(approval, st.sampled_from(INSURERS), decisions, st.integers(0, 5))
representatives = st.sets(st.sampled_from(INSURERS), min_size=1).map(sorted)


@given(representatives, st.lists(approvals, max_size=12), st.sampled_from(Stage))
def test_approved_exactly_when_every_representatives_latest_decision_agrees(
    insurers: list[str], recorded: list[Approval], stage: Stage
) -> None:
    latest = {
        insurer: max((a.decided_on, place) for place, a in enumerate(recorded) if a.insurer == insurer)
        for insurer in {a.insurer for a in recorded}
    }
    agreed = all(
        insurer in latest and recorded[latest[insurer][1]].decision is Decision.AKKOORD for insurer in insurers
    )
    found = state(provider(*insurers, stage=stage), recorded, NEW_AFTER)
    assert (found is State.APPROVED) == agreed


@given(st.lists(approvals, max_size=8, unique_by=lambda a: (a.insurer, a.decided_on)), st.randoms())
def test_decisions_of_different_days_may_be_recorded_in_any_order(recorded: list[Approval], random: object) -> None:
    shuffled = list(recorded)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert latest_decisions(shuffled) == latest_decisions(recorded)


def test_of_one_day_the_decision_recorded_last_counts() -> None:
    both = [approval("9101", Decision.AKKOORD, 1), approval("9101", Decision.AFGEWEZEN, 1)]
    assert latest_decisions(both) == {"9101": Decision.AFGEWEZEN}
    assert latest_decisions(both[::-1]) == {"9101": Decision.AKKOORD}


@given(st.lists(approvals, max_size=6), st.sampled_from(Stage))
def test_a_provider_that_is_not_new_needs_no_approval(recorded: list[Approval], stage: Stage) -> None:
    assert state(provider("9101", since=NEW_AFTER, stage=stage), recorded, NEW_AFTER) is State.ESTABLISHED


def test_a_decision_of_another_insurer_decides_nothing() -> None:
    declined = [approval("9104", Decision.AFGEWEZEN, 1), approval("9101", Decision.AKKOORD, 1)]
    assert state(provider("9101"), declined, NEW_AFTER) is State.APPROVED


@given(st.lists(st.tuples(st.sampled_from(INSURERS), st.integers(0, 2)), max_size=10))
def test_identifiers_of_decisions_are_never_used_twice(made: list[tuple[str, int]]) -> None:
    recorded = [approval("9101", Decision.AKKOORD, 0, f"9101-{START.isoformat()}-2")]
    for insurer, day in made:
        identifier = approval_id(insurer, START + timedelta(days=day), recorded)
        assert identifier.startswith(f"{insurer}-2027-01-0{day + 1}-")
        assert identifier not in {a.approval_id for a in recorded}
        recorded.append(approval(insurer, Decision.AKKOORD, day, identifier))


def open_steps(current: State) -> set[Step]:
    found = set()
    for step in Step:
        with suppress(DomainError):
            require_open(step, current)
            found.add(step)
    return found


@pytest.mark.parametrize("current", State)
def test_a_closed_step_is_refused_naming_those_that_are_open(current: State) -> None:
    for step in set(Step) - open_steps(current):
        with pytest.raises(DomainError) as refused:
            require_open(step, current)
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION
        assert refused.value.metadata["state"] == current
        assert set(filter(None, refused.value.metadata["open_steps"].split(","))) == open_steps(current)


class ReviewSteps(RuleBasedStateMachine):
    """People take steps as they please; those that are open succeed, and no step leads out of the known states."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Approval] = []
        self.provider = provider("9101")

    @initialize(insurers=representatives)
    def start(self, insurers: list[str]) -> None:
        self.provider = provider(*insurers)

    def state(self) -> State:
        return state(self.provider, self.recorded, NEW_AFTER)

    def take(self, step: Step) -> bool:
        try:
            require_open(step, self.state())
        except DomainError:
            return False
        return True

    def move(self, stage: Stage) -> None:
        self.provider = provider(*self.provider.representatives, stage=stage)

    @rule()
    def submit(self) -> None:
        if self.take(Step.SUBMIT):
            self.move(Stage.UNDER_REVIEW)
            assert self.state() in {State.UNDER_REVIEW, State.DECLINED}

    @rule()
    def ask(self) -> None:
        if self.take(Step.REQUEST_INFORMATION):
            self.move(Stage.MORE_INFORMATION_NEEDED)
            assert self.state() is State.MORE_INFORMATION_NEEDED

    @rule(insurer=st.sampled_from(INSURERS), decision=decisions, day=st.integers(0, 3))
    def decide(self, insurer: str, decision: Decision, day: int) -> None:
        if self.take(Step.DECIDE):
            self.recorded.append(approval(insurer, decision, day))
            assert self.state() in {State.UNDER_REVIEW, State.APPROVED, State.DECLINED}

    @invariant()
    def a_refusal_that_stands_is_never_an_approval(self) -> None:
        latest = latest_decisions(self.recorded)
        if any(latest.get(insurer) is Decision.AFGEWEZEN for insurer in self.provider.representatives):
            assert self.state() is not State.APPROVED

    @invariant()
    def there_is_always_a_way_on(self) -> None:
        assert any(self.take(step) for step in Step)

    @invariant()
    def a_new_provider_is_never_established(self) -> None:
        assert self.state() is not State.ESTABLISHED


TestReview = ReviewSteps.TestCase
