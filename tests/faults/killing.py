"""Drill: processes are killed at random while callers write."""

import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.faults.supervising import supervised
from tests.faults.world import Report, World, world
from tests.faults.writers import figures, wait_for, writing
from tests.support.process_use import descendants

SHORTEST, LONGEST = 0.2, 2.0
"""Seconds between two kills."""


def killed(times: int, *, postgres: bool = True, replicas: int = 2, seed: int = 1) -> Report:
    """Kills so many processes with SIGKILL: services, also while they start, processes of the policy engine, and those
    of PostgreSQL that serve a connection, upon which it recovers as from a crash."""
    chance = random.Random(seed)
    storage = "PostgreSQL" if postgres else "SQLite"
    report = Report("kill", f"{times} × SIGKILL; replicas of each service: {replicas}, on {storage}")
    kills: Counter[str] = Counter()
    engines: set[int] = set()
    with world(postgres=postgres, count=replicas) as found:
        with supervised(found.replicas) as supervisor, writing(found) as writers:
            wait_for(writers, 2)
            while kills.total() < times:
                time.sleep(chance.uniform(SHORTEST, LONGEST))
                engines.update(_engines(found))
                what, process_id = chance.choice(list(_victims(found)))
                # It may have ended by itself in this very moment.
                with suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)
                    kills[what] += 1
            # What was killed last has to be seen to be gone.
            time.sleep(SHORTEST)
            supervisor.stop()
            # All are served again, and nobody did anything for it.
            wait_for(writers, 2)
        report.problems += [*supervisor.failed, *(problem for writer in writers for problem in writer.problems())]
        report.problems += found.problems()
        engines -= set(_engines(found))
        report.problems += [f"a process of the engine was left behind: {left}" for left in engines if _runs(left)]
    report.figures.append(f"killed: {', '.join(f'{count} × {what}' for what, count in sorted(kills.items()))}")
    report.figures += figures(writers)
    if supervisor.seconds:
        median, most = statistics.median(supervisor.seconds), max(supervisor.seconds)
        report.figures.append(f"from a kill until the next process serves: {median:.1f} s, at most {most:.1f} s")
    return report


def _victims(found: World) -> Iterator[tuple[str, int]]:
    """What can be killed now, each service as often as all the engines or all of PostgreSQL."""
    for slot in found.replicas.slots:
        yield slot.service, slot.now.process.pid
    yield from [("engine", process_id) for process_id in list(_engines(found))[:1]]
    if found.database is not None:
        backends = [each for each in descendants(found.database.process_id) if _serves_a_connection(each)]
        yield from [("PostgreSQL", process_id) for process_id in backends[:1]]


def _engines(found: World) -> Iterator[int]:
    for slot in found.replicas.slots:
        if slot.service == "quality":
            yield from descendants(slot.now.process.pid)


def _serves_a_connection(process_id: int) -> bool:
    # As in `postgres: postgres t0 [local] idle`; the others have another name behind the colon.
    return "[local]" in _command(process_id)


def _runs(process_id: int) -> bool:
    return "services.policy.worker" in _command(process_id)


def _command(process_id: int) -> str:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
