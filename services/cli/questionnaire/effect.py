"""`questionnaire effect`: what the norms would say of a form, worked out here; nothing is sent or stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli import facts
from services.cli.clients import Services
from services.cli.failures import Failure
from services.cli.policy import evaluating
from services.cli.policy.reading import read_rules
from services.cli.questionnaire.contents import Form
from services.cli.questionnaire.head import require
from services.policy.assess import Verdict
from services.policy.questionnaire import Block
from services.quality.assessments.model import open_blocks
from services.runtime import names
from spoedkader.registry.v1 import snapshot_pb2, snapshot_pb2_grpc
from spoedkader.wallclock.opening import OpeningPeriod

_REGISTRY_SECONDS = 5.0
_SILENT = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


@dataclass(frozen=True)
class Effect:
    """The verdicts on a form. Without `hours_known` every block was taken to be open."""

    form: Form
    evaluated: evaluating.Evaluated
    hours_known: bool

    def norms(self, verdict: Verdict) -> tuple[str, ...]:
        """The codes of the norms with a verdict, in the order of the catalogue."""
        return tuple(found.norm for found in self.evaluated.findings if found.verdict is verdict)


def effect_of(form: Form, policies: Path, services: Services, as_of: date) -> Effect:
    """Judges the answers of a form by the rules in a folder, on the opening hours that the registry knows.

    Raises:
        Failure: there are no rules for the year of the form, or they ask something else; or the registry does not know
            the location.
    """
    rules = read_rules(policies, form.questionnaire.year)
    require(form, rules.questionnaire, str(policies))
    blocks = _open_blocks(services, form, rules.questionnaire.blocks)
    given = evaluating.Input(rules.questionnaire.block_ids if blocks is None else blocks, form.answers)
    return Effect(form, evaluating.evaluate(rules, given, None, as_of), blocks is not None)


def _open_blocks(services: Services, form: Form, blocks: tuple[Block, ...]) -> tuple[str, ...] | None:
    """The blocks in which the location is open in the round, None when the registry does not answer."""
    stub = snapshot_pb2_grpc.SnapshotServiceStub(services.registry.channel)
    request = snapshot_pb2.GetLocationSnapshotRequest(
        name=names.LOCATION.format(provider=names.ANY, location=form.location_id),
        budget_year=form.budget_year,
        view=snapshot_pb2.SNAPSHOT_VIEW_BASIC,
    )
    try:
        found = services.registry.call(stub.GetLocationSnapshot, request, seconds=_REGISTRY_SECONDS)
    except Failure as failure:
        if failure.facts.get("code") in _SILENT:
            return None
        raise
    periods = tuple(
        OpeningPeriod(row.valid_from, row.valid_until, frozenset(row.weekdays), row.opens, row.closes)
        for row in facts.opening_hours_rows(found.opening_hours)
    )
    return open_blocks(blocks, periods, form.budget_year)


def document(found: Effect) -> dict[str, Any]:
    """As JSON."""
    return {
        "location_id": found.form.location_id,
        "budget_year": found.form.budget_year,
        "opening_hours_known": found.hours_known,
        "met": list(found.norms(Verdict.VOLDOET)),
        "not_met": list(found.norms(Verdict.VOLDOET_NIET)),
        "unknown": list(found.norms(Verdict.ONBEKEND)),
        "not_applicable": list(found.norms(Verdict.NIET_VAN_TOEPASSING)),
        **evaluating.document(found.evaluated),
    }


def readable(found: Effect) -> list[RenderableType]:
    """The effect in one sentence, and the verdict of each norm with what it rests on."""
    lines: list[RenderableType] = [Text(sentence(found), style="bold")]
    if not found.hours_known:
        lines.append(Text("De registry is niet bereikbaar: elk tijdblok is als geopend gerekend.", style="yellow"))
    return [*lines, *evaluating.readable(found.evaluated, one_norm=False)]


def sentence(found: Effect) -> str:
    """The effect in one sentence. A norm that does not apply is not counted."""
    met, skipped = found.norms(Verdict.VOLDOET), found.norms(Verdict.NIET_VAN_TOEPASSING)
    applicable = len(found.evaluated.findings) - len(skipped)
    parts = [f"Met deze antwoorden voldoet {found.form.location_id} aan {len(met)} van {applicable} normen"]
    parts += _listed("niet", found.norms(Verdict.VOLDOET_NIET))
    parts += _listed("onbekend", found.norms(Verdict.ONBEKEND))
    parts += _listed("niet van toepassing", skipped)
    return f"{'; '.join(parts)}."


def _listed(word: str, codes: Sequence[str]) -> list[str]:
    return [f"{word}: {', '.join(codes)}"] if codes else []
