"""Terms of the Inkoopkader (bijlage A, stap 2), in calendar months and named dates."""

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day number so many calendar months later, or the last day of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def plan_due_on(delivered: date, months: int) -> date:
    """The last day to hand in an improvement plan (AMB-39).

    `delivered` is the day on which the RIVM delivered the preliminary answers (AMB-38); a later correction of an answer
    does not move it. A weekend does not move the end.
    """
    return add_months(delivered, months)


def cure_by(established: date, months: int) -> date:
    """The last day to meet a conditional norm after all (AMB-40).

    `established` is the day on which the insurers recorded that the norm is not met.
    """
    return add_months(established, months)


def comply_by(survey_year: int, month: int, day: int) -> date:
    """The day by which the norms must be met: a day of the year after that of the questionnaire (AMB-41)."""
    return date(survey_year + 1, month, day)
