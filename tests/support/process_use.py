"""What a process and those that it started use, as Linux counts it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """Of a process and all below it: `memory` in bytes that belongs to no file, of which what several share counts for
    each by its share, and the processor seconds until now. Pages of programs and libraries are left out: they can be
    dropped, and the share of each who uses them changes when others come and go."""

    memory: int
    cpu_seconds: float


def use_of(process_id: int) -> Use:
    """What a process and all below it use now; a process that ends meanwhile counts as nothing."""
    memory, ticks = 0, 0
    for each in (process_id, *descendants(process_id)):
        try:
            memory += _memory(each)
            # Behind the name, which may hold anything: state is field 3, user and system time are 14 and 15.
            fields = Path(f"/proc/{each}/stat").read_text("utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        except (OSError, ValueError):
            continue
    return Use(memory, ticks / _TICKS)


def descendants(process_id: int) -> Iterator[int]:
    """Every process below one."""
    try:
        threads = list(Path(f"/proc/{process_id}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        try:
            children = (thread / "children").read_text("utf-8").split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from descendants(child)


def _memory(process_id: int) -> int:
    lines = Path(f"/proc/{process_id}/smaps_rollup").read_text("utf-8").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
