"""Calculates the indicators of one file and prints the seconds it took and the most memory it used, in MB.

`python -m tests.benchmarks.indicators FILE`; a process of its own, so that the memory is its own too.
"""

import resource
import sys
import time
from pathlib import Path

from spoedkader.indicators import calculate
from tests.benchmarks import scenario

if __name__ == "__main__":
    started = time.perf_counter()
    calculate(Path(sys.argv[1]), [], scenario.YEAR - 2)
    taken = time.perf_counter() - started
    print(f"{taken:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")
