"""`policy eval`: what the rules of a folder say about an input of one's own."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from services.cli.exchange.documents import Document, read_document
from services.cli.exchange.problems import Problem
from services.cli.failures import Failure
from services.cli.quality_tables import VERDICT_STYLES, routes_text
from services.cli.tables import new_table, plain_text
from services.policy.assess import Fact, Finding, evaluate_norms
from services.policy.engine import JsonValue, PolicyError
from services.policy.questionnaire import Questionnaire, check_answers
from services.policy.routes import counting, routes, warns
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear

_DOCUMENT_KEYS = {"location_id", "survey_year", "status", "delivered_on", "answers"}
"""Of an answers document of the exchange folder."""
_OUTCOME_STYLES = {"waar": "green", "onwaar": "red", "onbekend": "cyan"}


@dataclass(frozen=True)
class Input:
    """What is judged."""

    open_blocks: tuple[str, ...]
    answers: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Evaluated:
    """What the rules say on a day; `findings` are those that were asked for, `routes` follow from all of them."""

    policies: PolicyYear
    as_of: date
    input: Input
    findings: tuple[Finding, ...]
    routes: tuple[str, ...]


def read_input(source: str, questionnaire: Questionnaire) -> Input:
    """Reads an input from a file, or from standard input for `-`.

    It is an object with `answers` and `open_blocks`, or an answers document of the exchange folder; without
    `open_blocks` every block is open.

    Raises:
        Failure: something is wrong with it, with every problem and its line.
    """
    name = "invoer" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{name} is geen UTF-8.") from error
    problems: list[Problem] = []
    read = read_document(text, name, problems)
    if read is not None:
        problems += _problems(read, questionnaire)
    if problems or read is None:
        raise Failure("De invoer is niet goed.", tuple(map(str, sorted(set(problems)))))
    return Input(tuple(read.data.get("open_blocks", questionnaire.block_ids)), read.data["answers"])


def _problems(read: Document, questionnaire: Questionnaire) -> Iterator[Problem]:
    for key in read.data:
        if key != "open_blocks" and key not in _DOCUMENT_KEYS:
            yield read.problem((key,), "onbekende sleutel")
    blocks = read.data.get("open_blocks", [])
    if not isinstance(blocks, list) or not all(block in questionnaire.block_ids for block in blocks):
        known = ", ".join(questionnaire.block_ids)
        yield read.problem(("open_blocks",), f"moet een lijst met tijdblokken zijn; kies uit {known}")
    if "answers" not in read.data:
        yield read.problem(("answers",), "sleutel ontbreekt")
    else:
        for found in check_answers(questionnaire, read.data["answers"]):
            yield read.problem(found.path, found.reason)


def evaluate(policies: PolicyYear, given: Input, norm: str | None, as_of: date) -> Evaluated:
    """Judges an input by rules that nobody has reviewed yet, in a process of its own that is ended when it takes long.

    Raises:
        Failure: the rules do not load, or give no usable verdicts.
        KeyError: there is no such norm.
    """
    asked = {policies.norm(norm).code} if norm else {known.code for known in policies.catalogue}
    try:
        engine = WorkerEngine(policies.modules, policies.data, processes=1)
        try:
            findings = evaluate_norms(engine, policies, given.open_blocks, given.answers)
        finally:
            engine.close()
    except PolicyError as error:
        raise Failure("De regels geven geen bruikbaar oordeel.", tuple(str(error).splitlines())) from error
    return Evaluated(
        policies=policies,
        as_of=as_of,
        input=given,
        findings=tuple(finding for finding in findings if finding.norm in asked),
        routes=tuple(sorted(routes(policies.catalogue, counting(policies.catalogue, findings, as_of)))),
    )


def document(found: Evaluated) -> dict[str, Any]:
    """As JSON."""
    return {
        "policy_year": found.policies.year,
        "policy_revision": found.policies.revision,
        "as_of": found.as_of.isoformat(),
        "open_blocks": list(found.input.open_blocks),
        "routes": list(found.routes),
        "findings": [
            {
                "norm": finding.norm,
                "verdict": finding.verdict,
                "facts": [fact._asdict() for fact in finding.facts],
                "warning": _warns(found, finding),
            }
            for finding in found.findings
        ],
    }


def readable(found: Evaluated, *, one_norm: bool) -> Iterator[RenderableType]:
    """A table of verdicts with the routes that follow, and the facts behind those that are not met or not known; or
    behind all of them, without routes, when it is about one norm."""
    table = new_table(
        f"Regels van {found.policies.year} op {found.as_of:%d-%m-%Y}", "norm", "titel", "niveau", "oordeel"
    )
    for finding in found.findings:
        norm = found.policies.norm(finding.norm)
        table.add_row(norm.code, plain_text(norm.title), str(norm.level), _verdict(found, finding))
    yield table
    if not one_norm:
        yield Text.assemble("Routes van de locatie: ", routes_text(found.routes))
    yield Text(f"Geopende tijdblokken: {', '.join(found.input.open_blocks) or 'geen'}.", style="dim")
    for finding in found.findings:
        if one_norm or finding.verdict in ("VOLDOET_NIET", "ONBEKEND"):
            yield _facts(found.policies, finding)


def _facts(policies: PolicyYear, finding: Finding) -> RenderableType:
    table = new_table("", "vraag", "tijdblok", "gevraagd", "antwoord", "uitkomst")
    for fact in finding.facts:
        outcome = Text(fact.outcome, style=_OUTCOME_STYLES[fact.outcome])
        where = " ".join(part for part in (fact.block, fact.item) if part)
        table.add_row(plain_text(fact.question), plain_text(where), plain_text(fact.condition), _answer(fact), outcome)
    norm = policies.norm(finding.norm)
    return Group("", Text(f"{norm.code} {norm.title}", style="bold"), table)


def _answer(fact: Fact) -> Text:
    match fact.value:
        case None:
            return Text("geen antwoord", style="dim")
        case bool():
            return Text("ja" if fact.value else "nee")
        case _:
            return Text(str(fact.value))


def _verdict(found: Evaluated, finding: Finding) -> Text:
    shown = Text(finding.verdict.lower().replace("_", " "), style=VERDICT_STYLES[finding.verdict])
    if _warns(found, finding):
        effective_on = found.policies.norm(finding.norm).effective_on
        shown.append(f" (waarschuwing: telt vanaf {effective_on:%d-%m-%Y})", style="yellow")
    return shown


def _warns(found: Evaluated, finding: Finding) -> bool:
    return warns(found.policies.norm(finding.norm), finding.verdict, found.as_of)
