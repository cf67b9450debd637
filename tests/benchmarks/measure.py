"""Measures rates. Baseline and subject take turns in short rounds, so that a machine that slows down slows both."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

ROUND_SECONDS = 1.0
ROUNDS = 5
CALLERS = 4
"""Threads that call at the same time; enough to keep a server of one core busy."""


@dataclass(frozen=True)
class Ratio:
    """Median rates of a subject and its baseline, in times a second, and the median of their ratios round by round."""

    subject: float
    baseline: float
    ratio: float


def ratio(
    subject: Callable[[], object], baseline: Callable[[], object], *, callers: int = CALLERS, baseline_callers: int = 0
) -> Ratio:
    """Calls both for some seconds in turn and compares how often each could be called."""
    subjects, baselines = [], []
    for act in (subject, baseline):
        _rate(act, callers, ROUND_SECONDS / 2)
    for _ in range(ROUNDS):
        subjects.append(_rate(subject, callers, ROUND_SECONDS))
        baselines.append(_rate(baseline, baseline_callers or callers, ROUND_SECONDS))
    ratios = [mine / other for mine, other in zip(subjects, baselines, strict=True)]
    return Ratio(statistics.median(subjects), statistics.median(baselines), statistics.median(ratios))


def seconds(act: Callable[[], object]) -> float:
    """How long one go takes, the median of three."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _rate(act: Callable[[], object], callers: int, duration: float) -> float:
    ends_at = time.perf_counter() + duration

    def call_until_the_end() -> int:
        count = 0
        while time.perf_counter() < ends_at:
            act()
            count += 1
        return count

    started = time.perf_counter()
    if callers == 1:
        count = call_until_the_end()
    else:
        with ThreadPoolExecutor(callers) as pool:
            count = sum(pool.map(lambda _: call_until_the_end(), range(callers)))
    return count / (time.perf_counter() - started)
