"""Readable tables of imports, exports and problems, and the look that all tables share."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from services.cli.exchange.problems import Problem
from services.cli.formats import whole
from services.cli.importing import Count

_COLLECTIONS = {
    "rounds": "rondes",
    "providers": "zorgaanbieders",
    "approvals": "besluiten over nieuwe aanbieders",
    "locations": "locaties",
    "opening_hours": "openingstijden",
    "closures": "sluitingen",
    "stops": "stops",
    "attestations": "verklaringen",
    "answers": "antwoorden",
    "submissions": "ingeleverde vragenlijsten",
    "indicators": "indicatoren",
}


def new_table(title: str = "", *columns: str, right: Iterable[str] = (), whole_words: Iterable[str] = ()) -> Table:
    """A compact table; the columns named in `right` hold numbers, those in `whole_words` are never broken."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    numbers, kept = set(right), set(whole_words)
    for column in columns:
        number = column in numbers
        table.add_column(
            column, justify="right" if number else "left", no_wrap=number or column in kept, overflow="fold"
        )
    return table


def titled(title: str, table: Table) -> Group:
    """A table under a title that may be wider than the table."""
    return Group(Text(title, style="bold"), table)


def shorten(table: Table, column: int, width: int) -> None:
    """Keeps a column of names to one line of at most so many characters."""
    table.columns[column].no_wrap = True
    table.columns[column].overflow = "ellipsis"
    table.columns[column].max_width = width


def plain_text(text: str) -> Text:
    """Text in which brackets mean nothing: names and reasons come from outside."""
    return Text(text)


def import_counts(counts: Iterable[Count]) -> Table:
    """What an import did."""
    numbers = ("nieuw", "gewijzigd", "ongewijzigd")
    table = new_table("Import", "gegevens", *numbers, right=numbers)
    for count in counts:
        what = _COLLECTIONS.get(count.collection, count.collection)
        table.add_row(what, *map(whole, (count.created, count.updated, count.unchanged)))
    return table


def export_counts(folder: Path, counts: Mapping[str, int]) -> Table:
    """What an export wrote."""
    table = new_table(f"Export naar {folder}", "gegevens", "aantal", right=["aantal"])
    for collection, count in counts.items():
        table.add_row(_COLLECTIONS.get(collection, collection), whole(count))
    return table


def expected_counts(out: Path, counts: Mapping[str, int]) -> Table:
    """Which files of `expected/` were written."""
    table = new_table(f"Geschreven naar {out}", "bestand", "rijen", right=["rijen"])
    for name, count in counts.items():
        table.add_row(name, whole(count))
    return table


def problems(found: Iterable[Problem]) -> list[Table]:
    """What is wrong with a folder."""
    table = new_table("", "bestand", "regel", "veld", "reden", right=["regel"])
    for problem in found:
        table.add_row(
            plain_text(problem.file), str(problem.line), plain_text(problem.field), plain_text(problem.reason)
        )
    return [table]
