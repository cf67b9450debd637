"""`demo`: a round from beginning to end, told in tables."""

import csv
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli import facts, formats
from services.cli.budget_tables import ELIGIBILITIES, causes_text
from services.cli.clients import Services
from services.cli.exchange.comparison import Difference, FileComparison, compare
from services.cli.exchange.expected import write_expected
from services.cli.expectation import Expectation, expectation_of
from services.cli.exporting import Exporter
from services.cli.failures import Failure
from services.cli.output import Output
from services.cli.quality_tables import ROUTE_STYLES, routes_text
from services.cli.results import routes_of, stop_status_of, verdicts_of
from services.cli.suite import throw_away_suite
from services.cli.tables import import_counts, new_table, plain_text, shorten, titled
from services.runtime.wire import from_money, from_wall_clock
from spoedkader.quality.v1 import catalogue_pb2
from spoedkader.registry.v1 import provider_pb2

_EXAMPLE_AMOUNT = "voorbeeldbedrag, niet van de NZa"
_BAR_WIDTH = 24
_MOST_NORMS = 10
_STATES = {
    "PROPOSED": "voorgedragen",
    "UNDER_REVIEW": "in beoordeling",
    "MORE_INFORMATION_NEEDED": "meer informatie gevraagd",
    "APPROVED": "akkoord",
    "DECLINED": "afgewezen",
}


def run(folder: Path, output: Output) -> bool:
    """Imports, assesses and calculates a folder, tells what came of it, and compares that with its `expected/`.

    Returns whether everything agrees; a folder without `expected/` has nothing to disagree with.

    Raises:
        FolderProblems: the folder is not right.
        Failure: a service refuses or does not answer, or `expected/` holds no CSV.
    """
    started = time.monotonic()
    with output.progress() as steps, steps.suite(throw_away_suite()) as addresses, Services(addresses) as services:
        found = expectation_of(folder, services, steps)
        providers = Exporter(services, steps).providers()
    comparisons = _compared(folder / "expected", found)
    agrees = all(comparison.agrees for comparison in comparisons)
    summary = Summary(found, providers)
    document = {**summary.document(), "comparison": [_as_json(item) for item in comparisons], "agrees": agrees}
    seconds = round(time.monotonic() - started)
    output.result(
        document, *summary.readable(), *_comparison(folder, comparisons), Text(f"Klaar in {seconds} s.", style="dim")
    )
    return agrees


class Summary:
    """What came of a round, in numbers and tables."""

    def __init__(self, found: Expectation, providers: tuple[provider_pb2.Provider, ...]) -> None:
        self._found = found
        self._round = found.folder.round
        self._names = {location.location_id: location.name for location in found.folder.locations}
        self._assessments = found.results.assessments
        self._budgets = found.results.budgets
        self._providers = providers
        self._routes = Counter(route for found_ in self._assessments.values() for route in routes_of(found_))
        self._combinations = Counter(routes_of(found_) for found_ in self._assessments.values())
        self._unmet = Counter(
            norm
            for found_ in self._assessments.values()
            for norm, verdict in verdicts_of(found_).items()
            if verdict == "VOLDOET_NIET"
        )

    @property
    def _departments(self) -> int:
        return sum(location.care_type == "SEH" for location in self._found.folder.locations)

    @property
    def _everything(self) -> int:
        met = {"VOLDOET", "NIET_VAN_TOEPASSING"}
        return sum(met.issuperset(verdicts_of(found).values()) for found in self._assessments.values())

    @property
    def _macro(self) -> int:
        return sum(from_money(found.budget) for found in self._found.results.calculations.values())

    def document(self) -> dict[str, Any]:
        """The numbers."""
        return {
            "budget_year": self._round.budget_year,
            "locations": len(self._found.folder.locations),
            "seh_locations": self._departments,
            "routes": dict(self._routes),
            "meets_every_norm": self._combinations[("VOLDOET",)],
            "meets_every_recommendation_too": self._everything,
            "unmet_norms": dict(self._unmet),
            "adjustments": [
                {
                    "location": location_id,
                    "closed_minutes": budget.availability.closed_minutes,
                    "reason": causes_text(budget.availability),
                    "budget_cents": from_money(budget.budget),
                    "less_cents": self._round.norm_amount_cents - from_money(budget.budget),
                }
                for location_id, budget in self._budgets.items()
                if budget.adjusted
            ],
            "obligations": {
                location_id: list(found.duties)
                for location_id, found in self._found.results.obligations.items()
                if found.duties
            },
            "macro_budget_cents": self._macro,
            "norm_amount_cents": self._round.norm_amount_cents,
        }

    def readable(self) -> Iterator[RenderableType]:
        """The tables."""
        yield Text(f"Inkoopronde {self._round.budget_year}", style="bold underline")
        yield import_counts(self._found.counts)
        yield self._route_table()
        yield self._norm_table()
        yield self._adjustment_table()
        yield self._obligation_table()
        yield from self._new_providers()
        yield self._macro_table()

    def _route_table(self) -> RenderableType:
        total = len(self._assessments)
        met = f"{self._combinations[('VOLDOET',)]} van {total} SEH's voldoen aan alle voorwaarden en normen"
        title = f"Toetsing: {met}, {self._everything} ook aan elke aanbeveling"
        table = new_table("", "route", "locaties", "", right=["locaties"])
        for routes, count in sorted(self._combinations.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(routes_text(routes), str(count), _bar(count, total, ROUTE_STYLES.get(routes[0], "")))
        table.add_section()
        for route, count in sorted(self._routes.items()):
            table.add_row(Text("met ").append(routes_text([route])), str(count), "")
        return titled(title, table)

    def _norm_table(self) -> RenderableType:
        norms = {norm.code: norm for norm in self._found.results.norms}
        table = new_table("", "norm", "titel", "SEH's", "", right=["SEH's"])
        if not self._unmet:
            return plain_text("Er is geen norm waaraan een SEH niet voldoet.\n")
        most = max(self._unmet.values())
        for code, count in self._unmet.most_common(_MOST_NORMS):
            norm = norms[code]
            advice = " (aanbeveling)" if norm.level == catalogue_pb2.Norm.LEVEL_AANBEVELING else ""
            table.add_row(code, plain_text(norm.title + advice), str(count), _bar(count, most, "yellow"))
        return titled("Waar het vaakst niet aan wordt voldaan", table)

    def _adjustment_table(self) -> RenderableType:
        adjusted = {id_: budget for id_, budget in self._budgets.items() if budget.adjusted}
        borderline = [id_ for id_, budget in self._budgets.items() if budget.borderline]
        numbers = ("gesloten", "lager")
        title = f"Budget aangepast: {len(adjusted)} locaties zijn langer gesloten dan de drempel"
        table = new_table(
            title, "locatie", "naam", "gesloten", "waarom", "lager", right=numbers, whole_words=["locatie"]
        )
        shorten(table, 1, 30)
        for location_id, budget in adjusted.items():
            less = self._round.norm_amount_cents - from_money(budget.budget)
            table.add_row(
                plain_text(location_id),
                plain_text(self._names[location_id]),
                formats.percent(budget.availability.closed_minutes, budget.availability.year_minutes),
                causes_text(budget.availability),
                formats.euros(less),
            )
        if borderline:
            table.caption = f"Grensgeval, laat een mens kijken: {', '.join(borderline)}"
            table.caption_justify = "left"
        return table if adjusted or borderline else plain_text("Geen budget is aangepast wegens sluiting.\n")

    def _obligation_table(self) -> RenderableType:
        duties = {id_: found for id_, found in self._found.results.obligations.items() if found.duties}
        numbers = ["SEH-stops"]
        title = f"Verplichtingen: {len(duties)} locaties"
        table = new_table(
            title,
            "locatie",
            "naam",
            "structureel sinds",
            "SEH-stops",
            "",
            right=numbers,
            whole_words=["locatie", "structureel sinds"],
        )
        shorten(table, 1, 40)
        for location_id, found in duties.items():
            since = from_wall_clock(found.structural_since_time) if found.structural_closure else None
            status = stop_status_of(found)
            style = {"OVERSCHRIJDT": "red", "NADERT": "yellow"}.get(status, "dim")
            table.add_row(
                plain_text(location_id),
                plain_text(self._names[location_id]),
                formats.moment(since) if since else "",
                formats.hours(found.stop_minutes),
                Text("" if status == "GEEN" else status.lower(), style=style),
            )
        return table if duties else plain_text("Geen locatie heeft een verplichting wegens sluitingen of stops.\n")

    def _new_providers(self) -> Iterator[RenderableType]:
        calculations = self._found.results.calculations
        new = [provider for provider in self._providers if provider.state != provider_pb2.Provider.STATE_ESTABLISHED]
        if not new:
            return
        columns = ("agb", "naam", "stand", "aanspraak", "budget")
        table = new_table("Nieuwe zorgaanbieders", *columns, right=["budget"], whole_words=["agb"])
        for provider in new:
            agb = facts.id_of(provider.name)
            state = provider_pb2.Provider.State.Name(provider.state).removeprefix("STATE_")
            calculation = calculations[agb]
            table.add_row(
                agb,
                plain_text(provider.display_name),
                _STATES.get(state, state.lower()),
                ELIGIBILITIES.get(calculation.eligibility, ""),
                formats.euros(from_money(calculation.budget)),
            )
        yield table

    def _macro_table(self) -> RenderableType:
        eligible = sum(found.eligible_locations for found in self._found.results.calculations.values())
        adjusted = sum(
            self._round.norm_amount_cents - from_money(budget.budget)
            for calculation in self._found.results.calculations.values()
            if calculation.eligible_locations
            for budget in calculation.locations
            if budget.adjusted
        )
        full = self._departments * self._round.norm_amount_cents
        without = (self._departments - eligible) * self._round.norm_amount_cents
        table = new_table("", "", "bedrag", right=["bedrag"])
        norm = formats.euros(self._round.norm_amount_cents)
        table.add_row(f"{self._departments} SEH's × {norm}", formats.euros(full))
        table.add_row("minder door sluiting", formats.euros(-adjusted))
        table.add_row(f"minder door {self._departments - eligible} SEH's zonder aanspraak", formats.euros(-without))
        table.add_section()
        table.add_row("som van de budgetten", formats.euros(self._macro), style="bold")
        return titled(f"Macrobedrag ({_EXAMPLE_AMOUNT})", table)


def _compared(expected: Path, found: Expectation) -> tuple[FileComparison, ...]:
    if not expected.is_dir():
        return ()
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as actual:
        write_expected(found.rows, Path(actual))
        try:
            return compare(expected, Path(actual))
        except (ValueError, csv.Error) as error:
            raise Failure(f"{expected} is niet te vergelijken.", (str(error),)) from error


def _comparison(folder: Path, comparisons: tuple[FileComparison, ...]) -> Iterator[RenderableType]:
    if not comparisons:
        yield Text(f"{folder} heeft geen map expected/, dus er is niets te vergelijken.", style="yellow")
        return
    numbers = ("rijen", "gelijk")
    table = new_table("Vergeleken met expected/", "bestand", *numbers, "", right=numbers)
    for item in comparisons:
        mark = Text("✓", style="green") if item.agrees else Text("verschilt", style="bold red")
        table.add_row(item.file, formats.whole(item.rows), formats.whole(item.agreeing), mark)
    yield table
    for item in comparisons:
        for difference in item.differences:
            yield Text(f"  {item.file}: {_difference(difference)}", style="red")
    rows = sum(item.rows for item in comparisons)
    agreeing = sum(item.agreeing for item in comparisons)
    style = "bold green" if all(item.agrees for item in comparisons) else "bold red"
    yield Text(f"{formats.whole(agreeing)} van {formats.whole(rows)} rijen zijn gelijk.", style=style)


def _difference(difference: Difference) -> str:
    what = " ".join(part for part in (difference.key, difference.column) if part) or "kolommen of volgorde"
    return f"{what}: verwacht {difference.expected}, gekregen {difference.actual}"


def _as_json(comparison: FileComparison) -> dict[str, Any]:
    return {
        "file": comparison.file,
        "rows": comparison.rows,
        "agreeing": comparison.agreeing,
        "differences": [_difference(difference) for difference in comparison.differences],
    }


def _bar(count: int, most: int, style: str) -> Text:
    return Text("█" * max(1, count * _BAR_WIDTH // most) if count and most else "", style=style)
