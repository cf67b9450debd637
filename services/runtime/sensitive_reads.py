"""Who saw what of the sensitive parts: a log event `audit.read` for each read of them (fields after NEN 7513)."""

from typing import Any

import structlog

from services.runtime.call import Call

LOGGER = "audit.read"
"""The name in the field `logger`, by which these lines can be sent elsewhere and kept as long as the ledger."""

_SENSITIVE = {
    "spoedkader.audit.v1.AuditService": ("ListAuditEntries", "ListAuditRows", "VerifyLedger"),
    "spoedkader.budget.v1.ApplicationService": (
        "ExportApplication",
        "GetApplication",
        "ListApplications",
        "ListApplicationSteps",
        "ReplayApplication",
    ),
    "spoedkader.budget.v1.ConditionService": ("EvaluateConditions",),
    "spoedkader.quality.v1.AssessmentService": (
        "ExplainFinding",
        "GetAssessment",
        "ListAssessments",
        "ListDecisions",
        "ReplayAssessments",
    ),
    "spoedkader.quality.v1.EnforcementService": (
        "GetCase",
        "GetNotice",
        "ListCases",
        "ListCaseSteps",
        "ListNotices",
        "ListStandings",
    ),
    "spoedkader.quality.v1.SubmissionService": ("GetSubmission", "ListSubmissions", "ListSubmissionRevisions"),
}
SENSITIVE = frozenset(f"/{service}/{method}" for service, methods in _SENSITIVE.items() for method in methods)
"""The methods that read answers of questionnaires, assessments, cases and decisions, applications with their
conditions, and the ledger itself, by their full names."""
_NAMED_BY = ("name", "parent", "entry", "budget_year")
"""The fields of a request that may say what is asked for, the first that is there."""

log = structlog.get_logger()


def log_read(method: str, call: Call, request: Any, *, broken_off: bool = False) -> None:
    """Logs that an answer with sensitive parts was given; does nothing for other methods.

    `broken_off`: the caller of a stream left before its end, and has seen a part.
    """
    if method not in SENSITIVE:
        return
    log.info(
        "audit.read",
        logger=LOGGER,
        action="R",
        actor=call.actor,
        on_behalf_of=call.actor.partition("@")[2],
        caller=call.caller.organisation,
        roles=sorted(call.caller.roles),
        call=call.id,
        method=method,
        resource=_resource(request),
        outcome="partial" if broken_off else "success",
    )


def _resource(request: Any) -> str:
    """What was asked for, as far as the request names it; empty means all."""
    found = ((name, getattr(request, name, None)) for name in _NAMED_BY)
    name, value = next(((name, value) for name, value in found if value), ("", ""))
    return value if isinstance(value, str) else f"{name} {value}"
