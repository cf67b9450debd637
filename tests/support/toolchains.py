"""Programs that a test needs beside this environment; without them a test is skipped, and in CI it fails."""

import os
import shutil

import pytest


def need_maven() -> None:
    """Skips the test when a Java program cannot be built and run here."""
    _need("java", "javac", "mvn")


def need_node() -> None:
    """Skips the test when a Node program cannot be built and run here."""
    _need("node", "npm")


def need_sqlite() -> None:
    """Skips the test when the command of SQLite is not here."""
    _need("sqlite3")


def _need(*programs: str) -> None:
    absent = [program for program in programs if shutil.which(program) is None]
    need(not absent, f"not on the PATH: {', '.join(absent)}")


def need(here: bool, otherwise: str) -> None:
    """Skips the test, for this reason, when something is not here."""
    if not here:
        if os.environ.get("CI") == "true":
            pytest.fail(otherwise)
        pytest.skip(otherwise)
