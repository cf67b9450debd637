"""The rules between rows: ids stand once, references exist, and what ends does so after it starts."""

from collections.abc import Collection
from typing import Any

from services.cli.exchange.problems import Problem
from services.cli.exchange.tables import Table


def check_unique(table: Table[Any], columns: tuple[str, ...], problems: list[Problem]) -> None:
    """Report every row whose key stands on an earlier line; rows with an empty key are left to the cell rules."""
    first_lines: dict[tuple[str, ...], int] = {}
    for line in table.lines:
        key = tuple(line.cells.get(column, "") for column in columns)
        if "" in key:
            continue
        first = first_lines.setdefault(key, line.number)
        if first != line.number:
            reason = f"'{' '.join(key)[:80]}' staat al op regel {first}"
            problems.append(Problem(table.file, line.number, columns[0], reason))


def check_count(table: Table[Any], column: str, most: int, problems: list[Problem]) -> None:
    """Report the first row too many of every value of a column that stands on more than `most` rows."""
    counts: dict[str, int] = {}
    for line in table.lines:
        value = line.cells.get(column, "")
        counts[value] = counts.get(value, 0) + 1
        if value and counts[value] == most + 1:
            problems.append(Problem(table.file, line.number, column, f"'{value[:80]}' heeft meer dan {most} rijen"))


def check_references(
    table: Table[Any], column: str, known: Collection[str] | None, what: str, problems: list[Problem]
) -> None:
    """Report every cell that names something that does not exist; nothing when `known` is not known.

    `what` is the Dutch name of what is referred to. A cell that is itself malformed is not reported again.
    """
    if known is None:
        return
    for line in table.lines:
        reference = line.parsed.value(column)
        if reference is not None and reference not in known:
            problems.append(Problem(table.file, line.number, column, f"onbekende {what} '{reference[:80]}'"))


def check_order(
    table: Table[Any], start: str, end: str, reason: str, problems: list[Problem], *, may_be_equal: bool = False
) -> None:
    """Report, at its end, every interval that ends before or at its start, or only before it if they may be equal."""
    for line in table.lines:
        starts, ends = line.parsed.value(start), line.parsed.value(end)
        if starts is not None and ends is not None and (ends < starts or (ends == starts and not may_be_equal)):
            problems.append(Problem(table.file, line.number, end, reason))
