"""The guide for integrators: every method has an example, as it was answered now, and what the pages show works."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs import messages
from services.cli.clients import Addresses
from services.cli.service import SERVICES, variable
from tests.support.tcp_suite import tcp_suite

REPOSITORY = Path(__file__).parents[2]
GUIDE = REPOSITORY / "docs" / "integrators"
DEFAULTS = {"registry": "127.0.0.1:50051", "quality": "127.0.0.1:50052", "budget": "127.0.0.1:50053"}
PAGES = ("first-call.md", "errors-and-retries.md", "test-data.md")


@pytest.fixture(scope="module")
def examples() -> dict[str, list[messages.Example]]:
    return messages.examples()


@pytest.fixture(scope="module")
def suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    """Services of their own, at addresses as those of the guide."""
    with tcp_suite() as addresses:
        imported = spoedkader("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses


def test_every_method_has_an_example_that_was_answered(examples: dict[str, list[messages.Example]]) -> None:
    every = {f"{service.name}.{method.name}" for _, service, method in messages.every_method()}
    assert len(every) > 100
    assert {name for name, made in examples.items() if made and made[0].refusal is None} == every


def test_the_pages_are_those_of_now(examples: dict[str, list[messages.Example]]) -> None:
    for name, text in messages.pages(examples).items():
        assert (GUIDE / "messages" / name).read_text("utf-8") == text, f"{name} is out of date; run `make docs`"


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", (GUIDE / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [str(text) for text in found]


def at(text: str, suite: Addresses) -> str:
    """A block of the guide with the addresses of the suite."""
    for name, address in DEFAULTS.items():
        text = text.replace(address, getattr(suite, name))
    return text


@pytest.mark.parametrize(("page", "number"), [(page, n) for page in PAGES for n in range(len(blocks(page, "sh")))])
def test_the_commands_of_a_page(suite: Addresses, page: str, number: int) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = {variable(name, "address"): getattr(suite, name) for name in SERVICES}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", at(blocks(page, "sh")[number], suite)],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **found, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def run_python(page: str, number: int, suite: Addresses) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(at(blocks(page, "python")[number], suite), page, "exec"), {})
    return printed.getvalue().splitlines()


def test_a_first_call_in_python(suite: Addresses) -> None:
    name, wrong = run_python("first-call.md", 0, suite)
    assert name == "providers/06992516/locations/L001/stops/eerste-stop"
    assert wrong == "INVALID_INPUT ['stop_id', 'stop.department', 'stop.start_time']"


def test_a_refusal_and_the_feed_in_python(suite: Addresses) -> None:
    (refused,) = run_python("errors-and-retries.md", 0, suite)
    assert refused.endswith("providers/-/locations/L001/stops/geen")
    assert len(run_python("errors-and-retries.md", 1, suite)) > 1000


def test_the_links_of_the_guide_lead_somewhere() -> None:
    for page in sorted(GUIDE.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
