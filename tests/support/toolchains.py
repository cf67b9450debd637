"""What builds programs in other languages; without it a test is skipped, but in CI that is a failure."""

import os
import shutil

import pytest


def need_maven() -> None:
    """Skips the test when a Java program cannot be built and run here."""
    _need("java", "javac", "mvn")


def need_node() -> None:
    """Skips the test when a Node program cannot be built and run here."""
    _need("node", "npm")


def _need(*programs: str) -> None:
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        reason = f"not on the PATH: {', '.join(absent)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
