"""Drill: the clock of the machine jumps back and forward while callers write."""

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults.world import Report, World, world
from tests.faults.writers import (
    AnswersWriter,
    AssessmentsWriter,
    ClosuresWriter,
    EventsWriter,
    figures,
    wait_for,
    writing,
)
from tests.support.whole import query

JUMPS = ("-1h", "+0", "+1d", "-1h", "+0")
"""Against the real clock, one after the other."""
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib")
VERSIONED = {"registry": ("event", "location", "provider"), "quality": ("submission",)}
"""Tables of versions, which end when the next one begins."""


def faketime() -> Path | None:
    """The library that shifts the clock of a process (Debian: `libfaketime`); None where it is not installed."""
    files = (Path(folder) / "faketime" / "libfaketimeMT.so.1" for folder in _FOLDERS)
    return next((file for file in files if file.is_file()), None)


def clock_jumps(seconds: float) -> Report:
    """Shifts the clocks of registry and quality, for so many seconds each time."""
    report = Report("clock", f"the clocks of registry and quality jump to {', '.join(JUMPS)}, {seconds:.0f} s each")
    library = faketime()
    assert library is not None, "libfaketime is not installed"
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        clock = Path(folder) / "clock"
        clock.write_text("+0", "utf-8")
        environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            # As on a machine of which the clock is set: what counts seconds goes on.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with world(services=("registry", "quality"), environment=environment) as found:
            with writing(found, (EventsWriter, ClosuresWriter, AnswersWriter, AssessmentsWriter)) as writers:
                for jump in JUMPS:
                    wait_for(writers, 2)
                    clock.write_text(jump, "utf-8")
                    time.sleep(seconds)
                wait_for(writers, 2)
            report.problems += [problem for writer in writers for problem in writer.problems()]
            report.problems += found.problems() + found.ended_by_themselves() + _out_of_order(found)
    report.figures += figures(writers)
    return report


def _out_of_order(found: World) -> list[str]:
    """Versions that ended before they began; and whether the clock has jumped at all."""
    urls = found.replicas.database_urls
    wrong = []
    for service, tables in VERSIONED.items():
        for table in tables:
            statement = f"SELECT count(*) FROM {table} WHERE superseded_at < recorded_at"
            ((count,),) = query(urls[service], statement)
            wrong += [f"{service}: {count} versions in {table} end before they begin"] if count else []
        ((first, last),) = query(urls[service], "SELECT min(recorded_at), max(recorded_at) FROM change")
        if datetime.fromisoformat(last) - datetime.fromisoformat(first) < timedelta(hours=23):
            wrong.append(f"{service}: the clock did not jump")
    return wrong
