"""The result of a run, for people: tables on a terminal, or in Markdown for the docs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from tests.load.counting import Tally
from tests.load.running import Phase, Result
from tests.load.storage import Table as Stored
from tests.load.watching import Used


@dataclass
class Grid:
    """A table: a title, the names of its columns, and its rows, with sentences below it. The first column is text, the
    others are figures."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rich(self) -> Table:
        """For a terminal."""
        table = Table(title=self.title, title_justify="left", caption="\n".join(self.notes), caption_justify="left")
        for place, column in enumerate(self.columns):
            table.add_column(column, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a page."""
        alignment = ["---", *("---:" for _ in self.columns[1:])]
        lines = [f"**{self.title}**", ""]
        lines += [f"| {' | '.join(row)} |" for row in (self.columns, alignment, *self.rows)]
        lines += ["", *(f"- {note}" for note in self.notes)] if self.notes else []
        return "\n".join(lines) + "\n"


def grids(result: Result) -> list[Grid]:
    """All that there is to say of a run."""
    return [_rates(result), _methods(result.steady.tally), _processes(result), _storage(result)]


def _rates(result: Result) -> Grid:
    grid = Grid(f"Calls a second, {result.callers} callers", ("phase", "seconds", "calls/s", "p50", "p95", "p99"))
    before, after = result.empty
    for name, phase in (
        ("an empty handler, before", before),
        ("the mix, as often as it goes", result.most),
        (f"the mix, at a steady rate of {result.asked:.0f}/s", result.steady),
        ("an empty handler, after", after),
    ):
        grid.rows.append(
            (name, f"{phase.seconds:.0f}", f"{phase.rate:,.0f}", *_times(phase.tally, phase.tally.methods))
        )
    grid.notes += [_windows(result.steady), _failures(result), f"connections to PostgreSQL: {result.connections}"]
    return grid


def _windows(phase: Phase) -> str:
    if not phase.windows:
        return "too short for a window of ten seconds"
    return f"slowest and fastest ten seconds: {min(phase.windows):.0f} and {max(phase.windows):.0f} calls/s"


def _failures(result: Result) -> str:
    return f"not answered: {', '.join(f'{count} × {how}' for how, count in result.failures.items()) or 'none'}"


def _methods(tally: Tally) -> Grid:
    grid = Grid("The steady load, by method", ("method", "calls", "p50", "p95", "p99"))
    for method in tally.methods:
        grid.rows.append((method, f"{tally.of(method):,}", *_times(tally, [method])))
    return grid


def _times(tally: Tally, methods: Iterable[str]) -> tuple[str, str, str]:
    whole = Tally()
    for method in methods:
        if method in tally.times:
            whole.times.setdefault("all", type(tally.times[method])()).counts.update(tally.times[method].counts)
    times = whole.times.get("all")
    if times is None:
        return ("", "", "")
    p50, p95, p99 = (f"{times.within(share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99))
    return p50, p95, p99


def _processes(result: Result) -> Grid:
    columns = ("process", "MB idle", "cores idle", "MB most", "MB at the end", "MB/min", "flat", "cores")
    grid = Grid("What processes took during the steady load", columns)
    for name, used in result.used.items():
        at_rest = result.idle.get(name)
        idle = (f"{at_rest.last:.0f}", f"{at_rest.cores:.3f}") if at_rest else ("", "")
        flat = {True: "yes", False: "no", None: "too short to say"}[used.is_flat] if at_rest else "its cache"
        growth = f"{used.growth:+.2f}"
        grid.rows.append((name, *idle, f"{used.most:.0f}", f"{used.last:.0f}", growth, flat, f"{used.cores:.2f}"))
    grid.rows.append(("all", "", "", *_sum(result.used.values())))
    return grid


def _sum(used: Iterable[Used]) -> Iterator[str]:
    found = list(used)
    yield f"{sum(each.most for each in found):.0f}"
    yield f"{sum(each.last for each in found):.0f}"
    yield f"{sum(each.growth for each in found):+.2f}"
    yield ""
    yield f"{sum(each.cores for each in found):.2f}"


def _storage(result: Result) -> Grid:
    """The tables that grew, with what a row takes."""
    grid = Grid("What was stored", ("table", "rows before", "rows after", "MB after", "bytes a new row"))
    before = {(table.service, table.name): table for table in result.before}
    for table in result.after:
        earlier = before.get((table.service, table.name), Stored(table.service, table.name, 0, 0))
        added = table.rows - earlier.rows
        if added > 10:
            each = f"{(table.bytes - earlier.bytes) / added:,.0f}"
            row = (
                f"{table.service} {table.name}",
                f"{earlier.rows:,}",
                f"{table.rows:,}",
                f"{table.bytes / 1e6:.1f}",
                each,
            )
            grid.rows.append(row)
    return grid
