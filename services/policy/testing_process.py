"""The process in which tests run that may take all the time and memory of it: `limited_tests` starts and ends it.

It is given a folder, and `coverage` or nothing. Each frame out is a letter and JSON: `B` with the test that begins, `R`
with the result of one, `C` with the coverage of a file, `E` with why nothing could be read, and `N` when there is no
test.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
from pathlib import Path

from services.policy.engine import PolicyError
from services.policy.rego_tests import FileCoverage, NoTestsError, RegoTest, TestRule, run_rego_tests
from services.policy.worker import write_frame


def main() -> None:
    """Runs the tests and tells about each."""
    # Ctrl-C is for whoever started this, and who ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, coverage = Path(sys.argv[1]), "coverage" in sys.argv[2:]
    try:
        report = run_rego_tests(
            folder, coverage, before=lambda test: _tell("B", test), after=lambda result: _tell("R", result)
        )
    except NoTestsError as error:
        _send("N", str(error))
    except PolicyError as error:
        _send("E", str(error))
    else:
        for file in report.coverage:
            _tell("C", file)


def _tell(kind: str, what: TestRule | RegoTest | FileCoverage) -> None:
    _send(kind, dataclasses.asdict(what))


def _send(kind: str, content: object) -> None:
    write_frame(sys.stdout.buffer, kind.encode() + json.dumps(content).encode())


if __name__ == "__main__":
    main()
