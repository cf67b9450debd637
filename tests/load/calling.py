"""A process of callers: `python -m tests.load.calling`.

The first line that it reads is its plan. Every further line is a phase, `{"mix": true, "seconds": 10, "rate": 50}`:
each caller makes one call after the other, together so many a second, or as many as they can with rate 0. While it
lasts there is a line with a tally every few seconds, and at its end an empty one.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import grpc
from google.protobuf.empty_pb2 import Empty

from spoedkader.client import Client, NotAnswered, Refused
from tests.benchmarks.empty_server import METHOD
from tests.load.counting import Tally
from tests.load.plan import Caller, Plan
from tests.load.work import Clients, Step, steps_of

TELL_SECONDS = 2.0


class Ended(NamedTuple):
    """A call that has ended: in `OK`, or in a code and a reason."""

    method: str
    how: str
    seconds: float


Act = Callable[[], Ended]
"""Makes one call."""


def main() -> None:
    """Runs phases until there are no more."""
    plan = Plan.read(sys.stdin.readline())
    mixed = [_mixed(plan, caller) for caller in plan.callers]
    with grpc.insecure_channel(plan.nothing) as channel:
        empty: list[Act] = [_empty(channel)] * len(plan.callers)
        for line in sys.stdin:
            phase = json.loads(line)
            for tally in _phase(mixed if phase["mix"] else empty, phase["seconds"], phase["rate"]):
                print(json.dumps(tally.write()), flush=True)
            print(flush=True)


def _mixed(plan: Plan, caller: Caller) -> Act:
    credentials, addresses = plan.credentials(caller.organisation), plan.addresses[caller.replica]
    clients = Clients(
        *(Client(name, addresses[name], actor="medewerker", credentials=credentials) for name in Clients._fields)
    )
    steps = steps_of(caller.kind, clients, caller.places, caller.seed)
    return lambda: _take(next(steps))


def _take(step: Step) -> Ended:
    started = time.perf_counter()
    try:
        answer = step.client.call(step.call, step.request)
    except (Refused, NotAnswered) as error:
        reason = error.reason if isinstance(error, Refused) else error.message
        return Ended(step.method, f"{error.code} {reason}", time.perf_counter() - started)
    ended = Ended(step.method, "OK", time.perf_counter() - started)
    step.then(answer)
    return ended


def _empty(channel: grpc.Channel) -> Act:
    call: Any = channel.unary_unary(METHOD, Empty.SerializeToString, Empty.FromString)

    def act() -> Ended:
        started = time.perf_counter()
        call(Empty(), timeout=30)
        return Ended("an empty handler", "OK", time.perf_counter() - started)

    return act


def _phase(acts: Sequence[Act], seconds: float, rate: float) -> Iterator[Tally]:
    """Lets every caller call, and gives what became of it bit by bit."""
    ends_at = time.monotonic() + seconds
    interval = len(acts) / rate if rate else 0.0
    counted = _Counted()

    def call_until_the_end(number: int) -> None:
        # Spread over the interval, so that they do not all call at once.
        next_at = time.monotonic() + interval * number / len(acts)
        while (now := time.monotonic()) < ends_at:
            if now < next_at:
                time.sleep(min(next_at, ends_at) - now)
            next_at += interval
            counted.add(acts[number]())

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(call_until_the_end, number) for number in range(len(acts))]
        while wait(running, TELL_SECONDS).not_done:
            yield counted.take()
        for each in running:
            each.result()
    yield counted.take()


class _Counted:
    """A tally that several threads add to."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def add(self, ended: Ended) -> None:
        with self._lock:
            if ended.how == "OK":
                self._tally.answered(ended.method, ended.seconds, time.monotonic() - self._began)
            else:
                self._tally.failed(ended.method, ended.how)

    def take(self) -> Tally:
        """What was counted since the last time."""
        with self._lock:
            taken, self._tally = self._tally, Tally()
        return taken


if __name__ == "__main__":
    main()
