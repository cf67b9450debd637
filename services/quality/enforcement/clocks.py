"""The terms of a case, and how exceptions suspend them (Inkoopkader, bijlage A, stap 2; AMB-38 to AMB-41, AMB-48)."""

from collections.abc import Iterable
from datetime import date, timedelta

from services.policy.terms import cure_by, plan_due_on
from services.quality.enforcement.model import Case, ExceptionTerms, Stage

_PLAN_STAGES = (Stage.VERBETERPLAN_OPSTELLEN, Stage.VERBETERPLAN_INGEDIEND)


def due_on(case: Case, day: date) -> date | None:
    """The last day of the term of a case, as it stands on a day, suspended days included.

    The term ends at 23:59:59 in Amsterdam. None when the stage has no term, every norm is met, or it was decided.
    """
    if case.negative is not None or not case.unmet:
        return None
    return term(case, day)


def overdue(case: Case, day: date) -> bool:
    """Whether the term of a case has passed on a day; never while an exception holds, for it moves the last day."""
    due = due_on(case, day)
    return due is not None and due < day


def term(case: Case, day: date) -> date | None:
    """The last day of the term of the stage, whether or not it matters: a case that opens again finds the same one."""
    terms = case.terms
    if case.stage is Stage.HERSTELTERMIJN and case.established_on is not None:
        begun, end = case.established_on, cure_by(case.established_on, terms.cure_months)
    elif case.stage in _PLAN_STAGES:
        begun, end = terms.delivered_on, plan_due_on(terms.delivered_on, terms.plan_months)
    elif case.stage is Stage.VERBETERPLAN_LOOPT:
        return comply_on(case, day)
    else:
        return None
    return suspended(begun, end, case.exceptions, day)


def comply_on(case: Case, day: date) -> date:
    """The day by which a plan must have led to meeting the norms, as it stands on a day."""
    return suspended(case.terms.delivered_on, case.terms.comply_by, case.exceptions, day)


def suspended(begun: date, end: date, exceptions: Iterable[ExceptionTerms], day: date) -> date:
    """The last day of a term that runs from the day after `begun` to `end`, as it stands on a day.

    An exception stops the clock on the days of the term on which it holds; as many days are added at the end, so that
    what was left runs on afterwards. One that begins after the end adds no time: the term is over the day after it. It
    matters from its first day only, for until then the term has simply passed. `exceptions` are in order and share no
    day.
    """
    one_day = timedelta(days=1)
    for exception in exceptions:
        first, last = max(exception.start, begun + one_day), exception.last_day
        if last < first:
            continue
        if first <= end:
            end += last - first + one_day
        elif first <= day:
            end = max(end, last)
    return end
