"""`questionnaire check`: every fault of a form, and how far it is."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.policy.reading import read_rules
from services.cli.questionnaire.contents import Form, Progress, completeness
from services.cli.questionnaire.head import require
from services.cli.questionnaire.reading import Read, read_form
from services.cli.tables import new_table, plain_text


def check(file: Path, policies: Path | None) -> Read:
    """Reads a form and holds it against the questionnaire in itself, and against that of a folder when there is one.

    Raises:
        Failure: it is no form, or one of another questionnaire.
        OSError: it cannot be read.
    """
    read = read_form(file)
    if policies is not None:
        rules = read_rules(policies, read.form.questionnaire.year)
        require(read.form, rules.questionnaire, str(policies))
    return read


def document(read: Read) -> dict[str, Any]:
    """As JSON."""
    return {
        **about(read.form),
        "faults": [asdict(fault) for fault in read.faults],
        "completeness": [asdict(progress) for progress in completeness(read.form)],
    }


def about(form: Form) -> dict[str, Any]:
    """Which form it is, and how many of the answers are there, as JSON."""
    answered, asked = total(completeness(form))
    return {
        "location_id": form.location_id,
        "budget_year": form.budget_year,
        "policy_year": form.questionnaire.year,
        "survey_year": form.questionnaire.survey_year,
        "answered": answered,
        "asked": asked,
    }


def total(found: Iterable[Progress]) -> tuple[int, int]:
    """How many answers are there, and how many are asked."""
    listed = tuple(found)
    return sum(each.answered for each in listed), sum(each.asked for each in listed)


def readable(read: Read) -> list[RenderableType]:
    """The completeness of each theme."""
    form = read.form
    found = completeness(form)
    numbers = ("ingevuld", "gevraagd")
    title = f"Vragenlijst {form.questionnaire.survey_year} van {form.location_id}, ronde {form.budget_year}"
    table = new_table(title, "thema", *numbers, right=numbers)
    for each in found:
        style = "" if each.answered == each.asked else "cyan"
        table.add_row(plain_text(each.theme), Text(str(each.answered), style), str(each.asked))
    answered, asked = total(found)
    return [table, Text(f"Ingevuld: {answered} van {asked}. Wat leeg is, is niet bekend.")]


def count_of_faults(read: Read) -> str:
    """How many there are, in one line."""
    number = len(read.faults)
    return f"{'1 fout' if number == 1 else f'{number} fouten'} in het formulier."
