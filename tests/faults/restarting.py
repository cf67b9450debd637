"""Drill: the database is stopped as in a crash and started again, while callers write."""

import time

from tests.faults.world import Report, world
from tests.faults.writers import figures, wait_for, writing


def database_restarted(times: int, *, replicas: int = 2) -> Report:
    """Restarts PostgreSQL so many times, `immediate`: every connection breaks, and it recovers from its log."""
    report = Report(
        "database", f"PostgreSQL restarted {times} × as after a crash; replicas of each service: {replicas}"
    )
    taken = []
    with world(postgres=True, count=replicas) as found:
        assert found.database is not None
        with writing(found) as writers:
            for _ in range(times):
                wait_for(writers, 2)
                began = time.monotonic()
                found.database.restart("immediate")
                taken.append(time.monotonic() - began)
            wait_for(writers, 2)
        report.problems += [problem for writer in writers for problem in writer.problems()]
        report.problems += found.problems() + found.ended_by_themselves()
    report.figures.append(f"a restart took {min(taken):.1f} to {max(taken):.1f} s")
    report.figures += figures(writers)
    return report
