"""Disaster drills on real processes: `python -m tests.faults all`, or the name of one."""

import argparse
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from tests.faults.certificates_expired import certificates_expired
from tests.faults.clock_jumps import clock_jumps, faketime
from tests.faults.disk_full import can_mount, disk_full
from tests.faults.killing import killed
from tests.faults.opa_gone import opa_gone
from tests.faults.restarting import database_restarted
from tests.faults.world import Report
from tests.support.opa import opa_executable

DRILLS = ("kill", "database", "opa", "disk", "clock", "certificates")


def main() -> int:
    """Does drills, and prints what they showed; status 1 when something was not right, or could not be done here."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Disaster drills on real processes.")
    parser.add_argument("drill", choices=(*DRILLS, "all"))
    parser.add_argument("--times", type=int, default=10, help="how many kills, or restarts of the database")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long what is broken stays so")
    parser.add_argument("--seed", type=int, default=1, help="for what happens by chance")
    arguments = parser.parse_args()
    times, seconds = arguments.times, arguments.seconds
    drills: Mapping[str, Callable[[], Report]] = {
        "kill": lambda: killed(times, seed=arguments.seed),
        "database": lambda: database_restarted(times),
        "opa": lambda: opa_gone(seconds),
        "disk": lambda: disk_full(seconds),
        "clock": lambda: clock_jumps(seconds),
        "certificates": lambda: certificates_expired(seconds),
    }
    can = {"opa": opa_executable() is not None, "disk": can_mount(), "clock": faketime() is not None}
    console = Console()
    if not console.is_terminal:
        console = Console(width=132)
    table = Table(title="Drills", title_justify="left", show_lines=True)
    for column in ("drill", "what was done", "what was seen"):
        table.add_column(column)
    failed = False
    for name in DRILLS if arguments.drill == "all" else (arguments.drill,):
        if not can.get(name, True):
            table.add_row(name, "", "cannot be done here: a program or a right is lacking")
            failed = True
            continue
        with console.status(name):
            report = drills[name]()
        seen = [*report.figures, *(f"NOT RIGHT: {problem}" for problem in report.problems)]
        table.add_row(
            name, report.did, "\n".join(seen if report.problems else [*seen, "nothing lost, nothing doubled"])
        )
        failed = failed or bool(report.problems)
    console.print(table)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
