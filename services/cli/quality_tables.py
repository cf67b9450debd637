"""Readable tables of assessments."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli import facts, formats
from services.cli.assessing import Assessed
from services.cli.results import routes_of, verdicts_of
from services.cli.tables import new_table, plain_text, shorten
from services.runtime.wire import from_date
from spoedkader.quality.v1 import assessment_pb2

ROUTE_STYLES = {"HERSTELTERMIJN": "red", "VERBETERPLAN": "yellow", "ONVOLLEDIG": "cyan", "VOLDOET": "green"}
VERDICT_STYLES = {"VOLDOET": "green", "VOLDOET_NIET": "red", "ONBEKEND": "cyan", "NIET_VAN_TOEPASSING": "dim"}
_SHOWN_NORMS = 4


def assessments(assessed: Assessed) -> Table:
    """One row for each location: its routes, and the norms that count and are not met or not known."""
    table = new_table("Toetsing", "locatie", "naam", "routes", "niet voldaan", "onbekend", whole_words=["locatie"])
    shorten(table, 1, 24)
    table.columns[2].min_width = len("hersteltermijn, onvolledig,")
    for found in assessed.assessments:
        location_id = facts.location_id_of(found.name)
        verdicts = verdicts_of(found)
        warned = _warned(found)
        unmet = [norm for norm, verdict in verdicts.items() if verdict == "VOLDOET_NIET" and norm not in warned]
        unknown = [norm for norm, verdict in verdicts.items() if verdict == "ONBEKEND" and norm not in warned]
        name = assessed.locations[location_id].display_name if location_id in assessed.locations else ""
        table.add_row(
            plain_text(location_id),
            plain_text(name),
            routes_text(routes_of(found)),
            _norms(unmet),
            _norms(unknown),
        )
    return table


def _warned(found: assessment_pb2.Assessment) -> set[str]:
    """The norms that are missed and do not count yet."""
    return {finding.norm for finding in found.findings if finding.warning}


def routes_text(routes: Iterable[str]) -> Text:
    """Routes in colour."""
    parts = [Text(route.lower(), style=ROUTE_STYLES.get(route, "")) for route in routes]
    return Text(", ").join(parts)


def assessment(assessed: Assessed, explanations: list[assessment_pb2.Explanation]) -> list[RenderableType]:
    """One location norm by norm, and in words what is not met or not known."""
    (found,) = assessed.assessments
    location_id = facts.location_id_of(found.name)
    name = assessed.locations[location_id].display_name if location_id in assessed.locations else ""
    titles = {norm.code: norm.title for norm in assessed.norms}
    table = new_table(f"Toetsing van {location_id}", "norm", "titel", "oordeel")
    warned = _warned(found)
    for code, verdict in verdicts_of(found).items():
        shown = Text(verdict.lower().replace("_", " "), style=VERDICT_STYLES.get(verdict, ""))
        if code in warned:
            shown.append(" (waarschuwing: telt nog niet)", style="dim")
        table.add_row(code, plain_text(titles.get(code, "")), shown)
    head = Text.assemble((name, "bold"), "  ", routes_text(routes_of(found)))
    if found.HasField("plan_due_date"):
        plan, comply = from_date(found.plan_due_date), from_date(found.comply_by_date)
        head.append(f"\nVerbeterplan uiterlijk {formats.day(plan)}; voldoen uiterlijk {formats.day(comply)}.")
    return [head, table, *map(_explanation, explanations)]


def _explanation(found: assessment_pb2.Explanation) -> RenderableType:
    lines = [Text.assemble((f"{found.norm.code} {found.norm.title}", "bold"), f" ({found.norm.source})")]
    lines += [Text(f"  · {sentence}") for sentence in found.sentences]
    lines += [Text(f"  → {line}") for line in (found.consequence, found.norm.remedy) if line]
    return Group(*lines, "")


def _norms(codes: list[str]) -> Text:
    """The first norms, and how many more."""
    shown = " ".join(codes[:_SHOWN_NORMS])
    more = len(codes) - _SHOWN_NORMS
    return Text(f"{shown} +{more}" if more > 0 else shown)
