"""The what-if of the worked example in the docs is what the command gives."""

import re
import shlex
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs" / "whatif"


def test_the_page_shows_what_the_command_gives(spoedkader: Any, tmp_path: Path) -> None:
    (line,) = re.findall(r"^```sh\nspoedkader (.*)\n```", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE)
    arguments = [str(tmp_path / Path(word).name) if "docs/whatif" in word else word for word in shlex.split(line)]
    result = spoedkader(*arguments)
    assert result.status == 0, result.err
    for name in ("2028.csv", "2028.html"):
        assert (tmp_path / name).read_text("utf-8") == (DOCS / name).read_text("utf-8"), f"run again: spoedkader {line}"
