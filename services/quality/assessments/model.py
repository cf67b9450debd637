"""What an assessment judges on, and what follows from it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.policy.assess import Fact, Finding, Outcome, Verdict
from services.policy.catalogue import Level, Norm
from services.policy.engine import JsonValue
from services.policy.parameters import Parameters
from services.policy.questionnaire import Block, Questionnaire
from services.policy.routes import Route, warns
from services.policy.terms import comply_by, plan_due_on
from spoedkader.wallclock.intervals import MINUTES_PER_DAY, Interval, complement, intersection, union, year_interval
from spoedkader.wallclock.opening import OpeningPeriod, open_intervals


@lru_cache(maxsize=4096)
def open_blocks(blocks: tuple[Block, ...], periods: tuple[OpeningPeriod, ...], year: int) -> tuple[str, ...]:
    """The blocks of which the regular opening hours hold at least one minute in a calendar year, in alphabetical order.

    Closures, opening and closing for good do not matter here. Public holidays do not exist.
    """
    window = year_interval(year)
    hours = open_intervals(periods, window)
    return tuple(sorted(block.id for block in blocks if intersection(_minutes(block, blocks, window), hours)))


def _minutes(block: Block, blocks: tuple[Block, ...], window: Interval) -> list[Interval]:
    """The minutes of a block: its periods, or every minute that no other block holds."""
    if not block.periods:
        others = [interval for other in blocks if other.periods for interval in _minutes(other, blocks, window)]
        return complement(union(others), window)
    first_day, last_day = window[0] // MINUTES_PER_DAY, window[1] // MINUTES_PER_DAY
    return union(
        (day * MINUTES_PER_DAY + period.opens, day * MINUTES_PER_DAY + period.closes)
        for day in range(first_day, last_day)
        for period in block.periods
        # Ordinal 1 was a Monday, so the ISO weekday follows from the remainder.
        if (day - 1) % 7 + 1 in period.weekdays
    )


def canonical(document: JsonValue) -> str:
    """The one text of a document: sorted keys, no spaces."""
    return _CANONICAL.encode(document)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Terms:
    """The days that an improvement plan brings with it (Inkoopkader, bijlage A, stap 2)."""

    plan_due_on: date
    comply_by: date


def terms(routes: frozenset[Route], parameters: Parameters, delivered_on: date, survey_year: int) -> Terms | None:
    """The terms that follow from the routes: none without VERBETERPLAN (AMB-38, AMB-39, AMB-41).

    `delivered_on` is the day on which the RIVM delivered the preliminary answers.
    """
    if Route.VERBETERPLAN not in routes:
        return None
    end = parameters.comply_by.value
    return Terms(
        plan_due_on=plan_due_on(delivered_on, parameters.plan_term_months.value),
        comply_by=comply_by(survey_year, end.month, end.day),
    )


def explain(questionnaire: Questionnaire, finding: Finding) -> list[str]:
    """A finding in Dutch sentences, one for each fact."""
    blocks: Mapping[str, str] = {block.id: block.text for block in questionnaire.blocks}
    return [_sentence(questionnaire, blocks, fact) for fact in finding.facts]


def consequence(norm: Norm, verdict: Verdict, as_of: date) -> str:
    """What follows on a day from a verdict on a norm of its level, in Dutch."""
    if warns(norm, verdict, as_of):
        return f"Deze norm telt vanaf {norm.effective_on:%d-%m-%Y}. Tot die dag is dit een waarschuwing zonder gevolg."
    if verdict in (Verdict.VOLDOET, Verdict.NIET_VAN_TOEPASSING):
        return "Er volgt niets uit dit oordeel."
    if norm.level is Level.AANBEVELING:
        return "Een aanbeveling wordt vastgelegd en getoond; zij heeft geen gevolg voor de inkoop."
    if verdict is Verdict.ONBEKEND:
        return "De vragenlijst is hier onvolledig. Onbekend telt niet als voldaan: vul de ontbrekende antwoorden aan."
    if norm.level is Level.VOORWAARDELIJK:
        return (
            "Dit is een voorwaardelijke eis. Na vaststelling door de representerende zorgverzekeraars moet er binnen "
            "de hersteltermijn alsnog aan worden voldaan; anders kan geen aanvraag voor budget worden overeengekomen."
        )
    return "De zorgaanbieder stelt in overleg met de representerende zorgverzekeraars een verbeterplan op."


_OUTCOMES = {Outcome.WAAR: "voldoet", Outcome.ONWAAR: "voldoet niet", Outcome.ONBEKEND: "niet bekend"}


def _sentence(questionnaire: Questionnaire, blocks: Mapping[str, str], fact: Fact) -> str:
    question = questionnaire.by_id[fact.question].text
    where = "".join(f" [{part}]" for part in (blocks.get(fact.block, fact.block), fact.item) if part)
    answer = "geen antwoord" if fact.value is None else f"antwoord {_spoken(fact.value)}"
    return f"{question}{where} Gevraagd: {fact.condition}; {answer}: {_OUTCOMES[fact.outcome]}."


def _spoken(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return str(value).replace("_", " ")
