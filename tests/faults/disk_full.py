"""Drill: the disk of a database is full, and has room again."""

import errno
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spoedkader.registry.v1 import closure_pb2, closure_pb2_grpc
from tests.faults.world import Report, world
from tests.faults.writers import ClosuresWriter, EventsWriter, figures, wait_for, writing

MEGABYTES = 12
ROOM = 200_000
"""Bytes that are left to the database when the disk gets full."""


def can_mount() -> bool:
    """Whether this user may make a small file system."""
    try:
        with _small_disk():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def disk_full(seconds: float) -> Report:
    """Fills the file system that the database of the registry is on, and takes the filling away after so long. Writes
    are refused meanwhile, and reads answered."""
    report = Report("disk", f"a file system of {MEGABYTES} MB full for {seconds:.0f} s under the registry, on SQLite")
    with _small_disk() as disk, world(services=("registry",), database_folder=disk) as found:
        with writing(found, (EventsWriter, ClosuresWriter)) as writers:
            wait_for(writers, 2)
            filling = disk / "filling"
            _fill(filling)
            _wait_until_refused(writers)
            full = time.monotonic()
            reads = 0
            with found.client("registry", "aanbieder") as client:
                closures = closure_pb2_grpc.ClosureServiceStub(client.channel)
                while time.monotonic() < full + seconds:
                    client.call(closures.ListClosures, closure_pb2.ListClosuresRequest(parent=found.locations[1]))
                    reads += 1
                    time.sleep(0.05)
            filling.unlink()
            wait_for(writers, 2)
        report.problems += [problem for writer in writers for problem in writer.problems()]
        report.problems += found.problems() + found.ended_by_themselves()
    report.figures += figures(writers)
    report.figures.append(f"reads answered while it was full: {reads}")
    return report


def _fill(filling: Path) -> None:
    """Leaves little room."""
    free = os.statvfs(filling.parent)
    with filling.open("wb") as file:
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - ROOM)))


def _wait_until_refused(writers: list[EventsWriter | ClosuresWriter]) -> None:
    """Comes back when all writers were refused a few times."""
    ends = time.monotonic() + 60
    while any(writer.refused.total() < 3 for writer in writers):
        assert time.monotonic() < ends, "there was room after all"
        time.sleep(0.05)


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system in memory; needs the rights to mount one."""
    if os.geteuid() != 0:
        raise PermissionError(errno.EPERM, "only root may mount")
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700", "tmpfs", folder]
        subprocess.run(["mount", *options], check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True, capture_output=True)
