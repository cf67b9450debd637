"""What builds programs in other languages; without it a test is skipped, but in CI that is a failure."""

import os
import shutil

import pytest


def need(*programs: str) -> None:
    """Skips the test when one of the programs is not on the PATH."""
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        reason = f"not on the PATH: {', '.join(absent)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
