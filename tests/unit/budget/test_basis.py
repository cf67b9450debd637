"""What is kept with a calculation is enough to make it again."""

from hypothesis import given
from hypothesis import strategies as st

from services.budget.norm_budget.basis import Basis, read_basis, write_basis
from services.budget.norm_budget.messages import write_calculation
from services.budget.norm_budget.model import input_digest, provider_budget
from services.policy.parameters import Parameters
from services.policy.purchasing import load_purchasing_year

from .samples import POLICIES, choosing
from .strategies import bases

RULES = load_purchasing_year(POLICIES, 2027)
CHOICES = st.sampled_from([choosing(), choosing(stops_count_as_closed=True), choosing(deduct="meerdere")])


def calculated(basis: Basis, text: str, parameters: Parameters) -> bytes:
    found = provider_budget(basis.provider, basis.round, basis.standings, parameters)
    return write_calculation(found, RULES, input_digest(text, parameters)).SerializeToString(deterministic=True)


@given(bases, CHOICES)
def test_the_text_of_facts_can_be_read_back(basis: Basis, parameters: Parameters) -> None:
    text = write_basis(basis, parameters)
    again = read_basis(text)
    assert write_basis(again, parameters) == text
    assert again.round == basis.round
    assert [each.location_id for each in again.provider.locations] == [
        each.location_id for each in basis.provider.locations
    ]


@given(bases, CHOICES)
def test_the_facts_that_are_kept_give_the_same_bytes(basis: Basis, parameters: Parameters) -> None:
    text = write_basis(basis, parameters)
    assert calculated(read_basis(text), text, parameters) == calculated(basis, text, parameters)
