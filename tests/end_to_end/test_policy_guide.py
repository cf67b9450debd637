"""Every step of the guide for policy teams works as it stands, in a folder with only the policies and the example."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.service import SERVICES, variable
from services.cli.suite import throw_away_suite

REPOSITORY = Path(__file__).parents[2]
GUIDE = (REPOSITORY / "docs" / "policy-guide.md").read_text("utf-8")
BLOCK = re.compile(r"(<!-- fails -->\n)?```sh\n(.*?)```", re.DOTALL)


@pytest.fixture
def desk() -> Iterator[Path]:
    """What a policy team has on its desk."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as name:
        for part in ("policies", "data"):
            shutil.copytree(REPOSITORY / part, Path(name) / part)
        yield Path(name)


@pytest.mark.timeout(600)
def test_every_step_of_the_guide(desk: Path) -> None:
    blocks = [(bool(fails), text) for fails, text in BLOCK.findall(GUIDE)]
    assert len(blocks) > 15
    with throw_away_suite(desk / "policies") as addresses:
        found = {variable(name, "address"): getattr(addresses, name) for name in SERVICES}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        for fails, text in blocks:
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text],
                check=False,
                cwd=desk,
                env={**os.environ, **found, "PATH": path, "COLUMNS": "160"},
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert (ran.returncode != 0) == fails, f"{text}\n{ran.stdout}\n{ran.stderr}"
    # Assessed three times, every SEH of the round each time.
    assert len((desk / "besluiten-2029.jsonl").read_text("utf-8").splitlines()) == 3 * 77
