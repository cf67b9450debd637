"""The threat model speaks of what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"


def test_every_place_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:services|tests|policies|deploy|spoedkader)/[\w./-]+)`", PAGE.read_text("utf-8")))
    assert len(named) > 30
    assert not sorted(place for place in named if not (ROOT / place).exists())
