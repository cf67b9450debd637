"""The example round under a mixed load: `python -m tests.load --minutes 10`.

Two replicas of each service on PostgreSQL, with identity over mutual TLS; hospitals, insurers and auditors in several
processes. It fails when a call ends in anything but an answer or load shedding, when memory grows, when the rate does
not hold, or when ledgers or feeds are not right afterwards.
"""

import argparse
from pathlib import Path

from rich.console import Console

from tests.load.running import Lengths, run
from tests.load.tables import grids


def main() -> int:
    """Runs it, and prints and writes what it showed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description="The example round under a mixed load.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the steady load lasts")
    parser.add_argument("--clients", type=int, default=4, help="processes of callers, four callers each")
    parser.add_argument("--out", type=Path, help="file for the tables in Markdown")
    arguments = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console = Console(width=132)
    with console.status("") as status:
        result = run(arguments.clients, Lengths(steady=60 * arguments.minutes), status.update)
    shown = grids(result)
    for grid in shown:
        console.print(grid.rich())
    if arguments.out:
        arguments.out.write_text("\n".join(grid.markdown() for grid in shown), "utf-8")
    if not result.broken:
        console.print("Every ledger is whole, every feed is the same on both replicas, and nothing counts twice.")
    problems = result.wrong + result.unsteady
    for problem in problems:
        console.print(problem, style="bold red", markup=False)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
