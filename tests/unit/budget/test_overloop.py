"""What provider and insurer declare about overrunning trajectories."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.overloop.model import Declaration, Overloop, Side, State, require_own, steps
from services.budget.overloop.store import OVERLOOPS, _dump, _load
from services.runtime.errors import DomainError, Reason

from .samples import PARAMETERS

NOTHING = Overloop("06010101", 2027, "9101", 2027)


def said(amount: int, actor: str = "financien@wulp", trajectories: int = 12) -> Declaration:
    return Declaration(amount, trajectories, date(2027, 2, 1), "OVL-1", actor)


def between(provider: int | None, insurer: int | None) -> Overloop:
    found = NOTHING
    if provider is not None:
        found = found.declared(Side.PROVIDER, said(provider))
    if insurer is not None:
        found = found.declared(Side.INSURER, said(insurer, "inkoop@9101"))
    return found


@pytest.mark.parametrize(
    ("provider", "insurer", "state", "neutralised", "difference"),
    [
        (None, None, State.ONVOLLEDIG, 0, None),
        (100, None, State.ONVOLLEDIG, 0, None),
        (None, 100, State.ONVOLLEDIG, 0, None),
        (100, 100, State.GELIJK, 100, 0),
        (0, 0, State.GELIJK, 0, 0),
        (100, 99, State.VERSCHIL, 0, 1),
        (99, 100, State.VERSCHIL, 0, -1),
    ],
)
def test_only_what_both_declare_is_neutralised(
    provider: int | None, insurer: int | None, state: State, neutralised: int, difference: int | None
) -> None:
    found = between(provider, insurer)
    assert (found.state, found.neutralised_cents, found.difference_cents) == (state, neutralised, difference)


def test_the_number_of_trajectories_is_a_note() -> None:
    found = between(100, 100).declared(Side.INSURER, said(100, "inkoop@9101", trajectories=99))
    assert found.state is State.GELIJK


def test_the_steps_show_both_declarations() -> None:
    compared, neutralised = steps(between(10_050, 10_000), PARAMETERS)
    assert compared.rule == neutralised.rule == "AMB-46"
    assert compared.inputs == (
        ("zorgaanbieder", "€ 100,50, 12 trajecten, 2027-02-01"),
        ("verzekeraar", "€ 100,00, 12 trajecten, 2027-02-01"),
    )
    assert (neutralised.inputs, neutralised.result) == ((("verschil", "€ 0,50"),), "€ 0,00")
    compared, neutralised = steps(between(None, 10_000), PARAMETERS)
    assert compared.inputs[0] == ("zorgaanbieder", "geen opgave")
    assert neutralised.inputs == ()


def test_nobody_declares_for_both_sides_ever() -> None:
    first = NOTHING.declared(Side.PROVIDER, said(100, "a"))
    later = first.declared(Side.PROVIDER, said(100, "b"))
    require_own("a", Side.PROVIDER, [first, later])
    require_own("c", Side.INSURER, [first, later])
    for actor in ("a", "b"):
        with pytest.raises(DomainError) as refused:
            require_own(actor, Side.INSURER, [first, later])
        assert refused.value.reason is Reason.ACTOR_NOT_OWN
        assert refused.value.metadata == {"actor": actor}
    with pytest.raises(DomainError):
        require_own("x", Side.PROVIDER, [NOTHING.declared(Side.INSURER, said(1, "x"))])


amounts = st.none() | st.integers(0, 10**14)


@given(amounts, amounts)
def test_what_is_stored_comes_back(provider: int | None, insurer: int | None) -> None:
    found = between(provider, insurer)
    assert _load(*(_dump(found)[column.name] for column in OVERLOOPS.columns[3:])) == found
    assert OVERLOOPS.key(found) == ("06010101", 2027, "9101")


@given(amounts, amounts)
def test_neutralised_is_all_or_nothing_and_never_more_than_either(provider: int | None, insurer: int | None) -> None:
    found = between(provider, insurer)
    assert found.neutralised_cents in {0, provider, insurer}
    assert found.neutralised_cents <= min(provider or 0, insurer or 0)
    assert (found.state is State.GELIJK) == (provider is not None and provider == insurer)
