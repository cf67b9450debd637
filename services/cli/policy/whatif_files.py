"""A comparison as files: a table with every change, and a page with pictures that stands alone."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.cli import facts, formats
from services.cli.policy.whatif_report import (
    COLUMNS,
    WhatIf,
    plan_dates,
    route_name,
    rows,
    said,
    spoken,
    telling,
    verdict_name,
)
from services.cli.policy.whatif_tables import CAUTION, base_label, level_changes, set_label
from services.policy.routes import counts
from spoedkader.quality.v1 import comparison_pb2

TEMPLATES = Path(__file__).parent / "templates"
MOST_LOCATIONS = 300
"""On a page; the table has them all."""
SQUARES = 400
"""At most so many in the picture of the population; beyond that each stands for more locations."""
ACROSS = 40
_ROUTE_BAR, _NORM_BAR = 300, 400
"""Width of the longest bar."""
_KINDS = (
    ("herstel", "komt op HERSTELTERMIJN"),
    ("plan", "komt op VERBETERPLAN"),
    ("onvolledig", "wordt ONVOLLEDIG"),
    ("beter", "verliest een route"),
    ("oordeel", "ander oordeel of gewicht, zelfde routes"),
    ("gewicht", "alleen een ander gewicht van een norm die wordt gehaald"),
    ("gelijk", "niets anders"),
)


@dataclass(frozen=True, slots=True)
class RouteBar:
    """A route in the picture of routes."""

    route: str
    base: int
    draft: int
    base_width: int
    draft_width: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: where it begins, how long it is, and how many locations go to that verdict."""

    verdict: str
    said: str
    x: int
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class NormBar:
    """A norm in the picture of flips."""

    code: str
    title: str
    counts_from: str
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change in the picture of the population; `squares` holds the column and row of each."""

    name: str
    text: str
    count: int
    squares: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A location in the table of the page."""

    location_id: str
    name: str
    base_routes: tuple[str, ...]
    draft_routes: tuple[str, ...]
    plan: str
    norms: tuple[str, ...]
    budget: str


def write_csv(found: WhatIf, path: Path) -> None:
    """Writes every change as a row, UTF-8 with a header."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(found))


def write_page(found: WhatIf, path: Path) -> None:
    """Writes the page."""
    path.write_text(page(found), "utf-8")


def page(found: WhatIf) -> str:
    """A page in HTML that needs no other file. The same comparison gives the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(whole=formats.whole, euros=formats.euros, day=formats.day, said=spoken)
    moving = [location for location in found.locations if _kind_of(location) != "gewicht"]
    each = max(1, -(-found.totals.location_count // SQUARES))
    return environment.get_template("whatif.html.j2").render(
        found=found,
        totals=found.totals,
        title=_title(found),
        draft=f"het ontwerp {set_label(found.totals.draft)}",
        base=base_label(found),
        routes=_route_bars(found.totals.routes),
        norms=_norm_bars(found),
        levels=[(code, found.title(code), before, after) for code, before, after in level_changes(found)],
        kinds=_kinds(found, each),
        each=each,
        across=ACROSS,
        rerouted=sum(location.base_routes != location.draft_routes for location in found.locations),
        rows=[_row(found, location) for location in _worst_first(moving)[:MOST_LOCATIONS]],
        more=max(0, len(moving) - MOST_LOCATIONS),
        caution=CAUTION,
    )


def _title(found: WhatIf) -> str:
    if found.base is not None and found.base.year == found.draft.year:
        return f"Wat als het ontwerp voor {found.draft.year} geldt"
    return f"Wat als de regels van {found.draft.year} gelden"


def _route_bars(found: Sequence[comparison_pb2.ComparisonTotals.RouteCount]) -> list[RouteBar]:
    most = max((max(count.base_count, count.draft_count) for count in found), default=0) or 1
    return [
        RouteBar(
            route=route_name(count.route),
            base=count.base_count,
            draft=count.draft_count,
            base_width=_ROUTE_BAR * count.base_count // most,
            draft_width=_ROUTE_BAR * count.draft_count // most,
            entered=count.entered_count,
            left=count.left_count,
        )
        for count in found
    ]


def _norm_bars(found: WhatIf) -> list[NormBar]:
    by_norm: dict[str, Counter[int]] = {}
    for flip in found.totals.flips:
        by_norm.setdefault(flip.norm, Counter())[flip.draft_verdict] += flip.location_count
    most = max((verdicts.total() for verdicts in by_norm.values()), default=0) or 1
    bars = [
        NormBar(code, found.title(code), _counts_from(found, code), verdicts.total(), tuple(_segments(verdicts, most)))
        for code, verdicts in by_norm.items()
    ]
    return sorted(bars, key=lambda bar: -bar.total)


def _counts_from(found: WhatIf, code: str) -> str:
    """From which day a norm counts that only warns on the day of the comparison; empty when it counts."""
    norm = next((norm for norm in found.draft.catalogue if norm.code == code), None)
    if norm is None or norm.effective_on is None or counts(norm, found.as_of):
        return ""
    return formats.day(norm.effective_on)


def _segments(verdicts: Counter[int], most: int) -> Iterator[Segment]:
    before = 0
    for verdict, count in sorted(verdicts.items(), key=lambda item: _worst_verdict_first(item[0])):
        # Both ends are rounded, so that segments meet and the last one ends where the bar does.
        x, end = _NORM_BAR * before // most, _NORM_BAR * (before + count) // most
        yield Segment(verdict_name(verdict), spoken(verdict), x, max(end - x, 1), count)
        before += count


def _worst_verdict_first(verdict: int) -> int:
    order = ("VOLDOET_NIET", "ONBEKEND", "NIET_VAN_TOEPASSING", "", "VOLDOET")
    return order.index(verdict_name(verdict))


def _kinds(found: WhatIf, each: int) -> list[Kind]:
    number = Counter(map(_kind_of, found.locations))
    number["gelijk"] = found.totals.location_count - len(found.locations)
    kinds, place, done = [], 0, 0
    for name, text in _KINDS:
        done += number[name]
        # What has any location at all shows.
        end = max(-(-done // each), place + 1) if number[name] else place
        squares = tuple((square % ACROSS, square // ACROSS) for square in range(place, end))
        kinds.append(Kind(name, text, number[name], squares))
        place = end
    return [kind for kind in kinds if kind.count]


def _kind_of(location: comparison_pb2.LocationComparison) -> str:
    before, after = set(map(route_name, location.base_routes)), set(map(route_name, location.draft_routes))
    for route, kind in (("HERSTELTERMIJN", "herstel"), ("VERBETERPLAN", "plan"), ("ONVOLLEDIG", "onvolledig")):
        if route in after - before:
            return kind
    if before != after:
        return "beter"
    changed = telling(location) or plan_dates(location)[0] != plan_dates(location)[1]
    return "oordeel" if changed else "gewicht"


def _worst_first(
    locations: Sequence[comparison_pb2.LocationComparison],
) -> list[comparison_pb2.LocationComparison]:
    order = {name: place for place, (name, _) in enumerate(_KINDS)}
    return sorted(locations, key=lambda location: order[_kind_of(location)])


def _row(found: WhatIf, location: comparison_pb2.LocationComparison) -> Row:
    location_id = facts.location_id_of(location.assessment)
    budget = found.budgets.get(location_id)
    return Row(
        location_id=location_id,
        name=found.name_of(location_id),
        base_routes=tuple(map(route_name, location.base_routes)),
        draft_routes=tuple(map(route_name, location.draft_routes)),
        plan=_plan(location),
        norms=tuple(f"{change.norm} {said(change)}" for change in telling(location)),
        budget="" if budget is None else formats.euros(budget),
    )


def _plan(location: comparison_pb2.LocationComparison) -> str:
    before, after = plan_dates(location)
    if after is None:
        return "geen verbeterplan meer" if before else ""
    until = f"plan uiterlijk {formats.day(after)}"
    if before is None:
        return f"{until}, nieuw"
    return until if before == after else f"{until}, nu {formats.day(before)}"
