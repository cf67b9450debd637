"""The life of a policy set, whatever somebody tries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quality.policysets.model import State, Step, StoredSet
from services.runtime.errors import DomainError, Reason


def stored(state: State, passed: bool | None = None) -> StoredSet:
    return StoredSet("sha256:0", 2027, "0", "", "", state, 3, None, passed)


@given(st.sampled_from(State), st.sampled_from(Step), st.sampled_from([None, True, False]))
def test_a_step_that_is_not_open_is_refused_and_names_those_that_are(
    state: State, step: Step, passed: bool | None
) -> None:
    found = stored(state, passed)
    if step in found.open_steps:
        found.require(step, "")
        return
    with pytest.raises(DomainError) as refused:
        found.require(step, "")
    assert refused.value.reason is Reason.ILLEGAL_TRANSITION
    assert refused.value.metadata["open_steps"] == ",".join(found.open_steps)


def test_only_what_came_through_the_gate_can_be_activated() -> None:
    able = [state for state in State if Step.ACTIVATE in stored(state, passed=True).open_steps]
    assert able == [State.VALIDATED, State.SUPERSEDED]


def test_what_the_gate_refused_may_try_again_and_what_a_person_rejected_may_not() -> None:
    assert stored(State.REJECTED, passed=False).open_steps == (Step.VALIDATE,)
    assert stored(State.REJECTED, passed=True).open_steps == ()
    assert stored(State.REJECTED).open_steps == ()


def test_somebody_who_saw_another_state_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        stored(State.DRAFT).require(Step.VALIDATE, '"2"')
    assert refused.value.reason is Reason.ETAG_MISMATCH
    stored(State.DRAFT).require(Step.VALIDATE, '"3"')
