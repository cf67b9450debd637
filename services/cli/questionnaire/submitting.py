"""What `questionnaire submit` says of what it did."""

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli import results
from services.cli.clients import Services
from services.cli.quality_tables import routes_text
from services.cli.questionnaire.checking import about
from services.cli.questionnaire.exchanging import Submitted, status_of
from spoedkader.quality.v1 import assessment_pb2


def assess(services: Services, done: Submitted) -> assessment_pb2.Assessment:
    """Judges the location on what was handed in. Raises Failure."""
    return results.assess_one(services, done.form.budget_year, done.form.location_id)


def document(done: Submitted) -> dict[str, Any]:
    """As JSON."""
    submission = done.submission
    return {
        **about(done.form),
        "submission": submission.name,
        "status": status_of(submission),
        "revision": submission.revision,
        "etag": submission.etag,
        "changed": done.changed,
    }


def readable(done: Submitted, assessment: assessment_pb2.Assessment | None) -> list[RenderableType]:
    """One line, and one for the assessment."""
    found = about(done.form)
    changed = "1 antwoord" if done.changed == 1 else f"{done.changed} antwoorden"
    lines: list[RenderableType] = [
        Text(
            f"{done.submission.name}, revisie {done.submission.revision}, is {status_of(done.submission)}: {changed} "
            f"gewijzigd, {found['answered']} van {found['asked']} ingevuld."
        )
    ]
    if assessment is not None:
        lines.append(Text.assemble("Routes na toetsing: ", routes_text(results.routes_of(assessment))))
    return lines
