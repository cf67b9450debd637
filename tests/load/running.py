"""One run: two replicas of every service on PostgreSQL with the example round in them, and callers around them."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from services.cli.service import SERVICES
from tests.load.calling import TELL_SECONDS
from tests.load.counting import WINDOW_SECONDS, Tally
from tests.load.plan import EXAMPLE, Plan, callers, organisations
from tests.load.storage import Table, tables_of
from tests.load.watching import Used, Watch
from tests.support.postgres_server import postgres_server
from tests.support.replicas import Replicas, running
from tests.support.whole import broken_feeds, broken_ledgers, changes_of, doubled_events

REPLICAS = 2
SHARE = 0.7
"""Of the rate at which callers who never wait get answers: what the steady load asks for."""
STEADY = 0.9
"""A rate is steady when the slowest ten seconds of a run had this share of what was asked."""
SHED = "RESOURCE_EXHAUSTED"
"""The one error that is no fault: a service that has too much to do says so."""
IDLE_SECONDS = 15.0


@dataclass
class Phase:
    """What callers got in a while."""

    seconds: float
    tally: Tally = field(default_factory=Tally)

    @property
    def windows(self) -> list[float]:
        """Answered calls a second, in each whole window."""
        return [self.tally.windows[each] / WINDOW_SECONDS for each in range(int(self.seconds // WINDOW_SECONDS))]

    @property
    def rate(self) -> float:
        """Answered calls a second."""
        return self.tally.total / self.seconds


@dataclass(frozen=True)
class Lengths:
    """How many seconds each phase takes."""

    steady: float
    empty: float = 10.0
    most: float = 30.0


@dataclass
class Result:
    """What a run showed."""

    callers: int
    empty: list[Phase]
    """The empty handler, before and after."""
    most: Phase
    """The mix, by callers who never wait."""
    asked: float
    """The rate of the steady load."""
    steady: Phase
    connections: int
    """Those to PostgreSQL, at the end of the steady load."""
    idle: Mapping[str, Used]
    used: Mapping[str, Used]
    before: Sequence[Table]
    after: Sequence[Table]
    broken: list[str]
    """What was not right of what is stored."""

    @property
    def failures(self) -> Counter[str]:
        """What calls of the mix ended in, beside answers."""
        return self.most.tally.failures + self.steady.tally.failures

    @property
    def wrong(self) -> list[str]:
        """What must not be, on any machine."""
        faults = [f"{count} calls ended in {how}" for how, count in self.failures.items() if SHED not in how]
        return [*faults, *self.broken]

    @property
    def unsteady(self) -> list[str]:
        """What did not stay as it was while the load lasted."""
        # That of PostgreSQL is its cache, which fills up to the size that it was given.
        found = [f"memory of {name} grows" for name in self.idle if self.used[name].is_flat is False]
        if self.steady.windows and min(self.steady.windows) < STEADY * self.asked:
            found.append(f"the slowest {WINDOW_SECONDS:.0f} s had {min(self.steady.windows):.0f} calls a second")
        return found


Say = Callable[[str], None]
"""Is told how far a run is."""


def run(processes: int, lengths: Lengths, say: Say) -> Result:
    """Starts everything, calls, and looks afterwards whether all is right. Nothing of it is left."""
    planned = callers(processes, REPLICAS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spoedkader-")))
        say("PostgreSQL and the services start")
        database = stack.enter_context(postgres_server())
        urls = {name: database.create(name) for name in SERVICES}
        replicas = Replicas(folder, urls, count=REPLICAS, organisations=organisations(planned))
        stack.enter_context(running(replicas))
        say("the example round is imported")
        _import(replicas)
        before = tables_of(urls)
        nothing = stack.enter_context(_empty_handler(folder))
        processes_ids = {slot.name: slot.now.process.pid for slot in replicas.slots}
        with Watch(processes_ids) as idle:
            time.sleep(min(IDLE_SECONDS, lengths.steady))
        group = stack.enter_context(_group(_plans(planned, replicas, nothing)))
        empty = [group.phase(Phase(lengths.empty), say, "an empty handler", mix=False)]
        most = group.phase(Phase(lengths.most), say, "the mix, as often as it goes")
        asked = SHARE * most.rate
        with Watch({**processes_ids, "PostgreSQL": database.process_id}) as watch:
            steady = group.phase(Phase(lengths.steady), say, "the mix, at a steady rate", rate=asked)
        connections = database.connections
        empty.append(group.phase(Phase(lengths.empty), say, "an empty handler", mix=False))
        say("ledgers and feeds are verified")
        broken = broken_ledgers(urls) + broken_feeds(_feeds(replicas)) + doubled_events(urls["registry"])
        after = tables_of(urls)
    count = sum(map(len, planned))
    return Result(count, empty, most, asked, steady, connections, idle.used, watch.used, before, after, broken)


def _import(replicas: Replicas) -> None:
    command = [sys.executable, "-m", "services.cli.main", "import", str(EXAMPLE)]
    subprocess.run(command, env={**os.environ, **replicas.shown("beheerder")}, check=True, stdout=subprocess.DEVNULL)


def _plans(planned: Sequence[Sequence[Any]], replicas: Replicas, nothing: str) -> list[Plan]:
    addresses = [{name: replicas.slot(name, number).address for name in SERVICES} for number in range(REPLICAS)]
    shown = {}
    for name in replicas.issued:
        credentials = replicas.credentials(name)
        shown[name] = [str(credentials.ca), str(credentials.certificate), str(credentials.key)]
    return [Plan(process, addresses, shown, nothing) for process in planned]


def _feeds(replicas: Replicas) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in SERVICES}
    for slot in replicas.slots:
        with replicas.client(slot.service, "auditor", slot.replica) as client:
            found[slot.service].append(changes_of(client))
    return found


@contextmanager
def _empty_handler(folder: Path) -> Iterator[str]:
    """The address of a server that does nothing."""
    address = f"unix:{folder}/nothing.sock"
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.empty_server", address])
    try:
        with grpc.insecure_channel(address) as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
        yield address
    finally:
        process.terminate()
        process.wait()


class _Group:
    """The processes of callers."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def phase(self, phase: Phase, say: Say, what: str, *, mix: bool = True, rate: float = 0.0) -> Phase:
        """Lets all of them call for a while, together at a rate."""
        order = json.dumps({"mix": mix, "seconds": phase.seconds, "rate": rate / len(self._processes)})
        lock, started = threading.Lock(), time.monotonic()

        def follow(process: "subprocess.Popen[str]") -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
            for line in iter(process.stdout.readline, "\n"):
                if not line:
                    raise RuntimeError("a process of callers ended")
                with lock:
                    phase.tally += Tally.read(json.loads(line))

        with ThreadPoolExecutor(len(self._processes)) as pool:
            running = [pool.submit(follow, process) for process in self._processes]
            while not all(each.done() for each in running):
                time.sleep(TELL_SECONDS / 4)
                gone = time.monotonic() - started
                with lock:
                    failed = sum(phase.tally.failures.values())
                    say(f"{what}: {gone:.0f} of {phase.seconds:.0f} s, {phase.tally.total:,} answered, {failed} not")
            for each in running:
                each.result()
        return phase


@contextmanager
def _group(plans: Sequence[Plan]) -> Iterator[_Group]:
    command = [sys.executable, "-m", "tests.load.calling"]
    processes = []
    try:
        for plan in plans:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(process)
            assert process.stdin is not None
            process.stdin.write(f"{plan.write()}\n")
            process.stdin.flush()
        yield _Group(processes)
    finally:
        for process in processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait()
