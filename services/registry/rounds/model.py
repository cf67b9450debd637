"""The purchasing round of a budget year."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Round:
    """What holds for every provider in a round.

    `policy_year` names the year whose norms, questionnaire and parameters apply; `norm_amount_cents` is what the NZa
    set, or an example of it.
    """

    budget_year: int
    survey_year: int
    reference_year: int
    policy_year: int
    rivm_preliminary_delivered_on: date
    norm_amount_cents: int
