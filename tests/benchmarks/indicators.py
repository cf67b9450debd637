"""Calculates the indicators of one file, and prints the seconds and the CPU seconds it took and the most memory, in MB.

`python -m tests.benchmarks.indicators FILE MAPPING`; a process of its own without children, so that the memory is all
that it took.
"""

import re
import sys
import time
from pathlib import Path

from spoedkader.departments import read_departments
from spoedkader.encounter_report import report_on
from spoedkader.encounters import read_encounters
from spoedkader.fhir import is_fhir, read_fhir
from spoedkader.indicators import calculate
from tests.benchmarks import scenario

if __name__ == "__main__":
    started = time.perf_counter()
    file, mapping = map(Path, sys.argv[1:])
    table = read_fhir(file, read_departments(mapping)).table if is_fhir(file) else read_encounters(file)
    calculate(table, [], scenario.YEAR - 2)
    report_on(table, scenario.YEAR - 2)
    taken = time.perf_counter() - started
    # Not `ru_maxrss`, in which the parent's memory counts from before this program was started in its place.
    (most,) = re.findall(r"VmHWM:\s*([0-9]+) kB", Path("/proc/self/status").read_text())
    print(f"{taken:.2f} {time.process_time():.2f} {int(most) // 1000}")
