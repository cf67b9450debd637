"""What docs/integrators/json.md shows works as it stands there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.envoy.conftest import Door

PAGE = (Path(__file__).parents[3] / "docs" / "integrators" / "json.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_the_blocks_of_the_page(door: Door) -> None:
    answers: list[dict[str, Any]] = []
    for block in BLOCKS:
        script = block.replace("http://127.0.0.1:8080", door.url)
        done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True, timeout=60)
        answers.append(json.loads(done.stdout))
    location, stop, refused = answers
    assert location["name"].endswith("/locations/L001")
    assert stop["name"].endswith("/stops/epd-7")
    assert refused["details"][0]["reason"] == "NOT_FOUND"
